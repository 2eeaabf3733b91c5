# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_elf_helpers.h: one name for a field of either ELF class.

Reading outside the image has no defined result, so here it is a crash, or an error where the kernel
is careful.
"""

import struct
from collections.abc import Iterator
from functools import lru_cache

from rprocbench.base.errors import Crash, Errno, ModelledError, RprocError, Span, Undefined

from .remoteproc import Firmware

ELFCLASS32, ELFCLASS64 = 1, 2
EI_CLASS, EI_DATA = 4, 5

Layout = dict[str, tuple[int, int]]  # field: offset, size

EHDR: dict[int, Layout] = {
    ELFCLASS32: {
        "e_entry": (24, 4), "e_phoff": (28, 4), "e_shoff": (32, 4),
        "e_phnum": (44, 2), "e_shnum": (48, 2), "e_shstrndx": (50, 2),
    },
    ELFCLASS64: {
        "e_entry": (24, 8), "e_phoff": (32, 8), "e_shoff": (40, 8),
        "e_phnum": (56, 2), "e_shnum": (60, 2), "e_shstrndx": (62, 2),
    },
}  # fmt: skip
PHDR: dict[int, Layout] = {
    ELFCLASS32: {
        "p_type": (0, 4), "p_offset": (4, 4), "p_paddr": (12, 4), "p_filesz": (16, 4),
        "p_memsz": (20, 4),
    },
    ELFCLASS64: {
        "p_type": (0, 4), "p_offset": (8, 8), "p_paddr": (24, 8), "p_filesz": (32, 8),
        "p_memsz": (40, 8),
    },
}  # fmt: skip
SHDR: dict[int, Layout] = {
    ELFCLASS32: {
        "sh_name": (0, 4), "sh_addr": (12, 4), "sh_offset": (16, 4), "sh_size": (20, 4),
    },
    ELFCLASS64: {
        "sh_name": (0, 4), "sh_addr": (16, 8), "sh_offset": (24, 8), "sh_size": (32, 8),
    },
}  # fmt: skip
READ_FIRST = ("sh_size", "sh_offset", "sh_name")  # of each section, before its name is compared
EHDR_SIZE = {ELFCLASS32: 52, ELFCLASS64: 64}
PHDR_SIZE = {ELFCLASS32: 32, ELFCLASS64: 56}
SHDR_SIZE = {ELFCLASS32: 40, ELFCLASS64: 64}


def fw_elf_get_class(fw: Firmware) -> int:
    """1 means 32 bits; whatever else is there means 64."""
    return ELFCLASS32 if read_bytes(fw, EI_CLASS, 1)[0] == ELFCLASS32 else ELFCLASS64


def read_bytes(fw: Firmware, offset: int, size: int) -> bytes:
    """Bytes of the image, which must have them. What is added to a pointer may wrap it."""
    offset %= 1 << fw.bits
    if offset < 0 or offset + size > len(fw.data):
        raise read_outside(fw, f"{size} bytes are read", offset, size)
    return bytes(fw.data[offset : offset + size])


def read_outside(fw: Firmware, what: str, offset: int, size: int) -> RprocError:
    """What to raise where bytes are read that the image does not have."""
    why = f"{what} at {offset:#x} of an image of {len(fw.data):#x}"
    span = Span(fw.label, max(offset, 0), max(offset, 0) + size)
    if fw.careful:
        return ModelledError(Errno.EINVAL, why, span=span)
    return Crash(Undefined.OOPS, why, span=span)


def field(fw: Firmware, layouts: dict[int, Layout], base: int, name: str) -> int:
    """A field of the header that begins at `base`."""
    offset, size = layouts[fw_elf_get_class(fw)][name]
    return int.from_bytes(read_bytes(fw, base + offset, size), "little")


def field_span(fw: Firmware, layouts: dict[int, Layout], base: int, name: str) -> Span:
    """Where that field lies."""
    offset, size = layouts[fw_elf_get_class(fw)][name]
    return Span(fw.label, base + offset, base + offset + size)


def ehdr(fw: Firmware, name: str) -> int:
    """A field of the file header."""
    return field(fw, EHDR, 0, name)


def phdr_at(fw: Firmware, i: int) -> int:
    """Where program header `i` begins. `e_phentsize` is not asked."""
    return ehdr(fw, "e_phoff") + i * PHDR_SIZE[fw_elf_get_class(fw)]


def shdr_at(fw: Firmware, i: int) -> int:
    """Where section header `i` begins. `e_shentsize` is not asked."""
    return ehdr(fw, "e_shoff") + i * SHDR_SIZE[fw_elf_get_class(fw)]


def section_called(fw: Firmware, name: bytes, bits: int) -> int | None:
    """Where the header of the first section called `name` (NUL included) begins.

    Pointers to names have `bits`. A name is compared character by character, and nobody asks
    whether the image has them: the walk ends there, at the first one that runs off its end.
    """
    kind, shnum, shoff = fw_elf_get_class(fw), ehdr(fw, "e_shnum"), ehdr(fw, "e_shoff")
    strtab = field(fw, SHDR, shdr_at(fw, ehdr(fw, "e_shstrndx")), "sh_offset")
    last = len(fw.data) - len(name)
    if shoff + shnum * SHDR_SIZE[kind] <= len(fw.data):
        names = walk(SHDR_SIZE[kind], shnum).unpack_from(fw.data, shoff)
        end = strtab + max(names, default=0)
        if end <= last:  # the whole of every name is there
            start = strtab + min(names, default=0)
            where = {at - strtab for at in places(fw.data, name, start, end + len(name))}
            return next((shdr_at(fw, i) for i, at in enumerate(names) if at in where), None)
    for i in range(shnum):
        header = shdr_at(fw, i)
        size_offset_name = [field(fw, SHDR, header, each) for each in READ_FIRST]
        start = (strtab + size_offset_name[-1]) % (1 << bits)
        if start > last and name.startswith(fw.data[start:]):
            raise read_outside(fw, "a section's name is read", max(start, len(fw.data)), 1)
        if fw.data.startswith(name, start):
            return header
    return None


@lru_cache(maxsize=16)
def walk(size: int, count: int) -> struct.Struct:
    """The first word of each of `count` headers of `size` bytes."""
    return struct.Struct("<" + f"I{size - 4}x" * count)


def places(data: bytearray, wanted: bytes, start: int, end: int) -> Iterator[int]:
    """Where `wanted` lies in `data`, from `start` to `end`."""
    at = data.find(wanted, start, end)
    while at >= 0:
        yield at
        at = data.find(wanted, at + 1, end)
