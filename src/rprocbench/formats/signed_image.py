# SPDX-License-Identifier: GPL-2.0-or-later
"""A view of OP-TEE's signed firmware: header, TLVs, signature, images; damaged ones too (our zone).

Layout: optee_os, scripts/sign_rproc_fw.py. What the TA accepts is for its model to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TypeVar

from rprocbench.base.errors import InputError, Span
from rprocbench.base.layout import Bytes, Leaf, Record, raw, tile, u32

from .cover import with_values
from .elf import ElfView
from .finding import Finding, limited, read_record
from .tlv import Tlv, TlvType, align8, read_tlvs, tlv_findings

MAGIC = 0x3543_A468
VERSION = 1
MAX_IMAGES = 255
R = TypeVar("R", bound=Record)


class RemoteprocFwHdr(Record):
    """`struct remoteproc_fw_hdr`: what a signed image begins with."""

    magic: int = u32("0x3543a468")
    version: int = u32("1")
    tlv_len: int = u32("bytes of TLV records")
    sign_len: int = u32("bytes of signature, padding excluded")
    img_len: int = u32("bytes of all images, padding included")


class HashRow(Record):
    """One row of HASHTABLE: a program header, and the hash of its segment."""

    p_type: int = u32("1 = PT_LOAD; the first row with the same p_paddr decides")
    p_offset: int = u32("not used")
    p_vaddr: int = u32("not used")
    p_paddr: int = u32("where the segment is loaded: rows are found by it")
    p_filesz: int = u32("bytes in the file; must match")
    p_memsz: int = u32("bytes in memory; must match")
    p_flags: int = u32("not used")
    p_align: int = u32("not used")
    hash: bytes = raw(32, "SHA-256 of the p_filesz bytes")


class EncRow(Record):
    """One row of ENCTABLE: a program header, the hash of its encrypted segment, the IV."""

    p_type: int = u32("1 = PT_LOAD")
    p_offset: int = u32("file offset")
    p_vaddr: int = u32("virtual address")
    p_paddr: int = u32("where the segment is loaded")
    p_filesz: int = u32("bytes in the file")
    p_memsz: int = u32("bytes in memory")
    p_flags: int = u32("access")
    p_align: int = u32("alignment")
    hash: bytes = raw(32, "SHA-256 of the encrypted bytes")
    iv: bytes = raw(16, "initialisation vector")


@dataclass(frozen=True)
class Payload:
    """One image of a signed image: the bytes that IMGSIZE gives it, as far as the file has them."""

    index: int
    span: Span
    claimed: int
    data: bytes

    @cached_property
    def elf(self) -> ElfView | None:
        """The image as an ELF file; None when it is none."""
        try:
            return ElfView.parse(self.data, self.span.buffer, self.span.start)
        except InputError:
            return None


@dataclass(frozen=True)
class SignedImage:
    """A signed image: `data` is the whole buffer called `buffer`; spans point into it."""

    data: bytes
    buffer: str
    header: RemoteprocFwHdr
    tlv_span: Span
    tlvs: tuple[Tlv, ...]
    signature_span: Span
    images_span: Span
    images: tuple[Payload, ...]

    @classmethod
    def parse(cls, data: Bytes, buffer: str = "image") -> "SignedImage":
        """View `data` as a signed image, whatever its header says.

        Raises `InputError` TRUNCATED when not even the header is there; nothing else is judged.
        """
        data = bytes(data)
        header = RemoteprocFwHdr.parse(data, 0, buffer)
        at = RemoteprocFwHdr.SIZE

        def area(start: int, size: int) -> Span:
            return Span(buffer, min(start, len(data)), min(start + size, len(data)))

        tlv_span = area(at, header.tlv_len)
        at += align8(header.tlv_len)
        signature_span = area(at, header.sign_len)
        at += align8(header.sign_len)
        images_span = area(at, align8(header.img_len))
        tlvs = tuple(read_tlvs(data, tlv_span))
        images = tuple(_payloads(data, tlvs, images_span))
        return cls(data, buffer, header, tlv_span, tlvs, signature_span, images_span, images)

    def first(self, type_: int) -> Tlv | None:
        """The first record of that type, which is the one that counts."""
        return next((tlv for tlv in self.tlvs if tlv.type == type_), None)

    @property
    def signature(self) -> bytes:
        """The signature, padding excluded."""
        return self.data[self.signature_span.start : self.signature_span.end]

    @property
    def signed_span(self) -> Span:
        """The bytes that the signature covers: header and TLV records with their padding."""
        end = min(len(self.data), RemoteprocFwHdr.SIZE + align8(self.header.tlv_len))
        return Span(self.buffer, 0, end)

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the signed bytes."""
        return sha256(self.data[: self.signed_span.end]).digest()

    @cached_property
    def rows(self) -> tuple[HashRow, ...]:
        """The complete rows of the first HASHTABLE."""
        tlv = self.first(TlvType.HASHTABLE)
        return table_rows(HashRow, tlv) if tlv else ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What does not add up."""
        records = limited(tlv_findings(list(self.tlvs), self.data, self.tlv_span))
        return (*_header_findings(self), *records, *_image_findings(self))

    def leaves(self) -> list[Leaf]:
        """Leaves that cover every byte of the file exactly once."""
        from .signed_image_leaves import signed_leaves  # noqa: PLC0415  it looks at this class

        return with_values(tile(signed_leaves(self), len(self.data), self.buffer), self.data)


def table_rows(kind: type[R], tlv: Tlv) -> tuple[R, ...]:
    """The complete rows of a record that holds a table."""
    start, fits = tlv.value_span.start, len(tlv.value) // kind.SIZE
    return tuple(
        read_record(kind, tlv.value, at, tlv.value_span.buffer, start)
        for at in range(0, fits * kind.SIZE, kind.SIZE)
    )


def _payloads(data: bytes, tlvs: tuple[Tlv, ...], area: Span) -> Iterator[Payload]:
    """Images of the sizes that IMGSIZE lists; without it, one image that has all the bytes."""
    tlv = next((tlv for tlv in tlvs if tlv.type == TlvType.IMGSIZE), None)
    value = tlv.value if tlv else b""
    cut = range(0, min(len(value), 4 * MAX_IMAGES) - 3, 4)
    sizes = [int.from_bytes(value[at : at + 4], "little") for at in cut] or [len(area)]
    at = area.start
    for index, size in enumerate(sizes):
        span = Span(area.buffer, min(at, area.end), min(at + size, area.end))
        yield Payload(index, span, size, data[span.start : span.end])
        at += size


def _header_findings(image: SignedImage) -> Iterator[Finding]:
    header, size = image.header, len(image.data)
    if header.magic != MAGIC:
        text = f"magic is {header.magic:#010x}, not {MAGIC:#010x}"
        yield Finding("MAGIC", text, header.span("magic"))
    if header.version != VERSION:
        yield Finding(
            "VERSION", f"version is {header.version}, not {VERSION}", header.span("version")
        )
    for field in ("tlv_len", "sign_len", "img_len"):
        if getattr(header, field) == 0:
            yield Finding("EMPTY", f"{field} is 0", header.span(field))
    lengths = (header.tlv_len, header.sign_len, header.img_len)
    end = RemoteprocFwHdr.SIZE + sum(map(align8, lengths))
    if end > size:
        text = f"the header describes {end} bytes, the file has {size}: {end - size} are missing"
        yield Finding("CUT", text, header.span())
    elif end < size:
        text = f"{size - end} bytes follow the end of the images"
        yield Finding("TRAILING", text, Span(image.buffer, end, size))
    pad = Span(image.buffer, image.signature_span.end, image.images_span.start)
    if any(image.data[pad.start : pad.end]):
        yield Finding("SIGNATURE_PADDING", "the padding of the signature is not zero", pad)


def _image_findings(image: SignedImage) -> Iterator[Finding]:
    table = image.first(TlvType.HASHTABLE)
    if table and len(table.value) % HashRow.SIZE:
        text = f"HASHTABLE has {len(table.value)} bytes, not a multiple of {HashRow.SIZE}"
        yield Finding("ROW_CUT", text, table.value_span)
    number = image.first(TlvType.NUM_IMG)
    if number and len(number.value) == 1 and number.value[0] != len(image.images):
        text = f"NUM_IMG is {number.value[0]}, IMGSIZE lists {len(image.images)}"
        yield Finding("NUM_IMG", text, number.value_span)
    claimed = sum(payload.claimed for payload in image.images)
    if image.first(TlvType.IMGSIZE) and claimed != image.header.img_len:
        text = f"the images of IMGSIZE add up to {claimed} bytes, img_len is {image.header.img_len}"
        yield Finding("IMGSIZE", text, image.header.span("img_len"))
    for payload in image.images:
        if payload.elf is None:
            yield Finding("NOT_ELF", f"image {payload.index} is not an ELF file", payload.span)
        else:
            yield from payload.elf.findings
