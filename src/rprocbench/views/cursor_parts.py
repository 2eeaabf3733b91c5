# SPDX-License-Identifier: GPL-2.0-or-later
"""Which scripts bring a description to life on an offline page, and what they are given.

`live` is the third way to draw a view, beside `render.text` and `render.body`: a page without
Jupyter gives the same scripts the same traits as a widget would.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch

from rprocbench.bench.chain import Chain

from . import (  # noqa: F401  each registers how it draws its view
    bytes_html,
    chain_html,
    memory_live_static,
    resource_table_html,
    states_html,
    states_text,
    timeline_html,
)
from .bytes_pack import bytes_traits
from .bytes_view import BytesView
from .chain_pack import CHAIN_SCRIPTS, chain_traits
from .memory_live import LiveMemory
from .memory_live_pack import memory_pack, memory_traits
from .resource_table_pack import resource_table_traits
from .resource_table_view import ResourceTableView
from .states import StateMachines
from .states_pack import states_pack
from .walk import Walk, pack

GRID_SCRIPTS = (
    "bytes_dom.js", "bytes_rows.js", "bytes_tree.js", "bytes_tools.js", "bytes_grid.js",
)  # fmt: skip
BYTES_SCRIPTS = (*GRID_SCRIPTS, "bytes_widget.js")
TABLE_SCRIPTS = (*GRID_SCRIPTS, "resource_table_moments.js", "resource_table_widget.js")
TABLE_STYLES = ("bytes_rows.css", "resource_table_widget.css")
BYTES_STYLES = ("bytes_rows.css", "bytes_widget.css")


@dataclass(frozen=True, slots=True)
class Live:
    """A live view: its scripts in order, its styles, its traits, and what stands in for it."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    traits: Mapping[str, object]
    static: object


@singledispatch
def live(view: object) -> Live | None:
    """How `view` lives; None if it does not."""
    del view
    return None


@live.register
def _(view: Walk) -> Live:
    traits = {"run": pack(view), "cursor": -1, "by": "story", "selected": ""}
    return Live(("stepper.js",), ("stepper.css",), traits, view.story)


@live.register
def _(view: StateMachines) -> Live:
    traits = {"machines": states_pack(view), "cursor": -1}
    return Live(("states.js",), ("states.css",), traits, view)


@live.register
def _(view: LiveMemory) -> Live:
    traits = {"memory": memory_pack(view), **memory_traits()}
    return Live(("memory_live.js",), ("memory_live.css",), traits, view)


@live.register
def _(view: BytesView) -> Live:
    return Live(BYTES_SCRIPTS, BYTES_STYLES, bytes_traits(view), view)


@live.register
def _(view: Chain) -> Live:
    traits = {**chain_traits(view), "offline": True}
    return Live(CHAIN_SCRIPTS, ("chain.css",), traits, view)


@live.register
def _(view: ResourceTableView) -> Live:
    return Live(TABLE_SCRIPTS, TABLE_STYLES, resource_table_traits(view), view)
