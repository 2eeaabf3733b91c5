# SPDX-License-Identifier: GPL-2.0-or-later
"""Which lines and functions of a firmware were executed, and how often; exported as lcov reads it.

What can be executed is known from the debug information, what was from the replica, instruction by
instruction: one that its condition kept from executing does not count.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from rprocbench.formats.dwarf_bytes import DwarfError

from .debuginfo import DebugInfo
from .tape import ADDRESS
from .tracing import INSTRUCTIONS, Tracer
from .travel import Moment


@dataclass
class Coverage:
    """How often each instruction was executed, by its address."""

    info: DebugInfo
    counts: Counter[int] = field(default_factory=Counter)

    def lines(self) -> dict[str, dict[int, int]]:
        """For each file, how often each line that has code was reached."""
        result: dict[str, dict[int, int]] = {}
        lines = self.info.lines
        if lines is None:
            return result
        for unit in lines.scopes.all():
            with suppress(DwarfError):
                files = unit.lines.files
                for sequence in unit.lines.sequences:
                    for row in sequence.rows:
                        if row.line and lines.is_code(row.address):
                            counts = result.setdefault(files.get(row.file, "?"), {})
                            reached = self.counts[row.address]
                            counts[row.line] = max(counts.get(row.line, 0), reached)
        return result

    def functions(self) -> dict[str, int]:
        """How often each function was entered."""
        symbols = self.info.symbols.functions
        return {function.name: self.counts[function.da] for function in symbols}

    @property
    def share(self) -> float:
        """The part of the lines with code that was reached, from 0 to 1."""
        counts = [count for lines in self.lines().values() for count in lines.values()]
        return sum(1 for count in counts if count) / len(counts) if counts else 0.0

    def lcov(self, test: str = "rprocbench") -> Iterator[str]:
        """The lines of a tracefile for `lcov` and `genhtml`."""
        entered = self.functions()
        for file, counts in sorted(self.lines().items()):
            yield f"TN:{test}"
            yield f"SF:{PurePosixPath(file)}"
            functions = self._functions_of(file)
            for name, line in functions:
                yield f"FN:{line},{name}"
            for name, _ in functions:
                yield f"FNDA:{entered.get(name, 0)},{name}"
            yield f"FNF:{len(functions)}"
            yield f"FNH:{sum(1 for name, _ in functions if entered.get(name))}"
            for line, count in sorted(counts.items()):
                yield f"DA:{line},{count}"
            yield f"LF:{len(counts)}"
            yield f"LH:{sum(1 for count in counts.values() if count)}"
            yield "end_of_record"

    def _functions_of(self, file: str) -> list[tuple[str, int]]:
        """The functions that begin in this file, and their lines."""
        found = {}
        for function in self.info.symbols.functions:
            place = self.info.line_at(function.da)
            if place and place[0] == file:
                found[function.name] = place[1]
        return sorted(found.items(), key=lambda item: (item[1], item[0]))

    def text(self) -> Iterator[str]:
        """A line per file: reached, with code, and which were not."""
        for file, counts in sorted(self.lines().items()):
            reached = sum(1 for count in counts.values() if count)
            missed = spans([line for line, count in sorted(counts.items()) if not count])
            yield f"{reached:>5}/{len(counts):<5} {file}" + (f"  not {missed}" if missed else "")


def spans(lines: list[int]) -> str:
    """`1-3, 7`: neighbours in a list of numbers together."""
    parts: list[list[int]] = []
    for line in lines:
        if parts and line == parts[-1][1] + 1:
            parts[-1][1] = line
        else:
            parts.append([line, line])
    return ", ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in parts)


def coverage(tracer: Tracer, start: Moment, end: Moment) -> Coverage:
    """What was executed between two moments."""
    words: Counter[int] = Counter()

    def note(_kind: str, entries: Sequence[int]) -> bool:
        words.update(entries[::2])
        return True

    tracer.play([INSTRUCTIONS], start, end, note, ())
    counts: Counter[int] = Counter()
    for word, count in words.items():
        counts[word & ADDRESS] += count
    return Coverage(tracer.info, counts)
