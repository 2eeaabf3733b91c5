# SPDX-License-Identifier: GPL-2.0-or-later
"""From events to rows: what belongs together stands on one row."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rprocbench.base.trace import (
    Changed, Created, Entered, Event, Failed, Fetched, Filled, Gone, Lane, Left, Logged, Message,
    Ran, Signalled, Unwound, Wrote,
)  # fmt: skip

from .calls import Call, CallTree
from .wording import change, clean, message, signal, size

# A glyph and a word for each kind of row, so that no kind is told by colour alone.
GLYPHS = {
    "call": "", "failed": "✗", "injected": "↯", "unwound": "↶", "returned": "✓", "created": "+",
    "changed": "·", "gone": "×", "wrote": "▪", "fetched": "▪", "logged": "", "signal": "",
    "message": "", "ran": "»",
}  # fmt: skip
WORDS = {
    "call": "call", "failed": "failed", "injected": "failed, injected", "unwound": "unwinding",
    "returned": "returned", "created": "created", "changed": "changed", "gone": "gone",
    "wrote": "memory", "fetched": "memory", "logged": "console", "signal": "signal",
    "message": "message", "ran": "ran",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row: events `index` to `last` of the trace, in `lane`, or from it to `target`.

    `depth` counts the told callers, `local` those of them since the lane was entered. `details` are
    what the row sums up: fields that changed, bytes written, why an error.
    """

    index: int
    last: int
    lane: Lane
    kind: str
    text: str
    depth: int
    local: int
    details: tuple[str, ...] = ()
    target: Lane | None = None
    level: str = ""

    @property
    def glyph(self) -> str:
        """One character that says what kind of row this is; empty for calls and arrows."""
        return GLYPHS[self.kind]

    @property
    def is_bad(self) -> bool:
        """Whether an error is told here."""
        return self.kind in {"failed", "injected"} or self.level == "err"


@dataclass
class _Draft:
    """A row that may still take in what follows it."""

    index: int
    last: int
    lane: Lane
    kind: str
    text: str
    call: Call | None
    depth: int
    local: int
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    wrote: dict[str, list[int]] = field(default_factory=dict)
    read: Counter[str] = field(default_factory=Counter)
    target: Lane | None = None
    level: str = ""
    ran: tuple[int, int] = (0, 0)

    def row(self) -> Row:
        details = [*self.notes, *self.changes]
        for ram, (first, end, total, count) in self.wrote.items():
            where = f"{ram}+{first:#x}" if total == end - first else f"{ram}+{first:#x}…{end:#x}"
            pieces = f" in {count} pieces" if count > 1 else ""
            details.append(f"writes {size(total)} at {where}{pieces}")
        details += [f"reads {size(total)} of {buffer}" for buffer, total in self.read.items()]
        text = self.text
        if self.made and self.kind in {"created", "gone"}:
            text += ", ".join(self.made)
        elif self.made:
            details.append("creates " + ", ".join(self.made))
        if self.kind in {"changed", "wrote", "fetched"}:
            text, details = details[0], details[1:]
        return Row(self.index, self.last, self.lane, self.kind, text, self.depth, self.local,
                   tuple(details), self.target, self.level)  # fmt: skip


