# SPDX-License-Identifier: GPL-2.0-or-later
"""Building small 32-bit Arm ELF files, sound ones and broken ones (our zone)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .elf import EM_ARM, MAGIC, PT_LOAD, SHT_NOBITS, SHT_STRTAB
from .elf_records import Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr

PROGBITS = 1
SECTION_ALIGN = 4
Put = Callable[[bytes], int]
NONE: dict[str, Any] = {}  # fields that are not given are zero, which mypy does not know


@dataclass(frozen=True)
class Seg:
    """A segment to build: where it is loaded, its bytes; `fields` overrides any header field."""

    p_paddr: int
    content: bytes
    p_type: int = PT_LOAD
    fields: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sec:
    """A section to build; its bytes are `content`, or those of segment number `segment`."""

    name: str
    content: bytes = b""
    segment: int | None = None
    sh_type: int = PROGBITS
    fields: dict[str, int] = field(default_factory=dict)


def build_elf(
    segments: Sequence[Seg] = (), sections: Sequence[Sec] | None = (), **header: Any
) -> bytes:
    """An ELF file of these segments and sections; `header` overrides fields of its header.

    `sections=None` builds a file without section headers.
    """
    body = bytearray()
    start = Elf32_Ehdr.SIZE + len(segments) * Elf32_Phdr.SIZE

    def put(content: bytes) -> int:
        body.extend(bytes(-len(body) % SECTION_ALIGN))
        body.extend(content)
        return start + len(body) - len(content)

    phdrs = [_phdr(segment, put(segment.content)) for segment in segments]
    shdrs: list[Elf32_Shdr] = []
    if sections is not None:
        names = bytearray(1)
        shdrs = [Elf32_Shdr(**NONE)]
        for section in sections:
            shdrs.append(_shdr(section, len(names), put, phdrs))
            names += section.name.encode() + b"\0"
        at = len(names)
        names += b".shstrtab\0"
        size = len(names)
        last = {"sh_name": at, "sh_type": SHT_STRTAB, "sh_offset": put(bytes(names))}
        shdrs.append(Elf32_Shdr(**last, **NONE, sh_size=size))
    table = put(b"") if shdrs else 0
    values = {
        "ei_class": 1,
        "ei_data": 1,
        "ei_version": 1,
        "e_type": 2,
        "e_machine": EM_ARM,
        "e_version": 1,
        "e_phoff": Elf32_Ehdr.SIZE if segments else 0,
        "e_shoff": table,
        "e_ehsize": Elf32_Ehdr.SIZE,
        "e_phentsize": Elf32_Phdr.SIZE,
        "e_phnum": len(segments),
        "e_shentsize": Elf32_Shdr.SIZE,
        "e_shnum": len(shdrs),
        "e_shstrndx": max(0, len(shdrs) - 1),
    }
    head = Elf32_Ehdr(ei_mag=MAGIC, **values | header)
    packed = [record.pack() for record in (head, *phdrs)]
    return b"".join(packed) + bytes(body) + b"".join(shdr.pack() for shdr in shdrs)


def _phdr(segment: Seg, offset: int) -> Elf32_Phdr:
    size = len(segment.content)
    values = {
        "p_type": segment.p_type, "p_offset": offset, "p_vaddr": segment.p_paddr,
        "p_paddr": segment.p_paddr, "p_filesz": size, "p_memsz": size, "p_flags": 7, "p_align": 4,
    }  # fmt: skip
    return Elf32_Phdr(**values | segment.fields)


def _shdr(section: Sec, name: int, put: Put, phdrs: Sequence[Elf32_Phdr]) -> Elf32_Shdr:
    if section.segment is not None:
        phdr = phdrs[section.segment]
        values = {"sh_addr": phdr.p_vaddr, "sh_offset": phdr.p_offset, "sh_size": phdr.p_filesz}
    else:
        content = b"" if section.sh_type == SHT_NOBITS else section.content
        values = {"sh_offset": put(content), "sh_size": len(section.content)}
    values |= {"sh_name": name, "sh_type": section.sh_type, "sh_addralign": SECTION_ALIGN}
    return Elf32_Shdr(**values | section.fields)
