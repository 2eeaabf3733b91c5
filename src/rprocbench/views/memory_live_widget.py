# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of a run as a notebook widget. Needs the `lab` extra."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from rprocbench.bench import Recording

from . import memory_live_static, render  # noqa: F401  they draw the static twin
from .memory_live import LiveMemory, memory_of
from .memory_live_pack import memory_pack
from .memory_live_things import NOWHERE
from .terminal import Terminal

HERE = Path(__file__).parent


def _span() -> Any:
    return traitlets.List(traitlets.Int(), list(NOWHERE), minlen=2, maxlen=2)


class LiveMemoryWidget(anywidget.AnyWidget):
    """Where things lie just after event `cursor`: only what exists then.

    `item` is the name of what is selected; its bytes in the image are `span`, those of what the
    mouse is over `hover`, both [start, end] with [-1, -1] for none; `offset` is where they begin.
    Where no widget can be shown, the map of the fullest moment stands in.
    """

    _esm = HERE / "memory_live.js"
    _css = "\n".join(
        (HERE / name).read_text(encoding="utf-8") for name in ("base.css", "memory_live.css")
    )

    memory = traitlets.Unicode().tag(sync=True)
    cursor = traitlets.Int(-1).tag(sync=True)
    item = traitlets.Unicode().tag(sync=True)
    offset = traitlets.Int(-1).tag(sync=True)
    span = _span().tag(sync=True)
    hover = _span().tag(sync=True)

    def __init__(self, run: Recording | LiveMemory, **traits: Any) -> None:
        view = run if isinstance(run, LiveMemory) else memory_of(run)
        self.view = view
        super().__init__(memory=memory_pack(view), **traits)

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live = super()._repr_mimebundle_(**keywords)
        data, metadata = live or ({}, {})
        static = {
            "text/html": render.html(self.view),
            "text/plain": render.text(self.view, Terminal()),
        }
        return {**data, **static}, metadata
