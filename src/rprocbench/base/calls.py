# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls: what a trace's entries and ends say about who called whom, and how it ended."""

from dataclasses import dataclass, field

from .errors import Cite
from .trace import SOURCES, Entered, Event, Failed, Lane, Left, Trace, Unwound


@dataclass(slots=True, eq=False)
class Call:
    """A call of a trace, from event `start` to event `end` (-1 while it is open).

    `undoing` when its caller had begun to unwind, or was undoing itself.
    """

    name: str
    nth: int
    cite: Cite
    start: int
    caller: "Call | None"
    undoing: bool = False
    unwinds: bool = False
    end: int = -1
    failed: Failed | None = None
    calls: list["Call"] = field(default_factory=list)

    @property
    def lane(self) -> Lane:
        """The world whose source it mirrors."""
        return SOURCES[self.cite.tree].lane

    @property
    def ok(self) -> bool:
        """Whether it returned without error."""
        return self.end >= 0 and self.failed is None

    def inside(self, *names: str) -> bool:
        """Whether one of `names` is among its callers."""
        caller = self.caller
        while caller:
            if caller.name in names:
                return True
            caller = caller.caller
        return False

    @property
    def door(self) -> "Call":
        """The outermost call around it: what the user, or a worker, began."""
        call = self
        while call.caller:
            call = call.caller
        return call


@dataclass
class CallReader:
    """Reads a trace event by event; `stack` are the calls that are open, `calls` all so far."""

    stack: list[Call] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def take(self, index: int, event: Event) -> Call | None:
        """Take one event into account. Gives the call that it begins or ends, if it does."""
        match event:
            case Entered():
                caller = self.stack[-1] if self.stack else None
                undoing = caller is not None and (caller.unwinds or caller.undoing)
                call = Call(event.function, event.nth, event.cite, index, caller, undoing)
                if caller:
                    caller.calls.append(call)
                self.stack.append(call)
                self.calls.append(call)
                return call
            case Left() | Failed() if self.stack:
                call = self.stack.pop()
                call.end = index
                call.failed = event if isinstance(event, Failed) else None
                return call
            case Unwound() if self.stack:
                self.stack[-1].unwinds = True
            case _:
                pass
        return None


def calls_of(trace: Trace) -> list[Call]:
    """Every call of `trace`, in the order they were made."""
    reader = CallReader()
    for index, event in enumerate(trace):
        reader.take(index, event)
    return reader.calls
