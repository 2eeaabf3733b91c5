# SPDX-License-Identifier: GPL-2.0-or-later
"""A finished run, packed for the browser: rows to stand on, and what each event does to the state.

The stepper folds these operations as `base.state.State` folds the events, forwards and backwards,
so it needs no kernel. Strings are sent once, everything else is a number that points to one.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from rprocbench.base.trace import (
    Changed,
    Created,
    Entered,
    Event,
    Failed,
    Gone,
    Lane,
    Left,
    Trace,
    lanes,
)  # fmt: skip

from .rows import WORDS, Row
from .timeline import LANES, Timeline, timeline
from .wording import clean, sentence, value

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Walk:
    """The description of the view: a finished run, and both levels of its timeline."""

    title: str
    trace: Trace
    story: Timeline
    full: Timeline


def walk(trace: Trace, title: str = "Run") -> Walk:
    """Describe `trace` for stepping."""
    return Walk(title, trace, timeline(trace, "story", title), timeline(trace, "full", title))


class _Strings:
    """Strings by number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))


def pack(view: Walk) -> bytes:
    """The run as zlib-compressed JSON. Equal runs give equal bytes."""
    strings = _Strings()
    events = [
        [strings(sentence(event)), LANES.index(lane), *_operation(event, strings)]
        for event, lane in zip(view.trace, lanes(view.trace), strict=True)
    ]
    packed = {
        "format": FORMAT,
        "title": clean(view.title),
        "verdict": view.story.verdict,
        "lanes": [str(lane) for lane in LANES],
        "events": events,
        "story": _rows(view.story.rows, strings),
        "full": _rows(view.full.rows, strings),
    }
    packed["strings"] = list(strings.numbers)
    text = json.dumps(packed, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "replace"), 9)


def _operation(event: Event, strings: _Strings) -> list[object]:
    """What `event` does to call stack and objects; nothing for most."""
    match event:
        case Entered():
            return ["e", strings(clean(event.function))]
        case Left() | Failed():
            return ["l"]
        case Created():
            pairs = [(strings(clean(name)), strings(value(held))) for name, held in event.fields]
            kind = strings(clean(event.kind))
            return ["c", strings(clean(event.owner)), kind, *(n for pair in pairs for n in pair)]
        case Changed():
            before, after = strings(value(event.before)), strings(value(event.after))
            owner, field = strings(clean(event.owner)), strings(clean(event.field))
            return ["s", owner, field, before, after]
        case Gone():
            return ["g", strings(clean(event.owner))]
        case _:
            return []


def _rows(rows: Iterable[Row], strings: _Strings) -> list[list[object]]:
    """Each row: first and last event, lane, target or -1, indent, bad, kind, word, glyph, text."""
    return [
        [
            row.index, row.last, LANES.index(row.lane), _lane(row.target), row.local,
            int(row.is_bad), strings(row.kind), strings(WORDS[row.kind]), strings(row.glyph),
            strings(row.text), [strings(detail) for detail in row.details],
        ]
        for row in rows
    ]  # fmt: skip


def _lane(lane: Lane | None) -> int:
    return LANES.index(lane) if lane else -1
