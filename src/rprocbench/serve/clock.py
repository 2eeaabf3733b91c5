# SPDX-License-Identifier: GPL-2.0-or-later
"""How far the remote processor may run now: in pieces, and no faster than the real one would."""

import time
from collections.abc import Callable

SLICE = 0.004  # seconds of the remote processor's time that it runs at a stretch
PAUSE = 0.005  # seconds to sleep when it has caught up with real time
BEHIND = 0.05  # seconds that it may lag; what is more is forgotten


class Pace:
    """The remote processor's time against ours. `hz` is its clock, `now` is ours, in seconds."""

    def __init__(self, hz: int, now: Callable[[], float] = time.monotonic) -> None:
        self.hz = hz
        self.now = now
        self._start: tuple[float, int] | None = None

    def target(self, cycles: int) -> int:
        """Up to which cycle it may run at once, when it is at `cycles`; `cycles` is: not now."""
        now = self.now()
        if self._start is None:
            self._start = (now, cycles)
        began, first = self._start
        due = first + int((now - began) * self.hz)
        if due - cycles > BEHIND * self.hz:
            self._start = (now - BEHIND, cycles)
            due = cycles + int(BEHIND * self.hz)
        return max(cycles, min(due, cycles + int(SLICE * self.hz)))

    def rest(self) -> None:
        """It sleeps, or is off: time does not count until it runs again."""
        self._start = None
