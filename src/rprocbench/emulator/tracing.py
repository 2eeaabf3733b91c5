# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces of a window of a run: blocks, instructions, accesses, exceptions, peripherals.

The replica runs through the window once more, with tapes on. Code is decoded once per block, when
it is first seen, and again when it is no longer the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rprocbench.soc.memory import Da

from .debuginfo import DebugInfo
from .free import FreeRunner, FreeTape
from .symbols import Instruction, disassemble
from .tape import ADDRESS, WRITE, Tape
from .travel import Moment, Traveller
from .unwind import exception_name
from .watch import ExceptionTaken, Hit, PeripheralAccess, Watch

BLOCKS, INSTRUCTIONS, ACCESSES = "blocks", "instructions", "accesses"
EXCEPTIONS, PERIPHERALS = "exceptions", "peripherals"
KINDS = (BLOCKS, INSTRUCTIONS, ACCESSES, EXCEPTIONS, PERIPHERALS)
EVERYWHERE = PeripheralAccess(base=0x4000_0000, size=0xC000_0000)
LIMIT = 1_000_000  # lines of one trace, unless more are asked for


@dataclass(frozen=True, slots=True)
class Executed:
    """An instruction, or a block of `size` bytes; `cycles` were completed before it."""

    cycles: int
    pc: int
    size: int


@dataclass(frozen=True, slots=True)
class Accessed:
    """`size` bytes at `da` were read or written by the instruction at `pc`."""

    cycles: int
    pc: int
    da: int
    size: int
    value: int
    is_write: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """Exception `number` was taken when so many instructions were completed."""

    cycles: int
    number: int


Line = Executed | Accessed | Entered


@dataclass
class Code:
    """What lies where, decoded once. `load` reads what lies there now."""

    load: Callable[[int, int], bytes]
    _known: dict[tuple[int, int], tuple[bytes, tuple[Instruction, ...]]] = field(
        default_factory=dict
    )

    def block(self, pc: int, size: int) -> tuple[Instruction, ...]:
        """The instructions of a block."""
        key = pc, size
        if key not in self._known:
            content = self.load(pc, size)
            self._known[key] = content, tuple(disassemble(content, Da(pc)))
        return self._known[key][1]

    def check(self) -> None:
        """Forget what has changed since."""
        for (pc, size), (content, _) in list(self._known.items()):
            if self.load(pc, size) != content:
                del self._known[pc, size]


@dataclass
class M4Trace:
    """The lines of a window, in order; `is_whole` unless there were more than was asked for."""

    lines: list[Line]
    code: Code
    info: DebugInfo
    is_whole: bool = True

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def text(self) -> Iterator[str]:
        """One line of text for each, with names and source lines where they are known."""
        for line in self.lines:
            match line:
                case Entered():
                    yield f"{line.cycles:>12}  -- {exception_name(line.number)}"
                case Accessed():
                    arrow = "<-" if line.is_write else "->"
                    place = self.info.name_at(line.da) or f"{line.da:#010x}"
                    value = f"{line.value:#0{2 * line.size + 2}x}"
                    yield f"{line.cycles:>12}  {self._where(line.pc)}  {place} {arrow} {value}"
                case Executed():
                    for instruction in self.code.block(line.pc, line.size):
                        where = self._where(instruction.da)
                        yield f"{line.cycles:>12}  {where}  {instruction.text}"

    def _where(self, pc: int) -> str:
        source = self.info.line_at(pc)
        place = f" {source[0].rsplit('/', 1)[-1]}:{source[1]}" if source else ""
        return f"{pc:#010x} {self.info.name_at(pc)}{place}"


