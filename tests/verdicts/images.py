# SPDX-License-Identifier: GPL-2.0-or-later
"""Small signed images for the tests of maps and of verification."""

from functools import cache

from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.signer import sign_image
from tests.tee.machine import signing_key

TABLE = bytes.fromhex("01000000") + bytes(12)


@cache
def small() -> bytes:
    """About 900 bytes: two segments, a note, a resource table."""
    segments = [
        Seg(0x1000_0000, TABLE + b"code", fields={"p_memsz": 32}),
        Seg(0, b"note", p_type=4),
        Seg(0x40, b"vectors!"),
    ]
    sections = [Sec(".resource_table", segment=0, fields={"sh_size": 16})]
    return sign_image([("a.elf", build_elf(segments, sections))], signing_key()).image


@cache
def two() -> bytes:
    """Two images, the second without a table; a segment of the first has the ELF header in it."""
    first = build_elf([Seg(0x40, b"first"), Seg(0x1000_0000, b"data")], [Sec(".text", segment=0)])
    second = build_elf([Seg(0x1000_0100, b"second")], [Sec(".text", segment=0)])
    return sign_image([("a.elf", first), ("b.elf", second)], signing_key()).image


def flipped(image: bytes, bit: int) -> bytes:
    """The image with one bit flipped."""
    data = bytearray(image)
    data[bit // 8] ^= 1 << bit % 8
    return bytes(data)
