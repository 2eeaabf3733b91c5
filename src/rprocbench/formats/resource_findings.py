# SPDX-License-Identifier: GPL-2.0-or-later
"""What is odd about a resource table; what Linux accepts, the models say (our zone)."""

from collections.abc import Iterator

from rprocbench.base.errors import Span

from .finding import Finding, limited
from .resource_table import (
    BODIES,
    MAX_ENTRIES,
    Entry,
    FwRscVdev,
    FwRscVdevVring,
    ResourceTable,
    RscOffset,
    RscTableHdr,
    type_name,
)


def table_findings(table: ResourceTable) -> Iterator[Finding]:
    """Tell what is wrong with `table`, its header first; at most a few of each kind."""
    yield from _header_findings(table)
    yield from limited(_outside(table))
    yield from limited(found for entry in table.entries for found in _entry_findings(entry))
    yield from limited(_overlaps(table))


def _header_findings(table: ResourceTable) -> Iterator[Finding]:
    header, size = table.header, len(table.data)
    if size < RscTableHdr.SIZE:
        text = f"a table header has {RscTableHdr.SIZE} bytes, here are {size}"
        yield Finding("TABLE_CUT", text, Span(table.buffer, table.base, table.base + size))
        return
    if header.ver != 1:
        yield Finding("TABLE_VERSION", f"ver is {header.ver}, not 1", header.span("ver"))
    if header.reserved0 or header.reserved1:
        span = Span(table.buffer, header.span("reserved0").start, header.span("reserved1").end)
        yield Finding("RESERVED", "the reserved words of the header are not zero", span)
    if RscTableHdr.SIZE + header.num * RscOffset.SIZE > size:
        text = f"num is {header.num}, but the table has room for {(size - 16) // 4} offsets"
        yield Finding("OFFSETS_CUT", text, header.span("num"))
    if header.num > len(table.offsets) == MAX_ENTRIES:
        text = f"only the first {MAX_ENTRIES} of {header.num} entries are shown"
        yield Finding("MANY_ENTRIES", text, header.span("num"))


def _outside(table: ResourceTable) -> Iterator[Finding]:
    shown = {entry.index for entry in table.entries}
    for index, record in enumerate(table.offsets):
        if index not in shown:
            text = f"entry {index} should begin at byte {record.offset:#x} of {len(table.data):#x}"
            yield Finding("ENTRY_OUTSIDE", text, record.span())


def _entry_findings(entry: Entry) -> Iterator[Finding]:
    kind, size, body = BODIES.get(entry.type), len(entry.payload), entry.body
    name = type_name(entry.type)
    if kind is None and name.startswith("unknown"):
        text = f"entry {entry.index} has the unknown type {entry.type}"
        yield Finding("TYPE_UNKNOWN", text, entry.header.span("type"))
    if kind is not None and body is None:
        text = f"entry {entry.index} is a {name} of {kind.SIZE} bytes, here are {size}"
        yield Finding("ENTRY_CUT", text, entry.span)
    if body is not None and body.reserved not in (0, b"\0\0"):
        text = f"the reserved field of entry {entry.index} is not zero"
        yield Finding("RESERVED", text, body.span("reserved"))
    if isinstance(body, FwRscVdev):
        want = body.SIZE + body.num_of_vrings * FwRscVdevVring.SIZE + body.config_len
        if want > size:
            text = f"entry {entry.index} needs {want} bytes for vrings and config, here are {size}"
            yield Finding("ENTRY_CUT", text, entry.span)


def _overlaps(table: ResourceTable) -> Iterator[Finding]:
    claimed = table.base + RscTableHdr.SIZE + len(table.offsets) * RscOffset.SIZE
    for entry in sorted(table.entries, key=lambda entry: entry.span):
        if entry.span.start < claimed:
            text = f"entry {entry.index} overlaps what comes before it"
            yield Finding("OVERLAP", text, entry.span)
        claimed = max(claimed, entry.span.end)
