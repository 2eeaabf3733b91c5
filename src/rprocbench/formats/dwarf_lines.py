# SPDX-License-Identifier: GPL-2.0-or-later
"""Line tables: which source line an instruction comes from, and back (our zone; DWARF 5, 6.2)."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from .dwarf_bytes import Cursor, DwarfError
from .dwarf_entries import Unit
from .dwarf_forms import reader_of
from .dwarf_names import At

MAX_FILES = 1 << 16
END_SEQUENCE, SET_ADDRESS, DEFINE_FILE = 1, 2, 3  # extended
PATH, DIRECTORY = 1, 2  # DW_LNCT_*


@dataclass(frozen=True, slots=True)
class Row:
    """From `address` on, code comes from `line` of file number `file`; 0 for none in particular."""

    address: int
    file: int
    line: int
    is_statement: bool
    ends_prologue: bool = False


@dataclass
class Sequence:
    """Rows of one stretch of code, by address; it ends before `end`."""

    rows: list[Row]
    end: int

    @cached_property
    def addresses(self) -> list[int]:
        """The rows' addresses."""
        return [row.address for row in self.rows]


@dataclass
class Header:
    """What stands in front of a line program."""

    version: int
    minimum: int = 1
    default_is_statement: bool = True
    line_base: int = 0
    line_range: int = 1
    opcode_base: int = 13
    lengths: list[int] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    files: list[tuple[str, int]] = field(default_factory=list)
    program: Cursor = field(default_factory=lambda: Cursor(b""))


