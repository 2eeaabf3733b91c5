# SPDX-License-Identifier: GPL-2.0-or-later
"""A signed image: its parts, and what covers each byte: signature, hash, or nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Literal

from rprocbench.base.layout import Leaf
from rprocbench.formats.signed_image import HashRow, Payload, SignedImage

from .wording import clean, size

Cover = Literal["signed", "signature", "hashed", "broken", "nothing"]
COVERS: dict[Cover, str] = {
    "signed": "signed",
    "signature": "the signature",
    "hashed": "hashed by a signed row",
    "broken": "hashed, but the hash differs",
    "nothing": "covered by nothing",
}
PT_LOAD = 1
MOST = 256  # rows and segments looked at: a hostile file may claim tens of thousands
PART = re.compile(r"(?:images\[\d+\]|tlv)(?:\.[\w~]+)?|\w+")
MATCHED = ("p_type", "p_paddr", "p_filesz", "p_memsz")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes `start` to `end` (excluded) of the file, what covers them, and what they are."""

    start: int
    end: int
    cover: Cover
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the file with its leaves, in byte order."""

    name: str
    start: int
    end: int
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A row of the hash table and the segment that it speaks of, `None` if there is none."""

    row: int
    offset: int
    address: int
    filesz: int
    hash: str
    segment: str | None
    verdict: str
    good: bool


@dataclass(frozen=True, slots=True)
class SignedImageView:
    """The description of the view."""

    title: str
    size: int
    stretches: tuple[Stretch, ...]
    groups: tuple[Group, ...]
    links: tuple[Link, ...]
    findings: tuple[str, ...]

    def total(self, cover: Cover) -> int:
        """How many bytes of the file are covered like that."""
        return sum(s.end - s.start for s in self.stretches if s.cover == cover)

    @property
    def alt(self) -> str:
        """The coverage in a sentence, for who does not see it."""
        shares = [
            f"{size(self.total(cover))} {words}"
            for cover, words in COVERS.items()
            if self.total(cover)
        ]
        return f"{self.title}, {size(self.size)}: {'; '.join(shares)}."


def signed_image_view(image: SignedImage, title: str = "Signed image") -> SignedImageView:
    """Describe `image`: layout and hashes only; whose signature it is, no view can tell."""
    hashed = sorted(_hashed(image), key=lambda stretch: (stretch.start, stretch.end))
    findings = tuple(f"{finding}" for finding in image.findings)
    return SignedImageView(
        title, len(image.data), tuple(_stretches(image, hashed)), tuple(_groups(image)),
        tuple(_links(image)), findings,
    )  # fmt: skip


def _segments(image: SignedImage) -> Iterator[tuple[Payload, int, HashRow]]:
    """Each program header of each image: the image, its number, and how a row would hold it."""
    for payload in image.images:
        headers = payload.elf.segments if payload.elf else ()
        for number, header in enumerate(headers[:MOST]):
            fields = {name: getattr(header, name) for name in HashRow.FIELDS if name != "hash"}
            elf = payload.elf
            assert elf
            yield payload, number, HashRow(**fields, hash=sha256(elf.content(header)).digest())


def _name(image: SignedImage, payload: Payload, number: int) -> str:
    many = f"image {payload.index} " if len(image.images) > 1 else ""
    return f"{many}segment {number}"


def _row_of(image: SignedImage, segment: HashRow) -> int | None:
    """The row that the TA would look at: the first with the segment's address."""
    rows = enumerate(image.rows)
    return next((i for i, r in rows if r.p_type == PT_LOAD and r.p_paddr == segment.p_paddr), None)


def _hashed(image: SignedImage) -> Iterator[Stretch]:
    for payload, number, segment in islice(_segments(image), MOST):
        row = _row_of(image, segment) if segment.p_type == PT_LOAD else None
        if row is not None and segment.p_filesz and payload.elf:
            span = payload.elf.content_span(payload.elf.segments[number])
            same = image.rows[row].hash == segment.hash
            label = f"{_name(image, payload, number)}, row {row}"
            yield Stretch(span.start, span.end, "hashed" if same else "broken", label)


def _stretches(image: SignedImage, hashed: list[Stretch]) -> Iterator[Stretch]:
    end, at = len(image.data), image.signed_span.end
    yield Stretch(0, at, "signed", "header and TLV records")
    signature = image.signature_span
    if signature.end > at:
        yield Stretch(signature.start, signature.end, "signature", "signature")
        at = signature.end
    for stretch in hashed:
        start = max(stretch.start, at)
        if start < stretch.end:
            if start > at:
                yield Stretch(at, start, "nothing", _between(image, at))
            yield Stretch(start, stretch.end, stretch.cover, stretch.label)
            at = stretch.end
    if at < end:
        yield Stretch(at, end, "nothing", _between(image, at))


def _between(image: SignedImage, at: int) -> str:
    """A name for bytes that nothing covers: what they begin with."""
    if at < image.images_span.start:
        return "padding of the signature"
    if any(at == payload.span.start for payload in image.images):
        return "ELF header and what follows it"
    return "between and after segments"


def _groups(image: SignedImage) -> Iterator[Group]:
    """Leaves by the part they belong to: `header`, `tlv.HASHTABLE`, `images[0].phdr` and so on."""
    group: list[Leaf] = []
    key = ""
    for leaf in image.leaves():
        this = _part(leaf.path)
        if group and this != key:
            yield Group(clean(key), group[0].span.start, group[-1].span.end, tuple(group))
            group = []
        key = this
        group.append(leaf)
    if group:
        yield Group(clean(key), group[0].span.start, group[-1].span.end, tuple(group))


def _part(path: str) -> str:
    found = PART.match(path)
    return found.group() if found else path


def _links(image: SignedImage) -> Iterator[Link]:
    segments = list(islice(_segments(image), MOST))
    for index, row in enumerate(image.rows[:MOST]):
        hits = [s for s in segments if s[2].p_type == row.p_type and s[2].p_paddr == row.p_paddr]
        name, good = None, row.p_type != PT_LOAD
        verdict = "no segment has this address" if good is False else "not a loaded segment"
        for payload, number, segment in hits[:1]:
            name = _name(image, payload, number)
            differing = [f for f in MATCHED if getattr(segment, f) != getattr(row, f)]
            if row.p_type != PT_LOAD:
                verdict = "not a loaded segment"
            elif differing:
                verdict, good = f"{', '.join(differing)} differ", False
            elif segment.hash != row.hash:
                verdict, good = "hash differs", False
            else:
                verdict, good = "hash matches", True
        yield Link(
            index, row.span().start, row.p_paddr, row.p_filesz, row.hash.hex(), name, verdict, good
        )
