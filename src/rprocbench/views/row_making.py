# SPDX-License-Identifier: GPL-2.0-or-later
"""From events to rows: what belongs together stands on one row."""

from collections.abc import Callable, Mapping
from itertools import takewhile

from rprocbench.base.trace import (
    Changed,
    Created,
    Entered,
    Event,
    Failed,
    Fetched,
    Filled,
    Gone,
    Lane,
    Left,
    Logged,
    Message,
    Passed,
    Ran,
    Signalled,
    Unwound,
    Wrote,
)  # fmt: skip

from .calls import Call, CallTree
from .drafts import Draft
from .rows import Row
from .wording import clean, message, signal


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
        self.drafts: list[Draft] = []

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
            told = takewhile(lambda draft: draft.index > call.index, reversed(self.drafts))
            if call.index in self.told and any(draft.kind == "call" for draft in told):
                self._add(index, "returned", f"{clean(event.function)} returns 0")

    def _tell(self, index: int) -> None:
        """Take event `index` in: on the last row if it belongs there, else on a row of its own."""
        event = self.tree.trace[index]
        last = self.drafts[-1] if self.drafts else None
        if last and self._joins(last, event, index):
            last.last = index
            last.take(event)
        elif last and self._leads_to(last, event, index):
            self._begin(index, event)
            self.drafts.pop(-2)
            self.drafts[-1].follow(last)
        else:
            self._begin(index, event)

    def _leads_to(self, last: Draft, event: Event, index: int) -> bool:
        """Whether the row before only says how the wire came to move, or the message here.

        A register just changed; or, in a story, the M4 ran up to here.
        """
        if isinstance(event, Message):
            return last.kind == "passed" and last.messages == (event.id,) and not self.numbered
        if isinstance(event, Passed):
            return last.kind == "ran" and event.lane == Lane.M4 and not self.numbered
        if not isinstance(event, Signalled):
            return False
        if last.kind == "ran":
            return event.source == Lane.M4 and not self.numbered
        register = last.kind == "changed" and last.lane == Lane.HARDWARE
        return register and not last.wrote and last.last == index - 1

    def _joins(self, last: Draft, event: Event, index: int) -> bool:
        if last.target and not isinstance(event, Passed):
            return last.kind == "signal" and self._joins_arrow(last, event, index)
        call, same_lane = self.tree.inside[index], last.lane == self.tree.lanes[index]
        match event:
            case Changed() | Wrote() | Filled() | Fetched():
                return same_lane and self._sums(last, event, call)
            case Created():
                return last.kind in {"created", "call"} and same_lane
            case Gone() | Ran():
                return last.kind == type(event).__name__.lower()
            case Passed():
                return self._goes_on(last, event)
            case _:
                return isinstance(event, Failed) and last.kind == "call" and last.call is call

    def _goes_on(self, last: Draft, event: Passed) -> bool:
        """Whether `last` tells of the steps before; on the row of a message itself, Linux's."""
        by = Lane.LINUX if last.kind == "message" else last.lane
        same = last.messages == event.messages and by == event.lane
        return same and last.kind in {"passed", "message"} and not self.numbered

    def _sums(self, last: Draft, event: Event, call: Call | None) -> bool:
        """Whether `last` sums `event` up: while its call is open; in a story, any write."""
        if last.kind == "wrote" and not self.numbered and isinstance(event, Wrote | Filled):
            return True
        within = call.is_within(last.call) if call else last.call is None
        return last.takes_sums and within

    def _joins_arrow(self, last: Draft, event: Event, index: int) -> bool:
        """What a wire does to the hardware is told with it; so is its way back, in a story."""
        if isinstance(event, Changed):
            leads = isinstance(self._after(index), Signalled)  # then it belongs to the next wire
            return self.tree.lanes[index] == Lane.HARDWARE and not leads
        before = self.tree.trace[last.last]
        if self.numbered or not isinstance(event, Signalled) or not isinstance(before, Signalled):
            return False
        there = (event.target, event.source)
        return before.line == event.line and there == (last.lane, last.target)

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
                self._add(index, "failed", clean(event.function)).take(event)
            case Unwound():
                self._add(index, "unwound", f"goto {clean(event.label)}")
            case Logged():
                self._add(index, "logged", f"“{clean(event.text)}”").level = event.level
            case Signalled() | Message():
                self._arrow(index, event)
            case Left():
                self._skip(index)
            case _:
                kind = "wrote" if isinstance(event, Filled) else type(event).__name__.lower()
                self._add(index, kind, "").take(event)

    def _add(self, index: int, kind: str, text: str) -> Draft:
        call, lane = self.tree.inside[index], self.tree.lanes[index]
        callers = self._told_callers(call, own=kind in {"call", "failed", "returned"})
        local = 0
        for caller in callers:
            if caller.lane != lane:
                break
            local += 1
        draft = Draft(index, index, lane, kind, text, call, len(callers), local)
        self.drafts.append(draft)
        return draft

    def _arrow(self, index: int, event: Signalled | Message) -> None:
        if isinstance(event, Signalled):
            draft = self._add(index, "signal", signal(event))
            source, target = event.source, event.target
        else:
            draft = self._add(index, "message", message(event))
            draft.messages = (event.id,)
            source, target = Lane.LINUX, Lane.M4
            if event.direction != "sent":
                source, target = target, source
        draft.lane, draft.local = source, 0
        draft.target = target if target != source else None

    def _told_callers(self, call: Call | None, *, own: bool) -> list[Call]:
        """The told calls around, innermost first; `own`: without the call that the row is about."""
        around = call.parent if own and call else call
        callers = []
        while around:
            if around.index in self.told:
                callers.append(around)
            around = around.parent
        return callers
