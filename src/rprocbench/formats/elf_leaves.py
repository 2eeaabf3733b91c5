# SPDX-License-Identifier: GPL-2.0-or-later
"""Every byte of an ELF file belongs to one named leaf (our zone)."""

from collections.abc import Iterator, Sequence
from itertools import islice

from rprocbench.base.errors import Span
from rprocbench.base.layout import Leaf, Record

from .cover import cover
from .elf import ElfView
from .resource_table import SECTION_NAME, ResourceTable

MAX_ROWS = 4096  # rows of one table that are shown field by field; the rest is one leaf


def elf_leaves(elf: ElfView, path: str, max_rows: int = MAX_ROWS) -> list[Leaf]:
    """Leaves that cover `elf` exactly once, named like `path.content[.text]`."""
    names = _content_names(elf, path)
    layers = (
        elf.header.leaves(f"{path}.ehdr"),
        table_leaves(elf.segments, f"{path}.phdrs", max_rows),
        table_leaves([section.header for section in elf.sections], f"{path}.shdrs", max_rows),
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
    for section, name in zip(elf.sections, names, strict=True):
        if span := elf.content_span(section.header):
            yield Leaf(name, span, b"", f"bytes of the section {section.name!r}")


def _segments(elf: ElfView, path: str) -> Iterator[Leaf]:
    for index, phdr in enumerate(elf.segments):
        if span := elf.content_span(phdr):
            yield Leaf(f"{path}.segment[{index}]", span, b"", "bytes that only a segment claims")
