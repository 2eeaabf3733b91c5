# SPDX-License-Identifier: GPL-2.0-or-later
"""Lists of address ranges and of locations (our zone; DWARF 5, sections 2.6.2, 2.17.3 and 7.25)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .dwarf_bytes import Cursor, DwarfError
from .dwarf_forms import Address, Indexed, SectionOffset
from .dwarf_names import At

if TYPE_CHECKING:
    from .dwarf_entries import Entry, Unit

MAX_PIECES = 1 << 14  # of one list
END, BASEX = 0, 1  # DW_RLE_*, and DW_LLE_* alike
ONLY_RANGES = {5: "base", 6: "start_end", 7: "start_length"}
ONLY_LOCATIONS = {5: "default", 6: "base", 7: "start_end", 8: "start_length"}
BASES = {"rnglists": At.RNGLISTS_BASE, "loclists": At.LOCLISTS_BASE}
HEADER = {4: 12, 8: 20}  # of a table of lists, by the size of offsets

Piece = tuple[int, int, bytes]  # start, end, an expression (empty in lists of ranges)


def ranges_of(entry: "Entry") -> list[tuple[int, int]]:
    """The addresses that `entry` covers. Raises `DwarfError`."""
    low, high = entry.get(At.LOW_PC), entry.get(At.HIGH_PC)
    if isinstance(low, int) and isinstance(high, int):
        end = high if isinstance(high, Address) else low + high
        return [(low, end)] if low < end else []
    at = entry.get(At.RANGES)
    if not isinstance(at, int):
        return []
    unit = entry.unit
    section = "debug_rnglists" if unit.version >= 5 else "debug_ranges"
    pieces = read_list(unit, section, at)
    return [(start, end) for start, end, _ in pieces if start < end]


def locations_of(entry: "Entry", attribute: At = At.LOCATION) -> list[Piece]:
    """Where a value is, from address to address, by which expression; the whole range if always.

    Raises `DwarfError`.
    """
    value = next(
        (e.attributes[attribute] for e in entry.inherited() if attribute in e.attributes), None
    )
    if isinstance(value, bytes):
        return [(0, 1 << 64, value)]
    unit = entry.unit
    if isinstance(value, Indexed):
        value = unit.look_up(value)
    if not isinstance(value, int) or (unit.version >= 4 and not isinstance(value, SectionOffset)):
        return []
    return read_list(unit, "debug_loclists" if unit.version >= 5 else "debug_loc", value)


def read_list(unit: "Unit", section: str, at: int) -> list[Piece]:
    """A list, read once. Raises `DwarfError`."""
    known, key = unit.dwarf.lists, (section, unit.start, at)
    if key not in known:
        if section == "debug_rnglists":
            pieces = entries_5(unit, section, at, ONLY_RANGES)
        elif section == "debug_loclists":
            pieces = entries_5(unit, section, at, ONLY_LOCATIONS)
        else:
            pieces = entries_4(unit, section, at)
        found = []
        for piece in pieces:
            unit.dwarf.spend("pieces", 1)
            found.append(piece)
        known[key] = found
    return known[key]


def location_offset(unit: "Unit", table: str, index: int) -> int:
    """Where list `index` of the unit's table begins in its section."""
    size = unit.offset_size
    base = unit.base(BASES[table], HEADER[size])
    return base + unit.dwarf.cursor(f"debug_{table}", base + size * index).number(size)


def entries_4(unit: "Unit", section: str, at: int) -> Iterator[Piece]:
    """A list as it was up to version 4."""
    cursor, base = unit.dwarf.cursor(section, at), unit.base_address
    size, top = unit.address_size, (1 << 8 * unit.address_size) - 1
    for _ in range(MAX_PIECES):
        start, end = cursor.number(size), cursor.number(size)
        if start == top:
            base = end
            continue
        if not start and not end:
            return
        expression = cursor.take(cursor.u16()) if section == "debug_loc" else b""
        yield base + start & top, base + end & top, expression
    raise DwarfError(f"the list at {at:#x} of .{section} is too long")


def entries_5(unit: "Unit", section: str, at: int, kinds: dict[int, str]) -> Iterator[Piece]:
    """A list as it is since version 5."""
    cursor, base = unit.dwarf.cursor(section, at), unit.base_address
    for _ in range(MAX_PIECES):
        kind = cursor.u8()
        if kind == END:
            return
        name = kinds.get(kind, "")
        if kind == BASEX or name == "base":
            base = address(cursor, unit, indexed=kind == BASEX)
            continue
        start, end = bounds(cursor, unit, kind, name, base)
        yield start, end, cursor.take(cursor.uleb()) if kinds is ONLY_LOCATIONS else b""
    raise DwarfError(f"the list at {at:#x} of .{section} is too long")


def bounds(cursor: Cursor, unit: "Unit", kind: int, name: str, base: int) -> tuple[int, int]:
    """The two addresses of one piece."""
    match kind, name:
        case (_, "default"):
            return 0, 1 << 64
        case (2, _):  # STARTX_END
            return address(cursor, unit, indexed=True), address(cursor, unit, indexed=True)
        case (3, _):  # STARTX_LENGTH
            start = address(cursor, unit, indexed=True)
            return start, start + cursor.uleb()
        case (4, _):  # OFFSET_PAIR
            return base + cursor.uleb(), base + cursor.uleb()
        case (_, "start_end"):
            return address(cursor, unit, indexed=False), address(cursor, unit, indexed=False)
        case (_, "start_length"):
            start = address(cursor, unit, indexed=False)
            return start, start + cursor.uleb()
    raise DwarfError(f"a list has an element of the unknown kind {kind}, at {cursor.at - 1:#x}")


def address(cursor: Cursor, unit: "Unit", *, indexed: bool) -> int:
    """An address, or the index of one."""
    if not indexed:
        return cursor.number(unit.address_size)
    found = unit.look_up(Indexed("addr", cursor.uleb()))
    assert isinstance(found, int)
    return found
