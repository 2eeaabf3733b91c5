# SPDX-License-Identifier: GPL-2.0-or-later
"""Exceptions come when they must, in order of urgency, and leave the world as they found it."""

import pytest

from rprocbench.emulator.engine import Reg
from rprocbench.emulator.nvic import (
    PENDSV,
    SVCALL,
)

from .rig import CODE, MAIL, STACK, boot, rig

IRQ0, IRQ1, IRQ2 = 16, 17, 18

# Note the exception number at the next free word of MAIL[1..]; MAIL[0] counts.
NOTE = """
    ldr r3, =MAIL
    ldr r2, [r3]
    adds r2, #1
    str r2, [r3]
    mrs r0, ipsr
    str r0, [r3, r2, lsl #2]
"""
RETURN = NOTE + "bx lr"


def test_svc_runs_the_handler_and_comes_back() -> None:
    main = "movs r0, #1; svc #5; adds r0, #1; b ."
    handler = """
        ldr r1, =MAIL
        mrs r0, ipsr
        str r0, [r1]
        str lr, [r1, #4]
        ldr r2, [sp, #24]
        str r2, [r1, #8]
        ldrb r2, [r2, #-2]
        str r2, [r1, #12]
        mov r2, sp
        str r2, [r1, #16]
        bx lr
    """
    it = boot(main, {SVCALL: handler})
    assert it.words(5) == [SVCALL, 0xFFFF_FFF9, CODE + 4, 5, STACK - 32]
    assert (it.r(0), it.core.engine[Reg.SP], it.core.engine[Reg.XPSR] & 0x1FF) == (2, STACK, 0)


def test_a_write_that_pends_an_exception_is_the_last_instruction_before_it() -> None:
    main = """
        ldr r1, =SCS
        ldr r2, =0x10000000
        movs r0, #0
        str r2, [r1, #0xd04]
        adds r0, #1
        adds r0, #1
        b .
    """
    handler = "ldr r1, =MAIL; str r0, [r1]; bx lr"
    it = boot(main, {PENDSV: handler})
    assert (it.word(), it.r(0)) == (0, 2)


def test_a_conditional_write_that_pends_is_heard_behind_its_it_block() -> None:
    main = """
        ldr r1, =SCS
        ldr r2, =0x10000000
        movs r0, #0
        cmp r0, #0
        ittt eq
        addeq r0, #1
        streq r2, [r1, #0xd04]
        addeq r0, #1
        adds r0, #1
        b .
    """
    it = boot(main, {PENDSV: "ldr r1, =MAIL; str r0, [r1]; bx lr"})
    assert (it.word(), it.r(0)) == (2, 3)


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        (0x40, 0x20, [IRQ0, IRQ1, IRQ0 << 8]),  # the more urgent one cuts in
        (0x40, 0x40, [IRQ0, IRQ0 << 8, IRQ1]),  # equals wait
        (0x20, 0x40, [IRQ0, IRQ0 << 8, IRQ1]),
    ],
)
def test_the_more_urgent_interrupt_preempts(first: int, second: int, order: list[int]) -> None:
    main = """
        ldr r1, =SCS
        ldr r0, =MAIL
        ldr r0, [r0, #64]
        str r0, [r1, #0x400]
        movs r0, #3
        str r0, [r1, #0x100]
        movs r0, #1
        str r0, [r1, #0x200]
        b .
    """
    handlers = {
        IRQ0: NOTE
        + """
            ldr r1, =SCS
            movs r0, #2
            str r0, [r1, #0x200]
            ldr r2, [r3]
            adds r2, #1
            str r2, [r3]
            mrs r0, ipsr
            lsls r0, r0, #8
            str r0, [r3, r2, lsl #2]
            bx lr
        """,
        IRQ1: RETURN,
    }
    it = rig(main, handlers)
    it.soc.m4.write(type(MAIL)(MAIL + 64), bytes([first, second, 0, 0]))
    it.start().go()
    assert it.words(4)[1:] == order


def test_of_two_equals_the_lower_number_goes_first() -> None:
    main = "ldr r1, =SCS; movs r0, #7; str r0, [r1, #0x200]; str r0, [r1, #0x100]; b ."
    it = boot(main, {IRQ0: RETURN, IRQ1: RETURN, IRQ2: RETURN})
    assert it.words(4) == [3, IRQ0, IRQ1, IRQ2]


def test_primask_holds_and_cpsie_lets_go_at_once() -> None:
    main = """
        ldr r1, =SCS
        movs r2, #1
        str r2, [r1, #0x100]
        cpsid i
        str r2, [r1, #0x200]
        movs r0, #0
        adds r0, #1
        adds r0, #1
        cpsie i
        adds r0, #1
        b .
    """
    it = boot(main, {IRQ0: "ldr r1, =MAIL; str r0, [r1]; bx lr"})
    assert (it.word(), it.r(0)) == (2, 3)


def test_basepri_holds_what_is_not_more_urgent() -> None:
    main = """
        ldr r1, =SCS
        ldr r0, =0x4020
        str r0, [r1, #0x400]
        movs r0, #3
        str r0, [r1, #0x100]
        movs r0, #0x40
        msr basepri, r0
        movs r0, #3
        str r0, [r1, #0x200]
        ldr r3, =MAIL
        ldr r4, [r3]
        str r4, [r3, #32]
        movs r0, #0
        msr basepri, r0
        nop
        b .
    """
    it = boot(main, {IRQ0: RETURN, IRQ1: RETURN})
    assert it.words(3) == [2, IRQ0, IRQ1]
    assert it.word(8) == 1  # IRQ1 had to wait


