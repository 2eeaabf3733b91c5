# SPDX-License-Identifier: GPL-2.0-or-later
"""The Cortex-M4 of a board: it executes what lies in the board's memories, and keeps the time."""

from collections.abc import Callable  # noqa: TC003  as everywhere

from rprocbench.base.errors import Crash, Undefined
from rprocbench.base.run import Run
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da

from . import endings
from .answers import Answers
from .bitband import SIZE as BITS
from .bitband import SRAM as SRAM_BITS
from .bus import Bus
from .console import Console
from .dwt import Dwt
from .engine import PATIENT, Engine, Reg, T
from .exceptions import Exceptions
from .guard import Guard
from .ipcc import IpccRegisters
from .itm import Itm
from .mpu import Mpu
from .nvic import Nvic
from .peripherals import Blocks
from .port import Port
from .recorder import Recorder
from .registers import Peripheral  # noqa: TC001  as everywhere, types are imported plainly
from .runner import FreeRunner  # noqa: TC001  as everywhere
from .scb import SEVONPEND, SLEEPONEXIT, Scb
from .semihosting import Semihosting
from .sentry import Sentry
from .stops import BRANCH_TO_SELF, SEV, Stop, Stopped, halfword, hint_before
from .systick import SysTick
from .wwdg import WWDG1, Wwdg

PERIPHERALS, SYSTEM = (0x4000_0000, 0x2000_0000), (0xE000_0000, 0x0010_0000)
SCS = 0xE000_E000
PLACES = {"ipcc": 0x4C00_1000, "wwdg": WWDG1, "itm": 0xE000_0000, "dwt": 0xE000_1000}
FIRST_SLICE, LAST_SLICE = 1 << 12, 1 << 20  # instructions; Ctrl-C is heard between slices
COMPLETE = {Stop.LIMIT, Stop.HINT, Stop.WFI, Stop.WFE, Stop.SVC}  # instructions


