# SPDX-License-Identifier: GPL-2.0-or-later
"""A replica of the M4 goes to any moment of a run.

It starts from the nearest snapshot and executes again, while the trace tells it what the other
worlds did. Nothing of the run itself is touched, so a finished recording will do.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.trace import Ran, Trace
from rprocbench.soc.board import Board

from .hostlog import Replica
from .snapshots import SPACING, Album, Camera, Snapshot, cost_of
from .timeline import Position, Timeline
from .watch import ExceptionTaken, Hit, Watch

UNIT = 5  # instructions of an IT block, and the IT


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """`index` events had come, `cycles` instructions were completed, `entries` exceptions since."""

    cycles: int
    index: int
    entries: int = 0


class Replayer:
    """Goes to any moment of the M4's part of a run.

    `album` may be filled while the run is made; where it is empty, the first journey fills it.
    """

    def __init__(
        self, board: Board, trace: Trace, album: Album | None = None, *, spacing: int = SPACING
    ) -> None:
        self.timeline = Timeline(trace)
        self.album = Album() if album is None else album
        self.replica = Replica(board)
        self.core = self.replica.core
        self.core.between = self._between
        self.core.longest_slice = min(self.core.longest_slice, spacing)
        self.spacing = spacing
        self._camera = Camera(self.core)
        self.index = 0
        self._due = 0
        self._look: Callable[[], None] | None = None
        self._is_spoilt = False
        self.is_interrupted = False
        self.album.add(self._camera.take(0))

    # Where it is

    @property
    def moment(self) -> Moment:
        """Where the replica stands."""
        return Moment(self.core.cycles, self.index, self.core.entries)

    @property
    def end(self) -> Moment:
        """As far as the trace tells."""
        self.timeline.refresh()
        return Moment(self.timeline.cycles, len(self.timeline.trace))

    def moment_of(self, position: Position) -> Moment:
        """The moment that `position` names. Raises `InputError` BAD_VALUE outside of the run."""
        self.timeline.refresh()
        if not 0 <= position.cycles <= self.timeline.cycles or position.event < 0:
            why = f"the run is recorded up to cycle {self.timeline.cycles}"
            raise InputError(InputCode.BAD_VALUE, f"no position {position}: {why}")
        index, entries = self.timeline.find(position)
        return Moment(position.cycles, index, entries)

    def position_of(self, moment: Moment) -> Position:
        """How `moment` is named."""
        return self.timeline.position(moment.index, moment.entries, moment.cycles)

    # Going there

    def goto(self, wanted: Moment) -> Moment:
        """Stand at `wanted`; inside an IT block in front of it. Returns where that is."""
        self.timeline.refresh()
        here = self.moment
        if here == wanted and not self._is_spoilt:
            return here
        self._start(wanted)
        self.advance(wanted)
        if self.core.cycles > wanted.cycles:
            self._back_off(wanted)
        if wanted.entries:
            self._enter(wanted)
        return self.moment

    def forget(self) -> None:
        """Something was done to the replica that did not happen: it may not go on from here."""
        self._is_spoilt = True

    def _start(self, wanted: Moment) -> None:
        """Stand at the nearest place before `wanted` that can be had at once."""
        snapshot = self.snapshot_before(wanted)
        here = self.moment
        is_on_the_way = (
            here.cycles <= wanted.cycles
            and here.index <= wanted.index
            and (here.cycles, here.index) >= (snapshot.cycles, snapshot.index)
        )
        if not is_on_the_way or here.entries or self._is_spoilt:
            self.start_at(snapshot)

    def start_at(self, snapshot: Snapshot) -> None:
        self._camera.put(snapshot)
        self._is_spoilt = False
        self.index = self.events_of(snapshot)
        self._due = cost_of(self.core) + self.spacing

    def snapshot_before(self, wanted: Moment) -> Snapshot:
        found = self.album.before(wanted.cycles, wanted.index + 1)
        while found and self.events_of(found) > wanted.index:
            found = self.album.before(found.cycles - 1, found.index - 1)
        assert found, "the first snapshot is before everything"
        return found

    def events_of(self, snapshot: Snapshot) -> int:
        """The events that it had seen; not a stretch that was longer in the end."""
        index, trace = snapshot.index, self.timeline.trace
        if index:
            last = trace[index - 1]
            if isinstance(last, Ran) and last.end > snapshot.cycles:
                return index - 1
        return index

    def advance(self, wanted: Moment) -> bool:
        """Execute, and apply events, up to `wanted`. False if the sentry stopped it before."""
        trace, core = self.timeline.trace, self.core
        while self.index < wanted.index:
            event = trace[self.index]
            if isinstance(event, Ran):
                if not self._stretch(event, event.end):
                    return False
            else:
                self.replica.apply(event)
            self.index += 1
        return core.cycles >= wanted.cycles or self._run(wanted.cycles)

    def _stretch(self, ran: Ran, end: int) -> bool:
        if ran.start > self.core.cycles:
            why = f"nothing tells what happened between cycles {self.core.cycles} and {ran.start}"
            raise InputError(InputCode.UNSUPPORTED, why)
        if ran.start == ran.end == self.core.cycles:
            self._take_entry()
            return True
        return self.core.cycles >= end or self._run(end)

    def _run(self, cycles: int) -> bool:
        core = self.core
        core.run_until(cycles)
        if core.is_stopped:
            return False
        if core.cycles < cycles:
            why = f"running again, the M4 stops at cycle {core.cycles}, not at {cycles}"
            raise InputError(InputCode.BAD_FILE, f"the trace is not of this machine: {why}")
        return True

    def _take_entry(self) -> None:
        """The M4 was stopped between an exception's entry and its handler: enter it."""
        core = self.core
        if core.entries == 0:
            self.enter_next()
        core.entries -= 1

    def enter_next(self) -> bool:
        """Go on to the next exception, if it comes before the next instruction."""
        core, before = self.core, self.core.entries
        outer = core.sentry.disarm()
        core.sentry.arm(Watch((ExceptionTaken(),)))
        core.run_until(core.cycles + 1)
        core.sentry.disarm()
        if outer.untils:
            core.sentry.arm(outer)
        return core.entries > before

    def _enter(self, wanted: Moment) -> None:
        while self.core.entries < wanted.entries and self.enter_next():
            pass

    def _back_off(self, wanted: Moment) -> None:
        """`wanted` lies in an IT block: stand in front of it."""
        start = Moment(max(0, wanted.cycles - UNIT), 0)
        start = Moment(start.cycles, min(self.timeline.first_at(start.cycles), wanted.index))
        self.start_at(self.snapshot_before(start))
        self.advance(start)
        last = self.core.cycles
        while self.core.cycles <= wanted.cycles:
            last = self.core.cycles
            self.advance(Moment(last + 1, self.timeline.first_at(last + 1)))
        place = Moment(last, min(self.timeline.first_at(last), wanted.index))
        self.start_at(self.snapshot_before(place))
        self.advance(place)

    # Snapshots on the way

    def _between(self) -> None:
        if self._look:
            self._look()
        if self.core.entries == 0 and cost_of(self.core) >= self._due and not self.core.is_stopped:
            self.album.add(self._camera.take(self.index))
            self._due = cost_of(self.core) + self.spacing

    def replay(self, watch: Watch, end: Moment, look: Callable[[], None]) -> list[Hit]:
        """Go on to `end`, and `look` after each stretch; gives what `watch` has gathered."""
        self._look = look
        if not watch.is_idle:
            self.core.sentry.arm(watch)
        try:
            self.advance(end)
        finally:
            self.core.sentry.disarm()
            self._look = None
        look()
        return watch.hits