class Tracer:
    """Runs through windows of what a traveller can reach."""

    def __init__(self, traveller: Traveller, info: DebugInfo | None = None) -> None:
        self._traveller = traveller
        self.info = info or DebugInfo()
        self.code = Code(traveller.core.engine.load)
        self._watch = Watch()
        self._runner: FreeRunner | None = None

    def entries_seen(self) -> list[tuple[int, int]]:
        """While a window is played: exceptions entered since the last time, cycle and number."""
        found = [(hit.cycles, hit.number) for hit in self._watch.hits]
        self._watch.hits.clear()
        return found

    def trace(
        self, kinds: Sequence[str], start: Moment, end: Moment, limit: int = LIMIT
    ) -> M4Trace:
        """What happened between two moments, of some of `KINDS`; at most `limit` lines of it."""
        lines: list[Line] = []
        pcs: dict[int, int] = {}

        def note(kind: str, entries: Sequence[int]) -> bool:
            if kind == ACCESSES:
                lines.extend(accesses(entries, pcs))
            else:
                found = executed(entries)
                if kind == INSTRUCTIONS and ACCESSES in kinds:
                    pcs.update((line.cycles, line.pc) for line in found)
                if kind in kinds:
                    lines.extend(found)
                    self._decode(found)
            return len(lines) <= limit

        wanted = [kind for kind in (INSTRUCTIONS, BLOCKS) if kind in kinds]
        if ACCESSES in kinds:
            wanted = [INSTRUCTIONS, *(k for k in wanted if k != INSTRUCTIONS), ACCESSES]
        hits = self.play(wanted, start, end, note, kinds)
        lines += [seen(hit) for hit in hits]
        lines.sort(key=lambda line: (line.cycles, not isinstance(line, Entered)))
        return M4Trace(lines[:limit], self.code, self.info, len(lines) <= limit)

    def _decode(self, found: Sequence[Executed]) -> None:
        for line in {(line.pc, line.size) for line in found}:
            self.code.block(*line)

    def play(
        self,
        kinds: Sequence[str],
        start: Moment,
        end: Moment,
        note: Callable[[str, Sequence[int]], bool],
        watched: Sequence[str] = (EXCEPTIONS,),
    ) -> list[Hit]:
        """Run from `start` to `end` with tapes of some `kinds` on, which `note` reads in passing.

        Returns the exceptions and register accesses, if they are `watched`. Stops when `note` says
        False.
        """
        traveller = self._traveller
        traveller.goto(start)
        self.code.check()
        engine = traveller.core.engine
        self._runner = None
        tapes: list[Tape | FreeTape] = []
        if (
            tuple(kinds) == (BLOCKS,)
            and engine.native
            and not {EXCEPTIONS, PERIPHERALS} & set(watched)
        ):
            self._runner = FreeRunner(traveller.core)
            tapes.append(self._runner.tape)
        else:
            tapes += [Tape(engine, kind) for kind in kinds]
        untils: list[ExceptionTaken | PeripheralAccess] = []
        if EXCEPTIONS in watched:
            untils.append(ExceptionTaken())
        if PERIPHERALS in watched:
            untils.append(EVERYWHERE)

        def read() -> None:
            goes_on = [note(tape.kind, tape.read()) for tape in tapes]  # all of them, in any case
            if not all(goes_on):
                traveller.core.interrupt()

        try:
            self._watch = Watch(untils, collects=True)
            return traveller.replay(self._watch, end, read)
        finally:
            if self._runner:
                self._runner.close()
            else:
                for tape in tapes:
                    tape.close()
            traveller.core.is_interrupted = False


def executed(entries: Sequence[int]) -> list[Executed]:
    """The entries of a tape of blocks or instructions."""
    return [
        Executed(cycles, word & ADDRESS, word >> 32)
        for word, cycles in zip(entries[::2], entries[1::2], strict=True)
    ]


def accesses(entries: Sequence[int], pcs: dict[int, int]) -> list[Accessed]:
    """The entries of a tape of accesses; `pcs` says which instruction was at which cycle."""
    return [
        Accessed(
            cycles,
            pcs.get(cycles, 0),
            word & ADDRESS,
            (size := word >> 32 & 0xFF),
            value & (1 << 8 * size) - 1,
            word >> 40 == WRITE,
        )
        for word, cycles, value in zip(entries[::3], entries[1::3], entries[2::3], strict=True)
    ]


def seen(hit: Hit) -> Line:
    """What the core's sentry saw, as a line."""
    if hit.touch:
        touch = hit.touch
        return Accessed(hit.cycles, touch.pc, touch.da, touch.size, touch.value, touch.is_write)
    return Entered(hit.cycles, hit.number)
