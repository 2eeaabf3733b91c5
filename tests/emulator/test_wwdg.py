# SPDX-License-Identifier: GPL-2.0-or-later
"""The window watchdog: when it warns, when it bites, and what feeding does."""

from dataclasses import dataclass

import pytest

from rprocbench.base.trace import Lane, Ran, Signalled
from rprocbench.emulator.nvic import FIRST_IRQ
from rprocbench.emulator.wwdg import REASONS, STEP, Wwdg

from .rig import rig

CR, CFR, SR = 0, 4, 8
ON = 0x80
FEED = """
    ldr r1, =0x4000A000
    movs r0, #0x7f
    str r0, [r1, #4]
    movs r0, #0xc1
    str r0, [r1]
"""


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: int = 0

    def __call__(self) -> int:
        return self.now


@pytest.mark.parametrize(("count", "steps"), [(0x40, 1), (0x41, 2), (0x7F, 64)])
@pytest.mark.parametrize("divider", [0, 7])
def test_it_bites_when_the_count_falls_below_0x40(count: int, steps: int, divider: int) -> None:
    clock = Clock()
    dog = Wwdg(clock)
    dog.write(CFR, 0x7F | divider << 11)
    dog.write(CR, ON | count)
    clock.now = steps * (STEP << divider) - 1
    dog.catch_up()
    assert not dog.bitten
    assert dog.read(CR) == ON | 0x40
    clock.now += 1
    dog.catch_up()
    assert REASONS[dog.bitten] == "not fed in time"


def test_it_counts_down_and_starts_again_when_fed() -> None:
    clock = Clock()
    dog = Wwdg(clock)
    dog.write(CR, ON | 0x7F)
    for ticks, count in ((0, 0x7F), (1, 0x7E), (10, 0x75)):
        clock.now = ticks * STEP
        assert dog.read(CR) & 0x7F == count
    dog.write(CR, 0x7F)  # the enable bit cannot be cleared
    assert dog.read(CR) == ON | 0x7F


def test_fed_above_the_window_it_bites() -> None:
    clock = Clock()
    dog = Wwdg(clock)
    dog.write(CFR, 0x50)
    dog.write(CR, ON | 0x7F)
    clock.now = (0x7F - 0x50) * STEP
    dog.write(CR, ON | 0x7F)
    assert not dog.bitten
    clock.now += STEP
    dog.write(CR, ON | 0x7F)
    assert REASONS[dog.bitten] == "fed too soon"


def test_a_count_below_0x40_is_an_order_to_bite() -> None:
    dog = Wwdg(Clock())
    dog.write(CR, ON | 0x3F)
    assert REASONS[dog.bitten].startswith("told to")


def test_it_warns_one_step_before_it_bites() -> None:
    clock = Clock()
    dog = Wwdg(clock)
    dog.write(CFR, 0x7F | 1 << 9)
    dog.write(CR, ON | 0x42)
    assert dog.next_event == 2 * STEP
    clock.now = 2 * STEP
    dog.catch_up()
    assert dog.lines == 1 << FIRST_IRQ
    assert dog.next_event == 3 * STEP
    dog.write(SR, 0)
    assert not dog.lines


@pytest.mark.parametrize(
    "end", ["1: b 1b", "1: wfi; b 1b", "1: nop; b 1b", "udf #0", "cpsid i; 1: b 1b"]
)
def test_whatever_the_core_does_it_bites_once_and_linux_is_told(end: str) -> None:
    """A spin, a sleep, a lockup: the watchdog outlives them all, and the reset ends it."""
    machine = rig(FEED + end).start()
    machine.soc.mcu.set_boot_mcu(value=False, source=Lane.LINUX)  # as stm32's start does
    machine.go(10 * STEP)
    told = [e for e in machine.soc.run.trace if isinstance(e, Signalled) and e.line == "exti 68"]
    assert len(told) == 1
    assert not machine.soc.mcu.running
    last = [e for e in machine.soc.run.trace if isinstance(e, Ran)][-1]
    assert 2 * STEP <= last.end <= 2 * STEP + 16
