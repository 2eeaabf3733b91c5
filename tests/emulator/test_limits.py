# SPDX-License-Identifier: GPL-2.0-or-later
"""The limits of docs/limits.md that the torture firmware does not pin."""

from pathlib import Path

import pytest

from rprocbench.emulator.engine import Engine
from rprocbench.emulator.nvic import HARD_FAULT, SVCALL

from .rig import CODE, STACK, boot, rig
from .test_guard import MPU, SECRET
from .test_torture import DIFFERENCES

LIMITS = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()
FAULTED = "ldr r0, =MAIL; movs r1, #1; str r1, [r0]; b ."


def test_each_difference_to_qemu_is_written_down() -> None:
    missing = [name for name in DIFFERENCES if f"*{name}*" not in LIMITS]
    assert missing == []


def test_what_unicorn_shall_refuse_it_refuses_here() -> None:
    assert Engine().checks.can_refuse
    assert Engine().checks.alignment.is_possible


def test_an_instruction_of_armv8m_executes() -> None:
    it = rig("nop; nop; b .", {HARD_FAULT: FAULTED})
    it.soc.m4.write(CODE, bytes.fromhex("00fe000a"))  # vselge.f32 s0, s0, s0
    it.start().go()
    assert it.word() == 0


def test_floating_point_registers_are_pushed_at_once() -> None:
    main = "vmov.f32 s0, #1.0; svc #0; b ."
    handler = "ldr r1, =MAIL; ldr r0, [sp, #32]; str r0, [r1]; ldr r2, =SCS; ldr r3, =0xf38; ldr r0, [r2, r3]; str r0, [r1, #4]; bx lr"  # noqa: E501
    it = boot(main, {SVCALL: handler})
    assert it.words(2) == [0x3F80_0000, STACK - 0x68 + 0x20]


def test_a_new_floating_point_context_starts_from_zero() -> None:
    main = """
        ldr r1, =SCS
        ldr r2, =0xf3c
        ldr r0, =0x03000000
        str r0, [r1, r2]
        ldr r5, [r1, r2]
        movs r0, #0
        msr control, r0
        isb
        vmov.f32 s0, #1.0
        vmrs r4, fpscr
        b .
    """
    it = boot(main)
    assert (it.r(4), it.r(5)) == (0, 0x0300_0000)


def test_ldrt_is_judged_like_ldr() -> None:
    setup = MPU.format(base=SECRET, attributes=0x0100_0017, control=5)  # for privileged code
    it = boot(f"{setup} ldr r4, ={SECRET:#x}; ldrt r0, [r4]; b .", {HARD_FAULT: FAULTED})
    assert it.word() == 0


@pytest.mark.parametrize(("lift", "faults"), [("cpsid f", 1), ("nop", 1)])
def test_faultmask_alone_lifts_no_mpu(lift: str, faults: int) -> None:
    setup = MPU.format(base=SECRET, attributes=0x17, control=5)
    main = f"{setup} ldr r4, ={SECRET:#x}; {lift}; ldr r0, [r4]; b ."
    it = boot(main, {HARD_FAULT: FAULTED})
    locked_up = not it.core.is_running
    assert it.word() + locked_up == faults
