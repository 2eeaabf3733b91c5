# SPDX-License-Identifier: GPL-2.0-or-later
"""A resource table and its moments, packed for the browser."""

import json
import zlib
from collections.abc import Callable

from .bytes_view import NOWHERE
from .resource_table_view import Field, Group, ResourceTableView
from .wording import clean

FORMAT = 1


def resource_table_traits(view: ResourceTableView) -> dict[str, object]:
    """The value of each trait of the live view; it starts where Linux had written the most."""
    return {
        "table": pack_table(view),
        "cursor": view.moments[view.after].index,
        "offset": -1,
        "span": list(NOWHERE),
        "hover": list(NOWHERE),
    }


def pack_table(view: ResourceTableView) -> bytes:
    """The view as zlib-compressed JSON. Equal views give equal bytes.

    Strings are sent once, everything else is a number that points to one. A moment tells values
    and meanings only of the fields that are not as they were in the file.
    """
    numbers: dict[str, int] = {}

    def string(text: str) -> int:
        return numbers.setdefault(text, len(numbers))

    places = {field: number for number, field in enumerate(view.fields)}
    packed = {
        "format": FORMAT,
        "title": clean(view.title),
        "summary": view.summary,
        "base": view.base,
        "findings": [clean(finding) for finding in view.findings],
        "fields": [
            [string(f.label), string(f.path), f.start, f.end, string(f.doc),
             *map(string, f.say(view.data))]
            for f in view.fields
        ],
        "groups": [_group(group, string, places) for group in view.groups],
        "moments": _moments(view, string),
    }  # fmt: skip
    packed["strings"] = list(numbers)
    text = json.dumps(packed, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "replace"), 9)


def _group(group: Group, string: Callable[[str], int], places: dict[Field, int]) -> list[object]:
    fields = [places[field] for field in group.fields]
    below = [_group(each, string, places) for each in group.groups]
    return [string(group.label), group.start, group.end, fields, below]


def _moments(view: ResourceTableView, string: Callable[[str], int]) -> list[list[object]]:
    """Of each: event, who, place, what, live place, bytes; fields not as in the file, with value
    and meaning; fields changed; fields written with the value they had.
    """
    rows: list[list[object]] = []
    for number, moment in enumerate(view.moments):
        other = set(view.differing(number))
        told = [
            [n, *map(string, field.say(moment.data))]
            for n, field in enumerate(view.fields)
            if field in other
        ]
        changed = [n for n, field in enumerate(view.fields) if moment.changes(field)]
        same = [n for n, field in enumerate(view.fields) if moment.repeats(field)]
        rows.append([
            moment.index, string(moment.by), string(clean(moment.place)), string(moment.what),
            string(clean(moment.live)), string(moment.data.hex()), told, changed, same,
        ])  # fmt: skip
    return rows
