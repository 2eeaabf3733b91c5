# SPDX-License-Identifier: GPL-2.0-or-later
"""The hex view as a notebook widget. Needs the `lab` extra."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from . import bytes_html, bytes_text, render  # noqa: F401  they draw the static twin
from .bytes_pack import bytes_traits
from .bytes_view import NOWHERE, BytesView, bytes_view
from .terminal import Terminal

HERE = Path(__file__).parent
SCRIPTS = ("bytes_dom.js", "bytes_rows.js", "bytes_tree.js", "bytes_tools.js", "bytes_grid.js",
           "bytes_widget.js")  # fmt: skip
STYLES = ("base.css", "bytes_rows.css", "bytes_widget.css")


def source(*names: str) -> str:
    """The files one after the other: a script from a notebook can import no other."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def span_trait() -> Any:
    """A trait that holds [start, end]."""
    return traitlets.List(traitlets.Int(), list(NOWHERE), minlen=2, maxlen=2)


class BytesWidget(anywidget.AnyWidget):
    """Bytes with their meaning, all in the browser: no key and no click waits for Python.

    `offset` is the byte the reader stands on (-1: none), `span` what is selected and `hover` what
    the mouse is over, both [start, end] with [-1, -1] for nothing. See `bytes_view` for how to link
    them. Where no widget can be shown, the static view stands in its place.
    """

    _esm = source(*SCRIPTS)
    _css = source(*STYLES)

    data = traitlets.Bytes().tag(sync=True)
    packed = traitlets.Bool().tag(sync=True)
    regions = traitlets.Bytes().tag(sync=True)
    offset = traitlets.Int(-1).tag(sync=True)
    span = span_trait().tag(sync=True)
    hover = span_trait().tag(sync=True)

    def __init__(self, view: BytesView | bytes, **traits: Any) -> None:
        self.view = view if isinstance(view, BytesView) else bytes_view(view)
        super().__init__(**{**bytes_traits(self.view), **traits})

    @property
    def selected(self) -> bytes:
        """The bytes that are selected."""
        start, end = (max(edge - self.view.base, 0) for edge in self.span)
        return self.view.data[start:end]

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live = super()._repr_mimebundle_(**keywords)
        data, metadata = live or ({}, {})
        static = {
            "text/html": render.html(self.view),
            "text/plain": render.text(self.view, Terminal()),
        }
        return {**data, **static}, metadata
