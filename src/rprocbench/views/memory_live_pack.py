# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of a run as data for the browser."""

import json

from .memory_live import LiveMemory, place_all, when
from .memory_live_things import FOREVER, NOWHERE
from .wording import clean, size

# Kinds in the order of their tracks, with the number of their pattern and colour (see svg.css).
KINDS = {
    "Linux region": 0, "OP-TEE region": 1, "dma-ranges": 5, "carveout": 4, "segment": 2,
    "resource table": 3, "trace buffer": 1, "vring": 3, "buffer": 4,
}  # fmt: skip
NO_EVENT = -2


def memory_pack(view: LiveMemory) -> str:
    """The view as JSON. Equal runs give equal text."""
    banks, placed = place_all(view)
    things = [
        {
            "bank": one.bank,
            "kind": clean(one.thing.item.kind),
            "name": clean(one.thing.item.name),
            "space": one.thing.item.space,
            "at": one.thing.item.start,
            "start": one.start,
            "size": one.thing.item.size,
            "words": size(one.thing.item.size),
            "since": one.thing.since,
            "until": NO_EVENT if one.thing.until == FOREVER else one.thing.until,
            "when": when(one.thing, view.events),
            "span": one.thing.span,
            "note": one.note,
            "bad": "✗" in one.note,
            "gap": one.is_gap,
        }
        for one in placed
    ]
    data = {
        "title": view.title,
        "events": view.events,
        "kinds": list(KINDS.items()),
        "banks": [
            {
                "name": clean(bank.name),
                "size": bank.size,
                "words": size(bank.size),
                "aliases": [[a.world, a.base, a.offset, a.size] for a in bank.aliases],
            }
            for bank in banks
        ],
        "things": things,
        "misfits": [
            [clean(t.item.name), t.item.start, size(t.item.size), t.problem, t.span]
            for t in view.misfits
        ],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def memory_traits() -> dict[str, object]:
    """The traits of a fresh view, but for `memory`: what a page or a widget starts with."""
    return {"cursor": -1, "item": "", "span": list(NOWHERE), "hover": list(NOWHERE), "offset": -1}
