# SPDX-License-Identifier: GPL-2.0-or-later
"""State transitions as a notebook widget: a click goes to the event. Needs the `lab` extra."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from rprocbench.base.trace import Trace

from . import render, states_html, states_text  # noqa: F401  they draw the static twin
from .states import StateMachines, state_machines
from .states_pack import states_pack
from .terminal import Terminal

HERE = Path(__file__).parent


class States(anywidget.AnyWidget):
    """The diagrams at one event of the run, which is `cursor` (-1: before the first).

    Link `cursor` with that of other views. Where no widget can be shown, pictures stand in.
    """

    _esm = HERE / "states.js"
    _css = "\n".join(
        (HERE / name).read_text(encoding="utf-8") for name in ("base.css", "states.css")
    )

    machines = traitlets.Unicode().tag(sync=True)
    cursor = traitlets.Int(-1).tag(sync=True)

    def __init__(self, trace: Trace | StateMachines, **traits: Any) -> None:
        view = trace if isinstance(trace, StateMachines) else state_machines(trace)
        self.view = view
        super().__init__(machines=states_pack(view), **traits)

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live = super()._repr_mimebundle_(**keywords)
        data, metadata = live or ({}, {})
        static = {
            "text/html": render.html(self.view),
            "text/plain": render.text(self.view, Terminal()),
        }
        return {**data, **static}, metadata
