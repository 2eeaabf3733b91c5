# SPDX-License-Identifier: GPL-2.0-or-later
"""Images that recorded scenarios name: files, or edits of the signed base images.

The recordings keep most of their images; those built here they only describe, by name.
"""

from collections.abc import Callable
from hashlib import sha256

from rprocbench.formats.keys import PrivateKey, load_private_key
from rprocbench.formats.tlv import TlvType, align8

from .sources import Sources, read_packed

HDR = 20
E_PHOFF, E_SHOFF, E_SHNUM, E_SHSTRNDX, SHDR = 28, 32, 48, 50, 40
NO_FILE = "/nonexistent"
BASE, WITH_KEY_INFO = "m4_rsc_rsa2048.sig", "m4_keyinfo_rsa2048.sig"


def u32(data: bytes, at: int) -> int:
    """The number at byte `at`."""
    return int.from_bytes(data[at : at + 4], "little")


def put(data: bytes, at: int, value: int, size: int = 4) -> bytes:
    """`data` with a number at byte `at`."""
    return data[:at] + value.to_bytes(size, "little") + data[at + size :]


def elf_at(image: bytes) -> int:
    """Where the first ELF image starts."""
    return HDR + align8(u32(image, 8)) + align8(u32(image, 12))


def tlv_at(image: bytes, type_: int) -> int:
    """Where the first record of that type starts."""
    at = HDR
    while u32(image, at) != type_:
        at += 8 + align8(u32(image, at + 4))
    return at


def with_elf(image: bytes, field: int, value: int, size: int = 4) -> bytes:
    """The image with another number at byte `field` of its first ELF image."""
    return put(image, elf_at(image) + field, value, size)


def resigned(image: bytes, key: PrivateKey) -> bytes:
    """The image with a genuine signature over what it says now."""
    end = HDR + align8(u32(image, 8))
    signature = key.sign(sha256(image[:end]).digest())
    return image[:end] + signature + image[end + len(signature) :]


def with_area(image: bytes, area: bytes) -> bytes:
    """The image with other records, its old signature, and lengths that add up."""
    old_end = HDR + align8(u32(image, 8))
    header = put(image[:HDR], 8, len(area))
    return header + area.ljust(align8(len(area)), b"\0") + image[old_end:]


def unknown_length(image: bytes) -> bytes:
    """Before all others a record of unknown type, so long that a 32-bit walk steps back."""
    first = (0x77).to_bytes(4, "little") + (0xFFFF_FFF8).to_bytes(4, "little") + bytes(8)
    return with_area(image, first + image[HDR : HDR + u32(image, 8)])


def section_name(image: bytes, value: int) -> bytes:
    """The image with another sh_name in its second section header."""
    return with_elf(image, u32(image, elf_at(image) + E_SHOFF) + SHDR, value)


def many_sections(image: bytes) -> bytes:
    """65535 sections, none of which is called `.resource_table`."""
    unnamed = image.replace(b".resource_table", b".Resource_table")
    return with_elf(unnamed, E_SHNUM, 0xFFFF, 2)


def key_info_length(image: bytes, length: int) -> bytes:
    """The image with another length of its record PKEYINFO."""
    return put(image, tlv_at(image, TlvType.PKEYINFO) + 4, length)


def hash_table_overrun(image: bytes, key: PrivateKey) -> bytes:
    """A genuine signature over a hash table that is longer than the area."""
    return resigned(put(image, tlv_at(image, TlvType.HASHTABLE) + 4, 64000), key)


Recipe = Callable[[bytes, bytes, Callable[[], PrivateKey]], bytes]
RECIPES: dict[str, Recipe] = {
    "A_good_baseline.bin": lambda good, _info, _key: good,
    "B_sig_bitflip.bin": lambda good, _info, _key: put(good, 400, good[400] ^ 1, 1),
    "T_hdr_small_first.bin": lambda good, _info, _key: put(put(good, 8, 8), 12, 8),
    "H_keyinfo_len_fffffff8.bin": lambda _good, info, _key: key_info_length(info, 0xFFFF_FFF8),
    "H_keyinfo_len_8000.bin": lambda _good, info, _key: key_info_length(info, 0x8000),
    "H_unknown_len_fffffff8.bin": lambda good, _info, _key: unknown_length(good),
    "H_signtype_len_past_end.bin": lambda good, _info, _key: with_area(
        good, bytes.fromhex("0100000001000000")
    ),
    "H_tlv_area_4_bytes.bin": lambda good, _info, _key: with_area(good, bytes.fromhex("01000000")),
    "H_hashtable_overrun_signed.bin": lambda good, _info, key: hash_table_overrun(good, key()),
    "H_shstrndx_ffff.bin": lambda good, _info, _key: with_elf(good, E_SHSTRNDX, 0xFFFF, 2),
    "H_shname_huge.bin": lambda good, _info, _key: section_name(good, 0x7FFF_FFFF),
    "H_shnum_ffff.bin": lambda good, _info, _key: many_sections(good),
    "H_phoff_last4.bin": lambda good, _info, _key: with_elf(good, E_PHOFF, u32(good, 16) - 4),
}
SAME_AS = {"H_segment_ends_at_eof.bin": "E_segment_ends_at_eof.bin"}


class NamedImages:
    """The images of scenarios, by file name."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def __call__(self, name: str) -> bytes | None:
        """The image; None for the file that is meant not to exist. Raises `InputError`."""
        if name == NO_FILE:
            return None
        found = self.sources.find(name, *([SAME_AS[name]] if name in SAME_AS else []))
        if found is None and name in RECIPES:
            good = read_packed(self.sources.need(BASE))
            info = read_packed(self.sources.need(WITH_KEY_INFO))
            return RECIPES[name](good, info, self.key)
        return read_packed(found or self.sources.need(name))

    def key(self) -> PrivateKey:
        """The key that the recordings signed with."""
        path = self.sources.need("rsa2048.pem")
        return load_private_key(read_packed(path), None, str(path))
