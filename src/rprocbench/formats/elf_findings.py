# SPDX-License-Identifier: GPL-2.0-or-later
"""What is cut or out of range in an ELF file; who accepts it, the models say (our zone)."""

from collections.abc import Iterator

from .elf import SHT_NOBITS, SHT_STRTAB, ElfView
from .finding import Finding, limited


def elf_findings(elf: ElfView) -> Iterator[Finding]:
    """Tell what is wrong with `elf`, headers first; at most a few of each kind."""
    yield from _ident(elf)
    yield from _tables(elf)
    yield from limited(_segments(elf))
    yield from limited(_sections(elf))


def _ident(elf: ElfView) -> Iterator[Finding]:
    header = elf.header
    if header.ei_class not in (1, 2):
        text = f"ei_class is {header.ei_class}: neither 32-bit (1) nor 64-bit (2)"
        yield Finding("CLASS", text, header.span("ei_class"))
    elif (header.ei_class == 2) != elf.is_wide:
        bits = 64 if elf.is_wide else 32
        text = f"ei_class is {header.ei_class}, yet the file is read as {bits}-bit"
        yield Finding("CLASS", text, header.span("ei_class"))
    if header.ei_data != 1:
        text = f"ei_data is {header.ei_data}, not little-endian (1), but it is read as if it were"
        yield Finding("ENCODING", text, header.span("ei_data"))
    if header.ei_version != 1:
        text = f"ei_version is {header.ei_version}, not 1"
        yield Finding("VERSION", text, header.span("ei_version"))
    tables = (("e_phnum", "e_phentsize", elf.phdr.SIZE), ("e_shnum", "e_shentsize", elf.shdr.SIZE))
    for count, field, size in tables:
        if getattr(header, count) and (value := getattr(header, field)) != size:
            text = f"{field} is {value}, yet the headers are read {size} bytes apart"
            yield Finding("ENTRY_SIZE", text, header.span(field))


def _tables(elf: ElfView) -> Iterator[Finding]:
    header, size = elf.header, len(elf.data)
    end = header.e_phoff + header.e_phnum * elf.phdr.SIZE
    if header.e_phnum and end > size:
        text = f"the program headers end at byte {end:#x}, the file at {size:#x}"
        text += f": {len(elf.segments)} of {header.e_phnum} are there"
        yield Finding("PHDRS_CUT", text, header.span("e_phoff"))
    end = header.e_shoff + header.e_shnum * elf.shdr.SIZE
    if header.e_shnum and end > size:
        text = (
            f"the section headers end at byte {end:#x}, the file at {size:#x} ({end - size} bytes"
        )
        text += f" are missing): {len(elf.sections)} of {header.e_shnum} are there"
        yield Finding("SHDRS_CUT", text, header.span("e_shoff"))
    if header.e_shnum and header.e_shstrndx >= header.e_shnum:
        text = f"section names should be in section {header.e_shstrndx} of {header.e_shnum}"
        yield Finding("NO_NAMES", text, header.span("e_shstrndx"))
    elif header.e_shstrndx < len(elf.sections):
        names = elf.sections[header.e_shstrndx].header
        if names.sh_type != SHT_STRTAB:
            text = "the section of section names is not a string table"
            yield Finding("NO_NAMES", text, names.span("sh_type"))


def _segments(elf: ElfView) -> Iterator[Finding]:
    for index, phdr in enumerate(elf.segments):
        end = phdr.p_offset + phdr.p_filesz
        if phdr.p_filesz and end > len(elf.data):
            text = f"segment {index} ends at byte {end:#x} of a file of {len(elf.data):#x}"
            yield Finding("SEGMENT_CUT", text, phdr.span("p_filesz"))


def _sections(elf: ElfView) -> Iterator[Finding]:
    names = len(elf.data)
    if elf.header.e_shstrndx < len(elf.sections):
        names = len(elf.content_span(elf.sections[elf.header.e_shstrndx].header))
    for section in elf.sections:
        header = section.header
        end = header.sh_offset + header.sh_size
        if header.sh_type not in (0, SHT_NOBITS) and header.sh_size and end > len(elf.data):
            text = f"section {section.index} {section.name!r} ends at byte {end:#x}"
            text += f" of a file of {len(elf.data):#x}"
            yield Finding("SECTION_CUT", text, header.span("sh_size"))
        if header.sh_name >= names:
            text = f"the name of section {section.index} lies outside the section of names"
            yield Finding("NAME_OUTSIDE", text, header.span("sh_name"))
