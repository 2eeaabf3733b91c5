# SPDX-License-Identifier: GPL-2.0-or-later
"""The window watchdog of the M4 (WWDG1): it bites when it is fed too late, or too soon."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from .nvic import FIRST_IRQ
from .registers import Peripheral, View, command

WWDG1, IRQ = 0x4000_A000, 0
WDGA = 1 << 7
COUNT = 0x7F
LAST = 0x40  # the count that is still well; the step below it bites
EWI, EWIF = 1 << 9, 1
REASONS = ("", "not fed in time", "told to: a count below 0x40", "fed too soon")
STEP = 4096  # cycles of its clock per count, times 2 to the power of WDGTB


@dataclass
class Wwdg(Peripheral):
    """RM0436, chapter WWDG. The counter is not kept, only the cycle at which it bites.

    `bitten` says that it did, and why: an index into `REASONS`. That cycle is `bites_at`, 0 while
    the watchdog is off; once on, only a reset ends it. The bus clock is taken for the core's: a
    cycle is an instruction, as everywhere here.
    """

    clock: Callable[[], int]
    held: int = COUNT
    config: int = COUNT
    early: int = 0
    bites_at: int = 0
    bitten: int = 0

    @property
    def step(self) -> int:
        """Cycles per count."""
        return STEP << (self.config >> 11 & 7)

    @property
    def next_event(self) -> int | None:
        """The cycle at which something happens by itself, if anything will."""
        if not self.bites_at:
            return None
        warns_at = self.bites_at - self.step
        return self.bites_at if self.early or self.clock() >= warns_at else warns_at

    @property
    def lines(self) -> int:
        """The early-wakeup interrupt's wire, as a bit of the exception that it raises."""
        return bool(self.config & EWI and self.early) << FIRST_IRQ + IRQ

    def catch_up(self) -> None:
        """Warn or bite, if it is time."""
        if not self.bites_at:
            return
        if self.clock() >= self.bites_at - self.step:
            self.early = EWIF
        if self.clock() >= self.bites_at:
            self._bite(1)

    def _bite(self, reason: int) -> None:
        self.bites_at, self.bitten = 0, reason

    @property
    def count(self) -> int:
        """The counter's seven bits."""
        if not self.bites_at:
            return self.held
        left = -(-(self.bites_at - self.clock()) // self.step)
        return max(0, min(left + LAST - 1, COUNT))

    @property
    def cr(self) -> int:
        """Control: WDGA and the counter. Writing the counter feeds."""
        return self.count | (WDGA if self.bites_at else 0)

    @cr.setter
    def cr(self, value: int) -> None:
        count = value & COUNT
        if not self.bites_at and not value & WDGA:
            self.held = count
        elif count < LAST:
            self._bite(2)
        elif self.bites_at and self.count > self.config & COUNT:
            self._bite(3)
        else:
            self.bites_at = self.clock() + (count - LAST + 1) * self.step

    REGISTERS: ClassVar[dict[int, View]] = {
        0x0: View("cr", command),
        0x4: View("config", mask=COUNT | 7 << 11 | EWI),
        0x8: View("early", mask=EWIF),
    }
