# SPDX-License-Identifier: GPL-2.0-or-later
"""The signature chain of an image: one link at a time, and what the TA answers to the whole.

Links stand in the order in which the TA comes to them. Each is judged by itself, so the chain goes
on behind its first broken link; the answer is the modelled TA's, given the same bytes.
"""

from dataclasses import dataclass, field

from rprocbench.base.errors import Span
from rprocbench.formats.keys import RsaPublicKey
from rprocbench.formats.signed_image import RemoteprocFwHdr, SignedImage

from .chain_commands import file_word
from .chain_images import elf_link, image_links
from .chain_link import Command, Kind, Link, Stage, Verdict
from .chain_nothing import nothing_links
from .chain_records import early_links, late_links
from .chain_signed import digest_links, header_link, key_link
from .chain_ta import TaLens
from .ta_load import TaAnswer, ta_load


@dataclass(frozen=True, slots=True)
class Chain:
    """An image and a key, and all that holds them together, or does not."""

    name: str
    data: bytes = field(repr=False)
    key: RsaPublicKey = field(repr=False)
    links: tuple[Link, ...] = field(repr=False)
    answer: TaAnswer

    @property
    def broken(self) -> Link | None:
        """The first link that fails."""
        return next((link for link in self.links if link.fails), None)

    @property
    def holds(self) -> bool:
        """Whether no link fails and the TA loads the image."""
        return self.broken is None and self.answer.is_success

    def link(self, name: str) -> Link | None:
        """The link of that name."""
        return next((link for link in self.links if link.name == name), None)

    def link_at(self, offset: int) -> Link | None:
        """The link that byte `offset` of the image belongs to: the one with the fewest bytes."""
        hits = [link for link in self.links if any(offset in s for s in own_spans(link))]
        return min(hits, key=lambda link: sum(map(len, own_spans(link))), default=None)

    @property
    def verdict(self) -> str:
        """The chain in a sentence."""
        if self.broken:
            return f"The first link that fails: {self.broken.title} ({self.broken.why})."
        return "No link fails."

    @property
    def told(self) -> str:
        """The TA's answer in a sentence."""
        if self.answer.is_success:
            return "The TA answers SUCCESS: it loads the image."
        outside = "" if self.broken else ", for a reason outside of the chain"
        return f"The TA answers {self.answer}{outside}."


def own_spans(link: Link) -> tuple[Span, ...]:
    """The bytes that are the link's own; rows and program headers shown with a segment are not."""
    return link.spans if link.kind == "nothing" else link.spans[:1]


def chain(image: bytes, key: RsaPublicKey, name: str = "image.sig") -> Chain:
    """The chain of `image` under `key`, the one built into OP-TEE; `name` is the file's.

    Nothing about `image` is an error: what is missing or damaged is a link that fails.
    """
    data, file = bytes(image), file_word(name)
    lens = TaLens(data, key)
    links = [header_link(lens, file)]
    if len(data) >= RemoteprocFwHdr.SIZE:
        parsed = SignedImage.parse(data)
        links += early_links(lens, parsed, file)
        links += digest_links(lens, parsed, key, file)
        links.append(key_link(lens, key))
        links.append(elf_link(lens, file))
        links += late_links(lens, parsed, file)
        links += image_links(lens, parsed, file)
        links += nothing_links(lens, parsed, links)
    return Chain(name, data, key, tuple(links), ta_load(data, key))


__all__ = ["Chain", "Command", "Kind", "Link", "Stage", "TaAnswer", "Verdict", "chain", "ta_load"]
