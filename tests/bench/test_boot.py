# SPDX-License-Identifier: GPL-2.0-or-later
"""One boot, end to end: it runs, in the right order, the same everywhere, and leaves nothing."""

import hashlib
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from rprocbench.base.errors import Errno, TeeResult
from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Changed, Entered, Failed, Filled, Lane, Unwound
from rprocbench.bench import Bench, Recording
from rprocbench.bench.demo import demo_elf, demo_image, demo_key, with_flipped_byte
from rprocbench.designs import MAINLINE
from rprocbench.formats.keys import RsaPublicKey, generate_key
from rprocbench.formats.tee_params import TaCmd

TA_COMMANDS = {
    "remoteproc_load_fw": "LOAD", "remoteproc_start_fw": "START", "remoteproc_stop_fw": "STOP",
    "remoteproc_get_rsc_table": "GET", "remoteproc_release_fw": "RELEASE",
}  # fmt: skip
STEPS = {
    "rproc_enable_iommu": "iommu", "rproc_prepare_device": "prepare",
    "rproc_handle_resources": "handle_resources",
    "rproc_alloc_registered_carveouts": "carveouts", "rproc_prepare_subdevices": "prepare_subdev",
    "rproc_start_subdevices": "start_subdev", "stm32_rproc_request_shutdown": "mailbox-shutdown",
    "stm32_rproc_release": "plat_release", "rproc_unprepare_device": "unprepare",
    "rproc_disable_iommu": "iommu-off", "request_firmware": "request_fw",
} | TA_COMMANDS  # fmt: skip


@cache
def good() -> Recording:
    """The demonstration's first boot."""
    return Bench().boot(demo_image(), "echo.sign")


def words(recording: Recording) -> str:
    """The steps of a run in the words of the patch series."""
    entered = (event for event in recording.trace if isinstance(event, Entered))
    return " ".join(STEPS[event.function] for event in entered if event.function in STEPS)


def test_the_firmware_runs_and_echoes_and_says_so_in_its_log() -> None:
    boot = good()
    assert (boot.verdict, boot.code, boot.errno) == ("running", None, None)
    assert [(m.direction, m.payload) for m in boot.messages] == [
        ("sent", b"hello"), ("received", b"hello"),
    ]  # fmt: skip
    assert boot.trace_buffer.splitlines()[-2:] == ["echo 5 bytes to 0x400", "shutdown requested"]


def test_v22_goes_through_the_steps_of_the_series_in_their_order() -> None:
    assert words(good()) == (
        "request_fw iommu prepare LOAD GET handle_resources carveouts LOAD GET prepare_subdev "
        "START start_subdev mailbox-shutdown STOP plat_release unprepare iommu-off RELEASE"
    )


def recorded_order(vectors: Path, title: str) -> list[str]:
    """A call order of the real kernel without what its test driver did in its own way."""
    text = (vectors / "kernel" / "call_order.txt").read_text(encoding="utf-8")
    section = next(part for part in text.split("\n## ") if part.startswith(title))
    names = [line.strip() for line in section.splitlines()[1:] if line.strip()]
    own = re.compile(
        r"(ops|subdev|carveout)\.|rproc_(elf_|da_to_va|mem_entry_init|add_carveout|coredump_add)"
    )
    return [name for name in names if not own.match(name)]


@pytest.mark.parametrize("title", ["plain boot", "shutdown"])
def test_the_core_calls_what_a_running_kernel_was_seen_to_call(vectors: Path, title: str) -> None:
    expected = recorded_order(vectors, title)
    number = {"plain boot": 1, "shutdown": 2}[title]
    began = [
        i
        for i, event in enumerate(good().trace)
        if isinstance(event, Entered) and event.function == "state_store" and event.nth == number
    ]
    ours: list[str] = []
    for event in good().trace[began[0] :]:
        if ours and isinstance(event, Entered) and event.depth == 0:
            break
        if isinstance(event, Entered):
            ours.append(event.function)
    if title == "plain boot":  # our vdev comes after the trace buffer, theirs before
        swap = ["rproc_handle_rsc_entry", "rproc_handle_trace", "rproc_create_trace_file"]
        start = expected.index("rproc_handle_trace") - 1
        first = expected.index("rproc_handle_rsc_entry")
        assert expected[start : start + 3] == swap
        expected[first:first] = [expected.pop(start) for _ in swap]
    assert [name for name in ours if name in set(expected)] == expected


def test_a_flipped_byte_is_refused_where_the_hash_is_compared() -> None:
    image = with_flipped_byte(demo_image())
    boot = Bench().boot(image)
    assert (boot.verdict, boot.code, boot.errno) == ("refused", "SECURITY", "EIO")
    assert boot.cause
    assert boot.cause.lane is Lane.OPTEE
    assert boot.cause.function == "rproc_pta_load_segment"
    flipped = next(i for i, (a, b) in enumerate(zip(image, demo_image(), strict=True)) if a != b)
    assert boot.cause.span
    assert flipped in boot.cause.span
    assert not boot.messages


def test_another_key_is_refused_by_its_signature() -> None:
    key = generate_key().public
    assert isinstance(key, RsaPublicKey)
    other = Bench(key=key)
    assert other.boot(demo_image()).code == "SIGNATURE_INVALID"


