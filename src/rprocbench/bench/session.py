# SPDX-License-Identifier: GPL-2.0-or-later
"""One machine under a debugger: run it, stop it, and go to any moment of it, forwards and back.

Going forwards in the past executes again; at the newest moment it makes history.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.trace import Lane, Ran, Signalled
from rprocbench.emulator.hostlog import DEBUGGER
from rprocbench.emulator.machine import CortexM4
from rprocbench.emulator.regfile import write_register
from rprocbench.emulator.snapshots import SPACING
from rprocbench.emulator.timeline import Position
from rprocbench.emulator.travel import Met, Moment
from rprocbench.emulator.watch import (
    WHY,
    Access,
    Address,
    ExceptionTaken,
    Instructions,
    Predicate,
    RpmsgMessage,
    Touch,
    Until,
    Watch,
    Why,
)
from rprocbench.soc.board import Board
from rprocbench.soc.memory import Da

from .cursor import Cursor
from .machine import Machine
from .recording import Recording
from .stopping import Stopped, Watchpoint, Write

BUDGET = 1_000_000_000  # instructions that `run` executes at most, unless it is told


class Session(Cursor):
    """A machine, or a finished recording of one, and a cursor in its history.

    `breakpoints` and `watchpoints` hold for every run. `budget` is how many instructions `run`
    executes at most, if it is not told; None for no end.
    """

    def __init__(
        self, subject: Machine | Recording, *, board: Board | None = None, spacing: int = SPACING
    ) -> None:
        super().__init__(subject, board=board, spacing=spacing)
        self.breakpoints: set[int] = set()
        self.watchpoints: set[Watchpoint] = set()
        self.budget: int | None = BUDGET
        self._is_interrupted = False

    # Touching

    def _at_the_end(self) -> CortexM4:
        if self._past is not None or self._live is None:
            raise InputError(InputCode.UNSUPPORTED, "what has happened cannot be changed")
        return self._live

    def write(self, da: int, data: bytes) -> None:
        """Write memory, as hardware would. Only at the newest moment. Raises `InputError`."""
        core = self._at_the_end()
        found = core.soc.m4.locate(Da(da), len(data))
        if found is None:
            why = f"the M4 sees no memory at {da:#x}+{len(data):#x}"
            raise InputError(InputCode.NOT_WRITABLE, why)
        found[0].write(Lane.HARDWARE, found[1], data)

    def write_register(self, name: str, value: int) -> None:
        """Change a register. Only at the newest moment. Raises `InputError`."""
        core = self._at_the_end()
        write_register(core.engine, name, value)
        what = f"{name} = {value & 0xFFFF_FFFF:#x}"
        core.run.record(Signalled(DEBUGGER, what, Lane.HARDWARE, Lane.M4))

    # Moving

    def _stopped(self, why: Why, until: Until | None = None, touch: Touch | None = None) -> Stopped:
        return Stopped(why, self.position, self.pc, until, touch)

    def _met(self, met: Met) -> Stopped:
        return self._stopped(WHY[type(met.until)], met.until, met.touch)

    def _all(self, untils: Sequence[Until]) -> list[Until]:
        return [
            *(Address(da) for da in sorted(self.breakpoints)),
            *(point.until for point in self.watchpoints),
            *untils,
        ]

    def interrupt(self) -> None:
        """From another thread or a signal handler: stop soon."""
        self._is_interrupted = self._traveller.is_interrupted = True
        self._traveller.core.interrupt()
        if self._live:
            self._live.interrupt()

    @property
    def was_interrupted(self) -> bool:
        """Whether the last run, step or search was told to stop."""
        return self._is_interrupted

    def _forget_interrupt(self) -> None:
        """An interrupt is for the run that it came in, or for none."""
        for core in (self._live, self._traveller.core):
            if core:
                core.is_interrupted = False

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let Ctrl-C be an interrupt, where this is the main thread."""
        self._is_interrupted = self._traveller.is_interrupted = False
        self._forget_interrupt()
        old = None
        if threading.current_thread() is threading.main_thread():
            old = signal.signal(signal.SIGINT, lambda *_: self.interrupt())
        try:
            yield
        finally:
            self._forget_interrupt()
            if old is not None:
                signal.signal(signal.SIGINT, old)

    def run(self, *, limit: int | None = None, until: Sequence[Until] = ()) -> Stopped:
        """Go forwards until something of `until`, a breakpoint or a watchpoint is met.

        In the past this executes again what is recorded, and from its end on makes history. Stops
        after `limit` instructions (a cycle of sleep counts as one).
        """
        counts = [u.count for u in until if isinstance(u, Instructions)]
        counts += [limit] if limit is not None else [self.budget] if self.budget else []
        target = self._moment.cycles + min(counts) if counts else None
        with self._interruptible():
            asked = [u for u in until if isinstance(u, Predicate)]
            if asked:
                return self._run_asking(asked, self._all(until), target)
            return self._run(self._all(until), target)

    def _run(self, untils: Sequence[Until], target: int | None) -> Stopped:
        if self._past is not None:
            stopped = self._replay(untils, target)
            if stopped:
                return stopped
        return self._run_live(untils, target)

    def _replay(self, untils: Sequence[Until], target: int | None) -> Stopped | None:
        """Forwards through what is recorded; None when the machine itself has to go on."""
        assert self._past is not None
        traveller = self._traveller
        end = traveller.end
        if target is not None and target < end.cycles:
            end = Moment(target, traveller.timeline.first_at(target))
        traveller.goto(self._past)
        met = traveller.forward(untils, end)
        self._past = traveller.moment
        if self._live and self._past >= traveller.end:
            self._past = None
        if met:
            return self._met(met)
        if self._is_interrupted:
            return self._stopped(Why.INTERRUPTED)
        if self._past is None:
            return None
        at_target = target is not None and self._past.cycles >= target
        return self._stopped(Why.LIMIT if at_target else Why.END)

    def _run_live(self, untils: Sequence[Until], target: int | None) -> Stopped:
        core, machine = self._live, self.machine
        assert core
        assert machine
        while True:
            if stopped := self._let_linux_work(untils):
                return stopped
            events = len(self.trace)
            if target is not None and core.cycles >= target:
                return self._stopped(Why.LIMIT)
            if self._is_interrupted:
                return self._stopped(Why.INTERRUPTED)
            core.sentry.arm(Watch(untils))
            try:
                progress = core.run_until(target if target is not None else core.cycles + BUDGET)
            finally:
                watch = core.sentry.disarm()
            machine.follow_log()
            if watch.hits:
                hit = watch.hits[0]
                return self._stopped(WHY[type(hit.until)], hit.until, hit.touch)
            if not progress and len(self.trace) == events and not self._is_interrupted:
                return self._stopped(self._why_it_stands())

    def _let_linux_work(self, untils: Sequence[Until]) -> Stopped | None:
        """Interrupts and work of Linux; if the M4 ran for that, or was written to, look there."""
        assert self.machine
        before = self._moment
        self.machine.wait(lambda: True, 0)
        if len(self.trace) == before.index:
            return None
        messages = any(isinstance(u, RpmsgMessage | Access) for u in untils)
        if self._moment.cycles > before.cycles or messages:
            self._past = before
            if stopped := self._replay(untils, None):
                return stopped
        return None

    def _why_it_stands(self) -> Why:
        assert self._live
        if self._live.recorder.is_full:
            return Why.BUDGET
        if self._live.is_running:
            return Why.NO_PROGRESS
        stretches = (event for event in reversed(self.trace) if isinstance(event, Ran))
        last = next(stretches, None)
        return Why.LOCKED_UP if last and last.why == "locked up" else Why.HALTED

    def _run_asking(
        self, asked: Sequence[Predicate], untils: Sequence[Until], target: int | None
    ) -> Stopped:
        """Step by step, with a question after each."""
        rest = [u for u in untils if not isinstance(u, Predicate)]
        while True:
            stopped = self._step_once(rest)
            for predicate in asked:
                if predicate.holds(self):
                    return self._stopped(Why.PREDICATE, predicate)
            if stopped.why is not Why.STEP:
                return stopped
            if self._is_interrupted:
                return self._stopped(Why.INTERRUPTED)
            if target is not None and self._moment.cycles >= target:
                return self._stopped(Why.LIMIT)

    def step(self, n: int = 1) -> Stopped:
        """Execute `n` units: an instruction, an IT block, an exception's entry, or a whole sleep.

        Linux works in between where it has something to do.
        """
        with self._interruptible():
            stopped = self._stopped(Why.STEP)
            for _ in range(n):
                stopped = self._step_once(())
                if stopped.why is not Why.STEP or self._is_interrupted:
                    break
            return stopped

    def _step_once(self, untils: Sequence[Until]) -> Stopped:
        core, before = self.core, self._moment.cycles
        if core.is_asleep:
            wakes_at = core.next_event
            if wakes_at is not None and wakes_at > before:
                self._run([*untils], wakes_at)
        end = self._moment.cycles + 1
        stopped = self._run([*untils, ExceptionTaken()], end)
        is_step = stopped.why is Why.LIMIT or (
            stopped.why is Why.EXCEPTION and stopped.until == ExceptionTaken()
        )
        return self._stopped(Why.STEP) if is_step else stopped

    def step_back(self, n: int = 1) -> Stopped:
        """Undo `n` such units."""
        moment = self._moment
        for _ in range(n):
            before = self._traveller.back(moment)
            if before is None:
                self._look_at(Moment(0, 0))
                return self._stopped(Why.START)
            moment = self._past = before
        return self._stopped(Why.STEP)

    def run_back(self, until: Sequence[Until] = ()) -> Stopped:
        """Go backwards to the last moment before which something was met.

        That is in front of the instruction, or of another world's write, in question.
        """
        with self._interruptible():
            met = self._traveller.backward(self._all(until), self._moment)
            if met:
                self._look_at(met.moment)
                return self._met(met)
            if self._is_interrupted:
                return self._stopped(Why.INTERRUPTED)
            self._look_at(Moment(0, 0))
            return self._stopped(Why.START)

    def who_wrote(self, da: int, size: int = 1) -> Write | None:
        """Who last wrote one of `size` bytes from `da`, whether that changed them or not."""
        with self._interruptible():
            met = self._traveller.backward([Access(da, size, "write")], self._moment)
        if met is None or met.touch is None:
            return None
        touch = met.touch
        position = self._name(met.moment)
        return Write(position, touch.pc, touch.value, touch.lane, touch.da, touch.size)

    def when(self, condition: "Callable[[Session], bool]", *, limit: int = 1) -> list[Position]:
        """The first `limit` moments at which `condition` became true, from power-on to here."""
        found: list[Position] = []
        here, held = self._moment, False
        for moment in self._traveller.moments(here):
            self._past = moment
            holds = condition(self)
            if holds and not held:
                found.append(self.position)
                if len(found) >= limit:
                    break
            held = holds
        self._look_at(here)
        return found


__all__ = ["BUDGET", "Position", "Session", "Stopped", "Watchpoint", "Write"]
