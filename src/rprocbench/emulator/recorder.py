# SPDX-License-Identifier: GPL-2.0-or-later
"""What the trace learns of the M4, and what the M4 has to learn from the trace."""

from collections.abc import Iterator

from rprocbench.base.run import Run
from rprocbench.base.trace import Filled, Lane, Ran, Wrote
from rprocbench.soc.board import Soc

TOOK = "took an exception"


EVENT = 256  # bytes that an event takes, about
MOST = 1 << 30  # bytes that the trace of a run may take


class Recorder:
    """Tells each instruction and each written byte once.

    `told` is the cycle up to which the trace knows; `is_dirty` says that something ran since, and
    may have written. A core whose recorder `is_silent` leaves nothing in the trace.
    """

    def __init__(self, soc: Soc, run: Run, *, is_silent: bool = False) -> None:
        self.is_silent = is_silent
        self.soc = soc
        self.run = run
        self.told = 0
        self.is_dirty = False
        self.most, self._bytes = MOST, 0
        self.is_full = False  # what goes on for ever must not take all memory
        self._seen = 0  # the event up to which changes by others were looked at
        self._chips = tuple(dict.fromkeys(mapping.chip for mapping in soc.m4.mappings))

    def tell(self, end: int, pc: int, why: str, entries: int = 0) -> None:
        """Record the instructions up to `end`, and what they wrote.

        Nothing having happened in between, two stretches are one, so a trace does not depend on
        how often the core was asked to run. Where it was stopped between the entry to an exception
        and the handler's first instruction, each of these `entries` is a stretch of no length.
        """
        if end > self.told:
            trace = self.run.trace
            last = trace[-1] if trace else None
            if isinstance(last, Ran) and last.end == self.told:
                trace[-1] = Ran(last.start, end, pc, why)
            else:
                self.run.record(Ran(self.told, end, pc, why))
            self.told, self.is_dirty = end, True
        for _ in range(entries):
            self.run.record(Ran(end, end, pc, TOOK))
        if self.is_dirty:
            self._note()
            self.is_dirty = False

    def _note(self) -> None:
        """What the M4 wrote; and what the trace has cost by now."""
        trace, start = self.run.trace, len(self.run.trace)
        for chip in self._chips:
            self.soc.rams[chip].note_changes(Lane.M4)
        self._bytes += sum(len(e.data) for e in trace[start:] if isinstance(e, Wrote))
        if not self.is_full and self._bytes + EVENT * len(trace) > self.most:
            self.is_full = True
            self.run.log(Lane.M4, f"stopped: the trace holds {self.most >> 20} MiB", "err")

    def foreign_changes(self) -> Iterator[tuple[int, int]]:
        """Where other worlds wrote since the last call: device address and size, every alias."""
        news = self.run.trace[self._seen :]
        self._seen = len(self.run.trace)
        for event in news:
            if isinstance(event, Wrote | Filled) and event.lane != Lane.M4:
                size = len(event.data) if isinstance(event, Wrote) else event.size
                for mapping in self.soc.m4.mappings:
                    if mapping.chip == event.ram:
                        yield mapping.base + event.offset - mapping.offset, size
