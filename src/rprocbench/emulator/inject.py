# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults of the hardware, for lessons and reviews: one instruction skipped, one bit turned.

A fault strikes a replica of the M4 at a moment of a recorded run. From there the replica goes its
own way, while the other worlds do what they did: they are deaf. What becomes of it is one of a few
outcomes, by comparison with the same run without the fault. Everything is deterministic.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.trace import Lane, Ran, Trace, Wrote
from rprocbench.soc.board import Board
from rprocbench.soc.memory import Da

from .engine import Reg
from .machine import CortexM4
from .regfile import known, read_register, write_register
from .stops import unit_end
from .timeline import Position
from .travel import Moment, Traveller
from .watch import ExceptionTaken, Watch

FAULTS = tuple(ExceptionTaken(number) for number in (3, 4, 5, 6))
GRACE = 100_000  # instructions after the window in which a run may still come to its end
CHUNK = 64  # trials that one call of an executor makes


@dataclass(frozen=True, slots=True)
class Skip:
    """The next instruction (or IT block) does nothing."""


@dataclass(frozen=True, slots=True)
class FlipRegister:
    """Bit `bit` of a register turns."""

    name: str
    bit: int


@dataclass(frozen=True, slots=True)
class FlipMemory:
    """Bit `bit` of the byte at `da` turns, and stays so until somebody writes."""

    da: int
    bit: int


@dataclass(frozen=True, slots=True)
class FlipFetch:
    """The next instruction is fetched with bit `bit` of its 16 or 32 turned. Memory is unharmed."""

    bit: int


Fault = Skip | FlipRegister | FlipMemory | FlipFetch


class Outcome(StrEnum):
    """What became of a run."""

    NO_EFFECT = "no effect"
    LATENT = "the result is right, other state differs"
    WRONG_RESULT = "wrong result"
    DETECTED = "the firmware noticed"
    FAULT = "an exception for a fault"
    LOCKUP = "locked up, or stopped"
    HANG = "did not come to its end"


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault, and how many instructions are completed before it strikes."""

    cycles: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Verdict:
    """A trial and its outcome; `pc` is where the fault struck."""

    trial: Trial
    pc: int
    outcome: Outcome


@dataclass(frozen=True)
class Bed:
    """What trials are made on: a recorded run up to `end`, and what counts as its result.

    `results` are (address, size) of memory. `detects(core)` says whether the firmware noticed; to
    be sent to an executor it has to be a function of a module.
    """

    board: Board
    trace: Trace = field(repr=False)
    end: Position
    results: tuple[tuple[int, int], ...] = ()
    detects: Callable[[CortexM4], bool] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How a run ended."""

    result: tuple[bytes, ...]
    state: tuple[object, ...]
    has_faulted: bool
    is_running: bool
    is_asleep: bool
    is_detected: bool


