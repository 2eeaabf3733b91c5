# SPDX-License-Identifier: GPL-2.0-or-later
"""How values, sizes and events are said: the one place that turns a trace into words."""

import unicodedata
from functools import singledispatch

from rprocbench.base.trace import (
    STEPS,
    Changed,
    Created,
    Entered,
    Event,
    Failed,
    Fetched,
    Filled,
    Gone,
    Left,
    Logged,
    Message,
    Passed,
    Ran,
    Signalled,
    Unwound,
    Value,
    Wrote,
)  # fmt: skip

KIB = 1024
SHOWN_BYTES = 8
SHOWN_ITEMS = 3
SHOWN_TEXT = 72
HEX_FROM = 0x1000


def clean(text: object) -> str:
    r"""`text` on one line, with every character that could move a cursor or turn the line escaped.

    Control characters, terminal escapes, bidirectional overrides and line ends become `\x1b` and
    the like, so a name from a firmware stays a name.
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


def columns(text: str) -> int:
    """The terminal columns that `text` takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def shorten(text: str, room: int) -> str:
    """`text` in at most `room` columns, cut with an ellipsis."""
    if columns(text) <= room:
        return text
    kept = ""
    for character in text:
        if columns(kept + character) > room - 1:
            break
        kept += character
    return kept + "…" if room > 0 else ""


def size(count: int) -> str:
    """A number of bytes for people: exact below 1 KiB and for whole KiB."""
    if count < KIB:
        return f"{count} byte" + "s" * (count != 1)
    unit, name = (KIB, "KiB") if count < KIB * KIB else (KIB * KIB, "MiB")
    return f"{count // unit} {name}" if count % unit == 0 else f"{count / unit:.1f} {name}"


def value(thing: Value) -> str:
    """A frozen value for people: small numbers in decimal, addresses in hex, bytes counted."""
    match thing:
        case None:
            return "none"
        case bool():
            return "yes" if thing else "no"
        case int():
            return str(thing) if -HEX_FROM < thing < HEX_FROM else f"{thing:#x}"
        case bytes():
            head = thing[:SHOWN_BYTES].hex(" ")
            return f"{head} … ({size(len(thing))})" if len(thing) > SHOWN_BYTES else head or "empty"
        case tuple():
            inner = ", ".join(value(item) for item in thing[:SHOWN_ITEMS])
            more = f", … {len(thing)} in all" if len(thing) > SHOWN_ITEMS else ""
            return shorten(f"({inner}{more})", SHOWN_TEXT)
        case _:
            return shorten(clean(thing), SHOWN_TEXT) or "empty"


def payload(data: bytes) -> str:
    """An rpmsg payload: text in quotes where it is text, else bytes."""
    text = data.rstrip(b"\0\n")
    if text and all(0x20 <= byte < 0x7F for byte in text):
        return f"“{shorten(text.decode(), 40)}”"
    head = text.split(b"\0", 1)[0]
    if len(head) >= SHOWN_BYTES // 2 and all(0x20 <= byte < 0x7F for byte in head):
        return f"“{shorten(head.decode(), 40)}” … ({size(len(data))})"
    return value(data)


def change(event: Changed) -> str:
    """What became what."""
    return (
        f"{clean(event.owner)}.{clean(event.field)}: {value(event.before)} → {value(event.after)}"
    )


def signal(event: Signalled) -> str:
    """Which wire moved, and how."""
    return f"{clean(event.line)} {clean(event.what)}"


def message(event: Message) -> str:
    """Which endpoint spoke to which, and what it said."""
    return f"rpmsg {event.source:#x} → {event.target:#x} {payload(event.payload)}"


def step(event: Passed) -> str:
    """One step of a message, in a few words."""
    where = f" descriptor {event.head}" if event.head >= 0 else ""
    index = f" as {event.index}" if event.index >= 0 and event.step != "kicked" else ""
    return f"{clean(event.step)}{where}{index}"


def told(messages: tuple[int, ...]) -> str:
    """Which messages a step is about: `message 3`, `messages 3…18`."""
    if not messages:
        return "no message"
    if len(messages) == 1:
        return f"message {messages[0]}"
    rising = messages == tuple(range(messages[0], messages[0] + len(messages)))
    return f"messages {messages[0]}…{messages[-1]}" if rising else f"{len(messages)} messages"


@singledispatch
def sentence(event: Event) -> str:
    """One event in a sentence, for the reader who stands on it."""
    return clean(event)


@sentence.register
def _(event: Entered) -> str:
    nth = f" for the {ordinal(event.nth)} time" if event.nth > 1 else ""
    of = f" on {clean(event.subject)}" if event.subject else ""
    return f"{clean(event.function)} is called{of}{nth}"


@sentence.register
def _(event: Left) -> str:
    return f"{clean(event.function)} returns without error"


@sentence.register
def _(event: Failed) -> str:
    how = " (injected fault)" if event.injected else ""
    where = f" at {clean(event.span)}" if event.span else ""
    why = f": {clean(event.why)}" if event.why else ""
    return f"{clean(event.function)} fails with {clean(event.code)}{why}{where}{how}"


@sentence.register
def _(event: Unwound) -> str:
    return f"{clean(event.function)} unwinds: goto {clean(event.label)}"


@sentence.register
def _(event: Created) -> str:
    return f"{clean(event.owner)} comes into being ({clean(event.kind)})"


@sentence.register
def _(event: Changed) -> str:
    return change(event)


@sentence.register
def _(event: Gone) -> str:
    return f"{clean(event.owner)} ceases to be"


@sentence.register
def _(event: Wrote) -> str:
    return f"{event.lane} writes {size(len(event.data))} at {clean(event.ram)}+{event.offset:#x}"


@sentence.register
def _(event: Filled) -> str:
    what = f"{size(event.size)} at {clean(event.ram)}+{event.offset:#x}"
    return f"{event.lane} sets {what} to {event.value:#04x}"


@sentence.register
def _(event: Fetched) -> str:
    return f"{event.lane} reads {size(len(event.span))} of {clean(event.span)}"


@sentence.register
def _(event: Logged) -> str:
    return f"{event.lane} prints ({clean(event.level)}): {clean(event.text)}"


@sentence.register
def _(event: Signalled) -> str:
    return f"{event.source} to {event.target}: {signal(event)}"


@sentence.register
def _(event: Ran) -> str:
    count = event.end - event.start
    return f"The M4 runs {count:,} instructions and stops at {event.pc:#x}: {clean(event.why)}"


@sentence.register
def _(event: Message) -> str:
    return f"{clean(event.direction)}: {message(event)}"


@sentence.register
def _(event: Passed) -> str:
    what = STEPS.get(event.step, "")
    return f"{told(event.messages)}: {step(event)} by {event.lane} on {clean(event.queue)}: {what}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, … 11th, … 21st."""
    teen = 10 <= number % 100 <= 20  # 11th, 12th, 13th
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
