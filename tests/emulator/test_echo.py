# SPDX-License-Identifier: GPL-2.0-or-later
"""The committed firmware boots, announces itself, echoes, and shuts down, on the emulated M4."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from rprocbench.base.state import check, fold
from rprocbench.base.trace import Lane, Ran, Signalled, Wrote
from rprocbench.emulator.engine import Engine

from .linux_side import ME, Linux, whole_story

ROOT = Path(__file__).parents[2]


def digest(linux: Linux) -> str:
    """A fingerprint of everything that happened."""
    return hashlib.sha256(repr(linux.soc.run.trace).encode()).hexdigest()


def test_the_whole_story() -> None:
    linux = whole_story()
    announcement = b"rpmsg-raw".ljust(32, b"\0") + (0x400).to_bytes(4, "little") + bytes(4)
    assert linux.received == [(53, 53, announcement), (0x400, ME, b"hello")]
    assert linux.log() == [
        "starting",
        "vdev ready after 80 ms",
        "announced rpmsg-raw at 0x400",
        "echo 5 bytes to 0x401",
        "shutdown requested",
    ]
    assert not linux.core.is_running
    assert not linux.core.run_until(linux.core.cycles + 1)


def test_the_trace_of_it_is_small_and_sound() -> None:
    trace = whole_story().soc.run.trace
    check(trace)
    assert len(trace) < 300
    rans = [event for event in trace if isinstance(event, Ran)]
    assert len(rans) < 40
    assert [ran.end for ran in rans[:-1]] == [ran.start for ran in rans[1:]]


def test_what_the_m4_wrote_is_in_the_trace_before_it_rings() -> None:
    trace = whole_story().soc.run.trace
    ring = next(
        index
        for index, event in enumerate(trace)
        if isinstance(event, Signalled) and (event.what, event.source) == ("rung", Lane.M4)
    )
    assert b"rpmsg-raw" in fold(trace[:ring]).memories["mcusram"].read(0x42000, 64)


def test_the_trace_folds_to_the_memory() -> None:
    linux = whole_story()
    memories = fold(linux.soc.run.trace).memories
    for name, ram in linux.soc.rams.items():
        assert memories[name].read(0, ram.size) == ram.read(0, ram.size)


def test_two_runs_are_equal_in_any_process() -> None:
    script = (
        "from tests.emulator.linux_side import whole_story\n"
        "from tests.emulator.test_echo import digest\n"
        "print(digest(whole_story()))"
    )
    told = set()
    for seed in ("0", "1"):
        path = os.pathsep.join((str(ROOT), str(ROOT / "src")))
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        run = subprocess.run(
            [sys.executable, "-c", script],
            env=environment, cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        told.add(run.stdout.strip())
    assert told == {digest(whole_story())}


def test_without_unicorns_counter_it_is_the_same_run() -> None:
    assert not Engine(native_meter=False).is_native
    assert digest(whole_story(native_meter=False)) == digest(whole_story())


def test_unicorns_counter_is_found_here() -> None:
    assert Engine().is_native


@pytest.mark.parametrize("step", [1, 7, 1000, 100_000])
def test_how_often_the_core_is_asked_changes_nothing(step: int) -> None:
    def play(step: int) -> tuple[object, ...]:
        linux = Linux().load().start()
        linux.soc.wait(lambda: False, 1)
        linux.connect()
        end = linux.core.cycles + 700_000
        while linux.core.cycles < end and not linux.received:
            # by steps where the code runs, and in one go over the sleep
            size = step if linux.core.cycles < 2000 or linux.core.cycles > 640_000 else 640_000
            linux.core.run_until(min(linux.core.cycles + size, end))
            linux.soc.ipcc.deliver()
        return (
            linux.core.cycles,
            linux.received,
            linux.core.engine.save(),
            [ram.read(0, ram.size) for ram in linux.soc.rams.values()],
            {name: each.save() for name, each in linux.core.peripherals.items()},
        )

    assert play(step) == play(123_456)


def test_a_hundred_echoes() -> None:
    linux = Linux().load().start()
    linux.connect()
    assert linux.wait_for(1)
    for number in range(100):
        linux.send(0x400, b"%d" % number)
        assert linux.wait_for(number + 2)
    assert [payload for _, _, payload in linux.received[1:]] == [b"%d" % n for n in range(100)]
    kinds = Counter(type(event).__name__ for event in linux.soc.run.trace)
    assert kinds["Ran"] < 800


def test_asleep_for_good_after_the_shutdown() -> None:
    linux = Linux().load().start()
    linux.connect()
    assert linux.wait_for(1)
    assert linux.shut_down()
    cycles = linux.core.cycles
    assert not linux.soc.wait(lambda: False, 10_000)
    assert linux.core.cycles < cycles + 100


def test_it_starts_again_without_loading() -> None:
    linux = whole_story()
    linux.received.clear()
    linux.taken = linux.sent = 0
    linux.start().connect()
    assert linux.wait_for(1)
    linux.soc.wait(lambda: False, 1)  # it rings first and logs afterwards
    assert linux.log()[-1] == "announced rpmsg-raw at 0x400"


def test_memory_changes_are_recorded_once() -> None:
    linux = Linux().load().start()
    linux.soc.wait(lambda: False, 25)
    before = len(linux.soc.run.trace)
    for ram in linux.soc.rams.values():
        ram.note_changes(Lane.M4)
    assert len(linux.soc.run.trace) == before
    written = [event for event in linux.soc.run.trace if isinstance(event, Wrote)]
    assert any(b"starting" in event.data for event in written if event.lane == Lane.M4)