class Rows:
    """Rows in the making.

    `told` are the calls with a row, each with those it stands for. `numbered` rows say which call
    of its name each is, and keep every signal apart; else a wire that moves there and back is one.
    """

    def __init__(
        self, tree: CallTree, told: Mapping[int, tuple[str, ...]], *, numbered: bool = True
    ) -> None:
        self.tree = tree
        self.told = told
        self.numbered = numbered
        self.drafts: list[_Draft] = []

    def tell_all(self, chosen: Callable[[int], bool]) -> tuple[Row, ...]:
        """The rows of the chosen events, and the verdicts."""
        for index in range(len(self.tree.trace)):
            if chosen(index):
                self._tell(index)
            else:
                self._skip(index)
        return tuple(draft.row() for draft in self.drafts)

    def _skip(self, index: int) -> None:
        """Pass over an event, except that the end of an outermost call is a verdict.

        Not where the call was but one row: what it did is the verdict then.
        """
        event, call = self.tree.trace[index], self.tree.inside[index]
        if isinstance(event, Left) and call and call.parent is None:
            told = (draft for draft in reversed(self.drafts) if draft.index > call.index)
            if any(draft.kind == "call" for draft in told):
                self._add(index, "returned", f"{clean(event.function)} returns 0")

    def _tell(self, index: int) -> None:
        """Take event `index` in: on the last row if it belongs there, else on a row of its own."""
        event = self.tree.trace[index]
        last = self.drafts[-1] if self.drafts else None
        if last and self._joins(last, event, index):
            last.last = index
            _take(last, event)
        elif last and isinstance(event, Signalled) and last.kind == "changed":
            self._wire(index, event, last)
        else:
            self._begin(index, event)

    def _wire(self, index: int, event: Signalled, last: _Draft) -> None:
        """A wire moved because a register just changed: one row, if that row says no more."""
        if last.lane != Lane.HARDWARE or last.wrote or last.last != index - 1:
            self._begin(index, event)
            return
        self.drafts.pop()
        self._begin(index, event)
        self.drafts[-1].index = last.index
        self.drafts[-1].changes = last.changes

    def _joins(self, last: _Draft, event: Event, index: int) -> bool:
        lane = self.tree.lanes[index]
        if last.target:  # what a wire does to the hardware is told with the wire
            if isinstance(event, Signalled) and last.kind == "signal" and not self.numbered:
                there, line = (event.target, event.source), self.tree.trace[last.last]
                back = isinstance(line, Signalled) and line.line == event.line
                return back and there == (last.lane, last.target)
            leads = isinstance(self._after(index), Signalled)  # then it belongs to the next one
            hardware = lane == Lane.HARDWARE and isinstance(event, Changed)
            return last.kind == "signal" and hardware and not leads
        if last.kind in {"unwound", "logged", "failed", "injected", "returned"}:
            return False
        call, same_lane = self.tree.inside[index], last.lane == lane
        match event:
            case Changed() | Wrote() | Filled() | Fetched():
                within = call.is_within(last.call) if call else last.call is None
                return same_lane and within and last.kind not in {"created", "gone"}
            case Created():
                return last.kind in {"created", "call"} and same_lane
            case Gone():
                return last.kind == "gone"
            case Ran():
                return last.kind == "ran"
            case Failed():
                return last.kind == "call" and last.call is self.tree.inside[index]
            case _:
                return False

    def _after(self, index: int) -> Event | None:
        return self.tree.trace[index + 1] if index + 1 < len(self.tree.trace) else None

    def _begin(self, index: int, event: Event) -> None:
        match event:
            case Entered():
                nth = f" #{event.nth}" if event.nth > 1 and self.numbered else ""
                draft = self._add(index, "call", clean(event.function) + nth)
                if through := self.told.get(index):
                    draft.notes.append("through " + ", ".join(map(clean, through)))
            case Failed():
                draft = self._add(index, "failed", clean(event.function))
                _take(draft, event)
            case Unwound():
                self._add(index, "unwound", f"goto {clean(event.label)}")
            case Logged():
                self._add(index, "logged", f"“{clean(event.text)}”").level = event.level
            case Signalled():
                self._arrow(index, "signal", signal(event), event.source, event.target)
            case Message():
                way = (Lane.LINUX, Lane.M4) if event.direction == "sent" else (Lane.M4, Lane.LINUX)
                self._arrow(index, "message", message(event), *way)
            case Left():
                self._skip(index)
            case _:
                kind = {Filled: "wrote"}.get(type(event), type(event).__name__.lower())
                _take(self._add(index, kind, ""), event)

    def _add(self, index: int, kind: str, text: str) -> _Draft:
        call, lane = self.tree.inside[index], self.tree.lanes[index]
        callers = self._told_callers(call, own=kind in {"call", "failed", "returned"})
        local = 0
        for caller in callers:
            if caller.lane != lane:
                break
            local += 1
        draft = _Draft(index, index, lane, kind, text, call, len(callers), local)
        self.drafts.append(draft)
        return draft

    def _arrow(self, index: int, kind: str, text: str, source: Lane, target: Lane) -> None:
        draft = self._add(index, kind, text)
        draft.lane, draft.target, draft.local = source, target, 0
        if source == target:
            draft.target = None

    def _told_callers(self, call: Call | None, *, own: bool) -> list[Call]:
        """The told calls around, innermost first; `own`: without the call that the row is about."""
        around = call.parent if own and call else call
        callers = []
        while around:
            if around.index in self.told:
                callers.append(around)
            around = around.parent
        return callers


def _take(draft: _Draft, event: Event) -> None:
    """Sum `event` up on `draft`."""
    match event:
        case Changed():
            draft.changes.append(change(event))
        case Created() | Gone():
            draft.made.append(clean(event.owner))
        case Wrote():
            _span(draft, clean(event.ram), event.offset, len(event.data))
        case Filled():
            _span(draft, clean(event.ram), event.offset, event.size)
        case Fetched():
            draft.read[clean(event.span.buffer)] += len(event.span)
        case Signalled():
            draft.text += f", then {clean(event.what)}"
        case Ran():
            start = draft.ran[0] if draft.text else event.start
            draft.ran = (start, event.end)
            draft.text = f"{event.end - start:,} instructions to {event.pc:#x}: {clean(event.why)}"
        case Failed():
            draft.kind = "injected" if event.injected else "failed"
            why = f": {clean(event.why)}" if event.why and event.why != "injected" else ""
            where = f" at {clean(event.span)}" if event.span else ""
            how = ", injected" if event.injected else ""
            draft.notes.append(clean(event.code) + why + where + how)
        case _:
            pass


def _span(draft: _Draft, ram: str, start: int, count: int) -> None:
    first, end, total, pieces = draft.wrote.get(ram, [start, start, 0, 0])
    adjoins = start == end and pieces
    draft.wrote[ram] = [
        min(first, start), max(end, start + count), total + count, pieces + (not adjoins)
    ]  # fmt: skip
