# SPDX-License-Identifier: GPL-2.0-or-later
"""The signature chain as a notebook widget: step through it, and change bytes to see it break.

Needs the `lab` extra.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from rprocbench.bench.chain import Chain, chain
from rprocbench.bench.chain_edits import Change, Edit, edited
from rprocbench.formats.keys import RsaPublicKey

from . import chain_html, chain_text, render  # noqa: F401  they draw the static twin
from .bytes_widget import span_trait
from .chain_pack import CHAIN_SCRIPTS, chain_traits, pack_chain, pack_edits
from .terminal import Terminal

HERE = Path(__file__).parent
MAX_EDITS = 64


def source(*names: str) -> str:
    """Files of this room, one after the other."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


class ChainWidget(anywidget.AnyWidget):
    """One link at a time; the image in it may be tampered with.

    - `edits` is a list of [offset, value]; whoever sets it gets `chain` and `steps` anew: the
      links, and what the modelled TA answers to the image as it is then
    - `link` is the name of the link that is looked at
    - `offset`, `span` and `hover` are those of the other views of the same image (see `cursor`)
    """

    _esm = source(*CHAIN_SCRIPTS)
    _css = source("base.css", "chain.css")

    image = traitlets.Bytes().tag(sync=True)
    chain = traitlets.Dict().tag(sync=True)
    edits: traitlets.List[Any] = traitlets.List().tag(sync=True)
    steps: traitlets.List[Any] = traitlets.List().tag(sync=True)
    link = traitlets.Unicode().tag(sync=True)
    offset = traitlets.Int(-1).tag(sync=True)
    span = span_trait().tag(sync=True)
    hover = span_trait().tag(sync=True)

    def __init__(
        self,
        image: bytes | Chain,
        key: RsaPublicKey | None = None,
        name: str = "image.sig",
        **traits: Any,
    ) -> None:
        if isinstance(image, Chain):
            self.original = image
        else:
            if key is None:
                raise TypeError("an image needs the key that is built into OP-TEE")
            self.original = chain(image, key, name)
        self._done: list[Edit] = []
        asked = traits.pop("edits", [])
        super().__init__(**chain_traits(self.original) | traits)
        self.edits = asked

    @property
    def view(self) -> Chain:
        """The chain of the image with all edits."""
        return self._done[-1].after if self._done else self.original

    def tamper(self, offset: int, value: int) -> Chain:
        """Change one more byte."""
        self.edits = [*self.edits, [offset, value]]
        return self.view

    def undo(self) -> Chain:
        """Take the last change back."""
        self.edits = self.edits[:-1]
        return self.view

    def reset(self) -> Chain:
        """Take all changes back."""
        self.edits = []
        return self.view

    @traitlets.validate("edits")
    def _bytes_of_the_image(self, proposal: dict[str, Any]) -> list[list[int]]:
        return checked_edits(proposal["value"], len(self.original.data))

    @traitlets.observe("edits")
    def _recompute(self, _change: Any) -> None:
        changes: list[Change] = [(offset, value) for offset, value in self.edits]
        same = 0
        while same < min(len(changes), len(self._done)) and changes[same] == (
            self._done[same].offset, self._done[same].new
        ):  # fmt: skip
            same += 1
        self._done = self._done[:same]
        for change in changes[same:]:
            self._done.append(edited(self.view, change))
        with self.hold_sync():
            self.chain = pack_chain(self.view)
            self.steps = pack_edits(self._done)

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live = super()._repr_mimebundle_(**keywords)
        data, metadata = live or ({}, {})
        static = {
            "text/html": render.html(self.view),
            "text/plain": render.text(self.view, Terminal()),
        }
        return {**data, **static}, metadata


def checked_edits(edits: Sequence[Any], size: int) -> list[list[int]]:
    """`edits` if each is a byte of the image and a value. Raises `TraitError`."""
    for edit in edits:
        match edit:
            case [int(offset), int(value)] if 0 <= offset < size and 0 <= value <= 0xFF:
                pass
            case _:
                raise traitlets.TraitError(f"{edit!r} is no [offset, value] of this image")
    if len(edits) > MAX_EDITS:
        raise traitlets.TraitError(f"at most {MAX_EDITS} edits at a time")
    return [[int(offset), int(value)] for offset, value in edits]
