# SPDX-License-Identifier: GPL-2.0-or-later
"""Any moment of a finished run, folded from its trace: every object, every byte of memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .trace import (
    Changed,
    Created,
    Entered,
    Event,
    Failed,
    Filled,
    Gone,
    Left,
    Trace,
    Unwound,
    Value,
    Wrote,
)  # fmt: skip

PAGE = 4096


@dataclass
class MemoryImage:
    """One memory, `size` bytes long, that holds `fill` wherever nothing was written."""

    size: int
    fill: int = 0
    pages: dict[int, bytearray] = field(default_factory=dict)

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`; fewer where the memory ends."""
        end = min(offset + size, self.size)
        out = bytearray()
        while offset < end:
            page, at = divmod(offset, PAGE)
            count = min(end - offset, PAGE - at)
            stored = self.pages.get(page)
            out += stored[at : at + count] if stored else bytes([self.fill]) * count
            offset += count
        return bytes(out)

    def write(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`. Raises `ValueError` outside the memory."""
        self.check(offset, len(data))
        done = 0
        while done < len(data):
            page, at = divmod(offset + done, PAGE)
            chunk = data[done : done + PAGE - at]
            stored = self.pages.setdefault(page, bytearray([self.fill]) * PAGE)
            stored[at : at + len(chunk)] = chunk
            done += len(chunk)

    def check(self, offset: int, size: int) -> None:
        """Raise `ValueError` unless `[offset, offset + size)` lies in the memory."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ValueError(f"{size:#x} bytes at {offset:#x} do not lie in {self.size:#x} bytes")


@dataclass
class State:
    """The fields of every object that exists, by its name, and every memory, by its name."""

    objects: dict[str, dict[str, Value]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    memories: dict[str, MemoryImage] = field(default_factory=dict)

    def apply(self, event: Event) -> None:  # noqa: C901  one case per kind of event
        """Take one more event into account.

        Raises `ValueError` or `KeyError` where the trace contradicts itself.
        """
        match event:
            case Created(owner=owner):
                self.objects[owner] = dict(event.fields)
                self.kinds[owner] = event.kind
                if event.kind == "Ram":
                    size, fill = self.objects[owner]["size"], self.objects[owner]["fill"]
                    if not isinstance(size, int) or not isinstance(fill, int):
                        raise ValueError(f"{owner} has no size")
                    self.memories[owner] = MemoryImage(size, fill)
            case Changed(owner=owner):
                if self.objects[owner].get(event.field) != event.before:
                    raise ValueError(f"{owner}.{event.field} was not {event.before!r}")
                self.objects[owner][event.field] = event.after
            case Gone(owner=owner):
                del self.objects[owner], self.kinds[owner]
                self.memories.pop(owner, None)
            case Wrote():
                self.memories[event.ram].write(event.offset, event.data)
            case Filled():
                self.memories[event.ram].check(event.offset, event.size)
                self.memories[event.ram].write(event.offset, bytes([event.value]) * event.size)
            case _:
                pass


def fold(events: Iterable[Event]) -> State:
    """The state after all of `events`."""
    state = State()
    for event in events:
        state.apply(event)
    return state


def state_at(trace: Trace, index: int) -> State:
    """The state just after event `index` of `trace`; -1 is before anything happened."""
    return fold(trace[: index + 1])


def check(trace: Trace) -> None:
    """Raise `ValueError` or `KeyError` unless `trace` can have been left by a run.

    Calls must nest, and the changes must fold.
    """
    open_calls: list[str] = []
    state = State()
    for event in trace:
        state.apply(event)
        match event:
            case Entered():
                if event.depth != len(open_calls):
                    raise ValueError(f"{event.function} is entered at depth {event.depth}")
                open_calls.append(event.function)
            case Left() | Failed():
                if not open_calls or open_calls.pop() != event.function:
                    raise ValueError(f"{event.function} ends, but is not open")
            case Unwound() if not open_calls:
                raise ValueError(f"{event.function} unwinds, but is not open")
            case _:
                pass
