# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions, the blocks and inlined calls in them, and the variables that each has (our zone)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .dwarf import Dwarf
from .dwarf_bytes import DwarfError
from .dwarf_entries import Entry, Unit
from .dwarf_lines import LineTable
from .dwarf_names import At, Tag
from .dwarf_ranges import locations_of
from .dwarf_types import CType

VARIABLES = (Tag.FORMAL_PARAMETER, Tag.VARIABLE)
BLOCKS = (Tag.LEXICAL_BLOCK, Tag.INLINED_SUBROUTINE)


@dataclass(frozen=True)
class Variable:
    """A variable or parameter as the source declares it."""

    entry: Entry

    @property
    def name(self) -> str:
        """As the source calls it."""
        return self.entry.name

    @property
    def type(self) -> CType:
        """Its type."""
        return CType(self.entry.type)

    @property
    def is_parameter(self) -> bool:
        """Whether the caller gave it."""
        return self.entry.tag == Tag.FORMAL_PARAMETER

    @property
    def is_static(self) -> bool:
        """Whether it lies at one address all the time."""
        pieces = locations_of(self.entry)
        return len(pieces) == 1 and pieces[0][2][:1] in (b"\x03", b"\xa1")

    @property
    def line(self) -> int:
        """The line that declares it, or 0."""
        line = self.entry.find(At.DECL_LINE)
        return line if isinstance(line, int) else 0

    def place_at(self, pc: int, attribute: At = At.LOCATION) -> bytes | int | None:
        """The expression for its place; its value if it `is_constant`; None where it is gone."""
        constant = self.entry.find(At.CONST_VALUE)
        if isinstance(constant, (int, bytes)):
            return constant
        pieces = locations_of(self.entry, attribute)
        return next((e for start, end, e in pieces if start <= pc < end), None)

    @property
    def is_constant(self) -> bool:
        """Whether it has a value and no place."""
        return self.entry.find(At.CONST_VALUE) is not None


@dataclass(frozen=True)
class Scope:
    """A function, a block in it, or a call that was inlined: the variables that live in it."""

    entry: Entry

    @property
    def is_function(self) -> bool:
        """Whether it is a function, inlined or not; otherwise a block."""
        return self.entry.tag != Tag.LEXICAL_BLOCK

    @property
    def is_inlined(self) -> bool:
        """Whether it is a call that was inlined."""
        return self.entry.tag == Tag.INLINED_SUBROUTINE

    @property
    def name(self) -> str:
        """The function's name."""
        return self.entry.name

    @property
    def variables(self) -> list[Variable]:
        """Its own, in order."""
        return [Variable(e) for e in self.entry.children if e.tag in VARIABLES and e.name]

    @property
    def call_line(self) -> int:
        """For an inlined call: the line that it stands in."""
        return self.entry.number(At.CALL_LINE) or 0

    @property
    def call_file(self) -> int:
        """For an inlined call: the number of the file that it stands in."""
        return self.entry.number(At.CALL_FILE) or 0


class UnitScopes:
    """The functions and globals of one unit, in order to be found."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.lines = LineTable(unit)

    @cached_property
    def functions(self) -> list[tuple[int, int, Entry]]:
        """Start, end and entry of every function, and of every separate part of one."""
        found = []
        for entry in self._globals((Tag.SUBPROGRAM,)):
            try:
                found += [(start, end, entry) for start, end in entry.ranges]
            except DwarfError:
                continue
        return sorted(found, key=lambda each: each[:2])

    def function_at(self, address: int) -> Entry | None:
        """The function that the code at `address` was made of."""
        return next((e for start, end, e in self.functions if start <= address < end), None)

    def scopes_at(self, address: int) -> list[Scope]:
        """The function, and the blocks and inlined calls around `address`, innermost last."""
        entry = self.function_at(address)
        found = []
        while entry is not None:
            found.append(Scope(entry))
            entry = next((e for e in blocks(entry) if covers(e, address)), None)
        return found

    def _globals(self, tags: tuple[Tag, ...]) -> Iterator[Entry]:
        left = list(reversed(self.unit.root.children))
        while left:
            entry = left.pop()
            if entry.tag == Tag.NAMESPACE:
                left.extend(reversed(entry.children))
            elif entry.tag in tags:
                yield entry

    @cached_property
    def variables(self) -> list[Variable]:
        """The variables outside of functions that have a place or a value."""
        return [Variable(e) for e in self._globals((Tag.VARIABLE,)) if is_defined(e)]

    @cached_property
    def statics(self) -> list[tuple[str, Variable]]:
        """The variables inside of functions that outlive a call: the function, the variable."""
        return [
            (function.name, Variable(e))
            for function in self._globals((Tag.SUBPROGRAM,))
            for e in function.walk()
            if e.tag == Tag.VARIABLE and e.name and is_static(e)
        ]

    @cached_property
    def enumerators(self) -> dict[str, int]:
        """Names of values that the unit's enumerations declare."""
        return {
            name: value
            for entry in self._globals((Tag.ENUMERATION_TYPE,))
            for name, value in CType(entry).enumerators
        }


def blocks(entry: Entry) -> Iterator[Entry]:
    """The blocks directly inside."""
    return (child for child in entry.children if child.tag in BLOCKS)


def covers(entry: Entry, address: int) -> bool:
    """Whether the code at `address` belongs to it."""
    return any(start <= address < end for start, end in entry.ranges)


def is_defined(entry: Entry) -> bool:
    """Whether a variable is more than declared."""
    has = (At.LOCATION in entry.attributes, At.CONST_VALUE in entry.attributes)
    return any(has) and bool(entry.name)


def is_static(entry: Entry) -> bool:
    """Whether a variable has one address for good."""
    return is_defined(entry) and At.LOCATION in entry.attributes and Variable(entry).is_static


class Scopes:
    """What the whole file says, unit by unit, each read when it is needed."""

    def __init__(self, dwarf: Dwarf) -> None:
        self.dwarf = dwarf
        self._units: dict[int, UnitScopes] = {}

    def of(self, unit: Unit) -> UnitScopes:
        """The scopes of a unit."""
        return self._units.setdefault(unit.start, UnitScopes(unit))

    def at(self, address: int) -> UnitScopes | None:
        """The scopes of the unit that the code at `address` comes from."""
        unit = self.dwarf.unit_at(address)
        return self.of(unit) if unit else None

    def all(self) -> Iterator[UnitScopes]:
        """All units that can be read."""
        for unit in self.dwarf.units:
            yield self.of(unit)
