# SPDX-License-Identifier: GPL-2.0-or-later
"""Events of the worlds as lines of text, for people who debug."""

from collections.abc import Iterator
from dataclasses import dataclass

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
    Trace,
    Unwound,
    Wrote,
    lanes,
)
from rprocbench.bench.session import Stopped
from rprocbench.emulator.watch import Why
from rprocbench.formats.vring import RPMSG_NS_ADDR

SHOWN = 32  # bytes of a payload
MOST = 200  # lines


def reason(stopped: Stopped, *, is_asleep: bool) -> str:
    """Why a run stopped."""
    if stopped.why is Why.NO_PROGRESS and not is_asleep:
        return "it branches to itself, with no interrupt to come"
    return "stopped" if stopped.why is Why.BREAKPOINT else str(stopped.why)


def inert(text: str) -> str:
    """`text` with every character that could steer a terminal as an escape; newlines stay."""
    return "".join(
        c if c in "\n\t" or c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def text_of(payload: bytes) -> str:
    """A payload: as text where it is some, else in hex."""
    try:
        text = payload.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if text and all(c.isprintable() or c.isspace() for c in text):
        return ascii(text if len(text) <= 4 * SHOWN else text[: 4 * SHOWN] + "...")
    more = "..." if len(payload) > SHOWN else ""
    return f"{payload[:SHOWN].hex(' ')}{more} ({len(payload)} bytes)"


def message_text(message: Message) -> str:
    """A message: the way it goes, its addresses, what it says."""
    way = "Linux -> M4" if message.direction == "sent" else "M4 -> Linux"
    return f"{way} {message.source:#x}->{message.target:#x}: {text_of(message.payload)}"


def line_of(event: Event) -> str:  # noqa: C901, PLR0911, PLR0912  one return a kind of event
    """What happened, in one line."""
    match event:
        case Entered():
            nth = f"#{event.nth}" if event.nth > 1 else ""
            return f"{'  ' * event.depth}{event.function}{nth}"
        case Left():
            return f"{'  ' * event.depth}{event.function} returns"
        case Failed():
            return f"{'  ' * event.depth}{event.function} fails: {event.code} {event.why}".rstrip()
        case Unwound():
            return f"{'  ' * event.depth}{event.function}: goto {event.label}"
        case Created():
            return f"{event.kind} {event.owner} comes into being"
        case Changed():
            return f"{event.owner}.{event.field}: {event.before!r} -> {event.after!r}"[:MOST]
        case Gone():
            return f"{event.owner} is gone"
        case Wrote():
            return f"writes {event.ram}+{event.offset:#x}: {text_of(event.data)}"
        case Filled():
            return f"fills {event.ram}+{event.offset:#x}, {event.size} bytes, with {event.value}"
        case Fetched():
            return f"reads {event.span}"
        case Logged():
            return f"says: {event.text}"
        case Signalled():
            return f"{event.line}: {event.what} ({event.source} to {event.target})"
        case Ran():
            return f"ran {event.start} to {event.end}, pc {event.pc:#010x}: {event.why}"
        case Message():
            return f"message {message_text(event)}"
        case Passed():
            ids = ", ".join(map(str, event.messages))
            return f"{event.queue}: {event.step} {ids}".rstrip()


def told(trace: Trace, index: int, count: int) -> Iterator[str]:
    """The last `count` events before event number `index`, each with its world."""
    count = min(count, MOST)
    worlds = lanes(trace[:index])
    for at in range(max(0, index - count), index):
        yield f"{at:6} {worlds[at]:9} {line_of(trace[at])}"


@dataclass
class Follower:
    """Tells what programs and consoles would have shown since the last time it was asked."""

    seen: int = 0

    def skip(self, trace: Trace) -> None:
        """Nothing so far is news."""
        self.seen = len(trace)

    def news(self, trace: Trace) -> Iterator[str]:
        """Lines of consoles and messages that are new."""
        start, self.seen = self.seen, len(trace)
        for event in trace[start:]:
            if isinstance(event, Logged) and event.level != "debug":
                yield f"[{event.lane}] {event.text}"
            elif isinstance(event, Message) and event.target != RPMSG_NS_ADDR:
                yield f"[rpmsg] {message_text(event)}"


def console(trace: Trace, index: int, lane: Lane | None, count: int) -> list[str]:
    """The last `count` lines of the consoles, or of one, before event number `index`."""
    lines = [
        f"[{event.lane}] {event.text}"
        for event in trace[:index]
        if isinstance(event, Logged) and event.level != "debug" and lane in (None, event.lane)
    ]
    return lines[-min(count, MOST) :]
