# SPDX-License-Identifier: GPL-2.0-or-later
"""Units and their entries: a tree of tagged attributes (our zone; DWARF 5, sections 2 and 7.5)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .dwarf_bytes import Cursor, DwarfError
from .dwarf_forms import (
    Address,
    Indexed,
    Reader,
    Reference,
    SectionOffset,
    Signature,
    Value,
    constant,
    reader_of,
)
from .dwarf_names import At, Form
from .dwarf_ranges import location_offset, ranges_of

if TYPE_CHECKING:
    from .dwarf import Dwarf

MAX_ENTRIES = 1 << 19  # of one unit
MAX_DEPTH = 256
MAX_ATTRIBUTES = 256
MAX_ABBREVIATIONS = 1 << 16
MAX_HOPS = 8  # from an entry to where its name stands
DW_UT_TYPE, DW_UT_SKELETON, DW_UT_SPLIT_TYPE = 2, 4, 6
ORIGINS = (At.ABSTRACT_ORIGIN, At.SPECIFICATION)


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """The shape of an entry: its tag, whether entries are inside of it, how to read it."""

    tag: int
    has_children: bool
    attributes: tuple[tuple[int, Reader], ...]


class Entry:
    """One entry. `attributes` as they are in the file; `get` resolves what stands elsewhere."""

    __slots__ = ("attributes", "children", "offset", "parent", "tag", "unit")

    def __init__(self, unit: "Unit", offset: int, tag: int, attributes: dict[int, Value]) -> None:
        self.unit = unit
        self.offset = offset
        self.tag = tag
        self.attributes = attributes
        self.children: list[Entry] = []
        self.parent: Entry | None = None

    def get(self, attribute: At) -> int | str | bytes | None:
        """The value of an attribute, looked up where it is an index; None if it is not there."""
        value = self.attributes.get(attribute)
        return self.unit.look_up(value) if isinstance(value, Indexed) else value

    def number(self, attribute: At) -> int | None:
        """The attribute, if it is there and a number."""
        value = self.get(attribute)
        return value if isinstance(value, int) else None

    def target(self, attribute: At) -> "Entry | None":
        """The entry that the attribute refers to. Raises `DwarfError` if it refers to none."""
        value = self.attributes.get(attribute)
        if isinstance(value, Signature):
            return self.unit.dwarf.type_of_signature(value)
        if not isinstance(value, Reference):
            return None
        if entry := self.unit.by_offset.get(value):
            return entry
        return self.unit.dwarf.entry(value)

    def inherited(self) -> "Iterator[Entry]":
        """This entry, and those that it takes what it does not say itself from."""
        entry: Entry | None = self
        for _ in range(MAX_HOPS):
            if entry is None:
                return
            yield entry
            entry = next((e for at in ORIGINS if (e := entry.target(at))), None)

    def find(self, attribute: At) -> int | str | bytes | None:
        """The attribute, of this entry or of what it comes from."""
        return next((v for e in self.inherited() if (v := e.get(attribute)) is not None), None)

    @property
    def name(self) -> str:
        """Its name; "" where it has none, or a damaged one."""
        try:
            name = self.find(At.NAME)
        except DwarfError:
            return ""
        return name if isinstance(name, str) else ""

    @property
    def type(self) -> "Entry | None":
        """The entry of its type; None for void."""
        found = next((t for e in self.inherited() if (t := e.target(At.TYPE))), None)
        return found.complete if found else None

    @property
    def complete(self) -> "Entry":
        """The entry in a type's own unit, if this one only stands for it."""
        return self.target(At.SIGNATURE) or self

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The addresses that it covers: start, end."""
        return ranges_of(self)

    def walk(self) -> "Iterator[Entry]":
        """All entries inside of it, depth first."""
        left = list(reversed(self.children))
        while left:
            entry = left.pop()
            yield entry
            left.extend(reversed(entry.children))


@dataclass(eq=False)
class Unit:
    """A compilation unit, or a type's: its header, and its entries when they are wanted."""

    dwarf: "Dwarf"
    section: str
    start: int
    end: int
    version: int
    address_size: int
    offset_size: int
    abbreviations_at: int
    entries_at: int
    signature: int | None = None
    type_offset: int = 0

    @cached_property
    def abbreviations(self) -> dict[int, Abbreviation]:
        """The shapes that its entries have."""
        known = self.dwarf.abbreviations
        if self.abbreviations_at not in known:
            known[self.abbreviations_at] = {}  # for who asks again, if it is damaged
            cursor = self.dwarf.cursor("debug_abbrev", self.abbreviations_at)
            known[self.abbreviations_at] = read_abbreviations(cursor, self.dwarf.spend)
        return known[self.abbreviations_at]

    @cached_property
    def top(self) -> Entry:
        """The unit's own entry, with nothing inside. Raises `DwarfError`."""
        cursor = Cursor(self.dwarf.sections[self.section], self.entries_at, self.end)
        entry, _ = self._entry(cursor)
        if entry is None:
            raise DwarfError(f"the unit at {self.start:#x} is empty")
        return entry

    @cached_property
    def by_offset(self) -> dict[int, Entry]:
        """Every entry of the unit, in order. Raises `DwarfError`."""
        cursor = Cursor(self.dwarf.sections[self.section], self.entries_at, self.end)
        found: dict[int, Entry] = {}
        open_entries: list[Entry] = []
        while cursor.left:
            entry, has_children = self._entry(cursor)
            if entry is None:
                if open_entries:
                    open_entries.pop()
                continue
            if open_entries:
                entry.parent = open_entries[-1]
                entry.parent.children.append(entry)
            found[entry.offset] = entry
            if has_children:
                open_entries.append(entry)
            if len(found) > MAX_ENTRIES or len(open_entries) > MAX_DEPTH:
                raise DwarfError(f"the unit at {self.start:#x} has too many entries")
        return found

    @property
    def root(self) -> Entry:
        """The unit's own entry, with everything inside."""
        return next(iter(self.by_offset.values()), self.top)

    def _entry(self, cursor: Cursor) -> tuple[Entry | None, bool]:
        offset, code = cursor.at, cursor.uleb()
        if not code:
            return None, False
        shape = self.abbreviations.get(code)
        if shape is None:
            raise DwarfError(f"the entry at {offset:#x} has the unknown shape {code}")
        self.dwarf.spend("attributes", 1 + len(shape.attributes))
        attributes = {name: read(cursor, self) for name, read in shape.attributes}
        return Entry(self, offset, shape.tag, attributes), shape.has_children

    def look_up(self, value: Indexed) -> int | str | None:
        """What an index stands for; None without the table."""
        size = self.offset_size
        match value.table:
            case "str":
                base = self.base(At.STR_OFFSETS_BASE, 2 * size)
                cursor = self.dwarf.cursor("debug_str_offsets", base + size * value.index)
                return self.dwarf.text(cursor.number(size))
            case "addr":
                base = self.base(At.ADDR_BASE, 8)
                at = base + self.address_size * value.index
                return Address(self.dwarf.cursor("debug_addr", at).number(self.address_size))
            case table:
                return SectionOffset(location_offset(self, table, value.index))

    def base(self, attribute: At, default: int) -> int:
        """Where the unit's part of a table begins."""
        value = self.top.attributes.get(attribute)
        return value if isinstance(value, int) else default

    @cached_property
    def ranges(self) -> list[tuple[int, int]]:
        """The addresses of its code; none where it is damaged."""
        try:
            return self.top.ranges
        except DwarfError:
            return []

    @property
    def base_address(self) -> int:
        """What the addresses in its lists are relative to."""
        low = self.top.get(At.LOW_PC)
        return low if isinstance(low, int) else 0

    @property
    def name(self) -> str:
        """The source file."""
        return self.top.name

    @property
    def directory(self) -> str:
        """Where it was compiled."""
        found = self.top.get(At.COMP_DIR)
        return found if isinstance(found, str) else ""


