# SPDX-License-Identifier: GPL-2.0-or-later
"""What covers each byte of a signed image."""

import struct
from hashlib import sha256

import pytest

from rprocbench.formats.signed_image import SignedImage
from rprocbench.views import render
from rprocbench.views.show import show
from rprocbench.views.signed_image_view import SignedImageView, signed_image_view
from rprocbench.views.terminal import Terminal
from rprocbench.views.wording import columns

CONTENT = b"code and constants."


def elf() -> bytes:
    """One program header, one segment of 19 bytes at offset 84, padded to a multiple of 8."""
    ident = b"\x7fELF\1\1\1" + bytes(9)
    header = ident + struct.pack("<HHIIIIIHHHHHH", 2, 40, 1, 0, 52, 0, 0, 52, 32, 1, 40, 0, 0)
    return (header + program_header() + CONTENT).ljust(104, b"\0")


def program_header() -> bytes:
    return struct.pack("<8I", 1, 84, 0, 0x1000_0000, len(CONTENT), len(CONTENT), 5, 4)


def record(type_: int, value: bytes) -> bytes:
    packed = struct.pack("<II", type_, len(value)) + value
    return packed.ljust(-(-len(packed) // 8) * 8, b"\0")


def image() -> bytes:
    row = program_header() + sha256(CONTENT).digest()
    tlvs = record(3, b"\1") + record(5, struct.pack("<I", 104)) + record(0x10, row)
    header = struct.pack("<5I", 0x3543_A468, 1, len(tlvs), 16, 104)
    return header + tlvs + b"S" * 16 + elf()


def view(data: bytes) -> SignedImageView:
    return signed_image_view(SignedImage.parse(data), "demo.sig")


def test_every_byte_is_told_once() -> None:
    data = image()
    told = view(data)
    assert [s.start for s in told.stretches] == [0, *(s.end for s in told.stretches[:-1])]
    assert told.stretches[-1].end == len(data)
    assert [s.cover for s in told.stretches] == [
        "signed",
        "signature",
        "nothing",
        "hashed",
        "nothing",
    ]
    assert told.total("hashed") == len(CONTENT)


def test_groups_hold_every_byte() -> None:
    told = view(image())
    assert [g.start for g in told.groups] == [0, *(g.end for g in told.groups[:-1])]
    assert told.groups[0].name == "header"
    assert "tlv.HASHTABLE" in [g.name for g in told.groups]


def test_a_row_is_linked_to_its_segment() -> None:
    (link,) = view(image()).links
    assert (link.segment, link.verdict, link.good) == ("segment 0", "hash matches", True)
    assert link.hash == sha256(CONTENT).hexdigest()


def test_a_flipped_byte_of_a_segment_is_told() -> None:
    data = bytearray(image())
    data[data.index(CONTENT)] ^= 1
    told = view(bytes(data))
    assert told.total("broken") == len(CONTENT)
    assert told.links[0].verdict == "hash differs"
    assert "hashed, but the hash differs" in render.text(told, Terminal())
    assert "✗ hash differs" in render.body(told)


def test_a_row_without_a_segment_is_told() -> None:
    data = bytearray(image())
    at = data.index(program_header()) + 12
    data[at] ^= 1  # the row's p_paddr
    assert view(bytes(data)).links[0].verdict == "no segment has this address"


@pytest.mark.parametrize("length", [20, 21, 60, 150, 200, 230, 240])
def test_a_truncated_image_is_shown(length: int) -> None:
    told = view(image()[:length])
    assert told.stretches[-1].end == length
    assert told.findings
    assert show(told).html()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = render.text(view(image()), Terminal(width)).splitlines()
    assert max(map(columns, lines)) <= width


def test_the_alternative_tells_the_coverage() -> None:
    assert "19 bytes hashed by a signed row" in view(image()).alt