def test_faultmask_holds_all_interrupts_and_is_cleared_by_a_return() -> None:
    main = """
        ldr r1, =SCS
        movs r2, #1
        str r2, [r1, #0x100]
        svc #0
        mrs r4, faultmask
        b .
    """
    svc = """
        cpsid f
        ldr r1, =SCS
        str r2, [r1, #0x200]
        nop
        ldr r1, =MAIL
        ldr r0, [r1]
        str r0, [r1, #32]
        bx lr
    """
    it = boot(main, {SVCALL: svc, IRQ0: RETURN})
    assert (it.words(2), it.word(8), it.r(4)) == ([1, IRQ0], 0, 0)


def test_priority_grouping_decides_what_preempts() -> None:
    main = """
        ldr r1, =SCS
        ldr r0, =0x05fa0600
        str r0, [r1, #0xd0c]
        ldr r0, =0x2030
        str r0, [r1, #0x400]
        movs r0, #3
        str r0, [r1, #0x100]
        movs r0, #1
        str r0, [r1, #0x200]
        b .
    """
    pend = """
        ldr r1, =SCS
        movs r0, #2
        str r0, [r1, #0x200]
        nop
        ldr r0, [r3]
        str r0, [r3, #32]
        bx lr
    """
    it = boot(main, {IRQ0: NOTE + pend, IRQ1: RETURN})
    assert it.word(8) == 1  # 0x20 and 0x30 are one group of 0x80: no preemption
    assert it.words(3) == [2, IRQ0, IRQ1]


def test_floating_point_registers_survive_a_handler_that_uses_them() -> None:
    main = """
        vmov.f32 s0, #1.0
        vmov.f32 s15, #2.0
        vmov.f32 s16, #3.0
        svc #0
        vmov r4, s0
        vmov r5, s15
        mrs r6, control
        b .
    """
    handler = """
        ldr r1, =MAIL
        str lr, [r1]
        mov r2, sp
        str r2, [r1, #4]
        mrs r2, control
        str r2, [r1, #8]
        vmov.f32 s0, #5.0
        vmov.f32 s15, #5.0
        bx lr
    """
    it = boot(main, {SVCALL: handler})
    assert it.words(3) == [0xFFFF_FFE9, STACK - 0x68, 0]
    assert (it.r(4), it.r(5), it.r(6) & 7) == (0x3F80_0000, 0x4000_0000, 4)


def test_without_floating_point_the_frame_is_short() -> None:
    it = boot("svc #0; b .", {SVCALL: "ldr r1, =MAIL; str lr, [r1]; bx lr"})
    assert it.word() == 0xFFFF_FFF9


def test_an_unaligned_stack_is_aligned_and_put_back() -> None:
    main = "sub sp, #4; mov r4, sp; svc #0; mov r5, sp; b ."
    it = boot(main, {SVCALL: "ldr r1, =MAIL; mov r0, sp; str r0, [r1]; bx lr"})
    assert it.word() == STACK - 40
    assert it.r(4) == it.r(5) == STACK - 4


@pytest.mark.parametrize("control", [2, 3])
def test_a_thread_on_its_own_stack_privileged_or_not(control: int) -> None:
    main = """
        ldr r0, =0x10030000
        msr psp, r0
        ldr r0, =MAIL
        ldr r0, [r0, #64]
        msr control, r0
        isb
        svc #1
        mrs r4, control
        mov r5, sp
        b .
    """
    handler = """
        ldr r1, =MAIL
        str lr, [r1]
        mrs r0, psp
        str r0, [r1, #4]
        mov r0, sp
        str r0, [r1, #8]
        mrs r0, control
        str r0, [r1, #12]
        bx lr
    """
    it = rig(main, {SVCALL: handler})
    it.soc.m4.write(type(MAIL)(MAIL + 64), bytes([control, 0, 0, 0]))
    it.start().go()
    assert it.words(4) == [0xFFFF_FFFD, 0x1003_0000 - 32, STACK, control & 1]
    assert (it.r(4), it.r(5)) == (control, 0x1003_0000)


def test_an_interrupt_masked_before_dropping_privilege_stays_masked() -> None:
    main = """
        ldr r1, =SCS
        movs r2, #1
        str r2, [r1, #0x100]
        cpsid i
        str r2, [r1, #0x200]
        msr control, r2
        isb
        nop
        nop
        b .
    """
    assert boot(main, {IRQ0: RETURN}).word() == 0


def test_a_handler_can_start_a_thread() -> None:
    """As an RTOS starts its first task: a frame made by hand, and a return to it."""
    main = "svc #0; b ."
    handler = """
        ldr r0, =0x10030000
        movs r1, #7
        str r1, [r0]
        ldr r1, =0x10001101
        str r1, [r0, #24]
        ldr r1, =0x01000000
        str r1, [r0, #28]
        msr psp, r0
        ldr lr, =0xfffffffd
        bx lr
    """
    task = """
        ldr r1, =MAIL
        str r0, [r1]
        mov r0, sp
        str r0, [r1, #4]
        mrs r0, control
        str r0, [r1, #8]
        b .
    """
    it = boot(main, {SVCALL: handler, IRQ0: task})
    assert it.handlers[IRQ0] == 0x1000_1100
    assert it.words(3) == [7, 0x1003_0020, 2]


def test_a_handler_that_returns_by_pop() -> None:
    it = boot("svc #0; movs r7, #9; b .", {SVCALL: "push {r4, lr}; movs r4, #3; pop {r4, pc}"})
    assert it.r(7) == 9
