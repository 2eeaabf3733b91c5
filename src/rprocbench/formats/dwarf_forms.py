# SPDX-License-Identifier: GPL-2.0-or-later
"""How the values of attributes are encoded (our zone; DWARF 5, section 7.5.6)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .dwarf_bytes import Cursor, DwarfError
from .dwarf_names import Form

if TYPE_CHECKING:
    from .dwarf_entries import Unit


class Address(int):
    """A value that is an address of the target."""


class Reference(int):
    """A value that is the offset of another entry in its section."""


class SectionOffset(int):
    """A value that points into another section: lines, ranges, locations."""


class Signature(int):
    """A value that names a type in a unit of its own."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A value that is found in a table of the unit: which table, which entry."""

    table: str  # "str", "addr", "rnglists", "loclists"
    index: int


Value = int | str | bytes | Indexed
Reader = Callable[[Cursor, "Unit"], Value]


def fixed(size: int) -> Reader:
    """A constant of `size` bytes."""
    return lambda cursor, _unit: cursor.number(size)


def block(size: int) -> Reader:
    """Bytes behind their length, which takes `size` bytes; 0 for a LEB128."""

    def read(cursor: Cursor, _unit: "Unit") -> bytes:
        return cursor.take(cursor.number(size) if size else cursor.uleb())

    return read


def reference(size: int) -> Reader:
    """An entry of the same unit."""

    def read(cursor: Cursor, unit: "Unit") -> Reference:
        return Reference(unit.start + (cursor.number(size) if size else cursor.uleb()))

    return read


def indexed(table: str, size: int) -> Reader:
    """A number of `size` bytes that is an index."""

    def read(cursor: Cursor, _unit: "Unit") -> Indexed:
        return Indexed(table, cursor.number(size) if size else cursor.uleb())

    return read


def string_in(table: str) -> Reader:
    """A string of another section."""

    def read(cursor: Cursor, unit: "Unit") -> str:
        return unit.dwarf.text(cursor.number(unit.offset_size), table)

    return read


def of_ref_addr(cursor: Cursor, unit: "Unit") -> Reference:
    """An entry of any unit."""
    size = unit.address_size if unit.version < 3 else unit.offset_size
    return Reference(cursor.number(size))


def unknown(cursor: Cursor, unit: "Unit") -> str:
    """A value in a supplementary file, that is not at hand."""
    cursor.number(unit.offset_size)
    return ""


READERS: dict[int, Reader] = {
    Form.ADDR: lambda cursor, unit: Address(cursor.number(unit.address_size)),
    Form.BLOCK1: block(1),
    Form.BLOCK2: block(2),
    Form.BLOCK4: block(4),
    Form.BLOCK: block(0),
    Form.EXPRLOC: block(0),
    Form.DATA1: lambda cursor, _unit: cursor.u8(),
    Form.DATA2: fixed(2),
    Form.DATA4: fixed(4),
    Form.DATA8: fixed(8),
    Form.DATA16: lambda cursor, _unit: cursor.take(16),
    Form.SDATA: lambda cursor, _unit: cursor.sleb(),
    Form.UDATA: lambda cursor, _unit: cursor.uleb(),
    Form.STRING: lambda cursor, _unit: cursor.text(),
    Form.STRP: string_in("debug_str"),
    Form.LINE_STRP: string_in("debug_line_str"),
    Form.FLAG: lambda cursor, _unit: cursor.u8(),
    Form.FLAG_PRESENT: lambda _cursor, _unit: 1,
    Form.REF1: reference(1),
    Form.REF2: reference(2),
    Form.REF4: reference(4),
    Form.REF8: reference(8),
    Form.REF_UDATA: reference(0),
    Form.REF_ADDR: of_ref_addr,
    Form.REF_SIG8: lambda cursor, _unit: Signature(cursor.number(8)),
    Form.SEC_OFFSET: lambda cursor, unit: SectionOffset(cursor.number(unit.offset_size)),
    Form.STRX: indexed("str", 0),
    Form.STRX1: indexed("str", 1),
    Form.STRX2: indexed("str", 2),
    Form.STRX3: indexed("str", 3),
    Form.STRX4: indexed("str", 4),
    Form.ADDRX: indexed("addr", 0),
    Form.ADDRX1: indexed("addr", 1),
    Form.ADDRX2: indexed("addr", 2),
    Form.ADDRX3: indexed("addr", 3),
    Form.ADDRX4: indexed("addr", 4),
    Form.LOCLISTX: indexed("loclists", 0),
    Form.RNGLISTX: indexed("rnglists", 0),
    Form.STRP_SUP: unknown,
    Form.REF_SUP4: fixed(4),
    Form.REF_SUP8: fixed(8),
}


def of_indirect(cursor: Cursor, unit: "Unit") -> Value:
    """A value that says its form itself."""
    form = cursor.uleb()
    if form == Form.INDIRECT:
        raise DwarfError(f"an indirect form of an indirect form at {cursor.at:#x}")
    return reader_of(form)(cursor, unit)


def reader_of(form: int) -> Reader:
    """What reads values of `form`. Raises `DwarfError` for one that nobody knows."""
    if form == Form.INDIRECT:
        return of_indirect
    if form not in READERS:
        raise DwarfError(f"an attribute has form {form:#x}, which is unknown")
    return READERS[form]


def constant(value: int) -> Reader:
    """DW_FORM_implicit_const: the value stands in the abbreviation."""
    return lambda _cursor, _unit: value
