# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/elf_parser.c: looks for the resource table among the ELF sections.

Section headers are not signed, and lie in shared memory: the C follows its pointers into it each
time it wants a field, so a field that was checked may be another one when it is used (W-19).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from rprocbench.base.errors import ModelledError, Span, TeeResult
from rprocbench.base.trace import Lane
from rprocbench.formats.elf_records import Elf32_Shdr
from rprocbench.formats.resource_table import RscTableHdr
from rprocbench.soc.memory import Da

from .arithmetic import HALF, add_overflow, mul_overflow
from .elf_parser import EHDR, ElfImage, bad_format, parser_c

RSC_TABLE_NAME = b".resource_table\0"
# `accept(da, size, src)` refuses a table; `src` is its offset in the shared buffer.
Accept = Callable[[Da, int, int], None]


@dataclass(frozen=True)
class SectionTable:
    """Pointers into the section table. With `captures` a field is fetched once, else each time."""

    elf: ElfImage
    at: int
    captures: bool
    seen: dict[tuple[int, str], int] = field(default_factory=dict)

    def ehdr(self, name: str) -> int:
        """A field of the ELF header."""
        return self._once(-1, name)

    def shdr(self, index: int, name: str) -> int:
        """A field of section `index`."""
        return self._once(self.place(index), name)

    def place(self, index: int) -> int:
        """Where the header of section `index` lies."""
        return self.at + Elf32_Shdr.SIZE * index

    def span(self, index: int) -> Span:
        """The bytes of the header of section `index`."""
        return self.elf.fw.span(self.place(index), Elf32_Shdr.SIZE)

    def _once(self, at: int, name: str) -> int:
        if (at, name) in self.seen:
            return self.seen[at, name]
        elf = self.elf
        value = elf.ehdr(name) if at < 0 else elf.fw.field(at, Elf32_Shdr, name)
        if self.captures:
            self.seen[at, name] = value
        return value


@parser_c
def e32_parser_find_rsc_table(elf: ElfImage, accept: Accept | None = None) -> tuple[Da, int]:
    """Device address and size of the section `.resource_table`; NO_DATA when there is none.

    Neither is signed, nor need the section lie in a loaded segment (W-05).
    """
    checks = elf.generation.checks_elf_ranges
    shoff = elf.ehdr("e_shoff")
    elf.may_wrap(shoff, "e_shoff", elf.base + EHDR["e_shoff"])
    if not elf.size or elf.pointers.wraps(shoff):
        raise ModelledError(
            TeeResult.BAD_PARAMETERS, "e_shoff wraps", span=elf.ehdr_span("e_shoff")
        )
    table = SectionTable(elf, elf.base + shoff, elf.generation.captures_section_table)
    if not elf.fw.aligned(table.at):
        raise bad_format("misaligned section headers", elf.ehdr_span("e_shoff"))
    length = mul_overflow(Elf32_Shdr.SIZE, table.ehdr("e_shnum"))
    if checks and length is None:
        raise bad_format("the size of the section headers overflows", elf.ehdr_span("e_shnum"))
    if checks and not elf.inside(
        table.at, length or 0, "the section table's size", elf.base + EHDR["e_shnum"]
    ):
        raise bad_format("the section headers are not in the image", elf.ehdr_span("e_shnum"))
    if checks and table.ehdr("e_shstrndx") >= table.ehdr("e_shnum"):
        raise bad_format("no section holds the names", elf.ehdr_span("e_shstrndx"))
    strings = table.ehdr("e_shstrndx")
    place = table.place(strings)
    names = elf.add(elf.base, table.shdr(strings, "sh_offset"), "sh_offset of the names", place)
    names_size = table.shdr(strings, "sh_size")
    if checks and not elf.inside(names, names_size, "sh_size of the names", place):
        raise bad_format("the section names are not in the image", table.span(strings))
    index = 0
    while index < table.ehdr("e_shnum"):
        if e32_names_rsc_table(table, index, names, names_size):
            da, size, src = e32_check_rsc_table(elf, table, index)
            if accept:
                accept(da, size, src)
            return da, size
        index += 1
    raise ModelledError(TeeResult.NO_DATA, "no section .resource_table")


def e32_names_rsc_table(table: SectionTable, index: int, names: int, names_size: int) -> bool:
    """Whether section `index` is called `.resource_table`.

    Where the name table ends in the middle of a name, the part that is there is enough.
    """
    elf = table.elf
    sh_name = table.shdr(index, "sh_name")
    room = len(RSC_TABLE_NAME)
    if elf.generation.checks_elf_ranges:
        if sh_name >= names_size:
            raise bad_format("a section name is not in the name table", table.span(index))
        room = min(room, names_size - sh_name)
    start = elf.pointers.add(names, sh_name)
    if elf.fw.is_silent and 0 <= start <= elf.fw.size - room:
        return elf.fw.memory[start : start + room] == RSC_TABLE_NAME[:room]
    # As strncmp does: no byte is read behind the first difference.
    return all(elf.fw.fetch(start + at, 1)[0] == RSC_TABLE_NAME[at] for at in range(room))


@parser_c
def e32_check_rsc_table(elf: ElfImage, table: SectionTable, index: int) -> tuple[Da, int, int]:
    """Check the table's header, as it lies in shared memory; no entry of it is looked at."""
    fw, run, span = elf.fw, elf.run, table.span(index)
    size = table.shdr(index, "sh_size")
    if not size:
        raise ModelledError(TeeResult.NO_DATA, "the resource table is empty", span=span)
    offset = table.shdr(index, "sh_offset")
    end = add_overflow(offset, size)
    if end is None or end > elf.size:
        run.log(Lane.OPTEE, "Resource table truncated", "err")
        raise bad_format("the resource table is not in the image", span)
    at = elf.base + offset
    if elf.is_encrypted:  # nothing to see before it is decrypted
        return Da(table.shdr(index, "sh_addr")), size, at
    if size < RscTableHdr.SIZE:
        run.log(Lane.OPTEE, "No header found in resource table", "err")
        raise bad_format("the resource table is shorter than its header", span)
    if not fw.aligned(at):
        raise ModelledError(TeeResult.CORRUPT_OBJECT, "misaligned resource table", span=span)
    ver = fw.field(at, RscTableHdr, "ver")
    if ver != 1:
        signed = ver - 2 * HALF if ver >= HALF else ver  # the C prints it with %d
        run.log(Lane.OPTEE, f"Unsupported firmware version {signed}", "err")
        raise bad_format(f"resource table version {ver}", fw.span(at, 4))
    if any(fw.field(at, RscTableHdr, name) for name in ("reserved0", "reserved1")):
        run.log(Lane.OPTEE, "Non zero reserved bytes", "err")
        raise bad_format("reserved bytes of the resource table are not zero", fw.span(at + 8, 8))
    num = mul_overflow(4, fw.field(at, RscTableHdr, "num"))
    length = None if num is None else add_overflow(RscTableHdr.SIZE, num)
    if length is None or length > size:
        run.log(Lane.OPTEE, "Resource table incomplete", "err")
        raise bad_format("more resource entries than the section holds", fw.span(at + 4, 4))
    return Da(table.shdr(index, "sh_addr")), size, at
