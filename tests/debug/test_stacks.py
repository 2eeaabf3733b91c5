# SPDX-License-Identifier: GPL-2.0-or-later
"""Backtraces over two stacks, through exceptions in exceptions, and from where no code is."""

import re
from pathlib import Path

import pytest

from rprocbench.bench import Bench
from rprocbench.debug import Target, open_target
from rprocbench.emulator.debuginfo import DebugInfo
from rprocbench.emulator.watch import Why

from .firmwares import CLANG, GCC, compile_shapes
from .test_gdb import debug

NESTED = [
    "pend_sv_handler", "PendSV", "raise_another", "sv_call_handler", "SVCall", "call", "thread",
]  # fmt: skip


def stopped(path: Path, function: str) -> Target:
    """A firmware that has run to a function."""
    found = open_target(path, Bench())
    found.session.breakpoints = set(found.info.breakpoints_of(function))
    assert found.session.run(limit=100_000).why is Why.BREAKPOINT
    return found


def names(found: Target, info: DebugInfo) -> list[str]:
    """The functions of a backtrace."""
    return [call.function for call in info.backtrace(found.registers(), found.session.read)]


@pytest.mark.parametrize("compiler", [GCC, CLANG])
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_an_exception_inside_of_another_on_a_stack_of_its_own(
    compiler: str, level: str, tmp_path: Path
) -> None:
    made = compile_shapes(tmp_path, "-g", level, compiler=compiler, source="stacks.c")
    found = stopped(made, "pend_sv_handler")
    assert names(found, found.info)[: len(NESTED)] == NESTED
    frames = list(found.info.unwind(found.registers(), found.session.read))
    assert [frame.exception for frame in frames if frame.exception] == [14, 11]
    depth = found.info.symbol("depth")
    assert depth
    local = next(f for f in frames if found.info.name_at(f.lookup).startswith("call"))
    assert 0x1002_0000 <= local.registers["sp"] < 0x1003_0000, "the thread's own stack"


def test_the_same_without_frame_information(tmp_path: Path) -> None:
    made = compile_shapes(tmp_path, "-g", "-O2", source="stacks.c")
    found = stopped(made, "pend_sv_handler")
    bare = compile_shapes(tmp_path, "-g0", "-O2", source="stacks.c")
    assert names(found, DebugInfo(bare.read_bytes()))[: len(NESTED)] == NESTED


def test_gdb_agrees(tmp_path: Path) -> None:
    made = compile_shapes(tmp_path, "-g", "-O2", source="stacks.c")
    text = debug(made, made, "break pend_sv_handler", "continue", "backtrace")
    shown = re.findall(r"^#\d+ +(?:0x\w+ in )?(<signal handler called>|\w+)", text, re.MULTILINE)
    handlers = {"PendSV", "SVCall"}
    wanted = ["<signal handler called>" if name in handlers else name for name in NESTED]
    assert shown[: len(wanted)] == wanted


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_a_jump_to_nowhere_names_who_jumped(level: str, tmp_path: Path) -> None:
    made = compile_shapes(tmp_path, "-g", level, source="stacks.c")
    found = stopped(made, "hard_fault_handler")
    calls = found.info.backtrace(found.registers(), found.session.read)
    assert [call.function for call in calls][:2] == ["hard_fault_handler", "HardFault"]
    assert calls[2].pc == 0x6000_0000
    assert "thread" in [call.function for call in calls]
    if level == "-O0":
        assert calls[3].function == "jump"
