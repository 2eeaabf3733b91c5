# SPDX-License-Identifier: GPL-2.0-or-later
"""When each event of a trace happened, in the M4's own time; and positions in a run.

The trace is the log of what others did to the M4. Each stretch of instructions is a `Ran` in it,
and between two of them the M4 stands still, while the other worlds write, ring and reset.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from rprocbench.base.trace import Ran, Trace


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A moment: the M4 has completed `cycles` instructions, and `event` events have come since.

    These are the events of the trace that happened at that cycle (the `Ran` that ends there is the
    first), then the exceptions that the M4 entered before its next instruction.
    """

    cycles: int
    event: int = 0

    def __str__(self) -> str:
        return f"{self.cycles}" + (f".{self.event}" if self.event else "")


class Timeline:
    """An index of a trace that may still grow."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._ends: list[int] = []  # of each stretch
        self._rans: list[int] = []  # its index
        self._gaps: list[tuple[int, int]] = []  # cycles that no stretch tells of
        self._seen = 0

    def refresh(self) -> None:
        """Take into account what the trace has grown by. The last stretch may have grown itself."""
        trace, last = self.trace, self._rans[-1] if self._rans else -1
        if last >= 0 and last == self._seen - 1:
            stretch = trace[last]
            assert isinstance(stretch, Ran)
            self._ends[-1] = stretch.end
        for index in range(self._seen, len(trace)):
            event = trace[index]
            if isinstance(event, Ran):
                before = self._ends[-1] if self._ends else 0
                if event.start != before:
                    self._gaps.append((before, event.start))
                self._ends.append(event.end)
                self._rans.append(index)
        self._seen = len(trace)

    @property
    def cycles(self) -> int:
        """How far the trace tells."""
        return self._ends[-1] if self._ends else 0

    def cycles_at(self, index: int) -> int:
        """The M4's time when the first `index` events had happened."""
        at = bisect_left(self._rans, index)
        return self._ends[at - 1] if at else 0

    def first_at(self, cycles: int) -> int:
        """How many events happened before the M4 completed instruction number `cycles`."""
        at = bisect_left(self._ends, cycles)
        if cycles == 0:
            return 0
        return self._rans[at] if at < len(self._rans) else len(self.trace)

    def count_at(self, cycles: int) -> int:
        """How many events happened at exactly that time."""
        if cycles and (at := bisect_left(self._ends, cycles)) < len(self._ends):
            if self._ends[at] != cycles:
                return 0
        elif cycles:
            return 0
        after = bisect_right(self._ends, cycles)
        end = self._rans[after] if after < len(self._rans) else len(self.trace)
        return end - self.first_at(cycles)

    def position(self, index: int, entries: int = 0, cycles: int | None = None) -> Position:
        """Where the M4 stands when the first `index` events had happened."""
        if cycles is None or cycles < self.cycles_at(index):
            cycles = self.cycles_at(index)
        return Position(cycles, max(0, index - self.first_at(cycles)) + entries)

    def find(self, position: Position) -> tuple[int, int]:
        """How many events of the trace come before `position`, and how many exceptions since."""
        count = self.count_at(position.cycles)
        events = min(position.event, count)
        return self.first_at(position.cycles) + events, position.event - events

    def has_gap(self, start: int, end: int) -> bool:
        """Whether there are cycles between these of which the trace does not tell."""
        return any(a < end and start < b for a, b in self._gaps)
