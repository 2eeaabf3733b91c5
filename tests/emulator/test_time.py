# SPDX-License-Identifier: GPL-2.0-or-later
"""Time: SysTick, the cycle counter, sleep, and what wakes from it."""

from dataclasses import dataclass
from itertools import pairwise

import pytest

from rprocbench.base.trace import Ran, Wrote
from rprocbench.emulator.nvic import SYSTICK, Nvic
from rprocbench.emulator.systick import SysTick

from .rig import boot, rig

COUNT = "ldr r3, =MAIL; ldr r2, [r3]; adds r2, #1; str r2, [r3]; "
STAMP = COUNT + "ldr r1, =DWT; ldr r1, [r1, #4]; str r1, [r3, r2, lsl #2]; bx lr"
TICK_EVERY_1000 = """
    ldr r1, =DWT
    movs r0, #1
    str r0, [r1]
    ldr r1, =SCS
    ldr r0, =999
    str r0, [r1, #0x14]
    str r0, [r1, #0x18]
    movs r0, #7
    str r0, [r1, #0x10]
"""


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: int = 0

    def __call__(self) -> int:
        return self.now


@pytest.mark.parametrize("idle", ["1: wfi; b 1b", "1: b 1b", "1: nop; b 1b", "1: wfe; b 1b"])
def test_systick_comes_every_reload_plus_one_cycles(idle: str) -> None:
    it = rig(TICK_EVERY_1000 + idle, {SYSTICK: STAMP}).start().go(10_500)
    assert it.word() == 10
    stamps = it.words(11)[1:]
    gaps = {after - before for before, after in pairwise(stamps)}
    assert gaps <= {999, 1000, 1001}  # an instruction of the loop may have to end first
    assert abs(stamps[-1] - stamps[0] - 9000) <= 1


def test_sleeping_through_many_ticks_is_one_event_and_writes() -> None:
    it = rig(TICK_EVERY_1000 + "1: wfi; b 1b", {SYSTICK: COUNT + "bx lr"}).start()
    before = len(it.soc.run.trace)
    it.go(1_000_000)
    assert it.word() == 1000 - 1
    assert [type(event) for event in it.soc.run.trace[before:]] == [Ran, Wrote, Wrote]


def test_polling_countflag_without_an_interrupt() -> None:
    main = """
        ldr r1, =SCS
        movs r0, #99
        str r0, [r1, #0x14]
        str r0, [r1, #0x18]
        movs r0, #5
        str r0, [r1, #0x10]
        movs r4, #0
    1:  ldr r0, [r1, #0x10]
        lsls r0, r0, #15
        bpl 1b
        adds r4, #1
        b 1b
    """
    assert rig(main).start().go(10_050).r(4) == 100


def test_the_counter_runs_down_and_starts_again() -> None:
    clock = Clock()
    tick = SysTick(clock, Nvic())
    for offset, value in ((0x14, 9), (0x18, 1), (0x10, 5)):
        tick.write(offset, value)
    seen = [tick.read(0x18) for clock.now in range(25)]
    assert seen[1:21] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] * 2
    tick.write(0x10, 4)
    held = tick.read(0x18)
    clock.now = 100
    assert tick.read(0x18) == held == 6
    tick.write(0x10, 5)
    assert tick.read(0x18) == 6
    clock.now = 106
    assert tick.read(0x10) == 0x1_0005
    assert tick.read(0x10) == 5


def test_the_slow_clock_is_an_eighth() -> None:
    clock = Clock()
    tick = SysTick(clock, Nvic())
    tick.write(0x14, 9)
    tick.write(0x10, 3)
    assert tick.next_interrupt == 80


def test_a_reload_of_zero_stops_it() -> None:
    clock = Clock()
    tick = SysTick(clock, Nvic())
    tick.write(0x10, 7)
    assert [tick.next_interrupt] == [None]
    tick.write(0x14, 4)
    assert tick.next_interrupt == 5
    tick.write(0x14, 0)
    clock.now = 5
    assert tick.read(0x10) & 0x1_0000
    assert [tick.next_interrupt] == [None]


def test_cyccnt_counts_instructions() -> None:
    main = """
        ldr r1, =DWT
        movs r0, #1
        str r0, [r1]
        movs r0, #0
        str r0, [r1, #4]
        nop
        nop
        ldr r4, [r1, #4]
        ldr r5, [r1, #4]
        b .
    """
    it = boot(main)
    assert (it.r(4), it.r(5)) == (3, 4)


def test_the_masked_sleep_idiom_takes_its_interrupt() -> None:
    """`cpsid; wfi; cpsie`: WFI must wake though masked, and the handler run at the unmasking."""
    main = TICK_EVERY_1000 + "movs r4, #0; 1: cpsid i; wfi; adds r4, #1; cpsie i; nop; b 1b"
    it = rig(main, {SYSTICK: COUNT + "bx lr"}).start().go(10_500)
    assert (it.word(), it.r(4)) == (10, 10)


def test_asleep_with_nothing_to_wake_it_takes_no_time() -> None:
    it = rig("wfi; b .").start()
    assert not it.core.run_until(10**12)
    assert it.core.cycles == 1
    assert not it.core.run_until(10**12)


def test_a_branch_to_itself_takes_no_time_either() -> None:
    it = rig("nop; b .").start()
    assert it.core.run_until(10**12)
    assert it.core.cycles == 10**12


def test_an_event_lets_wfe_pass_once() -> None:
    it = rig("sev; wfe; movs r4, #1; wfe; movs r4, #2; b .").start()
    assert not it.core.run_until(100)
    assert it.r(4) == 1


def test_a_handler_that_ran_is_an_event() -> None:
    it = rig("svc #0; wfe; movs r4, #1; wfe; movs r4, #2; b .", {11: "bx lr"}).start()
    assert not it.core.run_until(100)
    assert it.r(4) == 1


def test_sevonpend_makes_an_event_of_a_disabled_interrupt() -> None:
    main = """
        ldr r1, =SCS
        movs r0, #0x10
        str r0, [r1, #0xd10]
        str r0, [r1, #0x200]
        wfe
        movs r4, #1
        b .
    """
    assert boot(main).r(4) == 1


def test_yield_does_nothing() -> None:
    assert boot("yield; movs r4, #1; yield.w; adds r4, #1; b .").r(4) == 2


def test_sleep_on_exit() -> None:
    main = TICK_EVERY_1000 + "movs r0, #2; str r0, [r1, #0xd10]; movs r4, #0; 1: adds r4, #1; b 1b"
    it = rig(main, {SYSTICK: COUNT + "bx lr"}).start().go(10_500)
    assert it.word() == 10
    assert it.r(4) < 1000
