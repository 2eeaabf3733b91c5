# SPDX-License-Identifier: GPL-2.0-or-later
"""SysTick: a counter that runs down to zero, and starts again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from .nvic import SYSTICK, Nvic
from .registers import Peripheral, View, command

ENABLE, TICKINT, CLKSOURCE, COUNTFLAG = 1, 2, 4, 1 << 16
SLOW = 8  # the other clock is an eighth of the core's
VALUE = (1 << 24) - 1


@dataclass
class SysTick(Peripheral):
    """Armv7-M ARM (DDI 0403E), B3.3. The counter is not kept, only the cycle at which it is zero.

    `zero_at` is that cycle while the counter runs, 0 while it does not; `held` is its value then.
    """

    clock: Callable[[], int]
    nvic: Nvic
    control: int = 0
    reload: int = 0
    zero_at: int = 0
    held: int = 0
    has_counted: int = 0

    @property
    def step(self) -> int:
        """Cycles per count."""
        return 1 if self.control & CLKSOURCE else SLOW

    @property
    def next_interrupt(self) -> int | None:
        """The cycle of the next interrupt, if there will be one."""
        return self.zero_at if self.control & TICKINT and self.zero_at else None

    def catch_up(self) -> None:
        """Account for every time the counter has reached zero until now."""
        now = self.clock()
        if not self.zero_at or self.zero_at > now:
            return
        self.has_counted = 1
        if self.control & TICKINT:
            self.nvic.pending |= 1 << SYSTICK
        period = (self.reload + 1) * self.step
        periods = (now - self.zero_at) // period + 1
        self.zero_at = self.zero_at + periods * period if self.reload else 0

    def _go(self, count: int) -> None:
        """Run down from `count`, or from the top after it was 0."""
        counts = count or (self.reload + 1 if self.reload else 0)
        self.zero_at = self.clock() + counts * self.step if counts else 0

    @property
    def csr(self) -> int:
        """Control and status. Reading forgets that zero was reached."""
        self.catch_up()
        value = self.control | (COUNTFLAG if self.has_counted else 0)
        self.has_counted = 0
        return value

    @csr.setter
    def csr(self, value: int) -> None:
        self.held, self.zero_at = self.cvr, 0
        self.control = value & (ENABLE | TICKINT | CLKSOURCE)
        if self.control & ENABLE:
            self._go(self.held)

    @property
    def rvr(self) -> int:
        """What the counter starts from, the next time."""
        return self.reload

    @rvr.setter
    def rvr(self, value: int) -> None:
        self.catch_up()
        self.reload = value
        if self.control & ENABLE and not self.zero_at:
            self._go(0)

    @property
    def cvr(self) -> int:
        """The counter. Writing anything clears it, and the next count starts from the top."""
        self.catch_up()
        if not self.control & ENABLE:
            return self.held
        left = -(-(self.zero_at - self.clock()) // self.step) if self.zero_at else 0
        return 0 if left > self.reload and self.held == 0 else left

    @cvr.setter
    def cvr(self, _value: int) -> None:
        self.catch_up()
        self.held = self.has_counted = 0
        if self.control & ENABLE:
            self._go(0)

    REGISTERS: ClassVar[dict[int, View]] = {
        0x010: View("csr", command),
        0x014: View("rvr", command, mask=VALUE),
        0x018: View("cvr", command),
    }
