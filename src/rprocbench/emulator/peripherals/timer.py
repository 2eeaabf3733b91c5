# SPDX-License-Identifier: GPL-2.0-or-later
"""Timers that count up, and tell when they overflow."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from .block import Block

CR1, DIER, SR, EGR, CNT, PSC, ARR = 0x00, 0x0C, 0x10, 0x14, 0x24, 0x28, 0x2C
CEN, UDIS, OPM = 1 << 0, 1 << 1, 1 << 3
UIF = 1 << 0


@dataclass
class Timer(Block):
    """RM0436, chapters TIM1 to TIM17, counting up. Its clock is the core's.

    While it runs, `origin` is the cycle at which it counted 0; else CNT is `held`. The prescaler
    takes effect at once, not at the next update. Channels only remember.
    """

    RESET: ClassVar[dict[int, int]] = {ARR: 0xFFFF}

    clock: Callable[[], int] = field(default_factory=lambda: lambda: 0)
    origin: int = 0
    held: int = 0

    @property
    def _step(self) -> int:
        return (self.peek(PSC) & 0xFFFF) + 1

    @property
    def _period(self) -> int:
        return (self.peek(ARR) + 1) * self._step

    @property
    def _runs(self) -> bool:
        return bool(self.peek(CR1) & CEN and self.peek(ARR))

    def _count(self) -> int:
        if not self._runs:
            return self.held
        return (self.clock() - self.origin) // self._step % (self.peek(ARR) + 1)

    def _set(self, count: int) -> None:
        self.held = count
        self.origin = self.clock() - count * self._step

    def read(self, offset: int) -> int:
        """A register."""
        self.catch_up()
        if offset == CNT:
            return self._count()
        return 0 if offset == EGR else self.peek(offset)

    def wrote(self, offset: int, written: int, new: int) -> None:
        """SR is cleared by zeros; EGR.UG is an update; the rest changes how it counts."""
        self.catch_up()
        count = self._count()
        if offset == SR:
            self.words[SR] = self.peek(SR) & new
        elif offset == EGR:
            if written & 1 and not self.peek(CR1) & UDIS:
                self._set(0)
                self.put(SR, UIF)
        elif offset == CNT:
            self._set(new)
        else:
            super().wrote(offset, written, new)
            self._set(count)

    def catch_up(self) -> None:
        """Set the flags of what happened until now."""
        if not self._runs:
            return
        now = self.clock()
        periods = (now - self.origin) // self._period
        if periods > 0:
            self.put(SR, UIF)
            self.origin += periods * self._period
            if self.peek(CR1) & OPM:
                self.clear(CR1, CEN)
                self.held = 0

    @property
    def next_event(self) -> int | None:
        """The next overflow, if anybody wants to know."""
        if self._runs and self.peek(DIER) & UIF and not self.peek(SR) & UIF:
            return self.origin + self._period
        return None

    @property
    def is_raised(self) -> bool:
        """Whether an enabled flag is up."""
        return bool(self.peek(DIER) & self.peek(SR) & 0x1F)


@dataclass
class WideTimer(Timer):
    """One of 32 bits."""

    RESET: ClassVar[dict[int, int]] = {ARR: 0xFFFF_FFFF}
