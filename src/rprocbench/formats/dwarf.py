# SPDX-License-Identifier: GPL-2.0-or-later
"""DWARF 2 to 5: units and their entries, read lazily; damaged ones raise `DwarfError` (our zone).

Nothing is read before it is asked for: opening looks at the units' headers only, and a unit's
entries are decoded when something in it is wanted. Each entry takes at least one byte, so the size
of the file bounds all work.
"""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any

from .dwarf_bytes import Cursor, DwarfError, text_at
from .dwarf_entries import Entry, Unit, parse_unit
from .dwarf_names import At
from .dwarf_sections import Sections
from .elf import ElfView

MAX_UNITS = 1 << 16
MAX_PLACES = 64  # where a name may begin in the string table
MAX_HITS = 4096  # mentions of it
MAX_WORK = {  # in all, of one file: what refers to itself, or overlaps, is given up
    "attributes": 6 << 20, "rows": 3 << 20, "pieces": 4 << 20, "names": 2 << 20,
    "abbreviations": 1 << 18,
}  # fmt: skip


class Dwarf:
    """The debug information of one ELF file."""

    def __init__(self, elf: ElfView) -> None:
        self.sections = Sections(elf)
        self.abbreviations: dict[int, dict[int, Any]] = {}
        self.lists: dict[tuple[str, int, int], list[Any]] = {}
        self.programs: dict[int | None, list[Any]] = {}
        self.completions: dict[int, Entry] = {}
        self._work = dict.fromkeys(MAX_WORK, 0)

    @property
    def is_there(self) -> bool:
        """Whether the file says anything about its sources."""
        return "debug_info" in self.sections

    def spend(self, kind: str, count: int) -> None:
        """Note that work was done. Raises `DwarfError` when no honest file needs so much."""
        self._work[kind] += count
        if self._work[kind] > MAX_WORK[kind]:
            raise DwarfError(f"too many {kind}: more than {MAX_WORK[kind]}")

    @cached_property
    def units(self) -> list[Unit]:
        """The compilation units, in order. Those behind a damaged header are not found."""
        return list(self._units("debug_info"))

    @cached_property
    def type_units(self) -> list[Unit]:
        """Units of .debug_types, where version 4 has types by themselves."""
        return list(self._units("debug_types"))

    @cached_property
    def _by_signature(self) -> dict[int, Unit]:
        units = [*self.units, *self.type_units]
        return {unit.signature: unit for unit in units if unit.signature is not None}

    def _units(self, section: str) -> Iterator[Unit]:
        at, data = 0, self.sections[section]
        for _ in range(MAX_UNITS):
            if at >= len(data):
                return
            try:
                unit = parse_unit(self, section, at)
            except DwarfError:
                return
            yield unit
            at = unit.end

    @cached_property
    def _starts(self) -> list[int]:
        return [unit.start for unit in self.units]

    def unit_holding(self, offset: int) -> Unit | None:
        """The unit that byte `offset` of .debug_info lies in."""
        index = bisect_right(self._starts, offset) - 1
        return self.units[index] if index >= 0 and offset < self.units[index].end else None

    def entry(self, offset: int) -> Entry:
        """The entry at byte `offset` of .debug_info. Raises `DwarfError` where none begins."""
        unit = self.unit_holding(offset)
        entry = unit.by_offset.get(offset) if unit else None
        if entry is None:
            raise DwarfError(f"no entry begins at {offset:#x}")
        return entry

    def type_of_signature(self, signature: int) -> Entry:
        """The type with that signature. Raises `DwarfError` if there is none."""
        unit = self._by_signature.get(signature)
        if unit and (entry := unit.by_offset.get(unit.start + unit.type_offset)):
            return entry
        raise DwarfError(f"no type has the signature {signature:#x}")

    def text(self, offset: int, table: str = "debug_str") -> str:
        """A string of a string table."""
        return text_at(self.sections[table], offset)

    def cursor(self, section: str, at: int) -> Cursor:
        """A cursor in a section. Raises `DwarfError` outside of it."""
        return Cursor(self.sections[section], at)

    @cached_property
    def _by_address(self) -> tuple[list[int], list[tuple[int, int, Unit]]]:
        """The ranges of all units, by address."""
        found = [
            (start, end, index) for index, unit in enumerate(self.units)
            for start, end in unit.ranges
        ]  # fmt: skip
        found.sort()
        return [start for start, _, _ in found], [(s, e, self.units[i]) for s, e, i in found]

    def unit_at(self, address: int) -> Unit | None:
        """The unit that the code at `address` comes from."""
        starts, ranges = self._by_address
        at = bisect_right(starts, address)
        near = reversed(
            ranges[max(0, at - 8) : at]
        )  # ranges may overlap, when sections were dropped
        return next((unit for start, end, unit in near if start <= address < end), None)

    def units_naming(self, name: str) -> list[Unit]:
        """Units in which `name` is mentioned, without decoding any: the bytes are searched.

        A hit may be a coincidence; what is not among them does not name it.
        """
        wanted = name.encode() + b"\0"
        hits: set[int] = set()
        for place in positions(self.sections["debug_str"], wanted, MAX_PLACES):
            number = place.to_bytes(4, "little")
            hits.update(positions(self.sections["debug_info"], number, MAX_HITS))
            for index in positions(self.sections["debug_str_offsets"], number, MAX_HITS):
                hits.update(unit.start for unit in self._owners_of_string(index))
        hits.update(positions(self.sections["debug_info"], wanted, MAX_HITS))
        units = {unit.start: unit for hit in hits if (unit := self.unit_holding(hit))}
        return [*(units[start] for start in sorted(units)), *self._type_units_naming(wanted)]

    @cached_property
    def _string_bases(self) -> dict[int, list[Unit]]:
        """The units whose indices of strings count from there."""
        found: dict[int, list[Unit]] = {}
        for unit in self.units:
            if unit.version >= 5:
                with suppress(DwarfError):
                    found.setdefault(unit.base(At.STR_OFFSETS_BASE, 8), []).append(unit)
        return dict(sorted(found.items()))

    @cached_property
    def _sorted_bases(self) -> list[int]:
        return list(self._string_bases)

    def _owners_of_string(self, at: int) -> list[Unit]:
        """The units that byte `at` of .debug_str_offsets belongs to."""
        index = bisect_right(self._sorted_bases, at) - 1
        return self._string_bases[self._sorted_bases[index]] if index >= 0 else []

    def _type_units_naming(self, wanted: bytes) -> Iterator[Unit]:
        """The same of .debug_types."""
        data = self.sections["debug_types"]
        numbers = [p.to_bytes(4, "little") for p in
                   positions(self.sections["debug_str"], wanted, MAX_PLACES)]  # fmt: skip
        for unit in self.type_units if data else ():
            if any(data.find(each, unit.start, unit.end) >= 0 for each in (wanted, *numbers)):
                yield unit


def positions(data: bytes, wanted: bytes, limit: int) -> Iterator[int]:
    """Where `wanted` lies in `data`, at most `limit` times."""
    at = -1
    for _ in range(limit):
        at = data.find(wanted, at + 1)
        if at < 0:
            return
        yield at
