# SPDX-License-Identifier: GPL-2.0-or-later
"""What kind of file this is, by how it begins (our zone)."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of files that people hand to remoteproc."""

    SIGNED = "signed image"
    ELF = "ELF file"
    UIMAGE = "U-Boot uImage"
    STM32 = "STM32 boot image"
    FDT = "device tree or FIT image"
    IHEX = "Intel HEX file"
    SREC = "Motorola S-record file"
    GZIP = "gzip file"
    XZ = "xz file"
    ZSTD = "zstd file"
    BZIP2 = "bzip2 file"
    LZ4 = "lz4 file"
    ZIP = "zip file"
    AR = "static library"
    UF2 = "UF2 file"
    PE = "Windows program"
    OPTEE = "OP-TEE image"
    TA = "signed trusted application"
    PEM = "PEM key or certificate"
    TEXT = "text file"
    EMPTY = "empty file"
    RAW = "raw binary"


@dataclass(frozen=True, slots=True)
class Magic:
    """How files of one kind begin."""

    kind: Kind
    start: bytes
    advice: str


UNPACK = "unpack it and give the ELF file inside"
GIVE_ELF = "give the ELF file that it was made from"
MAGICS = (
    Magic(Kind.SIGNED, b"\x68\xa4\x43\x35", ""),
    Magic(Kind.ELF, b"\x7fELF", ""),
    Magic(Kind.UIMAGE, b"\x27\x05\x19\x56", f"that is what U-Boot's bootm starts; {GIVE_ELF}"),
    Magic(Kind.STM32, b"STM2", f"that is what the boot ROM starts; {GIVE_ELF}"),
    Magic(Kind.FDT, b"\xd0\x0d\xfe\xed", "that describes a board or is started by U-Boot"),
    Magic(Kind.GZIP, b"\x1f\x8b", UNPACK),
    Magic(Kind.XZ, b"\xfd7zXZ\0", UNPACK),
    Magic(Kind.ZSTD, b"\x28\xb5\x2f\xfd", UNPACK),
    Magic(Kind.BZIP2, b"BZh", UNPACK),
    Magic(Kind.LZ4, b"\x04\x22\x4d\x18", UNPACK),
    Magic(Kind.ZIP, b"PK\x03\x04", UNPACK),
    Magic(Kind.AR, b"!<arch>\n", "link it to an ELF file first"),
    Magic(Kind.UF2, b"UF2\n\x57\x51\x5d\x9e", GIVE_ELF),
    Magic(Kind.PE, b"MZ", "that runs on a PC"),
    Magic(Kind.OPTEE, b"OPTE", "that is the secure world itself, not a firmware for the Cortex-M"),
    Magic(Kind.TA, b"HSTO", "that is an application of the secure world, not a firmware"),
    Magic(Kind.PEM, b"-----BEGIN ", "that is a key, not a firmware"),
)
IHEX_LINE = re.compile(rb":[0-9A-Fa-f]{10,}\s")
SREC_LINE = re.compile(rb"S[0-9][0-9A-Fa-f]{4,}\s")
SAMPLE = 1024


def identify(data: bytes) -> Kind:
    """What kind of file `data` is, by its first bytes.

    >>> identify(b"STM2....").value, identify(b":100000000004001001000010" + bytes(1)).value
    ('STM32 boot image', 'raw binary')
    """
    if not data:
        return Kind.EMPTY
    for magic in MAGICS:
        if data.startswith(magic.start):
            return magic.kind
    head = bytes(data[:SAMPLE])
    if IHEX_LINE.match(head):
        return Kind.IHEX
    if SREC_LINE.match(head):
        return Kind.SREC
    return Kind.TEXT if _is_text(head) else Kind.RAW


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", "ignore")
    lost = len(head) - len(text.encode())
    is_whole = lost == 0 or (len(head) == SAMPLE and lost < 4)  # the sample may cut a character
    return bool(text) and is_whole and all(c.isprintable() or c.isspace() for c in text)


def advice(kind: Kind) -> str:
    """What to do with a file of that kind, "" where nothing needs to be said."""
    if kind in (Kind.IHEX, Kind.SREC, Kind.RAW):
        return f"it says nothing about segments; {GIVE_ELF}"
    return next((magic.advice for magic in MAGICS if magic.kind is kind), "")
