# SPDX-License-Identifier: GPL-2.0-or-later
"""The controls of the workbench: what they are called, and what they show."""

from typing import Any

import ipywidgets

from . import render
from .markup import tag
from .workbench_input import Desk, codes_for
from .workbench_views import Place

NARROW = {"width": "max-content"}
NOWHERE = "Fail here"


def message(text: str, *, well: bool) -> str:
    """One line for the user, as HTML."""
    line = tag("p", "✓ " if well else "✗ ", text, role="status",
               class_="rb-verdict" + ("" if well else " rb-bad"))  # fmt: skip
    return f"<style>{render.stylesheet()}</style>{tag('div', line, class_='rb')}"


def _button(text: str, hint: str, icon: str = "") -> Any:
    return ipywidgets.Button(description=text, tooltip=hint, icon=icon, layout=NARROW)


class Controls:
    """Files, choices, the fault, and what to do."""

    def __init__(self, boards: list[str], designs: list[str]) -> None:
        wide = {"description_width": "initial"}
        self.image = ipywidgets.FileUpload(
            description="Image or saved run", multiple=False, layout=NARROW,
            tooltip="A signed image, an ELF file, or what `rprocbench boot --trace` saved",
        )  # fmt: skip
        self.board = ipywidgets.Dropdown(options=boards, description="Board", style=wide)
        self.design = ipywidgets.Dropdown(options=designs, description="Design", style=wide)
        self.key = ipywidgets.FileUpload(
            description="Key (PEM)", accept=".pem", multiple=False, layout=NARROW,
            tooltip="The public key that is built into OP-TEE",
        )  # fmt: skip
        self.demo_key = _button("Demonstration key", "Build the published key into OP-TEE again")
        self.fail = _button(NOWHERE, "Let the call at the cursor fail, and boot again", "bolt")
        self.code = ipywidgets.Dropdown(description="with", style=wide, layout={"width": "240px"})
        self.clear = _button("No faults", "Let nothing fail any more, and boot again")
        self.again = _button("Run again", "Boot what is chosen", "play")
        self.file = ipywidgets.Text("run.html", description="File", style=wide)
        self.save = _button("Save page", "Write all views to one offline HTML file", "save")
        self.faults = ipywidgets.HTML(layout={"flex": "1 1 240px"})
        self.message = ipywidgets.HTML()
        rows = (
            (self.image, self.board, self.design, self.key, self.demo_key),
            (self.fail, self.code, self.clear, self.faults),
            (self.again, self.file, self.save),
        )
        wrap = {"flex_flow": "row wrap", "align_items": "center"}
        boxes = [ipywidgets.Box(row, layout=wrap) for row in rows]
        self.box = ipywidgets.VBox([*boxes, self.message])
        self._lane: object = None

    def show(self, desk: Desk) -> None:
        """What is chosen now."""
        self.board.value, self.design.value = desk.board, desk.design
        told = desk.told_faults or "nothing is made to fail"
        body = tag("div", tag("code", told), class_="rb")
        self.faults.value = f"<style>{render.stylesheet()}</style>{body}"
        self.clear.disabled = not desk.faults

    def show_place(self, place: Place | None) -> None:
        """The call at the cursor, and the errors that it can report."""
        self.fail.disabled = place is None
        self.fail.description = f"Fail here: {place}" if place else NOWHERE
        lane = place.lane if place else None
        if place and lane != self._lane:
            self.code.options = list(codes_for(place.lane).items())
            self.code.index = 0
        self._lane = lane

    def busy(self, *, is_busy: bool) -> None:
        """Whether a boot is under way."""
        for control in (self.again, self.fail, self.save):
            control.disabled = is_busy
