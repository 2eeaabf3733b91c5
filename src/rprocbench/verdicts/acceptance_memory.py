# SPDX-License-Identifier: GPL-2.0-or-later
"""What an accepted image leaves in the M4's memories, and how two such outcomes differ."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rprocbench.soc.memory import Pa
from rprocbench.tee.quick import QuickAnswer, QuickTa, Write

MAX_TOLD = 4
LOST, NEW, OTHER = "is not written", "is written too", "has other bytes"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `start` to `end` of a memory: `data`, which begins at `origin`, or `value` in each."""

    start: int
    end: int
    origin: int
    data: bytes | None
    value: int = 0

    def part(self, start: int, end: int) -> "Piece":
        """The same bytes, fewer of them."""
        return Piece(start, end, self.origin, self.data, self.value)

    def bytes(self, start: int, end: int) -> memoryview:
        """What lies there."""
        if self.data is None:
            return memoryview(bytes([self.value]) * (end - start))
        return memoryview(self.data)[start - self.origin : end - self.origin]


Pieces = dict[str, list[Piece]]  # by memory, in order, none over another


def loaded(ta: QuickTa, writes: Iterable[Write]) -> Pieces:
    """What lies in each memory after `writes`; a memory with aliases is one all the same."""
    memories: Pieces = {}
    data: bytes | None
    for write in writes:
        if len(write) == 2:
            pa, data = write
            size, value = len(data), 0
        else:
            pa, size, value = write
            data = None
        found = ta.paper.locate(Pa(pa), size)
        if found is None:
            raise AssertionError(f"the driver mapped {pa:#x}, where there is no memory")
        ram, at = found
        new = Piece(at, at + size, at, data, value)
        memories[ram.name] = _over(memories.get(ram.name, []), new)
    return memories


def _over(pieces: list[Piece], new: Piece) -> list[Piece]:
    """`pieces` with `new` over them."""
    result: list[Piece] = []
    for piece in pieces:
        if piece.start < new.start:
            result.append(piece.part(piece.start, min(piece.end, new.start)))
        if piece.end > new.end:
            result.append(piece.part(max(piece.start, new.end), piece.end))
    return sorted([*result, new], key=lambda piece: piece.start)


def differences(ta: QuickTa, base: QuickAnswer, other: QuickAnswer) -> tuple[str, ...]:
    """What is loaded otherwise than by `base`: nothing if the tuple is empty."""
    told: list[str] = []
    if other.writes != base.writes:
        told += _memory(loaded(ta, base.writes), loaded(ta, other.writes))
    if other.rsc_table != base.rsc_table:
        told.append(f"resource table {_table(other)} instead of {_table(base)}")
    return tuple(told)


def _table(answer: QuickAnswer) -> str:
    if answer.rsc_table is None:
        return "nowhere"
    pa, size = answer.rsc_table
    return f"at {pa:#x}, {size} bytes"


def _memory(base: Pieces, other: Pieces) -> Iterator[str]:
    for name in dict.fromkeys((*base, *other)):
        found: dict[str, list[tuple[int, int]]] = {}
        for start, end, what in _compared(base.get(name, []), other.get(name, [])):
            runs = found.setdefault(what, [])
            if runs and runs[-1][1] == start:
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((start, end))
        for what, runs in found.items():
            told = ", ".join(f"{name}[{start:#x}:{end:#x}]" for start, end in runs[:MAX_TOLD])
            more = f" and {len(runs) - MAX_TOLD} more" if len(runs) > MAX_TOLD else ""
            yield f"{told}{more} {what}"


def _compared(base: list[Piece], other: list[Piece]) -> Iterator[tuple[int, int, str]]:
    """Where two memories differ, and how, piece by piece."""
    edges = sorted({edge for piece in (*base, *other) for edge in (piece.start, piece.end)})
    for start, end in pairwise(edges):
        before, after = _at(base, start), _at(other, start)
        if before and not after:
            yield start, end, LOST
        elif after and not before:
            yield start, end, NEW
        elif before and after and before.bytes(start, end) != after.bytes(start, end):
            yield start, end, OTHER


def _at(pieces: list[Piece], offset: int) -> Piece | None:
    index = bisect_right([piece.start for piece in pieces], offset) - 1
    return pieces[index] if index >= 0 and offset < pieces[index].end else None
