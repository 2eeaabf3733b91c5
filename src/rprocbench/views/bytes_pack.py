# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes and their regions, packed for the browser."""

import json
import zlib

from .bytes_view import NOWHERE, BytesView
from .wording import clean

FORMAT = 1
SMALL = 64 * 1024  # below this, packing saves no time


def bytes_traits(view: BytesView) -> dict[str, object]:
    """The value of each trait of the live view, JSON but for the two that are bytes."""
    packed = zlib.compress(view.data, 1) if len(view.data) > SMALL else view.data
    is_packed = len(packed) < len(view.data)
    return {
        "data": packed if is_packed else view.data,
        "packed": is_packed,
        "regions": pack_regions(view),
        "offset": -1,
        "span": list(NOWHERE),
        "hover": list(NOWHERE),
    }


def pack_regions(view: BytesView) -> bytes:
    """Title and regions as zlib-compressed JSON. Equal views give equal bytes.

    Of each region: how far it starts after the end of the one before, its size, and the numbers of
    three strings: path, value, doc.
    """
    numbers: dict[str, int] = {}
    flat: list[int] = []
    at = view.base
    for region in view.regions:
        strings = (region.path, region.value, region.doc)
        flat += [region.start - at, region.end - region.start]
        flat += [numbers.setdefault(string, len(numbers)) for string in strings]
        at = region.end
    packed = {
        "format": FORMAT,
        "title": clean(view.title),
        "summary": view.summary,
        "base": view.base,
        "findings": [clean(finding) for finding in view.findings],
        "regions": flat,
        "strings": list(numbers),
    }
    text = json.dumps(packed, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "replace"), 9)
