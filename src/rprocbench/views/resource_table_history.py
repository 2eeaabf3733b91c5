# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of a resource table in a run: every event that copied, wrote or freed it.

Linux works on a copy in its heap (`cached_table`), then on the table in the remote processor's
memory (`loaded_table@PA`), to which it writes back what it decided; `table_ptr` says on which. An
attached core's table has a pristine copy as well (`clean_table`).
"""

from collections.abc import Iterator
from dataclasses import replace

from rprocbench.base.state import State
from rprocbench.base.trace import (
    Changed,
    Created,
    Entered,
    Failed,
    Filled,
    Gone,
    Lane,
    Left,
    Trace,
    Wrote,
)  # fmt: skip
from rprocbench.bench.recording import Recording
from rprocbench.formats.resource_table import ResourceTable
from rprocbench.soc.board import Board
from rprocbench.soc.boards import BOARDS

from .resource_table_tree import MOST_BYTES, image_table, resource_table_view
from .resource_table_view import LOADED, Moment, ResourceTableView

HEAP = "HeapTable"
MOST_MOMENTS = 256


def recording_table(recording: Recording, title: str = "") -> ResourceTableView:
    """Describe the resource table of what was booted, and what became of it."""
    table = image_table(recording.image)
    first = table.data[:MOST_BYTES] if table else b""
    moments = tuple(table_moments(recording.trace, BOARDS.get(recording.board), first))
    if table is None:
        first = next((moment.data for moment in moments if moment.data), b"")
        table = ResourceTable.parse(first, "memory")
    title = title or f"Resource table of {recording.name}"
    view = resource_table_view(table, title, moments[: MOST_MOMENTS - 1])
    if len(moments) < MOST_MOMENTS:
        return view
    left = f"only the first {MOST_MOMENTS} of {len(moments)} moments are shown"
    return replace(view, findings=(*view.findings, left))


def table_moments(trace: Trace, board: Board | None, first: bytes) -> Iterator[Moment]:
    """The moments of a table that is `first` in the file. Without a board, those of the heap."""
    moments = list(_History(trace, board, first).moments())
    # A place is live until the next moment: the pointer may move a few events after the copy.
    live = _pointers(trace)
    for number, moment in enumerate(moments):
        after = moments[number + 1].index if number + 1 < len(moments) else len(trace)
        yield replace(moment, live=live[after - 1] if after else "")


def _pointers(trace: Trace) -> list[str]:
    """The place that `table_ptr` points to after each event; "" for nowhere."""
    now, places = "", []
    for event in trace:
        if isinstance(event, Changed) and event.field == "table_ptr":
            now = str(event.after or "")
        places.append(now)
    return places


class _History:
    """The places that hold the table while the events go by."""

    def __init__(self, trace: Trace, board: Board | None, first: bytes) -> None:
        self.trace = trace
        self.held: dict[str, bytes] = {}
        self.last = first
        self.stack: list[str] = []
        self.state = State()
        # An attaching Linux does not know how long the table is, and takes all that may be one.
        self.size = len(first) or _size(trace)
        self.loaded = dict(_loaded(trace, board))
        self.seen = ""

    def moments(self) -> Iterator[Moment]:
        """One for each event that copied, wrote, freed or chose a place."""
        for index, event in enumerate(self.trace):
            self.state.apply(event)
            match event:
                case Entered():
                    self.stack.append(event.function)
                case Left() | Failed():
                    self.stack.pop()
                case Wrote() | Filled():
                    yield from self._memory(index, event)
                case Created() | Changed() | Gone():
                    if what := self._linux(event):
                        yield self._moment(index, Lane.LINUX, *what)
                case _:
                    pass

    def _linux(self, event: Created | Changed | Gone) -> tuple[str, str] | None:
        """A place, and what Linux did to it."""
        match event:
            case Created(kind=kind, owner=place) if kind == HEAP:
                return place, "is made, a copy in Linux's heap"
            case Changed(owner=place, field="data") if self.state.kinds.get(place) == HEAP:
                return place, "is written"
            case Gone(owner=place) if place in self.held and place not in self.loaded:
                return place, "is freed"
            case Changed(field="table_ptr", after=str(place)) if place != self.seen:
                return place, "is what table_ptr points to now"
        return None

    def _memory(self, index: int, event: Wrote | Filled) -> Iterator[Moment]:
        count = len(event.data) if isinstance(event, Wrote) else event.size
        for place, (ram, offset) in self.loaded.items():
            start, end = event.offset - offset, event.offset - offset + count
            if event.ram != ram or start >= self.size or end <= 0:
                continue
            was, now = self.held.get(place), self._read(place)
            if now != was and not any(now) and was is None:
                continue  # memory is cleared before there is a table
            if event.lane is Lane.LINUX or now != was:
                is_clear = isinstance(event, Filled) and not event.value
                what = "is cleared" if is_clear else "is written"
                written = (max(start, 0), min(end, self.size))
                yield self._moment(index, event.lane, place, what, written)

    def _read(self, place: str) -> bytes:
        if place in self.loaded:
            ram, offset = self.loaded[place]
            memory = self.state.memories.get(ram)
            return memory.read(offset, self.size) if memory else b""
        data = self.state.objects.get(place, {}).get("data", b"")
        return data[: self.size] if isinstance(data, bytes) else b""

    def _moment(
        self, index: int, lane: Lane, place: str, what: str, written: tuple[int, int] = (0, 0)
    ) -> Moment:
        data = self._read(place)
        before = self.held.get(place) or self.last
        if data:
            self.held[place] = self.last = data
        else:
            self.held.pop(place, None)
        self.seen = place
        function = self.stack[-1] if self.stack and lane is not Lane.M4 else ""
        return Moment(index, function, lane, place, what, data, before, written)


def _size(trace: Trace) -> int:
    """How long Linux took the table to be, the longest time that it did."""
    sizes = (e.after for e in trace if isinstance(e, Changed) and e.field == "table_sz")
    return min(max((s for s in sizes if isinstance(s, int)), default=0), MOST_BYTES)


def _loaded(trace: Trace, board: Board | None) -> Iterator[tuple[str, tuple[str, int]]]:
    """Where in which memory each `loaded_table@PA` lies that Linux ever pointed to."""
    for event in trace:
        if isinstance(event, Changed) and str(event.after).startswith(LOADED):
            place = str(event.after)
            pa = int(place.removeprefix(LOADED), 16)
            if found := _locate(trace, board, pa):
                yield place, found


def _locate(trace: Trace, board: Board | None, pa: int) -> tuple[str, int] | None:
    for mapping in board.a7 if board else ():
        if mapping.base <= pa < mapping.base + mapping.size:
            return mapping.chip, pa - mapping.base + mapping.offset
    for name, start, count in _pool(trace):
        if start <= pa < start + count:
            return name, pa - start
    return None


def _pool(trace: Trace) -> Iterator[tuple[str, int, int]]:
    """Memory that Linux took from its pool: name, address, size."""
    for event in trace:
        if isinstance(event, Created) and event.owner.startswith("dma@"):
            count = dict(event.fields).get("size")
            if isinstance(count, int):
                yield event.owner, int(event.owner.removeprefix("dma@"), 16), count
