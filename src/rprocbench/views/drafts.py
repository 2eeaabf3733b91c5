# SPDX-License-Identifier: GPL-2.0-or-later
"""A row that may still take in what follows it."""

from collections import Counter
from dataclasses import dataclass, field

from rprocbench.base.trace import (
    Changed,
    Created,
    Event,
    Failed,
    Fetched,
    Filled,
    Gone,
    Lane,
    Passed,
    Ran,
    Signalled,
    Wrote,
)  # fmt: skip

from .calls import Call
from .rows import Row
from .wording import change, clean, size, step, told


@dataclass
class Draft:
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
    wrote: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    read: Counter[str] = field(default_factory=Counter)
    target: Lane | None = None
    level: str = ""
    ran: tuple[int, int] = (0, 0)
    steps: list[str] = field(default_factory=list)
    messages: tuple[int, ...] = ()

    def row(self) -> Row:
        """The finished row."""
        details = [*self.notes, *self.changes]
        if self.steps and self.kind == "message":
            details.insert(0, f"message {self.messages[0]}: " + ", ".join(self.steps))
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
        if self.kind == "passed":
            text = f"{told(self.messages)}: " + ", ".join(self.steps)
        if self.kind in {"changed", "wrote", "fetched"}:
            text, details = details[0], details[1:]
        return Row(self.index, self.last, self.lane, self.kind, text, self.depth, self.local,
                   tuple(details), self.target, self.level, self._outcome())  # fmt: skip

    def _outcome(self) -> str:
        """How the call that the row is about ended."""
        if self.kind != "call" or self.call is None:
            return ""
        return "✗" if self.call.failed else "✓"

    @property
    def takes_sums(self) -> bool:
        """Whether changes and bytes written may be summed up on it."""
        closed = {"unwound", "logged", "failed", "injected", "returned", "created", "gone"}
        return self.kind not in closed

    def follow(self, before: "Draft") -> None:
        """Take the place of `before` too, and say what it said."""
        self.index = before.index
        self.changes = before.changes
        self.steps = [*before.steps, *self.steps]
        if before.kind == "ran":
            start, end = before.ran
            self.notes.append(f"after {end - start:,} instructions")

    def take(self, event: Event) -> None:
        """Sum `event` up here."""
        match event:
            case Changed():
                self.changes.append(change(event))
            case Created() | Gone():
                self.made.append(clean(event.owner))
            case Signalled():
                self.text += f", then {clean(event.what)}"
            case Ran():
                self._run(event)
            case Failed():
                self._fail(event)
            case Passed():
                self.steps.append(step(event))
                self.messages = self.messages or event.messages
            case Fetched():
                self.read[clean(event.span.buffer)] += len(event.span)
            case _:
                self._write(event)

    def _run(self, event: Ran) -> None:
        start = self.ran[0] if self.text else event.start
        self.ran = (start, event.end)
        self.text = f"{event.end - start:,} instructions to {event.pc:#x}: {clean(event.why)}"

    def _fail(self, event: Failed) -> None:
        self.kind = "injected" if event.injected else "failed"
        why = f": {clean(event.why)}" if event.why and event.why != "injected" else ""
        where = f" at {clean(event.span)}" if event.span else ""
        how = ", injected" if event.injected else ""
        self.notes.append(clean(event.code) + why + where + how)

    def _write(self, event: Event) -> None:
        match event:
            case Wrote():
                count = len(event.data)
            case Filled():
                count = event.size
            case _:
                return
        ram, start = clean(event.ram), event.offset
        first, end, total, pieces = self.wrote.get(ram, (start, start, 0, 0))
        adjoins = start == end and pieces
        end = max(end, start + count)
        self.wrote[ram] = (min(first, start), end, total + count, pieces + (not adjoins))
