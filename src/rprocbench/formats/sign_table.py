# SPDX-License-Identifier: GPL-2.0-or-later
"""How OP-TEE's TA looks for the resource table, for the signer's warnings (our zone).

Rules: optee_os, ta/remoteproc/src/elf_parser.c. The modelled TA, which reads shared memory step by
step, is another matter; this looks at a file that lies still.
"""

from dataclasses import dataclass

from rprocbench.base.errors import Span

from .elf import ElfView, Section
from .resource_table import SECTION_NAME, RscTableHdr

ALIGN = 4
TABLE_NAME = SECTION_NAME.encode() + b"\0"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the TA refuses a file: our rule, its result code, a phrase, the bytes it is about."""

    rule: str
    code: str
    text: str
    span: Span


def find_table(elf: ElfView) -> tuple[Section | None, Refusal | None]:
    """The section that the TA takes for the resource table, or why it refuses the whole image."""
    refusal = _headers_refusal(elf)
    if refusal:
        return None, refusal
    names = elf.sections[elf.header.e_shstrndx].header
    for section in elf.sections:
        at = section.header.sh_name
        if at >= names.sh_size:
            text = f"the name of section {section.index} lies outside the section of names"
            span = section.header.span("sh_name")
            return None, Refusal("NAMES_CUT", "BAD_FORMAT", text, span)
        # The TA compares no further than the section of names goes: a name cut there is equal.
        length = min(len(TABLE_NAME), names.sh_size - at)
        start = names.sh_offset + at
        if elf.data[start : start + length] == TABLE_NAME[:length]:
            if section.header.sh_size == 0:
                return None, None
            refusal = _table_refusal(elf, section)
            return (None, refusal) if refusal else (section, None)
    return None, None


def _headers_refusal(elf: ElfView) -> Refusal | None:
    header = elf.header
    if header.e_shstrndx >= header.e_shnum:
        what = "names" if header.e_shnum else "headers"
        text, span = f"there are no section {what}", header.span("e_shnum")
        return Refusal("NO_SECTIONS", "BAD_FORMAT", text, span)
    if header.e_shoff % ALIGN:
        text = "the section headers are not 4-aligned"
        return Refusal("MISALIGNED", "BAD_FORMAT", text, header.span("e_shoff"))
    if len(elf.sections) < header.e_shnum:
        text = "section headers are missing from the file"
        return Refusal("SECTIONS_CUT", "BAD_FORMAT", text, header.span("e_shoff"))
    names = elf.sections[header.e_shstrndx].header
    if names.sh_offset + names.sh_size > len(elf.data):
        text = "section names are missing from the file"
        return Refusal("NAMES_CUT", "BAD_FORMAT", text, names.span("sh_size"))
    return None


def _table_refusal(elf: ElfView, section: Section) -> Refusal | None:
    shdr = section.header
    if shdr.sh_offset + shdr.sh_size > len(elf.data):
        text = "the resource table lies outside the file"
        return Refusal("TABLE", "BAD_FORMAT", text, shdr.span("sh_size"))
    if shdr.sh_size < RscTableHdr.SIZE:
        text = f"the resource table has {shdr.sh_size} bytes, its header alone {RscTableHdr.SIZE}"
        return Refusal("TABLE", "BAD_FORMAT", text, shdr.span("sh_size"))
    if shdr.sh_offset % ALIGN:
        text = "the resource table is not 4-aligned in the file"
        return Refusal("MISALIGNED", "CORRUPT_OBJECT", text, shdr.span("sh_offset"))
    where = elf.span(shdr.sh_offset, shdr.sh_size)
    header = RscTableHdr.parse(elf.data, shdr.sh_offset)
    if header.ver != 1 or header.reserved0 or header.reserved1:
        text = f"the resource table has version {header.ver}, or reserved words that are not zero"
        return Refusal("TABLE", "BAD_FORMAT", text, where)
    if RscTableHdr.SIZE + 4 * header.num > shdr.sh_size:
        text = f"the resource table claims {header.num} entries, which it has no room for"
        return Refusal("TABLE", "BAD_FORMAT", text, where)
    return None