def test_mainline_loads_the_plain_elf_and_asks_no_ta() -> None:
    boot = Bench(design=MAINLINE).boot(demo_elf())
    assert boot.verdict == "running"
    assert [m.payload for m in boot.messages] == [b"hello", b"hello"]
    assert not set(words(boot).split()) & set(TA_COMMANDS.values())


@pytest.mark.parametrize(("design", "image"), [("v22", "elf"), ("mainline", "signed")])
def test_the_wrong_kind_of_image_is_refused(design: str, image: str) -> None:
    data = demo_elf() if image == "elf" else demo_image()
    bench = Bench() if design == "v22" else Bench(design=MAINLINE)
    assert bench.boot(data).code == {"v22": "BAD_PARAMETERS", "mainline": "EINVAL"}[design]


def test_a_failing_start_unwinds_label_by_label_and_leaves_nothing_behind() -> None:
    boot = Bench().boot(demo_image(), script={At("rproc_tee_start"): Fail(Errno.EIO)})
    assert [event.label for event in boot.trace if isinstance(event, Unwound)] == [
        "unprepare_subdevices", "reset_table_ptr", "clean_up_resources", "unprepare_rproc",
        "disable_iommu", "release_fw", "downref_rproc",
    ]  # fmt: skip
    assert words(boot).split("handle_resources ")[1] == (
        "carveouts LOAD GET prepare_subdev unprepare iommu-off RELEASE"
    )
    assert_nothing_stays(boot)


def assert_nothing_stays(boot: Recording, *, but_carveouts: bool = False) -> None:
    """After the driver is gone: no object of Linux but the module's, memories clear, M4 off."""
    state = boot.state_at(len(boot.trace) - 1)
    assert {"MCU", "IPCC", "syscon", "OP-TEE", "remoteproc PTA"} <= set(state.objects)
    assert state.objects["MCU"]["running"] is False
    ours = {
        name for name in state.objects if name.startswith(("carveout", "vring", "trace", "shm"))
    }
    assert {name.split()[0] for name in ours} == ({"carveout"} if but_carveouts else set())
    assert {"remoteproc0", "stm32_rproc", "cached_table", "tee context"} & set(state.objects) <= {
        "remoteproc0"
    }
    for name, memory in state.memories.items():
        assert not any(memory.read(0, memory.size)), name


def test_a_clean_run_leaves_nothing_behind_either() -> None:
    assert_nothing_stays(good())
    released = [e for e in good().trace if isinstance(e, Filled) and e.lane is Lane.OPTEE]
    assert released, "it is RELEASE that clears the memories"


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_both_kinds_of_ta_faults_reach_the_user(nth: int) -> None:
    transport = At("tee_client_invoke_func", nth), Fail(Errno.EINTR)
    answer = At("optee_invoke_func", nth), Fail(TeeResult.GENERIC)
    for place, fault in (transport, answer):
        boot = Bench(engine=False).boot(demo_image(), script={place: fault}, say=())
        assert boot.verdict == "refused"
        assert boot.errno == ("EINTR" if place.function == "tee_client_invoke_func" else "EIO")
        # Linux does not clean up what `prepare` registered when parse_fw fails (kernel.md 2.3).
        assert_nothing_stays(boot, but_carveouts=nth < 3)


def test_every_command_of_the_ta_is_told_by_its_own_function() -> None:
    assert len(TA_COMMANDS) == len(set(TaCmd) - {TaCmd.GET_COREDUMP})


def test_a_saved_run_comes_back_equal(tmp_path: Path) -> None:
    script = {At("rproc_tee_start"): Fail(Errno.EIO)}
    boot = Bench(engine=False).boot(demo_image(), "a <b>.sign", script)
    boot.save(tmp_path / "run.json")
    again = Recording.load(tmp_path / "run.json")
    assert again == boot
    assert again.code == "EIO"
    data = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (data["format"], data["version"]) == ("rprocbench run", 1)


DIGEST = """
import hashlib, json
from rprocbench.base.tracefile import encode_event
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_image
trace = Bench().boot(demo_image()).trace
print(hashlib.sha256(json.dumps([encode_event(e) for e in trace]).encode()).hexdigest())
"""


def test_runs_are_equal_across_processes_and_hash_seeds() -> None:
    from rprocbench.base.tracefile import encode_event

    here = hashlib.sha256(
        json.dumps([encode_event(event) for event in good().trace]).encode()
    ).hexdigest()
    for seed in ("0", "1", "4242"):
        there = subprocess.run(
            [sys.executable, "-c", DIGEST], env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert there.stdout.strip() == here


def test_the_demo_key_signs_what_the_bench_believes() -> None:
    assert Bench().key == demo_key().public


def test_the_user_sees_each_state_of_the_processor() -> None:
    states = [
        event.after
        for event in good().trace
        if isinstance(event, Changed) and (event.owner, event.field) == ("remoteproc0", "state")
    ]
    assert states == ["RUNNING", "OFFLINE"]
    tolerated = [event.code for event in good().trace if isinstance(event, Failed)]
    assert set(tolerated) <= {"NO_DATA", "EINVAL"}
