# SPDX-License-Identifier: GPL-2.0-or-later
"""Images of the recorded scenarios that are described but not kept: edits of the signed ones."""

import json
from collections.abc import Callable
from hashlib import sha256

from .machine import GOOD, signing_key, vector

NEGATIVE = {
    record["file"]: bytes.fromhex(record["image"])
    for record in json.loads(vector("negative.json.gz"))
}
HDR = 20
E_PHOFF, E_SHOFF, E_SHNUM, E_SHSTRNDX, SHDR = 28, 32, 48, 50, 40


def u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def put(data: bytes, at: int, value: int, size: int = 4) -> bytes:
    return data[:at] + value.to_bytes(size, "little") + data[at + size :]


def elf_at(image: bytes) -> int:
    """Where the first ELF image starts."""
    return HDR + -(-u32(image, 8) // 8) * 8 + -(-u32(image, 12) // 8) * 8


def tlv_at(image: bytes, type_: int) -> int:
    """Where the first TLV of that type starts."""
    at = HDR
    while u32(image, at) != type_:
        at += 8 + -(-u32(image, at + 4) // 8) * 8
    return at


def with_elf(image: bytes, field: int, value: int, size: int = 4) -> bytes:
    return put(image, elf_at(image) + field, value, size)


def resigned(image: bytes) -> bytes:
    """The image with a genuine signature over what it says now."""
    end = HDR + -(-u32(image, 8) // 8) * 8
    signature = signing_key().sign(sha256(image[:end]).digest())
    return image[:end] + signature + image[end + len(signature) :]


def with_area(area: bytes, image: bytes = GOOD) -> bytes:
    """The image with other TLVs, its old signature, and lengths that add up."""
    old_end = HDR + -(-u32(image, 8) // 8) * 8
    header = put(image[:HDR], 8, len(area))
    return header + area.ljust(-(-len(area) // 8) * 8, b"\0") + image[old_end:]


def hdr_small_first() -> bytes:
    return put(put(GOOD, 8, 8), 12, 8)


def keyinfo_length(length: int) -> bytes:
    image = vector("m4_keyinfo_rsa2048.sig")
    return put(image, tlv_at(image, 0x11) + 4, length)


def unknown_length() -> bytes:
    first = (0x77).to_bytes(4, "little") + (0xFFFF_FFF8).to_bytes(4, "little") + bytes(8)
    return with_area(first + GOOD[HDR : HDR + u32(GOOD, 8)])


def hashtable_overrun() -> bytes:
    return resigned(put(GOOD, tlv_at(GOOD, 0x10) + 4, 64000))


def without_table(image: bytes = GOOD) -> bytes:
    """The image with another name for its section of resources."""
    return image.replace(b".resource_table", b".Resource_table")


def section_name(value: int) -> bytes:
    shoff = u32(GOOD, elf_at(GOOD) + E_SHOFF)
    return with_elf(GOOD, shoff + SHDR, value)


BUILT: dict[str, Callable[[], bytes]] = {
    "B_sig_bitflip.bin": lambda: put(GOOD, 400, GOOD[400] ^ 1, 1),
    "T_hdr_small_first.bin": hdr_small_first,
    "H_keyinfo_len_fffffff8.bin": lambda: keyinfo_length(0xFFFF_FFF8),
    "H_keyinfo_len_8000.bin": lambda: keyinfo_length(0x8000),
    "H_unknown_len_fffffff8.bin": unknown_length,
    "H_signtype_len_past_end.bin": lambda: with_area(bytes.fromhex("0100000001000000")),
    "H_tlv_area_4_bytes.bin": lambda: with_area(bytes.fromhex("01000000")),
    "H_hashtable_overrun_signed.bin": hashtable_overrun,
    "H_shstrndx_ffff.bin": lambda: with_elf(GOOD, E_SHSTRNDX, 0xFFFF, 2),
    "H_shname_huge.bin": lambda: section_name(0x7FFF_FFFF),
    "H_shnum_ffff.bin": lambda: with_elf(without_table(), E_SHNUM, 0xFFFF, 2),
    "H_phoff_last4.bin": lambda: with_elf(GOOD, E_PHOFF, u32(GOOD, 16) - 4),
    "H_segment_ends_at_eof.bin": lambda: NEGATIVE["E_segment_ends_at_eof.bin"],
}


def image(name: str) -> bytes | None:
    """The image of that name; None for a file that does not exist."""
    if name in BUILT:
        return BUILT[name]()
    return NEGATIVE.get(name)
