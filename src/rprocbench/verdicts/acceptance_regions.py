# SPDX-License-Identifier: GPL-2.0-or-later
"""The bytes of a signed image by what they are: each byte is in exactly one region."""

from array import array
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from rprocbench.base.errors import Span
from rprocbench.formats.elf import PT_LOAD, ElfView
from rprocbench.formats.signed_image import RemoteprocFwHdr, SignedImage
from rprocbench.formats.tlv import Tlv, align8

IMAGE = "image"
MAX_RECORDS = 64  # a hostile area holds hundreds of records that nobody reads


class Kind(StrEnum):
    """What vouches for the bytes of a region."""

    SIGNED = "signed"
    SIGNATURE = "signature"
    HASHED = "hashed"
    HEADERS = "headers"
    REST = "nothing"


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes of one kind. `spans` are in order and do not touch."""

    name: str
    kind: Kind
    spans: tuple[Span, ...]

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return sum(map(len, self.spans))


class Painter:
    """Gives each byte a name; what is painted later covers what was there."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.names: dict[tuple[str, Kind], int] = {}
        self.bytes = array("H", [0]) * size
        self.paint("outside of the images", Kind.REST, 0, size)

    def paint(self, name: str, kind: Kind, start: int, size: int) -> None:
        """Call `size` bytes from `start` so, as far as the file has them."""
        first, end = max(0, start), min(self.size, start + size)
        if first < end:
            number = self.names.setdefault((name, kind), len(self.names))
            self.bytes[first:end] = array("H", [number]) * (end - first)

    def regions(self) -> tuple[Region, ...]:
        """All regions that have bytes, in the order in which they begin."""
        spans: dict[int, list[Span]] = {}
        at = 0
        for number, run in groupby(self.bytes):
            size = sum(1 for _ in run)
            spans.setdefault(number, []).append(Span(IMAGE, at, at + size))
            at += size
        names = list(self.names)
        return tuple(Region(*names[number], tuple(found)) for number, found in spans.items())


def regions_of(data: bytes) -> tuple[Region, ...]:
    """The regions of `data`; of what is no signed image there is one."""
    painter = Painter(len(data))
    if len(data) < RemoteprocFwHdr.SIZE:
        return painter.regions()
    image = SignedImage.parse(data)
    many = len(image.images) > 1
    for payload in image.images:
        prefix = f"image {payload.index}: " if many else ""
        painter.paint(f"{prefix}other bytes", Kind.REST, payload.span.start, len(payload.span))
        if payload.elf is not None:
            paint_elf(painter, prefix, payload.elf, payload.span.start)
    header = image.header
    signed = RemoteprocFwHdr.SIZE + align8(header.tlv_len)
    painter.paint("padding of the signature", Kind.REST, signed, align8(header.sign_len))
    painter.paint("signature", Kind.SIGNATURE, signed, header.sign_len)
    area = RemoteprocFwHdr.SIZE
    painter.paint("records, otherwise", Kind.SIGNED, area, align8(header.tlv_len))
    for tlv in image.tlvs[:MAX_RECORDS]:
        paint_record(painter, tlv, signed)
    painter.paint("header", Kind.SIGNED, 0, RemoteprocFwHdr.SIZE)
    return painter.regions()


def paint_record(painter: Painter, tlv: Tlv, end: int) -> None:
    """One record, with its padding."""
    start = tlv.header.span().start
    size = 8 + align8(len(tlv.value_span))
    painter.paint(f"record {tlv.name}", Kind.SIGNED, start, min(size, end - start))


def paint_elf(painter: Painter, prefix: str, elf: ElfView, base: int) -> None:
    """What there is in an ELF file: a header is one, even if it lies in a segment."""
    for index, phdr in enumerate(elf.segments):
        if phdr.p_type == PT_LOAD:
            name = f"{prefix}segment {index} at {phdr.p_paddr:#x}"
            painter.paint(name, Kind.HASHED, base + phdr.p_offset, phdr.p_filesz)
    header = elf.header
    if header.e_shstrndx < len(elf.sections):
        names = elf.sections[header.e_shstrndx].header
        painter.paint(f"{prefix}section names", Kind.HEADERS, base + names.sh_offset, names.sh_size)
    for what, offset, count, size in (
        ("section headers", header.e_shoff, header.e_shnum, elf.shdr.SIZE),
        ("program headers", header.e_phoff, header.e_phnum, elf.phdr.SIZE),
        ("ELF header", 0, 1, type(header).SIZE),
    ):
        painter.paint(f"{prefix}{what}", Kind.HEADERS, base + offset, count * size)
