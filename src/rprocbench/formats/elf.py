# SPDX-License-Identifier: GPL-2.0-or-later
"""A view of an ELF file that knows where everything lies; it reads damaged files too (our zone).

Headers are walked with the fixed sizes of their structures, as Linux and OP-TEE's TA do, whatever
`e_phentsize` and `e_shentsize` say. Numbers are read little-endian, whatever `ei_data` says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from rprocbench.base.errors import InputCode, InputError, Span
from rprocbench.base.layout import Bytes, Leaf

from .cover import with_values
from .elf_records import (
    Ehdr,
    Elf32_Ehdr,
    Elf32_Phdr,
    Elf32_Shdr,
    Elf32_Sym,
    Elf64_Ehdr,
    Elf64_Phdr,
    Elf64_Shdr,
    Elf64_Sym,
    Phdr,
    Shdr,
    Sym,
)
from .finding import Finding, read_record

MAGIC = b"\x7fELF"
EM_ARM = 40
PT_LOAD = 1
SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS, SHT_DYNSYM = 2, 3, 8, 11
MAX_NAME = 512  # longer names are shown cut, so that a file of nothing but name stays cheap
MAX_SYMBOLS = 1 << 18
Header = TypeVar("Header", Phdr, Shdr)


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its place in the table, its name ("" where it has none), its header."""

    index: int
    name: str
    header: Shdr


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol: its name and its entry in the symbol table."""

    name: str
    entry: Sym

    @property
    def type(self) -> int:
        """STT_FUNC and its like."""
        return self.entry.st_info & 15

    @property
    def bind(self) -> int:
        """STB_GLOBAL and its like."""
        return self.entry.st_info >> 4


@dataclass(frozen=True)
class ElfView:
    """An ELF file of `data`, which lies at byte `base` of the buffer called `buffer`."""

    data: bytes
    buffer: str
    base: int
    header: Ehdr

    @classmethod
    def parse(
        cls, data: Bytes, buffer: str = "image", base: int = 0, *, wide: bool | None = None
    ) -> "ElfView":
        """View `data` as an ELF file; `wide` True or False forces the 64- or 32-bit structures.

        By default `ei_class` 1 means 32-bit and anything else 64-bit, if there is room for such a
        header. Raises `InputError`: TRUNCATED under 52 bytes, NOT_ELF without the magic number.
        """
        data = bytes(data)
        if data[:4] != MAGIC[: len(data)] or not data:
            span = Span(buffer, base, base + min(4, len(data)))
            text = "the file does not begin with 7f 45 4c 46"
            raise InputError(InputCode.NOT_ELF, text, span=span)
        if len(data) < Elf32_Ehdr.SIZE:
            span = Span(buffer, base, base + len(data))
            text = f"an ELF header has {Elf32_Ehdr.SIZE} bytes, here are {len(data)}"
            raise InputError(InputCode.TRUNCATED, text, span=span)
        if wide is None:
            wide = data[4] != 1 and len(data) >= Elf64_Ehdr.SIZE
        kind: type[Ehdr] = Elf64_Ehdr if wide else Elf32_Ehdr
        return cls(data, buffer, base, read_record(kind, data, 0, buffer, base))

    @property
    def is_wide(self) -> bool:
        """Whether the 64-bit structures are used."""
        return isinstance(self.header, Elf64_Ehdr)

    @property
    def phdr(self) -> type[Phdr]:
        """The structure of a program header."""
        return Elf64_Phdr if self.is_wide else Elf32_Phdr

    @property
    def shdr(self) -> type[Shdr]:
        """The structure of a section header."""
        return Elf64_Shdr if self.is_wide else Elf32_Shdr

    @cached_property
    def segments(self) -> tuple[Phdr, ...]:
        """The program headers that lie completely in the file, in order."""
        return tuple(self._headers(self.phdr, self.header.e_phoff, self.header.e_phnum))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections whose headers lie completely in the file, in order."""
        headers = self._headers(self.shdr, self.header.e_shoff, self.header.e_shnum)
        if self.header.e_shstrndx >= len(headers):
            return tuple(Section(index, "", header) for index, header in enumerate(headers))
        names = self.content_span(headers[self.header.e_shstrndx])
        start, end = names.start - self.base, names.end - self.base
        return tuple(
            Section(index, self._string(start + header.sh_name, end), header)
            for index, header in enumerate(headers)
        )

    def _headers(self, kind: type[Header], first: int, count: int) -> list[Header]:
        fits = max(0, min(count, (len(self.data) - first) // kind.SIZE))
        records: list[Header] = []
        if fits:
            records += kind.parse_all(self.data, first, fits, self.buffer)
        if self.base:
            for record in records:
                buffer, at = vars(record)["_at"]
                vars(record)["_at"] = (buffer, at + self.base)
        return records

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of the symbol tables, at most `MAX_SYMBOLS`, in order."""
        return tuple(self._symbols())

    def _symbols(self) -> Iterator[Symbol]:
        kind: type[Sym] = Elf64_Sym if self.is_wide else Elf32_Sym
        left = MAX_SYMBOLS
        for section in self.sections:
            if section.header.sh_type not in (SHT_SYMTAB, SHT_DYNSYM):
                continue
            link = section.header.sh_link
            names = self.sections[link].header if link < len(self.sections) else None
            where = self.content_span(section.header)
            count = min(len(where) // kind.SIZE, left)
            left -= count
            start = where.start - self.base
            for at in range(start, start + count * kind.SIZE, kind.SIZE):
                entry = read_record(kind, self.data, at, self.buffer, self.base)
                yield Symbol(self.string(names, entry.st_name) if names else "", entry)

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return next((section for section in self.sections if section.name == name), None)

    def symbol(self, name: str) -> Symbol | None:
        """The first symbol of that name."""
        return next((symbol for symbol in self.symbols if symbol.name == name), None)

    def span(self, offset: int, size: int) -> Span:
        """Those of the `size` bytes at file offset `offset` that the file has."""
        start = min(offset, len(self.data))
        end = min(offset + size, len(self.data))
        return Span(self.buffer, self.base + start, self.base + end)

    def content_span(self, header: Phdr | Shdr) -> Span:
        """Where the bytes of a segment or section lie in the file, as far as the file has them."""
        if isinstance(header, (Elf32_Phdr, Elf64_Phdr)):
            return self.span(header.p_offset, header.p_filesz)
        return self.span(header.sh_offset, 0 if header.sh_type == SHT_NOBITS else header.sh_size)

    def content(self, header: Phdr | Shdr) -> bytes:
        """The bytes of a segment or section, as far as the file has them."""
        return self.read(self.content_span(header))

    def read(self, span: Span) -> bytes:
        """The bytes of `span`, which is one of this view's."""
        return self.data[span.start - self.base : span.end - self.base]

    def string(self, table: Shdr, offset: int) -> str:
        """The string at `offset` of the string table `table`, without what cannot be printed."""
        where = self.content_span(table)
        return self._string(where.start - self.base + offset, where.end - self.base)

    def _string(self, start: int, end: int) -> str:
        if start >= end:
            return ""
        end = min(end, start + MAX_NAME)
        stop = self.data.find(b"\0", start, end)
        text = self.data[start : stop if stop >= 0 else end].decode("utf-8", "backslashreplace")
        return text if text.isprintable() else ascii(text)[1:-1]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is cut or out of range."""
        from .elf_findings import elf_findings  # noqa: PLC0415  it looks at this class

        return tuple(elf_findings(self))

    def leaves(self, path: str = "elf") -> list[Leaf]:
        """Leaves that cover every byte of the file exactly once."""
        from .elf_leaves import elf_leaves  # noqa: PLC0415  it looks at this class

        return with_values(elf_leaves(self, path), self.data, self.base)
