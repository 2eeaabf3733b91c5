# SPDX-License-Identifier: GPL-2.0-or-later
"""Time travel: what is met on the way to another moment of a run, forwards and back; steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rprocbench.base.trace import Filled, Lane, Message, Ran, Wrote

from .replayer import Moment, Replayer
from .snapshots import Snapshot
from .watch import Access, ExceptionTaken, Hit, RpmsgMessage, Sleep, Touch, Until, Watch


@dataclass(frozen=True, slots=True)
class Met:
    """What was met at a moment: by the M4 (`hit`), or an event of another world."""

    moment: Moment
    until: Until
    touch: Touch | None = None


class Traveller(Replayer):
    """Goes through the M4's part of a run, and looks for something."""

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
        while self.index < target.index:
            event = trace[self.index]
            if met := self._host_hit(self.index, untils):
                self.replica.apply(event)
                self.index += 1
                return met
            if not self.advance(Moment(self.core.cycles, self.index + 1)):
                return None
        return True if self.advance(target) else None

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
                for index in range(self.index, end.index):
                    if is_message(self.timeline.trace[index], until):
                        return Met(self._moment_at(index + 1), until)
        return None

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
            start = self.snapshot_before(end)
            if (start.cycles, self.events_of(start)) == (end.cycles, end.index) and end.index:
                start = self.snapshot_before(Moment(end.cycles, end.index - 1))
            yield start, end
            end = Moment(start.cycles, self.events_of(start))
            if (start.cycles, start.index) == (0, 0):
                return

    def _gather(self, untils: Sequence[Until], start: Snapshot, end: Moment) -> list[Met]:
        """Everything that was met between two moments."""
        self.start_at(start)
        first, watch = self.index, Watch(untils, collects=True)
        self.core.sentry.arm(watch)
        try:
            self.advance(end)
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
            if not self.enter_next() and self.core.cycles == here.cycles:
                self.advance(Moment(event.end, here.index))
        elif event is not None:
            self.advance(Moment(here.cycles, here.index + 1))
        elif not self.enter_next():
            self.advance(Moment(min(here.cycles + 1, end.cycles), here.index))

    def back(self, here: Moment) -> Moment | None:
        """The moment one step before `here`; None where nothing was before."""
        if here.entries:
            return self.goto(Moment(here.cycles, here.index, here.entries - 1))
        if here.cycles == 0:
            return None
        before = here.cycles - 1
        self.goto(Moment(before, min(self._last_at(before), here.index)))
        place = self.moment
        while self.enter_next():
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


__all__ = ["Met", "Moment", "Traveller"]