class Stand:
    """Makes trials, one after the other, on one replica."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self._traveller = Traveller(bed.board, bed.trace)
        self._end = self._traveller.moment_of(bed.end)
        self._right: Seen | None = None

    def run(self, trial: Trial) -> Verdict:
        """Let the fault strike, and see. Raises `InputError` BAD_VALUE outside of the run."""
        if self._right is None:
            self._right = self._see(Moment(0, 0), None)[1]
        timeline = self._traveller.timeline
        if not 0 <= trial.cycles < self._end.cycles:
            why = f"cycle {trial.cycles} does not lie before the end of the window"
            raise InputError(InputCode.BAD_VALUE, why)
        index = timeline.first_at(trial.cycles) + timeline.count_at(trial.cycles)
        at = Moment(trial.cycles, min(index, self._end.index))  # the others have done their part
        pc, seen = self._see(at, trial.fault)
        return Verdict(trial, pc, judge(self._right, seen))

    def _see(self, start: Moment, fault: Fault | None) -> tuple[int, Seen]:
        traveller = self._traveller
        traveller.goto(start)
        core, between = traveller.core, traveller.core.between
        pc = core.engine[Reg.PC]
        core.between = None  # what happens now did not happen: nobody may keep it
        core.sentry.arm(Watch(FAULTS, collects=True))
        try:
            if fault is not None:
                strike(core, fault)
            self._go_on()
        finally:
            hits = core.sentry.disarm().hits
            core.between = between
            traveller.forget()
        return pc, self._look(has_faulted=bool(hits))

    def _go_on(self) -> None:
        """To the end of the window, the others doing what they did."""
        traveller, core = self._traveller, self._traveller.core
        for event in self.bed.trace[traveller.index : self._end.index]:
            if isinstance(event, Ran):
                if core.cycles < event.end:
                    core.run_until(event.end)
            elif not isinstance(event, Wrote) or event.lane is not Lane.M4:
                traveller.replica.apply(event)
        if core.cycles < self._end.cycles:
            core.run_until(self._end.cycles)
        if self._right and self._right.is_asleep and not core.is_asleep:
            core.run_until(core.cycles + GRACE)

    def _look(self, *, has_faulted: bool) -> Seen:
        core, bed = self._traveller.core, self.bed
        read = core.soc.m4.read
        registers = core.engine.save()
        memories = tuple(core.soc.rams[m.chip].read(0, m.size) for m in core.soc.m4.mappings)
        return Seen(
            tuple(read(Da(da), size) for da, size in bed.results),
            (registers, memories),
            has_faulted,
            core.is_running,
            core.is_asleep,
            bool(bed.detects and bed.detects(core)),
        )


def judge(right: Seen, seen: Seen) -> Outcome:
    """The outcome of a run, by comparison with the one that had no fault."""
    if seen.is_detected and not right.is_detected:
        return Outcome.DETECTED
    if right.is_running and not seen.is_running:
        return Outcome.LOCKUP
    if seen.has_faulted and not right.has_faulted:
        return Outcome.FAULT
    if right.is_asleep and not seen.is_asleep:
        return Outcome.HANG
    if seen.result != right.result:
        return Outcome.WRONG_RESULT
    return Outcome.NO_EFFECT if seen.state == right.state else Outcome.LATENT


def strike(core: CortexM4, fault: Fault) -> None:
    """Do to a core what `fault` says, before its next instruction. Raises `InputError`."""
    engine = core.engine
    pc = engine[Reg.PC]
    match fault:
        case Skip():
            write_register(engine, "pc", unit_end(engine.load, pc))
        case FlipRegister(name=name, bit=bit):
            value = read_register(engine, known(name)) ^ 1 << checked(bit, 32)
            write_register(engine, name, value)
        case FlipMemory(da=da, bit=bit):
            flip(core, da, checked(bit, 8))
        case FlipFetch(bit=bit):
            at = pc + checked(bit, 8 * (unit_end(engine.load, pc) - pc)) // 8
            flip(core, at, bit % 8)
            try:
                core.run_until(core.cycles + 1)
            finally:
                flip(core, at, bit % 8)


def checked(bit: int, width: int) -> int:
    """The number of a bit. Raises `InputError` BAD_VALUE for one that there is not."""
    if not 0 <= bit < width:
        raise InputError(InputCode.BAD_VALUE, f"there is no bit {bit} in {width}")
    return bit


def flip(core: CortexM4, da: int, bit: int) -> None:
    """Turn a bit of memory. Raises `InputError` NOT_WRITABLE where the M4 sees none."""
    found = core.soc.m4.locate(Da(da), 1)
    if found is None:
        raise InputError(InputCode.NOT_WRITABLE, f"the M4 sees no memory at {da:#x}")
    ram, offset = found
    ram.write(Lane.HARDWARE, offset, bytes([ram.read(offset, 1)[0] ^ 1 << bit]))
    for mapping in core.soc.m4.mappings:
        if mapping.chip == ram.name:
            core.engine.forget_code(mapping.base + offset - mapping.offset, 1)


def window(faults: Sequence[Fault], start: int, end: int, step: int = 1) -> Iterator[Trial]:
    """Each fault at each instruction of a window."""
    return (Trial(cycles, fault) for cycles in range(start, end, step) for fault in faults)


def campaign(
    bed: Bed,
    trials: Iterable[Trial],
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Verdict]:
    """The verdicts of all trials, in their order, whoever makes them."""
    plan = list(trials)
    chunks = [plan[at : at + CHUNK] for at in range(0, len(plan), CHUNK)]
    verdicts: list[Verdict] = []
    spread = executor.map if executor else map
    for found in spread(partial(run_all, bed), chunks):
        verdicts += found
        if progress:
            progress(len(verdicts), len(plan))
    return verdicts


def run_all(bed: Bed, trials: Sequence[Trial]) -> list[Verdict]:
    """Some trials, in one process."""
    bench = Stand(bed)
    return [bench.run(trial) for trial in trials]
