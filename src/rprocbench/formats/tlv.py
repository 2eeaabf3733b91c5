# SPDX-License-Identifier: GPL-2.0-or-later
"""TLV records of a signed image: a type, a length, a value, padding to 8 bytes (our zone).

Layout: optee_os, scripts/sign_rproc_fw.py and ta/remoteproc; types 0x06, 0x12, 0x10001 and 0x10002
exist in ST's downstream tree only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from rprocbench.base.errors import Span
from rprocbench.base.layout import Record, u32

from .finding import Finding

ALIGN = 8
MAX_TLVS = 4096  # a hostile area of zeros would hold millions of empty records
PLATFORM = range(0x1_0000, 0x2_0000)


class TlvType(IntEnum):
    """The types that somebody gave a name."""

    SIGNTYPE = 0x01
    HASHTYPE = 0x02
    NUM_IMG = 0x03
    IMGTYPE = 0x04
    IMGSIZE = 0x05
    ENCTYPE = 0x06
    HASHTABLE = 0x10
    PKEYINFO = 0x11
    ENCTABLE = 0x12
    BOOTADDR = 0x1_0001
    BOOTSEC = 0x1_0002


DOCS = {
    TlvType.SIGNTYPE: "1 = RSASSA-PKCS1-v1_5 with SHA-256, 2 = ECDSA P-256 with SHA-256",
    TlvType.HASHTYPE: "1 = SHA-256; nobody reads it",
    TlvType.NUM_IMG: "number of images",
    TlvType.IMGTYPE: "what the image is: 1 = ELF, 2 = ELF with encrypted segments (downstream)",
    TlvType.IMGSIZE: "size of the image, rounded up to 8",
    TlvType.ENCTYPE: "1 = AES-CBC (downstream)",
    TlvType.HASHTABLE: "one row per program header, with the hash of its segment",
    TlvType.PKEYINFO: "what the signer says about the key; OP-TEE ignores it",
    TlvType.ENCTABLE: "like HASHTABLE, for encrypted segments (downstream)",
    TlvType.BOOTADDR: "where the core boots from (downstream)",
    TlvType.BOOTSEC: "whether the core boots in the secure state (downstream)",
}


def tlv_name(type_: int) -> str:
    """What a record of that type is called.

    >>> tlv_name(0x10), tlv_name(0x1abcd), tlv_name(0x77)
    ('HASHTABLE', 'PLATFORM_0x1abcd', 'UNKNOWN_0x77')
    """
    if type_ in TlvType.__members__.values():
        return TlvType(type_).name
    return f"PLATFORM_{type_:#x}" if type_ in PLATFORM else f"UNKNOWN_{type_:#x}"


def tlv_doc(type_: int) -> str:
    """A phrase about the value of a record of that type."""
    if type_ in TlvType.__members__.values():
        return DOCS[TlvType(type_)]
    return "for the platform; OP-TEE ignores it" if type_ in PLATFORM else "of an unknown type"


class TlvHdr(Record):
    """What every record begins with."""

    type: int = u32("what the value is")
    length: int = u32("bytes of value, padding excluded")


@dataclass(frozen=True, slots=True)
class Tlv:
    """One record: its header, its value as far as the area has it, where value and padding lie."""

    header: TlvHdr
    value: bytes
    value_span: Span
    padding: Span

    @property
    def type(self) -> int:
        """Its type."""
        return self.header.type

    @property
    def name(self) -> str:
        """What its type is called."""
        return tlv_name(self.header.type)

    @property
    def is_cut(self) -> bool:
        """Whether the area ends before the value does."""
        return len(self.value) < self.header.length


def align8(size: int) -> int:
    """`size` rounded up to a multiple of 8."""
    return (size + ALIGN - 1) // ALIGN * ALIGN


def read_tlvs(data: bytes, area: Span) -> list[Tlv]:
    """The records of `area`, at most `MAX_TLVS`; one that overruns it is cut, and the last."""
    tlvs: list[Tlv] = []
    at = area.start
    while at + TlvHdr.SIZE <= area.end and len(tlvs) < MAX_TLVS:
        header = TlvHdr.parse(data, at, area.buffer)
        start = at + TlvHdr.SIZE
        end = min(start + header.length, area.end)
        at = min(start + align8(header.length), area.end)
        spans = Span(area.buffer, start, end), Span(area.buffer, end, at)
        tlvs.append(Tlv(header, data[start:end], *spans))
    return tlvs


def tlv_findings(tlvs: list[Tlv], data: bytes, area: Span) -> Iterator[Finding]:
    """What is odd about the records of `area`."""
    seen: set[int] = set()
    for tlv in tlvs:
        if tlv.is_cut:
            text = f"{tlv.name} claims {tlv.header.length} bytes, the area has {len(tlv.value)}"
            yield Finding("TLV_CUT", text, tlv.header.span("length"))
        if tlv.type in seen:
            yield Finding("TLV_TWICE", f"{tlv.name} again: the first one counts", tlv.header.span())
        seen.add(tlv.type)
        if any(data[tlv.padding.start : tlv.padding.end]):
            yield Finding("TLV_PADDING", f"the padding of {tlv.name} is not zero", tlv.padding)
    end = tlvs[-1].padding.end if tlvs else area.start
    if end < area.end:
        what = "more records are not shown" if len(tlvs) == MAX_TLVS else "too few for a record"
        text = f"{area.end - end} bytes at the end of the TLV area: {what}"
        yield Finding("TLV_REST", text, Span(area.buffer, end, area.end))


def pack_tlv(type_: int, value: bytes) -> bytes:
    """A record's bytes, padded with zeros to a multiple of 8."""
    return TlvHdr(type=type_, length=len(value)).pack() + value.ljust(align8(len(value)), b"\0")
