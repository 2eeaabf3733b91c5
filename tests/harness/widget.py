# SPDX-License-Identifier: GPL-2.0-or-later
"""Widgets on a bare page: the real Python class and the real JavaScript, with no Jupyter between.

The messages are those of the widget protocol; only the socket is replaced. `mount` shows a widget
and gives its element. What the page tells Python takes a moment: call `settle` before looking.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comm.base_comm import BaseComm
from ipywidgets.widgets.widget import _put_buffers, _remove_buffers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ipywidgets
    from playwright.sync_api import Locator, Page

MODEL_JS = (Path(__file__).parent / "model.js").read_text(encoding="utf-8")
PAGE = '<!doctype html><html lang="en"><title>widgets</title><main id="root"></main></html>'

Message = tuple[str, dict[str, Any], list[str]]  # a model, what is said, and its bytes as base64


def _encode(buffers: Sequence[bytes | memoryview] | None) -> list[str]:
    return [base64.b64encode(buffer).decode("ascii") for buffer in buffers or ()]


def _hear(widget: Any, data: dict[str, Any], buffers: list[memoryview]) -> None:
    """Do as the widget does with a message, but let errors through: they shall fail the test."""
    if data["method"] == "custom":
        for callback in widget._msg_callbacks.callbacks:
            callback(widget, data["content"], buffers)
    else:
        state = data["state"]
        _put_buffers(state, data["buffer_paths"], buffers)
        widget.set_state(state)


class PageComm(BaseComm):
    """A comm whose other end is a page."""

    def __init__(self, bridge: WidgetBridge, comm_id: str) -> None:
        self.bridge = bridge
        super().__init__(target_name="jupyter.widget", comm_id=comm_id)

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,  # noqa: ARG002  the comm's signature
        buffers: Any = None,
        **keys: Any,  # noqa: ARG002
    ) -> None:
        if msg_type == "comm_msg":
            self.bridge.to_page(self.comm_id, data, _encode(buffers))


class WidgetBridge:
    """A page that shows widgets."""

    def __init__(self, page: Page, html: str = PAGE) -> None:
        self.page = page
        self.widgets: dict[str, ipywidgets.Widget] = {}
        self.answers: list[Message] | None = None
        page.expose_function("rprocbenchToPython", self._from_page)
        page.set_content(html)
        page.add_script_tag(content=MODEL_JS, type="module")
        page.wait_for_function("window.rprocbench")

    def mount(self, widget: ipywidgets.DOMWidget, root: str = "#root") -> Locator:
        """Show `widget` inside `root`; gives the element that it drew in."""
        model_id: str = widget.model_id
        state, paths, buffers = _remove_buffers(widget.get_state())
        widget.comm = PageComm(self, model_id)
        self.widgets[model_id] = widget
        self.page.evaluate(
            "(widget) => rprocbench.mount(widget)",
            {
                "id": model_id,
                "state": state,
                "buffer_paths": paths,
                "buffers": _encode(buffers),
                "root": root,
            },
        )
        self.settle()
        return self.page.locator(f'[data-model="{model_id}"]')

    def unmount(self, widget: ipywidgets.DOMWidget) -> int:
        """Take `widget` off the page; gives how many of its listeners stayed behind."""
        left: int = self.page.evaluate("(id) => rprocbench.unmount(id)", widget.model_id)
        del self.widgets[widget.model_id]
        return left

    def settle(self) -> None:
        """Wait until Python has had every message, and the page every answer."""
        self.page.evaluate("() => rprocbench.settle()")

    def to_page(self, model_id: str, data: dict[str, Any], buffers: list[str]) -> None:
        """Bring a message of Python's to the page; an answer goes back with what it answers."""
        if model_id not in self.widgets:
            return
        if self.answers is not None:  # the page waits for us: it cannot be called now
            self.answers.append((model_id, data, buffers))
        else:
            self.page.evaluate(
                "([id, data, buffers]) => rprocbench.receive(id, data, buffers)",
                [model_id, data, buffers],
            )

    def _from_page(self, model_id: str, data: dict[str, Any], buffers: list[str]) -> list[Message]:
        answers: list[Message] = []
        self.answers = answers
        try:
            _hear(self.widgets[model_id], data, [memoryview(base64.b64decode(b)) for b in buffers])
        finally:
            self.answers = None
        return answers
