# SPDX-License-Identifier: GPL-2.0-or-later
"""The resource table as a notebook widget. Needs the `lab` extra."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from rprocbench.bench.recording import Recording
from rprocbench.formats.resource_table import ResourceTable

from . import render, resource_table_html, resource_table_text  # noqa: F401  the static twin
from .bytes_widget import source, span_trait
from .resource_table_history import recording_table
from .resource_table_pack import resource_table_traits
from .resource_table_tree import resource_table_view
from .resource_table_view import ResourceTableView
from .terminal import Terminal

HERE = Path(__file__).parent
SCRIPTS = ("bytes_dom.js", "bytes_rows.js", "bytes_tree.js", "bytes_tools.js", "bytes_grid.js",
           "resource_table_moments.js", "resource_table_widget.js")  # fmt: skip
STYLES = ("base.css", "bytes_rows.css", "resource_table_widget.css")


class ResourceTableWidget(anywidget.AnyWidget):
    """A resource table before and after Linux wrote it back, all in the browser.

    `cursor` is an event of the run (-1: the table in the file), as of the stepper: the view shows
    the table at the last event until then that touched it. `offset`, `span` and `hover` are those
    of `bytes_view` and count from the start of the file. Where no widget can be shown, the static
    view stands in its place.
    """

    _esm = source(*SCRIPTS)
    _css = source(*STYLES)

    table = traitlets.Bytes().tag(sync=True)
    cursor = traitlets.Int(-1).tag(sync=True)
    offset = traitlets.Int(-1).tag(sync=True)
    span = span_trait().tag(sync=True)
    hover = span_trait().tag(sync=True)

    def __init__(self, thing: ResourceTableView | ResourceTable | Recording, **traits: Any) -> None:
        match thing:
            case Recording():
                self.view = recording_table(thing)
            case ResourceTable():
                self.view = resource_table_view(thing)
            case _:
                self.view = thing
        super().__init__(**{**resource_table_traits(self.view), **traits})

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live = super()._repr_mimebundle_(**keywords)
        data, metadata = live or ({}, {})
        static = {
            "text/html": render.html(self.view),
            "text/plain": render.text(self.view, Terminal()),
        }
        return {**data, **static}, metadata