def parse_unit(dwarf: "Dwarf", section: str, at: int) -> Unit:
    """The header of the unit at byte `at`. Raises `DwarfError`."""
    cursor = dwarf.cursor(section, at)
    length, size = cursor.length()
    end = cursor.at + length
    if end > cursor.end:
        raise DwarfError(f"the unit at {at:#x} is cut")
    version = cursor.u16()
    if not 2 <= version <= 5:
        raise DwarfError(f"the unit at {at:#x} is of version {version}")
    kind = 0
    if version >= 5:
        kind, address_size, abbreviations = cursor.u8(), cursor.u8(), cursor.number(size)
    else:
        abbreviations, address_size = cursor.number(size), cursor.u8()
    if address_size not in (4, 8):
        raise DwarfError(f"the unit at {at:#x} has addresses of {address_size} bytes")
    signature, type_offset = None, 0
    if section == "debug_types" or kind in (DW_UT_TYPE, DW_UT_SPLIT_TYPE):
        signature, type_offset = cursor.number(8), cursor.number(size)
    elif kind >= DW_UT_SKELETON:
        cursor.take(8)
    return Unit(
        dwarf, section, at, end, version, address_size, size, abbreviations, cursor.at,
        signature, type_offset,
    )  # fmt: skip


def read_abbreviations(
    cursor: Cursor, spend: Callable[[str, int], None]
) -> dict[int, Abbreviation]:
    """The table of shapes that begins at `cursor`. Raises `DwarfError`."""
    found: dict[int, Abbreviation] = {}
    for _ in range(MAX_ABBREVIATIONS):
        code = cursor.uleb()
        if not code:
            return found
        spend("abbreviations", 1)
        tag, has_children = cursor.uleb(), bool(cursor.u8())
        found[code] = Abbreviation(tag, has_children, tuple(read_shape(cursor)))
    raise DwarfError("too many abbreviations")


def read_shape(cursor: Cursor) -> Iterator[tuple[int, Reader]]:
    """The attributes of one abbreviation."""
    for _ in range(MAX_ATTRIBUTES):
        name, form = cursor.uleb(), cursor.uleb()
        if not form and not name:
            return
        if form == Form.IMPLICIT_CONST:
            yield name, constant(cursor.sleb())
        else:
            yield name, reader_of(form)
    raise DwarfError("an abbreviation has too many attributes")
