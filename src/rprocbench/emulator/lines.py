# SPDX-License-Identifier: GPL-2.0-or-later
"""Source lines and the code made of them, both ways."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from rprocbench.formats.dwarf_bytes import DwarfError
from rprocbench.formats.dwarf_entries import Entry
from rprocbench.formats.dwarf_lines import Row
from rprocbench.formats.dwarf_names import At
from rprocbench.formats.dwarf_ranges import locations_of
from rprocbench.formats.dwarf_scopes import VARIABLES, Scope, Scopes, UnitScopes

ALWAYS = 1 << 63  # a location that holds from 0 to beyond that holds everywhere


@dataclass(frozen=True)
class Lines:
    """The lines of a file's units. `is_code` tells what was not dropped by the linker.

    Damage in one unit costs that unit; nothing here raises.
    """

    scopes: Scopes
    is_code: Callable[[int], bool]

    def at(self, pc: int) -> tuple[str, int] | None:
        """The file and line that the instruction at `pc` was made of."""
        found = self._row(pc)
        if found is None:
            return None
        unit, row = found
        return (unit.lines.files.get(row.file, "?"), row.line) if row.line else None

    def _row(self, pc: int) -> tuple[UnitScopes, Row] | None:
        if not self.is_code(pc):
            return None
        with suppress(DwarfError):
            unit = self.scopes.at(pc)
            row = unit.lines.row_at(pc) if unit else None
            return (unit, row) if unit and row else None
        return None

    def stretch(self, pc: int) -> tuple[int, int] | None:
        """The addresses around `pc` that belong to the same line without a gap."""
        if not self.is_code(pc):
            return None
        with suppress(DwarfError):
            unit = self.scopes.at(pc)
            return unit.lines.stretch(pc) if unit else None
        return None

    def begins_statement(self, pc: int) -> bool:
        """Whether a line begins at `pc`."""
        found = self._row(pc)
        return found is not None and found[1].address == pc and found[1].is_statement

    def scopes_at(self, pc: int) -> list[Scope]:
        """The function, the blocks and the inlined calls around `pc`, innermost last."""
        if not self.is_code(pc):
            return []
        with suppress(DwarfError):
            unit = self.scopes.at(pc)
            return unit.scopes_at(pc) if unit else []
        return []

    def call_site(self, scope: Scope, pc: int) -> tuple[str, int] | None:
        """Where an inlined call stands."""
        with suppress(DwarfError):
            unit = self.scopes.at(pc)
            if unit and scope.call_line:
                return unit.lines.files.get(scope.call_file, "?"), scope.call_line
        return None

    def files(self) -> list[str]:
        """Every source file that is named."""
        found: set[str] = set()
        for unit in self.scopes.all():
            with suppress(DwarfError):
                found.update(unit.lines.files.values())
        return sorted(found)

    def addresses_of(self, file: str, line: int) -> list[int]:
        """Where to stop for `line` of `file`: once for each function and inlined copy it is in.

        `file` may lack directories. A line without code stands for the next one with some.
        """
        rows: dict[int, list[tuple[UnitScopes, Row]]] = defaultdict(list)
        seen: set[int | None] = {None}
        for unit in self.scopes.all():
            with suppress(DwarfError):
                if unit.lines.program not in seen:
                    seen.add(unit.lines.program)
                    for row in self._rows(unit, file):
                        if row.line >= line:
                            rows[row.line].append((unit, row))
        if not rows:
            return []
        first = min(rows)
        with suppress(DwarfError):
            if first == line or self._may_stand_for(line, rows[first]):
                return sorted(self._first_of_each(rows[first]))
        return []

    def _rows(self, unit: UnitScopes, file: str) -> Iterator[Row]:
        numbers = {n for n, path in unit.lines.files.items() if is_same(path, file)}
        if numbers:
            yield from (row for row in unit.lines.rows_of(numbers) if self.is_code(row.address))

    def _may_stand_for(self, line: int, rows: list[tuple[UnitScopes, Row]]) -> bool:
        """Whether a later line is meant by `line`: not if that would lead into another function."""
        for unit, row in rows:
            entry = unit.function_at(row.address)
            declared = entry.find(At.DECL_LINE) if entry else None
            if not isinstance(declared, int) or declared <= line:
                return True
            if row.line - line <= 1 or declared == row.line:
                return True
        return False

    def _first_of_each(self, rows: list[tuple[UnitScopes, Row]]) -> Iterator[int]:
        """The lowest address in each function or inlined call."""
        best: dict[int, int] = {}
        for unit, row in rows:
            scopes = [s for s in unit.scopes_at(row.address) if s.is_function]
            key = scopes[-1].entry.offset if scopes else -row.address - 1
            best[key] = min(best.get(key, row.address), row.address)
        yield from set(best.values())

    def after_prologue(self, start: int, end: int) -> int:
        """Where the body of the function from `start` begins.

        Where the compiler marks it, there; in code that was optimised, at `start`, since there the
        arguments are still to be found; else at the second line, as debuggers guess.
        """
        with suppress(DwarfError):
            unit = self.scopes.at(start)
            if unit is None:
                return start
            rows = [
                row
                for sequence in unit.lines.sequences
                for row in sequence.rows
                if start <= row.address < end
            ]
            marked = next((row.address for row in rows if row.ends_prologue), None)
            if marked is not None:
                return marked
            entry = unit.function_at(start)
            if entry is None or is_optimised(entry):
                return start
            later = [r.address for r in rows[1:] if r.line and r.is_statement and r.address > start]
            return later[0] if later else start
        return start


def is_same(path: str, wanted: str) -> bool:
    """Whether `wanted` means the file at `path`: it may lack directories in front."""
    parts, asked = PurePosixPath(path).parts, PurePosixPath(wanted).parts
    asked = tuple(part for part in asked if part not in (".", ""))
    return bool(asked) and parts[-len(asked) :] == asked


def is_optimised(function: Entry) -> bool:
    """Whether the function's variables move from place to place, as optimised code's do."""
    for entry in function.walk():
        if entry.tag in VARIABLES:
            pieces = locations_of(entry)
            if not pieces or any(end < ALWAYS for _, end, _ in pieces):
                return True
    return any(Scope(e).is_inlined for e in function.walk())