class LineTable:
    """The lines of one unit. Raises `DwarfError` when it is asked and cannot be read."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    @cached_property
    def header(self) -> Header:
        """Files and directories; the program is not run for it."""
        at = self.unit.top.number(At.STMT_LIST)
        if at is None:
            return Header(self.unit.version)
        return read_header(self.unit, at)

    @property
    def program(self) -> int | None:
        """Which line program it is; units may share one. None without."""
        return self.unit.top.number(At.STMT_LIST)

    @cached_property
    def files(self) -> dict[int, str]:
        """The files by number, with their directory where it is known."""
        header = self.header
        first = 0 if header.version >= 5 else 1
        return {
            number: join(self._directory(directory), name)
            for number, (name, directory) in enumerate(header.files, first)
        }

    def _directory(self, index: int) -> str:
        directories = self.header.directories
        if index < len(directories):
            return directories[index]
        return ""

    @cached_property
    def sequences(self) -> list[Sequence]:
        """What the program makes, by address."""
        spend = self.unit.dwarf.spend
        return sorted(
            Program(self.header, spend).run(), key=lambda sequence: sequence.rows[0].address
        )

    @cached_property
    def _starts(self) -> list[int]:
        return [sequence.rows[0].address for sequence in self.sequences]

    def row_at(self, address: int) -> Row | None:
        """The row that `address` belongs to, or None."""
        at = bisect_right(self._starts, address)
        for sequence in reversed(self.sequences[max(0, at - 8) : at]):
            if address < sequence.end:
                return sequence.rows[bisect_right(sequence.addresses, address) - 1]
        return None

    def rows_of(self, file_numbers: set[int]) -> list[Row]:
        """The rows where a line of one of these files begins: a statement, not a continuation."""
        return [
            row
            for sequence in self.sequences
            for before, row in zip([None, *sequence.rows], sequence.rows, strict=False)
            if row.is_statement and row.file in file_numbers and row.line
            and (before is None or (before.line, before.file) != (row.line, row.file)
                 or not before.is_statement)
        ]  # fmt: skip

    def stretch(self, address: int) -> tuple[int, int] | None:
        """The addresses around `address` that belong to the same line without a gap, or None."""
        at = bisect_right(self._starts, address)
        for sequence in reversed(self.sequences[max(0, at - 8) : at]):
            if address < sequence.end:
                rows, here = sequence.rows, bisect_right(sequence.addresses, address) - 1
                key = (rows[here].file, rows[here].line)
                first = last = here
                while first and (rows[first - 1].file, rows[first - 1].line) == key:
                    first -= 1
                while last + 1 < len(rows) and (rows[last + 1].file, rows[last + 1].line) == key:
                    last += 1
                end = rows[last + 1].address if last + 1 < len(rows) else sequence.end
                return rows[first].address, end
        return None


def join(directory: str, name: str) -> str:
    """A path of a file in a directory."""
    return name if not directory or name.startswith("/") else f"{directory}/{name}"


def read_header(unit: Unit, at: int) -> Header:
    """The header at byte `at` of .debug_line. Raises `DwarfError`."""
    cursor = unit.dwarf.cursor("debug_line", at)
    length, size = cursor.length()
    if length > cursor.left:
        raise DwarfError(f"the line table at {at:#x} is cut")
    cursor.end = cursor.at + length
    header = Header(cursor.u16())
    if not 2 <= header.version <= 5:
        raise DwarfError(f"the line table at {at:#x} is of version {header.version}")
    if header.version >= 5:
        cursor.take(2)  # sizes of addresses and of segment selectors
    header_length = cursor.number(size)
    start = cursor.at + header_length
    header.minimum = cursor.u8()
    if header.version >= 4:
        cursor.u8()  # operations in one instruction: 1, but for a VLIW machine
    header.default_is_statement = bool(cursor.u8())
    header.line_base = int.from_bytes(cursor.take(1), "little", signed=True)
    header.line_range, header.opcode_base = cursor.u8(), cursor.u8()
    header.lengths = [cursor.u8() for _ in range(header.opcode_base - 1)]
    if header.version >= 5:
        header.directories = [name for name, _ in read_names(cursor, unit)]
        header.files = read_names(cursor, unit)
    else:
        read_old_names(cursor, header, unit)
        header.directories.insert(0, unit.directory)
    header.program = Cursor(cursor.data, start, cursor.end)
    return header


def read_old_names(cursor: Cursor, header: Header, unit: Unit) -> None:
    """Directories and files up to version 4: lists that end with an empty name."""
    while len(header.directories) < MAX_FILES and (name := cursor.text()):
        unit.dwarf.spend("names", 1)
        header.directories.append(name)
    while len(header.files) < MAX_FILES and (name := cursor.text()):
        unit.dwarf.spend("names", 1)
        header.files.append((name, cursor.uleb()))
        cursor.uleb()  # time
        cursor.uleb()  # length


def read_names(cursor: Cursor, unit: Unit) -> list[tuple[str, int]]:
    """A table of names since version 5, each with the number of its directory."""
    forms = [(cursor.uleb(), reader_of(cursor.uleb())) for _ in range(cursor.u8())]
    count = cursor.uleb()
    if count > MAX_FILES or (count and not forms):
        raise DwarfError(f"{count} files in a line table")
    found = []
    for _ in range(count):
        unit.dwarf.spend("names", len(forms))
        values = {kind: read(cursor, unit) for kind, read in forms}
        name, directory = values.get(PATH, ""), values.get(DIRECTORY, 0)
        is_sound = isinstance(name, str) and isinstance(directory, int)
        found.append((name, directory) if is_sound else ("", 0))
    return [(str(name), int(directory)) for name, directory in found]  # type: ignore[arg-type]


class Program:
    """The machine that makes rows: a few registers, and opcodes that move them."""

    def __init__(self, header: Header, spend: Callable[[str, int], None]) -> None:
        self.header = header
        self.spend = spend
        self.rows: list[Row] = []
        self.sequences: list[Sequence] = []
        self.reset()

    def reset(self) -> None:
        """The registers as a sequence begins with them."""
        self.address, self.file, self.line = 0, 1, 1
        self.is_statement = self.header.default_is_statement
        self.ends_prologue = False

    def run(self) -> list[Sequence]:
        """All sequences that have code. Raises `DwarfError`."""
        cursor, header = self.header.program, self.header
        cursor = Cursor(cursor.data, cursor.at, cursor.end)
        while cursor.left:
            opcode = cursor.u8()
            if opcode >= header.opcode_base:
                self._special(opcode - header.opcode_base)
            elif opcode:
                self._standard(opcode, cursor)
            else:
                self._extended(Cursor(cursor.take(cursor.uleb())))
        return self.sequences

    def _row(self) -> None:
        self.spend("rows", 1)
        row = Row(self.address, self.file, self.line, self.is_statement, self.ends_prologue)
        self.rows.append(row)
        self.ends_prologue = False

    def _special(self, code: int) -> None:
        if not self.header.line_range:
            raise DwarfError("a line table whose line range is 0")
        self._advance(code // self.header.line_range)
        self.line += self.header.line_base + code % self.header.line_range
        self._row()

    def _advance(self, operations: int) -> None:
        self.address = self.address + operations * self.header.minimum & 0xFFFF_FFFF_FFFF_FFFF

    def _standard(self, opcode: int, cursor: Cursor) -> None:  # noqa: C901  one case an opcode
        match opcode:
            case 1:  # COPY
                self._row()
            case 2:  # ADVANCE_PC
                self._advance(cursor.uleb())
            case 3:  # ADVANCE_LINE
                self.line += cursor.sleb()
            case 4:  # SET_FILE
                self.file = cursor.uleb()
            case 6:  # NEGATE_STMT
                self.is_statement = not self.is_statement
            case 8:  # CONST_ADD_PC
                self._advance((255 - self.header.opcode_base) // max(1, self.header.line_range))
            case 9:  # FIXED_ADVANCE_PC
                self.address += cursor.u16()
            case 10:  # PROLOGUE_END
                self.ends_prologue = True
            case _:  # whatever it is, the header says how many operands it has
                for _ in range(self.header.lengths[opcode - 1]):
                    cursor.uleb()

    def _extended(self, cursor: Cursor) -> None:
        if not cursor.left:
            return
        opcode = cursor.u8()
        if opcode == END_SEQUENCE:
            if self.rows and self.address > self.rows[0].address:
                rows = sorted(self.rows, key=lambda row: row.address)
                self.sequences.append(Sequence(rows, self.address))
            self.rows = []
            self.reset()
        elif opcode == SET_ADDRESS:
            self.address = cursor.number(min(cursor.left, 8))
        elif opcode == DEFINE_FILE:
            self.header.files.append((cursor.text(), cursor.uleb()))
