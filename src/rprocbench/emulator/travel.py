# SPDX-License-Identifier: GPL-2.0-or-later
"""Time travel: a replica of the M4 goes to any moment of a run, and says what it met on the way.

The replica starts from the nearest snapshot and executes again, while the trace tells it what the
other worlds did. Nothing of the run itself is touched, so a finished recording will do.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.trace import Filled, Lane, Message, Ran, Trace, Wrote
from rprocbench.soc.board import Board

from .hostlog import Replica
from .snapshots import SPACING, Album, Camera, Snapshot, cost_of
from .timeline import Position, Timeline
from .watch import Access, ExceptionTaken, Hit, RpmsgMessage, Sleep, Touch, Until, Watch

UNIT = 5  # instructions of an IT block, and the IT


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """`index` events had come, `cycles` instructions were completed, `entries` exceptions since."""

    cycles: int
    index: int
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Met:
    """What was met at a moment: by the M4 (`hit`), or an event of another world."""

    moment: Moment
    until: Until
    touch: Touch | None = None


class Traveller:
    """Goes through the M4's part of a run.

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
        self._index = 0
        self._due = 0
        self._look: Callable[[], None] | None = None
        self._is_spoilt = False
        self.is_interrupted = False
        self.album.add(self._camera.take(0))

    # Where it is

    @property
    def moment(self) -> Moment:
        """Where the replica stands."""
        return Moment(self.core.cycles, self._index, self.core.entries)

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
        self._forward(wanted)
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
        snapshot = self._before(wanted)
        here = self.moment
        is_on_the_way = (
            here.cycles <= wanted.cycles
            and here.index <= wanted.index
            and (here.cycles, here.index) >= (snapshot.cycles, snapshot.index)
        )
        if not is_on_the_way or here.entries or self._is_spoilt:
            self._put(snapshot)

    def _put(self, snapshot: Snapshot) -> None:
        self._camera.put(snapshot)
        self._is_spoilt = False
        self._index = self._index_of(snapshot)
        self._due = cost_of(self.core) + self.spacing

    def _before(self, wanted: Moment) -> Snapshot:
        found = self.album.before(wanted.cycles, wanted.index + 1)
        while found and self._index_of(found) > wanted.index:
            found = self.album.before(found.cycles - 1, found.index - 1)
        assert found, "the first snapshot is before everything"
        return found

    def _index_of(self, snapshot: Snapshot) -> int:
        """The events that it had seen; not a stretch that was longer in the end."""
        index, trace = snapshot.index, self.timeline.trace
        if index:
            last = trace[index - 1]
            if isinstance(last, Ran) and last.end > snapshot.cycles:
                return index - 1
        return index

    def _forward(self, wanted: Moment) -> bool:
        """Execute, and apply events, up to `wanted`. False if the sentry stopped it before."""
        trace, core = self.timeline.trace, self.core
        while self._index < wanted.index:
            event = trace[self._index]
            if isinstance(event, Ran):
                if not self._stretch(event, event.end):
                    return False
            else:
                self.replica.apply(event)
            self._index += 1
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
            self._advance_entry()
        core.entries -= 1

    def _advance_entry(self) -> bool:
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
        while self.core.entries < wanted.entries and self._advance_entry():
            pass

    def _back_off(self, wanted: Moment) -> None:
        """`wanted` lies in an IT block: stand in front of it."""
        start = Moment(max(0, wanted.cycles - UNIT), 0)
        start = Moment(start.cycles, min(self.timeline.first_at(start.cycles), wanted.index))
        self._put(self._before(start))
        self._forward(start)
        last = self.core.cycles
        while self.core.cycles <= wanted.cycles:
            last = self.core.cycles
            self._forward(Moment(last + 1, self.timeline.first_at(last + 1)))
        place = Moment(last, min(self.timeline.first_at(last), wanted.index))
        self._put(self._before(place))
        self._forward(place)

    # Snapshots on the way

    def _between(self) -> None:
        if self._look:
            self._look()
        if self.core.entries == 0 and cost_of(self.core) >= self._due and not self.core.is_stopped:
            self.album.add(self._camera.take(self._index))
            self._due = cost_of(self.core) + self.spacing

    # Looking for something

    def forward(self, untils: Sequence[Until], end: Moment) -> Met | None:
        """The first that is met from here on, at which the replica then stands; else at `end`."""
        self.timeline.refresh()
        stop = self._first_message(untils, end)
        target = end if stop is None else stop.moment
        watch = Watch(untils)
        if not watch.is_idle:
            self.core.sentry.arm(watch)
        try:
            is_there = self._forward_watched(target, untils)
        finally:
            self.core.sentry.disarm()
        if is_there is not True:
            return is_there or self._met(watch.hits[0])
        return stop

    def _forward_watched(self, target: Moment, untils: Sequence[Until]) -> "Met | bool | None":
        """True at the target, what another world did, or None where the sentry stopped it."""
        trace = self.timeline.trace
        while self._index < target.index:
            event = trace[self._index]
            if met := self._host_hit(self._index, untils):
                self.replica.apply(event)
                self._index += 1
                return met
            if not self._forward(Moment(self.core.cycles, self._index + 1)):
                return None
        return True if self._forward(target) else None

    def _met(self, hit: Hit) -> Met:
        return Met(self.moment, hit.until, hit.touch)

    def _host_hit(self, index: int, untils: Sequence[Until]) -> Met | None:
        """Whether event `index` is an access by another world that somebody looks for."""
        event = self.timeline.trace[index]
        if not isinstance(event, Wrote | Filled) or event.lane is Lane.M4:
            return None
        for until in untils:
            if isinstance(until, Access) and until.kind != "read":
                touch = self._touch_of(event, until)
                if touch and until.value in (None, touch.value):
                    return Met(self._moment_at(index), until, touch)
        return None

    def _touch_of(self, event: Wrote | Filled, access: Access) -> Touch | None:
        """The part of the event that concerns those bytes; `value` is what they all read then."""
        size = len(event.data) if isinstance(event, Wrote) else event.size
        where = self._where(access.da)
        if where is None or where[0] != event.ram:
            return None
        first = max(where[1], event.offset)
        last = min(where[1] + access.size, event.offset + size)
        if first >= last:
            return None
        at, end = first - event.offset, last - event.offset
        data = event.data[at:end] if isinstance(event, Wrote) else bytes([event.value]) * (end - at)
        value = int.from_bytes(data, "little")
        return Touch(access.da + first - where[1], end - at, True, value, 0, event.lane)  # noqa: FBT003

    def _where(self, da: int) -> tuple[str, int] | None:
        for mapping in self.replica.soc.m4.mappings:
            if mapping.base <= da < mapping.base + mapping.size:
                return mapping.chip, da - mapping.base + mapping.offset
        return None

    def _moment_at(self, index: int) -> Moment:
        return Moment(self.timeline.cycles_at(index), index)

    def _first_message(self, untils: Sequence[Until], end: Moment) -> Met | None:
        """The first message between here and `end`; the moment is just after it."""
        for until in untils:
            if isinstance(until, RpmsgMessage):
                for index in range(self._index, end.index):
                    if is_message(self.timeline.trace[index], until):
                        return Met(self._moment_at(index + 1), until)
        return None

    def replay(self, watch: Watch, end: Moment, look: Callable[[], None]) -> list[Hit]:
        """Go on to `end`, and `look` after each stretch; gives what `watch` has gathered."""
        self._look = look
        if not watch.is_idle:
            self.core.sentry.arm(watch)
        try:
            self._forward(end)
        finally:
            self.core.sentry.disarm()
            self._look = None
        look()
        return watch.hits

    def backward(self, untils: Sequence[Until], here: Moment) -> Met | None:
        """The last that was met before `here`: the moment just before it happened."""
        for start, end in self._segments(here):
            found = [met for met in self._gather(untils, start, end) if met.moment < here]
            if found:
                return max(found, key=lambda met: met.moment)
            if self.is_interrupted:
                break
        return None

    def _segments(self, here: Moment) -> Iterator[tuple[Snapshot, Moment]]:
        end = here
        while True:
            start = self._before(end)
            if (start.cycles, self._index_of(start)) == (end.cycles, end.index) and end.index:
                start = self._before(Moment(end.cycles, end.index - 1))
            yield start, end
            end = Moment(start.cycles, self._index_of(start))
            if (start.cycles, start.index) == (0, 0):
                return

    def _gather(self, untils: Sequence[Until], start: Snapshot, end: Moment) -> list[Met]:
        """Everything that was met between two moments."""
        self._put(start)
        first, watch = self._index, Watch(untils, collects=True)
        self.core.sentry.arm(watch)
        try:
            self._forward(end)
            if end.entries:
                self.core.run_until(self.core.cycles + 1)
        finally:
            self.core.sentry.disarm()
        found = [Met(self._moment_of(hit, end), hit.until, hit.touch) for hit in watch.hits]
        others = (self._host_hit(index, untils) for index in range(first, end.index))
        found.extend(met for met in others if met)
        messages = [u for u in untils if isinstance(u, RpmsgMessage)]
        found += [
            Met(self._moment_at(index), until)
            for until in messages
            for index in range(first, end.index)
            if is_message(self.timeline.trace[index], until)
        ]
        return found

    def _moment_of(self, hit: Hit, end: Moment) -> Moment:
        """The M4 does something only when all that came before is done."""
        at = hit.cycles
        index = self.timeline.first_at(at)
        if not isinstance(hit.until, ExceptionTaken | Sleep) or hit.entries:
            index += self.timeline.count_at(at)
        return Moment(at, min(index, end.index), hit.entries)

    # Steps

    def moments(self, end: Moment) -> Iterator[Moment]:
        """Every moment of the M4, and every event, from power-on to `end`."""
        self.goto(Moment(0, 0))
        while self.moment < end:
            yield self.moment
            self.ahead(end)
        yield end

    def ahead(self, end: Moment) -> None:
        """One step towards `end`: an event, an exception's entry, or an instruction."""
        here = self.moment
        event = self.timeline.trace[here.index] if here.index < end.index else None
        if isinstance(event, Ran) and event.end > here.cycles:
            if not self._advance_entry() and self.core.cycles == here.cycles:
                self._forward(Moment(event.end, here.index))
        elif event is not None:
            self._forward(Moment(here.cycles, here.index + 1))
        elif not self._advance_entry():
            self._forward(Moment(min(here.cycles + 1, end.cycles), here.index))

    def back(self, here: Moment) -> Moment | None:
        """The moment one step before `here`; None where nothing was before."""
        if here.entries:
            return self.goto(Moment(here.cycles, here.index, here.entries - 1))
        if here.cycles == 0:
            return None
        before = here.cycles - 1
        self.goto(Moment(before, min(self._last_at(before), here.index)))
        place = self.moment
        while self._advance_entry():
            place = self.moment
        if place.entries == 0:
            self.goto(place)
            if self.core.is_asleep and self.core.slept_at < place.cycles:
                at = self.core.slept_at
                place = Moment(at, min(self._last_at(at), here.index))
        return self.goto(place)

    def _last_at(self, cycles: int) -> int:
        return self.timeline.first_at(cycles) + self.timeline.count_at(cycles)


def is_message(event: object, until: RpmsgMessage) -> bool:
    """Whether `event` is such a message."""
    return isinstance(event, Message) and until.direction in (None, event.direction)
