# SPDX-License-Identifier: GPL-2.0-or-later
"""The quick TA answers as the traced one does, and as often as it is asked."""

import json
from collections.abc import Iterator

import pytest

from rprocbench.base.trace import Failed, Filled, Lane, Wrote
from rprocbench.bench.cause import cause_of
from rprocbench.soc.memory import Pa
from rprocbench.tee.quick import QuickTa
from rprocbench.tee.st_otp import Fuses

from .images import NEGATIVE, put
from .machine import GOOD, KEY, Machine, signing_key, vector
from .st_machine import StMachine, encrypted, pkh, st_image, with_key

FUZZ = json.loads(vector("fuzz.json.gz"))["cases"]
BASES = {"A": GOOD, "M": vector("multi_rsa2048.sig")}


def fuzzed() -> Iterator[bytes]:
    for case in FUZZ[::7]:
        image = bytearray(BASES[case["base"]])
        for offset, data in case["edits"]:
            image[offset : offset + len(data) // 2] = bytes.fromhex(data)
        yield bytes(image)


IMAGES = [*NEGATIVE.values(), *fuzzed()]


@pytest.mark.parametrize("generation", ["head", "pretlv", "hardened"])
@pytest.mark.parametrize("bits", [32, 64])
def test_the_quick_ta_answers_as_the_traced_one(generation: str, bits: int) -> None:
    board = Machine().soc.board
    quick = QuickTa(KEY, board, generation, bits=bits)
    for image in IMAGES[:: 1 if generation == "head" else 5]:
        machine = Machine(generation=generation, bits=bits)
        machine.open()
        mark = len(machine.tee.pta.calls)
        start = len(machine.run.trace)
        result = machine.load(image)
        got = quick.load(image)
        assert (got.result, got.why) == (result.ret, result.why)
        assert list(got.calls) == machine.tee.pta.calls[mark:]
        assert list(got.hazards) == machine.tee.hazards
        assert len(got.writes) == written(machine, start)
        if got.function:
            assert got.function == blamed(machine)


@pytest.mark.parametrize("chip", [None, pkh(signing_key())], ids=["built in", "burnt"])
def test_the_quick_ta_answers_as_the_traced_one_of_st(chip: Fuses | None) -> None:
    quick = QuickTa(KEY, generation="st", otp=chip)
    sound = [st_image(), encrypted(), with_key(signing_key()), encrypted(boot_address=0)]
    broken = [put(image, at, 0xFFFF_FFF9) for image in sound for at in range(0, 900, 60)]
    for image in [*sound, *broken]:
        machine = StMachine(otp=chip)
        mark = len(machine.tee.pta.calls)
        result, got = machine.load(image), quick.load(image)
        assert (got.result, got.why) == (result.ret, result.why)
        assert list(got.calls) == machine.tee.pta.calls[mark:]
        assert list(got.hazards) == machine.tee.hazards


def written(machine: Machine, start: int) -> int:
    events = machine.run.trace[start:]
    return sum(isinstance(e, Wrote | Filled) and e.lane is Lane.OPTEE for e in events)


def blamed(machine: Machine) -> str:
    trace = machine.run.trace
    last = max(
        i
        for i, event in enumerate(trace)
        if isinstance(event, Failed) and event.function == "tee_ta_invoke_command"
    )
    return cause_of(trace, last).function


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    quick = QuickTa(KEY)
    first = quick.load(GOOD)
    for image in (NEGATIVE["A_sign_len_wrap_fffffff9.bin"], b"", GOOD[:-8]):
        quick.load(image)
    assert quick.load(GOOD) == first
    assert first.rsc_table == (0x1002_0000, 68)


def test_a_null_pointer_is_refused() -> None:
    assert QuickTa(KEY).load(None).why == "no image"


def test_what_is_written_is_what_the_memories_hold() -> None:
    machine = Machine()
    machine.open()
    machine.load(GOOD)
    for place, *what in QuickTa(KEY, machine.soc.board).load(GOOD).writes:
        data = what[0] if isinstance(what[0], bytes) else bytes([what[1]]) * what[0]
        assert machine.soc.a7.read(Pa(place), len(data)) == data
