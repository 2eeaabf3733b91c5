# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading a resource table into the tree of its fields, and finding the table of an image."""

from collections.abc import Iterator

from rprocbench.base.errors import InputError, Span
from rprocbench.base.layout import Record
from rprocbench.formats.elf import ElfView
from rprocbench.formats.resource_table import Entry, ResourceTable, find_table_section, type_name
from rprocbench.formats.signed_image import MAGIC, SignedImage

from .resource_table_view import IN_FILE, Field, Group, Moment, ResourceTableView
from .wording import clean

MOST_BYTES = 64 * 1024  # of one table; the largest real ones have some hundred
MOST_ENTRIES = 128


def resource_table_view(
    table: ResourceTable, title: str = "Resource table", moments: tuple[Moment, ...] = ()
) -> ResourceTableView:
    """Describe `table`. `moments` say what became of it, if anything did."""
    data = table.data[:MOST_BYTES]
    first = Moment(-1, "", None, IN_FILE, "as it was built", data, data)
    findings = [str(finding) for finding in table.findings]
    if len(table.entries) > MOST_ENTRIES:
        findings.append(f"only the first {MOST_ENTRIES} of {len(table.entries)} entries are shown")
    if len(table.data) > MOST_BYTES:
        findings.append(f"only the first {MOST_BYTES:#x} of {len(table.data):#x} bytes are shown")
    groups = tuple(_groups(table)) if data else ()
    return ResourceTableView(title, table.base, groups, (first, *moments), tuple(findings))


def image_table(image: bytes) -> ResourceTable | None:
    """The resource table of an ELF file, or of the first file of a signed image that has one."""
    elves: list[ElfView] = []
    try:
        if image[:4] == MAGIC.to_bytes(4, "little"):
            elves = [part.elf for part in SignedImage.parse(image).images if part.elf]
        else:
            elves = [ElfView.parse(image)]
    except InputError:
        return None
    for elf in elves:
        if section := find_table_section(elf):
            span = elf.content_span(section.header)
            return ResourceTable.parse(elf.content(section.header), "image", span.start)
    return None


def _groups(table: ResourceTable) -> Iterator[Group]:
    end = min(len(table.data), table.header.SIZE)
    yield Group("header", 0, end, _fields(table.header, "header", table.base))
    if table.offsets:
        fields = [
            field
            for number, record in enumerate(table.offsets[:MOST_ENTRIES])
            for field in _fields(record, f"offset[{number}]", table.base, f"offset[{number}]")
        ]
        yield Group("offsets", fields[0].start, fields[-1].end, tuple(fields))
    for entry in table.entries[:MOST_ENTRIES]:
        yield _entry(table, entry)


def _entry(table: ResourceTable, entry: Entry) -> Group:
    base, path = table.base, f"entry[{entry.index}]"
    kind, name = type_name(entry.type), clean(entry.name)
    label = f"entry {entry.index}: {kind}" + (f" “{name}”" if name else "")
    start, end = entry.span.start - base, entry.span.end - base
    fields = [*_fields(entry.header, path, base)]
    groups = []
    if entry.body is None:
        fields += _raw("payload", path, entry.payload, base, f"payload of type {entry.type}")
        return Group(label, start, end, tuple(fields))
    fields += _fields(entry.body, path, base)
    for number, vring in enumerate(entry.vrings):
        name = f"vring[{number}]"
        span = vring.span()
        inner = _fields(vring, f"{path}.{name}", base)
        groups.append(Group(name, span.start - base, span.end - base, inner))
    fields += _raw("config", path, entry.config, base, "config space of the virtio device")
    return Group(label, start, end, tuple(fields), tuple(groups))


def _fields(record: Record, path: str, base: int, name: str | None = None) -> tuple[Field, ...]:
    at = record.span().start - base
    return tuple(
        Field(field, name or f"{path}.{field}", at + start, at + end, record.FIELDS[field].doc,
              type(record), at)
        for field, (start, end) in record.SPANS.items()
    )  # fmt: skip


def _raw(name: str, path: str, span: Span, base: int, doc: str) -> list[Field]:
    if not span:
        return []
    start, end = span.start - base, span.end - base
    return [Field(name, f"{path}.{name}", start, end, doc, None, start)]
