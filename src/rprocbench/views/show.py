# SPDX-License-Identifier: GPL-2.0-or-later
"""`show(thing)`: the view of a thing, as text, HTML or, in a notebook, whichever fits.

Models know nothing of views. `describe` says which view a type has; `register` tells IPython, by
type name, so that a cell may end with the thing itself.
"""

import sys
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from rprocbench.base.run import Run
from rprocbench.base.trace import EVENTS
from rprocbench.bench import Recording
from rprocbench.bench.chain import Chain
from rprocbench.formats.resource_table import ResourceTable
from rprocbench.formats.signed_image import SignedImage
from rprocbench.soc.board import Board
from rprocbench.verdicts.acceptance import AcceptanceMap

from . import (  # noqa: F401  each registers how it draws its view
    acceptance_html,
    acceptance_text,
    bytes_html,
    bytes_text,
    chain_html,
    chain_text,
    memory_live_static,
    memory_map_html,
    memory_map_text,
    render,
    resource_table_html,
    resource_table_text,
    rings_html,
    rings_text,
    signed_image_html,
    signed_image_text,
    states_html,
    states_text,
    timeline_html,
    timeline_text,
)  # fmt: skip
from .bytes_view import BytesView, file_bytes
from .memory_live import LiveMemory
from .memory_map import MemoryMap, memory_map
from .recording_view import RecordingView, recording_view
from .resource_table_tree import resource_table_view
from .resource_table_view import ResourceTableView
from .rings import Rings
from .signed_image_view import SignedImageView, signed_image_view
from .states import StateMachines
from .terminal import Terminal
from .timeline import Timeline, timeline
from .walk import Walk

# Types that a notebook cell may end with, as (module, name), so that none is imported for it.
SHOWN_BY_NAME = (
    ("rprocbench.base.run", "Run"),
    ("rprocbench.bench.recording", "Recording"),
    ("rprocbench.bench.chain", "Chain"),
    ("rprocbench.verdicts.acceptance", "AcceptanceMap"),
    ("rprocbench.soc.description", "Board"),
    ("rprocbench.formats.signed_image", "SignedImage"),
    ("rprocbench.formats.resource_table", "ResourceTable"),
)


@singledispatch
def describe(thing: object) -> object:
    """The description of the view that `thing` has. Raises `TypeError` if it has none."""
    raise TypeError(f"there is no view of a {type(thing).__name__}")


@describe.register
def _(thing: Run) -> Timeline:
    return timeline(thing.trace)


@describe.register
def _(thing: Board) -> MemoryMap:
    return memory_map(thing)


@describe.register
def _(thing: SignedImage) -> SignedImageView:
    return signed_image_view(thing)


@describe.register
def _(thing: list) -> Timeline:  # type: ignore[type-arg]  # dispatch is on the bare type
    if not all(type(event) in EVENTS.values() for event in thing):
        raise TypeError("a list is shown only if it is a trace")
    return timeline(thing)


@describe.register
def _(thing: Recording) -> RecordingView:
    return recording_view(thing)


@describe.register
def _(thing: ResourceTable) -> ResourceTableView:
    return resource_table_view(thing)


@describe.register
def _(thing: bytes) -> BytesView:
    return file_bytes(thing)


@describe.register(AcceptanceMap)
@describe.register(BytesView)
@describe.register(Chain)
@describe.register(ResourceTableView)
@describe.register(RecordingView)
@describe.register(Timeline)
@describe.register(LiveMemory)
@describe.register(MemoryMap)
@describe.register(Rings)
@describe.register(SignedImageView)
@describe.register(StateMachines)
def _(thing: object) -> object:
    return thing


@describe.register
def _(thing: Walk) -> Timeline:
    return thing.story


@dataclass(frozen=True, slots=True)
class Shown:
    """A view that has not been drawn yet: print it, end a cell with it, or take its HTML."""

    view: object

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<view: {type(self.view).__name__}>"

    def text(self, terminal: Terminal | None = None) -> str:
        """For a terminal: plain and 100 columns wide unless told otherwise."""
        return render.text(self.view, terminal or Terminal())

    def html(self) -> str:
        """For a page, with its style."""
        return render.html(self.view)

    def _repr_mimebundle_(self, **_keywords: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.text()}


def show(thing: object) -> Shown:
    """The view of `thing`. Raises `TypeError` if it has none."""
    return Shown(describe(thing))


def register() -> None:
    """Tell the running IPython, if there is one, how to show our types. Imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    formatter = getattr(shell, "display_formatter", None)
    if formatter is None:
        return
    for module, name in SHOWN_BY_NAME:
        formatter.formatters["text/html"].for_type_by_name(module, name, _html)
        formatter.formatters["text/plain"].for_type_by_name(module, name, _pretty)


def _html(thing: object) -> str:
    return show(thing).html()


def _pretty(thing: object, printer: Any, cycle: bool) -> None:  # noqa: FBT001  IPython's signature
    printer.text("…" if cycle else show(thing).text())