class CortexM4:
    """`soc.mcu.Core` on unicorn, with the peripherals that a firmware needs to boot and to talk.

    Time is counted in instructions, so a run is the same however it is cut into calls of
    `run_until`. One of these calls is one `Ran` in the trace, or two around each signal to Linux.
    """

    def __init__(
        self,
        soc: Soc,
        run: Run,
        *,
        native_meter: bool = True,
        slice_size: int | None = None,
        is_silent: bool = False,
    ) -> None:
        self.soc = soc
        self.run = run
        self.cycles = 0
        self.is_running = False
        self.is_asleep = False
        self.waits_for_event = False
        self.slept_at = 0  # the cycle at which it last fell asleep
        self.accesses = 0  # of registers, which take their time
        self.slices = 0
        self.longest_slice = LAST_SLICE
        self.slice_size = slice_size
        self.entries = 0  # exceptions entered since the cycle began, no instruction having ended
        self.is_interrupted = False
        self.free: FreeRunner | None = None  # what runs it without counting, if anything does
        self.between: Callable[[], None] | None = None
        self.recorder = Recorder(soc, run, is_silent=is_silent)
        self.engine = Engine(native_meter=native_meter)
        if not self.engine.is_native:
            self.longest_slice = PATIENT
        for mapping in soc.m4.mappings:
            buffer = soc.rams[mapping.chip].buffer
            self.engine.map_memory(mapping.base, mapping.size, buffer, mapping.offset)
        self.engine.clear()  # whatever was tried out in it
        self.engine.map_registers(*PERIPHERALS, self._read, self._write)
        self.engine.map_registers(*SYSTEM, self._read, self._write)
        self.engine.map_registers(SRAM_BITS, BITS, self._read, self._write)
        self.mpu = Mpu()
        self.guard = Guard(soc, self.engine, self.mpu)
        self.nvic = Nvic()
        self.scb = Scb(self.nvic)
        self.systick = SysTick(self._now, self.nvic)
        self.dwt = Dwt(self._now)
        self.wwdg = Wwdg(self._now)
        self.ipcc = IpccRegisters(soc.ipcc, self._announce)
        self.exceptions = Exceptions(self.engine, self.nvic, self.scb, self.guard)
        self.answers = Answers(self)
        console = Console("semihosting", self.print)
        self.semihosting = Semihosting(
            self.engine.load, self._patch, self._now, soc.board.m4_hz, console
        )
        self.itm = Itm(Console("swo", self.print))
        self.blocks = Blocks(soc, self._now, self.print)
        self.sentry = Sentry(self)
        self.exceptions.on_entry = self._enter
        self.peripherals: dict[str, Peripheral] = {
            "nvic": self.nvic, "scb": self.scb, "systick": self.systick, "dwt": self.dwt,
            "ipcc": self.ipcc, "wwdg": self.wwdg, "mpu": self.mpu,
            "semihosting": self.semihosting, "console": console, "itm": self.itm,
            "swo": self.itm.console, "blocks": self.blocks,
        }  # fmt: skip
        self.bus = Bus(self.blocks)
        self.port = Port(self.bus, self.engine, self.exceptions, self._patch)
        for name, peripheral in self.peripherals.items():
            self.bus.attach(PLACES.get(name, SCS), peripheral)

    # The wires

    def reset(self) -> None:
        """Fetch stack pointer and entry from the vector table at device address 0."""
        self.halt()
        for name, peripheral in self.peripherals.items():
            if name != "ipcc":  # it is on the other side of the bus, and remembers
                peripheral.reset()
        self.engine.clear()
        self.exceptions.event = self.is_asleep = self.waits_for_event = False
        self.entries = 0
        try:
            vectors = self.soc.m4.read(Da(0), 8)
        except IndexError:
            endings.lock_up(self, "no memory at device address 0")
            return
        entry = int.from_bytes(vectors[4:], "little")
        self.engine[Reg.SP] = int.from_bytes(vectors[:4], "little") & ~3
        self.engine.jump(entry, T if entry & 1 else 0)
        self.is_running = True

    def halt(self) -> None:
        """Stop executing, until the next reset."""
        self.tell("stopped")
        self.is_running = False
        self.wwdg.reset()

    def run_until(self, cycles: int) -> bool:
        """Execute until `cycles`, or until Linux has a mailbox interrupt to take.

        False when the core can make no progress: halted, locked up, asleep with nothing to wake it;
        and when it was stopped, by `interrupt` or by what its sentry looks for.
        """
        for da, length in self.recorder.foreign_changes():
            self.engine.forget_code(da, length)
        size, why = self.slice_size or FIRST_SLICE, "time is up"
        while self.cycles < cycles and self._is_live and not self.is_stopped:
            self._settle()
            if self.wwdg.bitten:
                endings.bite(self)
                why = "its watchdog bites"
                break
            if not self.is_running or (self.is_asleep and not self._wake()):
                if not self._skip(cycles):
                    self.tell("asleep")
                    return False
                continue
            self._slice(cycles, size)
            if self.soc.a7_pending:
                why = "Linux has an interrupt to take"
                break
            size = self.slice_size or min(2 * size, self.longest_slice)
            if self.between:
                self.between()
        self.tell(why)
        return self.is_running and not self.is_stopped

    @property
    def _is_live(self) -> bool:
        """Whether anything moves by itself: the watchdog outlives a lockup."""
        return bool(self.is_running or self.wwdg.bites_at)

    @property
    def is_stopped(self) -> bool:
        """Whether somebody asked it to make a pause here."""
        return self.is_interrupted or self.sentry.is_over or self.recorder.is_full

    def interrupt(self) -> None:
        """From any thread, or a signal handler: stop behind the instruction in progress.

        It stays so until `is_interrupted` is cleared.
        """
        self.is_interrupted = True
        self.engine.stop()

    # One slice

    def _slice(self, cycles: int, size: int) -> None:
        """Execute for a while, and answer for how that ended."""
        try:
            self._execute(cycles, size)
        except Crash as crash:
            if crash.code is not Undefined.LOCKUP:
                raise  # Linux's own: a write of the M4 was heard at once, and was too much for it
            endings.lock_up(self, crash.why)
        if self.scb.wants_reset:
            endings.reset_system(self)

    def _settle(self) -> None:
        """Bring pending interrupts up to date."""
        self.systick.catch_up()
        self.wwdg.catch_up()
        self.nvic.sample(self.ipcc.lines | self.wwdg.lines | self.blocks.lines)
        if self.nvic.hear() and self.scb.scr & SEVONPEND:
            self.exceptions.event = True

    def _execute(self, cycles: int, size: int) -> None:
        """Take an exception if one is due, then run until something has to be decided."""
        is_held = False
        if (urgent := self.nvic.most_urgent()) and self.nvic.preempts(urgent):
            is_held = not self.nvic.preempts(urgent, self.engine.masks)
            if not is_held:  # else a mask register may let it go at any instruction
                self.recorder.is_dirty = True
                self.exceptions.take(urgent)
                self.sentry.counted()
        room = min(cycles, self.next_event or cycles) - self.cycles
        if self.sentry.is_on_duty and not (room := self.sentry.room(max(1, room))):
            return
        if self._spins():
            self._skip(cycles)
            return
        self.recorder.is_dirty = True
        self.engine.now = self.cycles
        stopped = self._run_engine(max(1, min(room, size)), is_held=is_held)
        self.slices += 1
        self.cycles += stopped.executed
        if stopped.executed:
            self.entries = 0
        before = self.cycles
        self.answer(stopped)
        self._count_entry(stopped, completed=self.cycles - before)
        if self.is_asleep:
            self.slept_at = self.cycles
            if self.sentry.is_on_duty:
                self.sentry.fell_asleep()

    def _enter(self, exception: int) -> None:
        """It is about to begin an exception's handler."""
        self.entries += 1
        self.sentry.took(exception)

    def _count_entry(self, stopped: Stopped, completed: int) -> None:
        """A fault's handler is entered without any instruction having ended."""
        has_returned = stopped.why is Stop.EXC_RETURN and stopped.executed
        if completed or has_returned or stopped.why in COMPLETE:
            self.entries = 0
        self.sentry.counted()

    def _run_engine(self, limit: int, *, is_held: bool) -> Stopped:
        """Let the engine run, and refuse what this code may not do."""
        self.answers.arrange()
        if self.guard.is_on or self.guard.was_on:
            urgent = self.exceptions.priority < 0
            self.guard.refresh(privileged=self.exceptions.is_privileged(), urgent=urgent)
        if self.free:  # it has to know of what is counted as well
            if stopped := self.free.run(0 if is_held else limit):
                return stopped
            limit = min(limit, self.free.counted)
        return (self.engine.run_masked if is_held else self.engine.run)(limit)

    @property
    def is_guarded(self) -> bool:
        """Whether accesses are looked at: the engine may then stop between any two blocks."""
        return self.guard.is_on or self.engine.checks.alignment.is_checked

    def _spins(self) -> bool:
        """Whether the next instruction branches to itself: nothing happens but time."""
        here = halfword(self.engine.load, self.engine[Reg.PC])
        return here == BRANCH_TO_SELF and self.engine.is_thumb

    def answer(self, stopped: Stopped) -> None:
        """Do what unicorn leaves to us. Raises `Crash` LOCKUP where the core would lock up."""
        exceptions = self.exceptions
        match stopped.why:
            case Stop.WFI:
                self.is_asleep = True
            case Stop.WFE:
                self._wait_for_event()
            case Stop.EXC_RETURN if stopped.executed:
                self._settle()  # a wire that fell since shall not make it pending again
                exceptions.leave()
                self.is_asleep = bool(self.scb.scr & SLEEPONEXIT) and not self.nvic.current
            case Stop.LIMIT | Stop.HINT:
                pass
            case _:
                self.answers.to(stopped)

    # Sleep

    def _wait_for_event(self) -> None:
        """WFE: go on at once if there was an event. Unicorn keeps SEV to itself, so look back."""
        was_sent = hint_before(self.engine.load, self.engine[Reg.PC] - 2) == SEV
        self.is_asleep = self.waits_for_event = not (self.exceptions.event or was_sent)
        self.exceptions.event = False

    def _wake(self) -> bool:
        """Whether something ends the sleep; PRIMASK hinders WFI from nothing."""
        is_due = False
        if urgent := self.nvic.most_urgent():
            primask, basepri, faultmask = self.engine.masks
            masks = (primask if self.waits_for_event else 0, basepri, faultmask)
            is_due = self.nvic.preempts(urgent, masks)
        if is_due or (self.waits_for_event and self.exceptions.event):
            self.is_asleep = self.waits_for_event = self.exceptions.event = False
        return not self.is_asleep

    @property
    def next_event(self) -> int | None:
        """The cycle at which a timer will do something by itself, if one will."""
        times = (self.systick.next_interrupt, self.wwdg.next_event, self.blocks.next_event)
        return min((time for time in times if time is not None), default=None)

    def _skip(self, cycles: int) -> bool:
        """Let time pass up to what a timer does next. False if asleep with nothing to come."""
        event = self.next_event
        if event is None and self.is_asleep:
            return False
        end = min(cycles, event or cycles)
        if end > self.cycles:
            self.cycles, self.entries = end, 0
        return True

    # What the engine calls

    def _now(self) -> int:
        return self.cycles + self.engine.in_flight

    def print(self, line: str) -> None:
        """What the firmware prints, line by line."""
        self.run.log(Lane.M4, line)

    def _patch(self, address: int, data: bytes) -> None:
        self.engine.store(address, data)
        self.engine.forget_code(address, len(data))

    def _read(self, address: int, size: int) -> int:
        if self.free and self.free.touches():
            return 0
        if not self.port.admits(address, size, is_write=False):
            return 0
        self.sentry.count_access()
        value = self.port.read(address, size)
        if self.sentry.is_on_duty:
            self.sentry.touched(address, size, value, is_write=False)
        return value

    def _write(self, address: int, size: int, value: int) -> None:
        if self.free and self.free.touches():
            return
        if not self.port.admits(address, size, is_write=True):
            return
        self.sentry.count_access()
        if self.sentry.is_on_duty:
            self.sentry.touched(address, size, value, is_write=True)
        if self.port.write(address, size, value):
            self.engine.stop()  # it may let an interrupt in, before the next instruction

    def _announce(self, why: str) -> None:
        if not self.recorder.is_silent:
            self.recorder.tell(self._now() + 1, self.engine[Reg.PC], why)

    def tell(self, why: str) -> None:
        """Bring the trace up to date."""
        if not self.recorder.is_silent:
            self.recorder.tell(self.cycles, self.engine[Reg.PC], why, self.entries)
            self.entries = 0
