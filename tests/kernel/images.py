# SPDX-License-Identifier: GPL-2.0-or-later
"""Firmware images and resource tables for tests, right or wrong in every field."""

import struct
from dataclasses import dataclass

ANY = 0xFFFF_FFFF
TABLE_AT = 0x1003_0000


def vdev(vrings: list[tuple[int, int, int]], **fields: int) -> bytes:
    """A vdev entry, its type included; a ring is (da, align, num)."""
    f = {"id": 7, "dfeatures": 1, "config_len": 0, "num": len(vrings), "r0": 0, "r1": 0} | fields
    head = struct.pack(
        "<6IBBBB", 3, f["id"], 0, f["dfeatures"], 0, f["config_len"], 0, f["num"], f["r0"], f["r1"]
    )
    return head + b"".join(struct.pack("<5I", da, al, n, 0, 0) for da, al, n in vrings)


RINGS = [(ANY, 16, 16), (ANY, 16, 16)]


def trace(da: int = 0x1000_0400, length: int = 0x100, reserved: int = 0) -> bytes:
    return struct.pack("<4I32s", 2, da, length, reserved, b"cm4_log")


def carveout(
    name: bytes, da: int = ANY, length: int = 0x1000, reserved: int = 0, kind: int = 0
) -> bytes:
    return struct.pack("<6I32s", kind, da, 0, length, 0, reserved, name)


def entry(kind: int, payload: bytes = b"") -> bytes:
    return struct.pack("<I", kind) + payload


def table(*entries: bytes, **fields: int) -> bytes:
    """A resource table; `num`, `ver`, `r0`, `r1` and `offset` (of the first entry) can be wrong."""
    f = {"ver": 1, "num": len(entries), "r0": 0, "r1": 0} | fields
    offsets, at = [], 16 + 4 * len(entries)
    for data in entries:
        offsets.append(at)
        at += len(data)
    if "offset" in fields:
        offsets[0] = fields["offset"]
    head = struct.pack("<4I", f["ver"], f["num"], f["r0"], f["r1"])
    return head + struct.pack(f"<{len(offsets)}I", *offsets) + b"".join(entries)


@dataclass(frozen=True)
class Segment:
    """A program header and its bytes."""

    paddr: int
    data: bytes = b""
    memsz: int = -1
    kind: int = 1
    filesz: int = -1
    offset: int = -1


CODE = (Segment(0, bytes(range(64))), Segment(0x1000_0000, b"text" * 32, 0x200))


def elf(  # noqa: C901, PLR0913  every field may be wrong
    rsc: bytes | None = None, segments: tuple[Segment, ...] = CODE, *,
    bits: int = 32, vma: int = TABLE_AT, lma: int = TABLE_AT, section: bytes = b".resource_table",
    sections: bool = True, sh_size: int = -1, sh_offset: int = -1, sh_name: int = -1,
    loaded: bool = True, **header: int,
) -> bytes:  # fmt: skip
    """An ELF image whose table, if it has one, lies in a section and (if `loaded`) in a segment."""
    wide = bits == 64
    ehdr, phdr, shdr = (64, 56, 64) if wide else (52, 32, 40)
    if rsc is not None and loaded:
        segments += (Segment(lma, rsc),)
    offsets, body = [], b""
    start = ehdr + phdr * len(segments)
    for segment in segments:
        offsets.append(start + len(body))
        body += segment.data
    table_at = offsets[-1] if rsc is not None and loaded else start + len(body)
    if rsc is not None and not loaded:
        body += rsc
    names = b"\0.shstrtab\0" + section + b"\0"
    strings_at = start + len(body)
    body += names
    body += bytes(-(start + len(body)) % 8)
    shoff = start + len(body)

    phdrs = b""
    for segment, offset in zip(segments, offsets, strict=True):
        filesz = len(segment.data) if segment.filesz < 0 else segment.filesz
        memsz = len(segment.data) if segment.memsz < 0 else segment.memsz
        at = offset if segment.offset < 0 else segment.offset
        p = segment.paddr
        if wide:
            phdrs += struct.pack("<2I6Q", segment.kind, 5, at, p, p, filesz, memsz, 4)
        else:
            phdrs += struct.pack("<8I", segment.kind, at, p, p, filesz, memsz, 5, 4)

    def section_header(name: int, kind: int, addr: int, offset: int, size: int) -> bytes:
        return struct.pack(
            "<2I4Q2I2Q" if wide else "<10I", name, kind, 0, addr, offset, size, 0, 0, 1, 0
        )

    shdrs = section_header(0, 0, 0, 0, 0)
    shdrs += section_header(1, 3, 0, strings_at, len(names))
    if rsc is not None:
        shdrs += section_header(
            11 if sh_name < 0 else sh_name, 1, vma,
            table_at if sh_offset < 0 else sh_offset, len(rsc) if sh_size < 0 else sh_size,
        )  # fmt: skip
    if not sections:
        shdrs, shoff = b"", 0
    h = {
        "magic": 0x464C457F, "cls": bits // 32, "data": 1, "type": 2, "machine": 40,
        "entry": 0x1000_0101, "phoff": ehdr, "shoff": shoff, "phentsize": phdr,
        "phnum": len(segments), "shentsize": shdr, "shnum": len(shdrs) // shdr,
        "shstrndx": 1 if sections else 0,
    } | header  # fmt: skip
    head = struct.pack("<IBBB9x", h["magic"], h["cls"], h["data"], 1)
    head += struct.pack(
        "<HHI3QI6H" if wide else "<HHI3II6H",
        h["type"], h["machine"], 1, h["entry"], h["phoff"], h["shoff"], 0, ehdr, h["phentsize"],
        h["phnum"], h["shentsize"], h["shnum"], h["shstrndx"],
    )  # fmt: skip
    return head + phdrs + body + shdrs


RPMSG = table(vdev(RINGS), trace())
GOOD = elf(RPMSG)
