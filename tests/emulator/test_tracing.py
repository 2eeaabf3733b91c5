# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces of windows: the same with native hooks and without, exact, and what is made of them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rprocbench.emulator.coverage import coverage, spans
from rprocbench.emulator.debuginfo import DebugInfo
from rprocbench.emulator.profile import profile
from rprocbench.emulator.snapshots import Album, Keeper
from rprocbench.emulator.tracing import Accessed, Entered, Executed, M4Trace, Tracer
from rprocbench.emulator.travel import Moment, Traveller
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .linux_side import FIRMWARE, Linux
from .test_travel import busy, play

LENGTH = 30_000


def torture(*, native: bool) -> tuple[Traveller, Tracer]:
    """A finished torture, to be traced."""
    it = busy()
    keeper = Keeper(it.core, Album())
    it.start().go(LENGTH)
    traveller = Traveller(STM32MP157C_DK2, it.soc.run.trace, keeper.album)
    if not native:
        traveller.core.engine.native = None
    return traveller, Tracer(traveller)


def told(trace: M4Trace) -> list[tuple[int, int]]:
    """Every instruction of a trace of blocks, with what is known of its time."""
    return [
        (line.cycles, instruction.da)
        for line in trace
        if isinstance(line, Executed)
        for instruction in trace.code.block(line.pc, line.size)
    ]


@pytest.mark.parametrize("kinds", [("instructions",), ("accesses", "exceptions"), ("peripherals",)])
def test_native_hooks_and_python_tell_the_same(kinds: tuple[str, ...]) -> None:
    found = []
    for native in (True, False):
        traveller, tracer = torture(native=native)
        found.append(tracer.trace(kinds, Moment(0, 0), traveller.end).lines)
    assert found[0] == found[1]
    assert len(found[0]) > 50


def test_blocks_are_the_same_counted_and_not() -> None:
    streams = []
    for kinds, native in ((("blocks",), True), (("blocks", "peripherals"), True),
                          (("blocks",), False)):  # fmt: skip
        traveller, tracer = torture(native=native)
        trace = tracer.trace(kinds, Moment(0, 0), traveller.end)
        streams.append([da for _, da in told(trace)])
    assert streams[0] == streams[1] == streams[2]


def test_instructions_are_all_and_in_order() -> None:
    traveller, tracer = torture(native=True)
    lines = tracer.trace(("instructions", "exceptions"), Moment(0, 0), traveller.end).lines
    executed = [line for line in lines if isinstance(line, Executed)]
    cycles = [line.cycles for line in executed]
    assert cycles == sorted(set(cycles))
    slept = traveller.end.cycles - len(executed)
    assert 0 <= slept < traveller.end.cycles / 2
    assert sum(isinstance(line, Entered) for line in lines) > 100


def test_a_window_is_a_part_of_the_whole() -> None:
    traveller, tracer = torture(native=True)
    whole = tracer.trace(("instructions",), Moment(0, 0), traveller.end).lines
    first = traveller.timeline.first_at
    part = tracer.trace(("instructions",), Moment(5000, first(5000)), Moment(9000, first(9000)))
    wanted = [line for line in whole if 5000 <= line.cycles < 9000]
    assert part.lines[: len(wanted)] == wanted
    assert len(part) <= len(wanted) + 4  # an IT block is not cut


def test_accesses_have_their_instruction_and_value() -> None:
    traveller, tracer = torture(native=True)
    lines = tracer.trace(("accesses",), Moment(0, 0), traveller.end, 5_000).lines
    accesses = [line for line in lines if isinstance(line, Accessed)]
    assert all(access.pc for access in accesses)
    pushed: dict[int, int] = {}
    checked = 0
    for access in accesses:
        if access.is_write and access.size == 4:
            pushed[access.da] = access.value
        elif access.da in pushed and access.size == 4 and access.da >= 0x1003_0000:
            checked += access.value == pushed[access.da]
    assert checked > 10


def test_the_profile_counts_every_instruction_once() -> None:
    linux = Linux()
    play(linux)
    traveller = Traveller(STM32MP157C_DK2, linux.soc.run.trace)
    tracer = Tracer(traveller, DebugInfo(FIRMWARE.read_bytes()))
    found = profile(tracer, Moment(0, 0), traveller.end)
    instructions = tracer.trace(("instructions",), Moment(0, 0), traveller.end)
    assert abs(found.root.total - len(instructions)) <= len(instructions) // 50  # skipped by an IT
    by_name = {spent.name: spent for spent in found.functions()}
    assert by_name["app_start"].calls == 1
    assert by_name["main"].total > by_name["main"].own
    assert any("main" in line for line in found.tree())
    assert next(iter(found.text())).split()[-1] == "function"


def test_without_debug_information_addresses_have_to_do() -> None:
    traveller, tracer = torture(native=True)
    assert profile(tracer, Moment(0, 0), traveller.end).functions()[0].name.startswith("0x1000")
    nothing = coverage(tracer, Moment(0, 0), traveller.end)
    assert nothing.lines() == {}
    assert nothing.share == 0


@pytest.mark.skipif(
    not shutil.which("lcov") and not os.environ.get("RPROCBENCH_REQUIRE_TOOLS"),
    reason="needs lcov",
)
def test_lcov_reads_the_coverage(tmp_path: Path) -> None:
    linux = Linux()
    play(linux)
    debug = FIRMWARE.parent / "echo.debug"
    traveller = Traveller(STM32MP157C_DK2, linux.soc.run.trace)
    tracer = Tracer(traveller, DebugInfo(debug.read_bytes()))
    found = coverage(tracer, Moment(0, 0), traveller.end)
    path = tmp_path / "echo.info"
    path.write_text("\n".join(found.lcov()) + "\n")
    shown = subprocess.run(["lcov", "--summary", path], check=True, capture_output=True, text=True)
    percent = f"{100 * found.share:.1f}%"
    assert f"lines......: {percent}" in shown.stdout + shown.stderr
    assert any("not" in line for line in found.text())


def test_spans() -> None:
    assert spans([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"
    assert spans([]) == ""
