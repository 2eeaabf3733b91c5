# SPDX-License-Identifier: GPL-2.0-or-later
"""State transitions as data for the browser: the pictures' own geometry, and each step's event."""

import json

from .states import StateMachines, Told
from .states_layout import BOX, arcs
from .states_tables import WIDTH


def states_pack(view: StateMachines) -> str:
    """The view as JSON. Equal runs give equal text."""
    data = {
        "title": view.title,
        "events": view.events,
        "width": WIDTH,
        "box": BOX,
        "machines": [_machine(told) for told in view.told],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _machine(told: Told) -> dict[str, object]:
    machine = told.machine
    return {
        "key": machine.key,
        "title": machine.title,
        "owner": told.owner,
        "absent": machine.absent,
        "height": machine.height,
        "alt": told.alt,
        "nodes": [[node.name, node.x, node.y] for node in machine.nodes],
        "lives": [[life.index, life.state] for life in told.lives],
        "steps": [[s.index, s.outcome, s.cause, s.words, s.by] for s in told.steps],
        "arcs": [
            {
                "kind": arc.kind, "path": arc.path, "head": arc.head,
                "labels": [[la.text, la.kind, la.hits, la.x, la.y, la.anchor] for la in arc.labels],
            }
            for arc in arcs(told)
        ],
    }  # fmt: skip
