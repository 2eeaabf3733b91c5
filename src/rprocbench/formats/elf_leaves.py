# SPDX-License-Identifier: GPL-2.0-or-later
"""Every byte of an ELF file belongs to one named leaf (our zone)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

from rprocbench.base.errors import Span
from rprocbench.base.layout import Leaf, Record

from .cover import cover
from .elf import SHT_NOBITS, ElfView
from .elf_rows import Rows
from .resource_table import SECTION_NAME, ResourceTable

MAX_ROWS = 4096  # rows of one table that are shown field by field; the rest is one leaf


def elf_leaves(elf: ElfView, path: str, max_rows: int = MAX_ROWS) -> list[Leaf]:
    """Leaves that cover `elf` exactly once, named like `path.content[.text]`."""
    phdrs = table_leaves(elf.segments, f"{path}.phdrs", max_rows)
    headers = [section.header for section in elf.sections]
    return _covered(elf, path, phdrs, table_leaves(headers, f"{path}.shdrs", max_rows))


def elf_outline(elf: ElfView, path: str, max_rows: int = MAX_ROWS) -> list[Leaf | Rows]:
    """The same with each table of headers in one piece, unless another table lies in it.

    Nobody then makes a leaf of each field of each header.
    """
    header, phdr, shdr = elf.header, elf.phdr, elf.shdr
    tables = [
        Rows(f"{path}.{name}", kind, elf.span(offset, count * kind.SIZE), elf.data, elf.base)
        for name, kind, offset, count in (
            ("phdrs", phdr, header.e_phoff, len(elf.segments)),
            ("shdrs", shdr, header.e_shoff, len(elf.sections)),
        )
    ]
    spans = sorted((header.span(), *(table.span for table in tables if table.span)))
    apart = all(one.end <= other.start for one, other in pairwise(spans))
    if not apart or max(len(elf.segments), len(elf.sections)) > max_rows:
        return list(elf_leaves(elf, path, max_rows))
    known = {table.path: table for table in tables}
    layers = [[table.as_leaf()] if table.span else [] for table in tables]
    return [known.get(leaf.path, leaf) for leaf in _covered(elf, path, *layers)]


def _covered(elf: ElfView, path: str, phdrs: Iterable[Leaf], shdrs: Iterable[Leaf]) -> list[Leaf]:
    names = _content_names(elf, path)
    layers = (
        elf.header.leaves(f"{path}.ehdr"),
        phdrs,
        shdrs,
        _resource_table(elf, names),
        _sections(elf, names),
        _segments(elf, path),
    )
    area = Span(elf.buffer, elf.base, elf.base + len(elf.data))
    leaves = cover(layers, area, path)
    last = leaves[-1]
    if ".gap[" in last.path and len(last.span) < 8 and not any(elf.read(last.span)):
        # What the signer added to make the file a multiple of 8 bytes long.
        leaves[-1] = Leaf(f"{path}.padding", last.span, b"", "zeros up to a multiple of 8")
    return leaves


def table_leaves(rows: Sequence[Record], path: str, max_rows: int = MAX_ROWS) -> Iterator[Leaf]:
    """The fields of adjacent records; those after the first `max_rows` as one leaf."""
    for index, row in enumerate(islice(rows, max_rows)):
        yield from row.leaves(f"{path}[{index}]")
    if len(rows) > max_rows:
        first, last = rows[max_rows].span(), rows[-1].span()
        span = Span(first.buffer, first.start, last.end)
        yield Leaf(f"{path}[{max_rows}:{len(rows)}]", span, b"", "rows beyond the first ones")


def _content_names(elf: ElfView, path: str) -> list[str]:
    """One name for the content of each section: its own, made unique by its index."""
    names: list[str] = []
    seen: set[str] = set()
    for section in elf.sections:
        name = section.name or f"#{section.index}"
        while name in seen:
            name += f"#{section.index}"
        seen.add(name)
        names.append(f"{path}.content[{name}]")
    return names


def _resource_table(elf: ElfView, names: list[str]) -> Iterator[Leaf]:
    section = elf.section(SECTION_NAME)
    if section is not None and (span := elf.content_span(section.header)):
        table = ResourceTable.parse(elf.read(span), elf.buffer, span.start)
        yield from table.layer(names[section.index])


def _sections(elf: ElfView, names: list[str]) -> Iterator[Leaf]:
    size, base = len(elf.data), elf.base
    for section, name in zip(elf.sections, names, strict=True):
        header = section.header
        start, end = header.sh_offset, min(header.sh_offset + header.sh_size, size)
        if start < end and header.sh_type != SHT_NOBITS:
            span = Span(elf.buffer, base + start, base + end)
            yield Leaf(name, span, b"", f"bytes of the section {section.name!r}")


def _segments(elf: ElfView, path: str) -> Iterator[Leaf]:
    for index, phdr in enumerate(elf.segments):
        if span := elf.content_span(phdr):
            yield Leaf(f"{path}.segment[{index}]", span, b"", "bytes that only a segment claims")
