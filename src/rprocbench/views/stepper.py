# SPDX-License-Identifier: GPL-2.0-or-later
"""The stepper as a notebook widget: a cursor over a finished run. Needs the `lab` extra."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from rprocbench.base.trace import Trace

from . import render, timeline_html, timeline_text  # noqa: F401  they draw the static twin
from .terminal import Terminal
from .walk import Walk, pack, walk

HERE = Path(__file__).parent


class Stepper(anywidget.AnyWidget):
    """Walk a finished run forwards and backwards, all in the browser.

    `cursor` is the index of the event that happened last (-1: none), `by` is `story` or `event`,
    `selected` an object's name, `*` for all that changed, or empty to follow the changes. Where no
    widget can be shown, the story stands in its place.
    """

    _esm = HERE / "stepper.js"
    _css = "\n".join(
        (HERE / name).read_text(encoding="utf-8") for name in ("base.css", "stepper.css")
    )

    run = traitlets.Bytes().tag(sync=True)
    cursor = traitlets.Int(-1).tag(sync=True)
    by = traitlets.Enum(("story", "event"), "story").tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)

    def __init__(self, trace: Trace | Walk, title: str = "Run", **traits: Any) -> None:
        view = trace if isinstance(trace, Walk) else walk(trace, title)
        self.view = view
        super().__init__(run=pack(view), **traits)

    @traitlets.validate("cursor")
    def _within(self, proposal: dict[str, Any]) -> int:
        return max(-1, min(int(proposal["value"]), len(self.view.trace) - 1))

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live = super()._repr_mimebundle_(**keywords)
        data, metadata = live or ({}, {})
        static = {
            "text/html": render.html(self.view.story),
            "text/plain": render.text(self.view.story, Terminal()),
        }
        return {**data, **static}, metadata
