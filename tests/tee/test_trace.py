# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run of the secure world leaves behind."""

import ast
import doctest
import pickle
from dataclasses import FrozenInstanceError, fields
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rprocbench.tee
from rprocbench.base.errors import RprocError, TeeResult
from rprocbench.base.state import fold
from rprocbench.base.trace import Entered, Failed, Trace
from rprocbench.formats.tee_params import TaCmd
from rprocbench.soc.memory import Pa
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee import GENERATIONS, Panic, TaPanic, arithmetic

from .images import NEGATIVE, put, resigned
from .machine import GOOD, Machine

TEE = Path(rprocbench.tee.__file__).parent


def whole_story(image: bytes = GOOD) -> Machine:
    machine = Machine()
    machine.open()
    machine.load(image)
    machine.get_rsc()
    machine.start()
    machine.stop()
    machine.release()
    machine.close()
    return machine


def places(trace: Trace) -> list[str]:
    return [event.function for event in trace if isinstance(event, Entered)]


def test_two_runs_have_equal_traces() -> None:
    assert whole_story().run.trace == whole_story().run.trace


def test_events_are_frozen_and_travel() -> None:
    trace = whole_story(NEGATIVE["D_seg_last_flip.bin"]).run.trace
    assert pickle.loads(pickle.dumps(trace)) == trace  # noqa: S301  our own bytes
    for event in trace:
        with pytest.raises(FrozenInstanceError):
            setattr(event, fields(event)[0].name, None)


@pytest.mark.parametrize("name", ["A_good_baseline.bin", "A_sign_len_wrap_fffffff9.bin"])
def test_the_trace_rebuilds_the_last_state(name: str) -> None:
    machine = whole_story(NEGATIVE[name])
    state = fold(machine.run.trace)
    assert state.objects["OP-TEE"] == dict(machine.tee.frozen())
    assert state.objects["remoteproc PTA"] == dict(machine.tee.pta.frozen())
    ta = machine.tee.ta
    assert ("remoteproc TA" in state.objects) == (ta is not None)
    if ta is not None:
        assert state.objects[ta.label] == dict(ta.frozen())
        assert state.objects[ta.contexts[0].label] == dict(ta.contexts[0].frozen())
        assert state.objects[ta.heap.label] == dict(ta.heap.frozen())
    for ram in machine.soc.rams.values():
        assert state.memories[ram.label].read(0, ram.size) == ram.read(0, ram.size)


def test_every_function_entered_is_left() -> None:
    machine = whole_story(NEGATIVE["A_sign_len_wrap_fffffff9.bin"])
    assert not machine.run.stack
    dead = [e.function for e in machine.run.trace if isinstance(e, Failed) and "libutee" in e.why]
    assert dead == [
        "TEE_InvokeTACommand",
        "remoteproc_verify_signature",
        "remoteproc_verify_firmware",
        "remoteproc_load_fw",
        "TA_InvokeCommandEntryPoint",
        "tee_ta_invoke_command",
    ]


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 4), st.integers(0, 2**32 - 1)), max_size=4))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_no_image_crashes_the_model(edits: list[tuple[int, int]]) -> None:
    image = GOOD
    for at, word in edits:
        image = put(image, at, word)
    signed = resigned(image) if image[8:12] == GOOD[8:12] else image
    for generation, each in product(GENERATIONS, (image, signed)):
        machine = Machine(generation=generation)
        machine.open()
        assert machine.load(each).ret in TeeResult
        assert not machine.run.stack


def test_the_real_board_with_its_aliases() -> None:
    machine = Machine(board=STM32MP157C_DK2)
    machine.open()
    machine.load(GOOD)
    assert machine.get_rsc()[1] == [0x1002_0000, 0, 68, 0]
    low, high = (machine.soc.a7.read(Pa(at), 72) for at in (0x1000_0000, 0x3000_0000))
    assert low == high
    assert any(low)
    machine.release()
    assert not any(machine.soc.a7.read(Pa(0x3000_0000), 0x5_0000))


def test_the_order_of_a_load() -> None:
    machine = Machine()
    machine.open()
    mark = len(machine.run.trace)
    machine.load(GOOD)
    order = [name for name in places(machine.run.trace[mark:]) if name.startswith("remoteproc_")]
    assert order[:9] == [
        "remoteproc_load_fw",
        "remoteproc_add_firmware",
        "remoteproc_verify_firmware",
        "remoteproc_get_capabilities",
        "remoteproc_save_fw_header_and_tlvs",
        "remoteproc_verify_header",
        "remoteproc_verify_signature",
        "remoteproc_get_tlv",
        "remoteproc_get_tlv",
    ]
    assert order.count("remoteproc_load_segment") == 3
    assert order[-2:] == ["remoteproc_parse_rsc_table", "remoteproc_da_to_pa"]


def test_a_panic_unwinds_nothing() -> None:
    machine = Machine({})
    machine.open()
    machine.load(NEGATIVE["A_sign_len_wrap_fffffff9.bin"])
    assert not [e for e in machine.run.trace if type(e).__name__ == "Unwound"]


def test_a_panic_travels() -> None:
    panic = TaPanic(TeeResult.TARGET_DEAD, "why")
    again = pickle.loads(pickle.dumps(panic))  # noqa: S301  our own bytes
    assert isinstance(again, RprocError)
    assert str(again) == str(panic)
    assert Panic() == Panic()


def test_arithmetic_doctests() -> None:
    assert doctest.testmod(arithmetic).failed == 0


def test_tables_are_complete() -> None:
    assert set(rprocbench.tee.TA_FIRMWARE) == set(TaCmd) - {TaCmd.GET_COREDUMP}
    assert list(GENERATIONS)[:2] == ["first", "v2024"]


def test_the_secure_world_imports_only_what_lies_below() -> None:
    below = {"base", "formats", "soc"}
    for path in TEE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rprocbench."):
                assert str(node.module).split(".")[1] in below, path.name
