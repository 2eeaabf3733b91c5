# SPDX-License-Identifier: GPL-2.0-or-later
"""Unicorn as a Cortex-M4 core: registers, memory, and runs that say exactly where they stopped.

The only import of unicorn. It executes instructions; what the rest of a Cortex-M does (exceptions,
sleep, system registers) is left to us, and reported as a `Stop`.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from mmap import mmap
from typing import Any, Protocol

import unicorn
from unicorn import arm_const

from .bank import SMALL, bank_of
from .checks import Checks
from .decode import IT, it_state
from .exclusive import Monitor, find
from .meter import EngineMeter, meter_of
from .names import MASKS, STATE, R, Reg, S, T
from .native import native_for
from .stops import WFE, WFI, YIELD, Stop, Stopped, hint_before
from .unmasking import Unmasking
from .views import Views

uc: Any = unicorn  # typed in part only

PATIENCE = 64  # steps to go one by one before it pays to translate everything anew
PATIENT, LONG = 1 << 14, 1 << 62
NOWHERE = 0xDFFF_FFFE  # a stop address that no code can lie at
TRANSLATIONS = 32 << 20  # bytes for translated code; unicorn would reserve 1 GiB
INTERRUPTS = {  # unicorn's exception number: why, and how many begun instructions did not complete
    2: (Stop.SVC, 0),
    3: (Stop.XN, 0),
    4: (Stop.UNALIGNED, 1),
    7: (Stop.BKPT, 1),
    8: (Stop.EXC_RETURN, 0),
    17: (Stop.COPROCESSOR, 1),
    18: (Stop.STATE, 0),
    22: (Stop.UNALIGNED, 1),
}
OTHER_INTERRUPT = (Stop.UNDEFINED, 1)
FETCH_ERRORS = (uc.UC_ERR_FETCH_UNMAPPED, uc.UC_ERR_FETCH_PROT)
DATA_ERRORS = (
    uc.UC_ERR_READ_UNMAPPED, uc.UC_ERR_READ_PROT,
    uc.UC_ERR_WRITE_UNMAPPED, uc.UC_ERR_WRITE_PROT,
)  # fmt: skip
WRITES = (uc.UC_MEM_WRITE_PROT, uc.UC_MEM_WRITE_UNMAPPED)


def new_uc() -> Any:
    """An engine with nothing in it."""
    engine = uc.Uc(uc.UC_ARCH_ARM, uc.UC_MODE_THUMB | uc.UC_MODE_MCLASS)
    engine.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M4)
    engine.ctl_set_tcg_buffer_size(TRANSLATIONS)
    return engine


class Rebased(Protocol):
    """What notes the time of what a hook sees."""

    def rebase(self, cycles: int) -> None:
        """The next run begins at that cycle."""

    def ended(self, pc: int, cycles: int) -> None:
        """It ended in front of `pc`, having last begun an instruction at that cycle."""


class Engine:
    """A Cortex-M4 core without its peripherals."""

    def __init__(self, *, native_meter: bool = True) -> None:
        self._uc = new_uc()
        self.checks = Checks(self._uc, self.load, self.stop_here)  # before there are hooks
        self._meter = meter_of(self._uc, is_native=native_meter)
        self._bank = bank_of(self._uc, STATE, new_uc)
        self.monitor = Monitor(self._uc, find(new_uc))
        self.native = native_for(self._uc, self._meter)
        self.rings: list[Rebased] = []  # of hooks that note the time
        self.now = 0  # cycles when the next run begins
        self._views = Views(self._uc)
        self._done = 0  # instructions of this run before a block became executable
        self._buffers: list[object] = []
        self._interrupt: int | None = None
        self._access = 0, False, 1  # address, whether a write, size
        self._denied: tuple[Any, int, int, Stop] | None = None  # registers, PC, begun, why
        self.is_thumb = True
        self._is_busy = False
        self._patience = PATIENCE
        self._unmask = Unmasking(self)
        self._uc.hook_add(uc.UC_HOOK_INTR, self._on_interrupt)
        self._uc.hook_add(uc.UC_HOOK_MEM_INVALID, self._on_bad_access)

    @property
    def is_native(self) -> bool:
        """Whether instructions are counted at full speed."""
        return isinstance(self._meter, EngineMeter)

    @property
    def patient(self) -> int:
        """How many instructions may take a Python hook's time, so that a run stays short."""
        return PATIENT if self.native is None else LONG

    @property
    def unicorn(self) -> Any:
        """What executes, for hooks; nothing else may start or stop it."""
        return self._uc

    # Memory

    def map_memory(self, base: int, size: int, buffer: mmap, offset: int) -> None:
        """Let `size` bytes of `buffer`, from `offset`, appear at `base`, without a copy."""
        view = ctypes.c_char.from_buffer(buffer)
        self._buffers.append(view)  # it keeps the buffer in place
        self._views.add(base, size, ctypes.addressof(view) + offset)
        self._unmask.add(base, size, ctypes.addressof(view) + offset)

    def protect(self, base: int, size: int, access: int) -> None:
        """What the core may do there: bits 1 read, 2 write, 4 execute. Whole KiB only.

        Not from a callback: unicorn may just be using what is replaced.
        """
        self._views.protect(base, size, access)

    def map_registers(
        self,
        base: int,
        size: int,
        read: Callable[[int, int], int],
        write: Callable[[int, int, int], None],
    ) -> None:
        """Call `read(address, size)` and `write(address, size, value)` for accesses from `base`."""

        def on_read(_uc: Any, offset: int, width: int, _user: object) -> int:
            return read(base + offset, width)

        def on_write(_uc: Any, offset: int, width: int, value: int, _user: object) -> None:
            write(base + offset, width, value)

        self._uc.mmio_map(base, size, on_read, None, on_write, None)

    def load(self, address: int, size: int) -> bytes:
        """What the core reads. Raises `IndexError` where it sees no memory."""
        if size <= SMALL:
            if (found := self._bank.fetch(address, size)) is None:
                raise IndexError(f"no memory at {address:#x}")
            return found
        try:
            return bytes(self._uc.mem_read(address, size))
        except uc.UcError:
            raise IndexError(f"no memory at {address:#x}") from None

    def store(self, address: int, data: bytes) -> None:
        """Write as the core does. Raises `IndexError` where it sees no memory."""
        try:
            self._uc.mem_write(address, data)
        except uc.UcError:
            raise IndexError(f"no memory at {address:#x}") from None

    def forget_code(self, address: int, size: int) -> None:
        """Translate again what lies there: somebody else changed it."""
        if self._views.has_code(address, size):
            self._uc.ctl_remove_cache(address, address + size)

    def forget_all_code(self) -> None:
        """Translate everything again."""
        self._uc.ctl_flush_tb()

    # Registers

    def __getitem__(self, register: int) -> int:
        return self._bank[register]

    def __setitem__(self, register: int, value: int) -> None:
        self._bank[register] = value

    def jump(self, pc: int, xpsr: int) -> None:
        """Go on at `pc` in the state `xpsr`. Its exception number selects the stack pointer."""
        self.is_thumb = bool(xpsr & T)
        self[Reg.XPSR] = xpsr
        self[Reg.PC] = pc | 1 if self.is_thumb else pc & ~1

    @contextmanager
    def _privileged(self) -> Iterator[int]:
        """Be in handler mode for a moment: unprivileged code, and so unicorn, reads masks as 0."""
        xpsr = self[Reg.XPSR]
        self[Reg.XPSR] = xpsr | 3
        yield xpsr
        self[Reg.XPSR] = xpsr

    @property
    def masks(self) -> tuple[int, ...]:
        """PRIMASK, BASEPRI and FAULTMASK."""
        if self[Reg.CONTROL] & 1:
            with self._privileged():
                return tuple(self[register] for register in MASKS)
        return tuple(self[register] for register in MASKS)

    def clear(self) -> None:
        """The registers as they are after a reset, for the sake of repeatability all of them."""
        self.restore((0,) * len(STATE) + (0, T))
        self[Reg.LR] = 0xFFFF_FFFF

    def save(self) -> tuple[int, ...]:
        """All registers, as values."""
        pc = self[Reg.PC]
        with self._privileged() as xpsr:
            return (*self._bank.values(), pc, xpsr)

    def restore(self, state: tuple[int, ...]) -> None:
        """Go back to what `save` returned, with whatever code is there now."""
        self.forget_all_code()
        self.put(state)

    def put(self, state: tuple[int, ...]) -> None:
        """Give all registers these values."""
        self[Reg.XPSR] = T | 3
        self._bank.assign(state[:-2])
        self.jump(*state[-2:])

    # Taking back

    def deny(self, address: int, size: int, *, is_write: bool, why: Stop = Stop.DATA) -> None:
        """From a register access: take the instruction back, and stop.

        Unicorn does so by itself, except in an IT block, which it finishes first.
        """
        if self._denied is None:
            self._denied = self._uc.context_save(), self[Reg.PC], self._meter.begun, why
            self._access = address, is_write, size
            self._meter.stop()
            self._uc.emu_stop()

    def _take_back(self) -> Stopped:
        assert self._denied is not None
        context, pc, begun, why = self._denied
        self._denied = None
        self._uc.context_restore(context)
        self.jump(pc, self[Reg.XPSR] & ~IT | it_state(self.load, pc))
        return Stopped(why, begun - 1, *self._access)

    # Running

    @property
    def in_flight(self) -> int:
        """Instructions completed so far, seen from a register access in the middle of a run."""
        return self._done + self._meter.begun - 1 if self._is_busy else 0

    def stop(self) -> None:
        """From a register access: let nothing execute after this instruction (or IT block)."""
        self._meter.stop()

    def stop_here(self) -> None:
        """From the beginning of a block: execute nothing of it, unless the run began there."""
        if self._meter.begun:
            self._meter.stop()

    def _run(self, limit: int) -> Stopped:
        self._done = 0
        while True:
            stopped = self._run_piece(limit - self._done)
            if stopped.why is not Stop.FETCH or not self._views.grant(self[Reg.PC]):
                break
            self._done += stopped.executed
            if not self[Reg.XPSR] & T:
                self.is_thumb = False
                return Stopped(Stop.STATE, self._done)
            if self._done >= limit or self._meter.is_over:
                return Stopped(Stop.LIMIT, self._done)
        if self._done:
            return replace(stopped, executed=self._done + stopped.executed)
        return stopped

    def _run_piece(self, limit: int) -> Stopped:
        start = self[Reg.PC]
        if not self.is_thumb:
            return Stopped(Stop.STATE, 0)
        error = self._start(start, limit)
        begun = self._meter.begun
        if self._denied:
            return self._take_back()
        if self._interrupt is not None:
            why, incomplete = INTERRUPTS.get(self._interrupt, OTHER_INTERRUPT)
            return Stopped(why, begun - incomplete)
        if error == uc.UC_ERR_OK:
            return self._stop_in_order(begun)
        return self._stop_at_error(error, start, begun)

    def _stop_at_error(self, error: int, start: int, begun: int) -> Stopped:
        if error in FETCH_ERRORS:
            return Stopped(Stop.FETCH, begun)
        if error in DATA_ERRORS:
            self._uc.ctl(uc.UC_CTL_TLB_FLUSH, uc.UC_CTL_IO_WRITE)  # it would let the next one in
            return Stopped(Stop.DATA, begun - 1, *self._access)
        if error == uc.UC_ERR_INSN_INVALID:
            return self._stop_at_invalid(start, begun)
        raise RuntimeError(f"unicorn stopped with error {error} at {self[Reg.PC]:#x}")

    def run_masked(self, limit: int) -> Stopped:
        """The same, but stop behind an instruction that may change PRIMASK, BASEPRI or FAULTMASK.

        Those end a translated block, so it is enough to look at the end of each. Watching costs
        new translations; a critical section is mostly over before that.
        """
        if self._patience:
            self._patience -= 1
            return self._run(1)
        self._unmask.look()
        return self._run(min(limit, self.patient))

    def run(self, limit: int) -> Stopped:
        """Execute `limit` instructions from PC; more only to finish an IT block."""
        self._patience = PATIENCE
        self._unmask.look_away()
        return self._run(limit)

    def _start(self, pc: int, limit: int) -> int:
        """Let unicorn run; returns its error code."""
        self._interrupt, self._denied, self._access = None, None, (0, False, 1)
        self._meter.start(limit)
        for ring in self.rings:
            ring.rebase(self.now + self._done)
        self._is_busy = True
        try:
            self.checks.alignment.begin()
            self._uc.emu_start(pc | 1, NOWHERE, count=self._meter.count)
        except uc.UcError as error:
            code: int = error.errno
            return code
        finally:
            self.checks.alignment.end()
            self._is_busy = False
            for ring in self.rings:
                ring.ended(self[Reg.PC], self.now + self._done + self._meter.begun - 1)
        return int(uc.UC_ERR_OK)

    def start_freely(self) -> int:
        """Let unicorn run without counting; `free.FreeTape` stops it. Returns its error code."""
        self._interrupt, self._denied, self._access, self._done = None, None, (0, False, 1), 0
        self._started = self[Reg.PC]
        try:
            self._uc.emu_start(self._started | 1, NOWHERE)
        except uc.UcError as error:
            return int(error.errno)
        return int(uc.UC_ERR_OK)

    def explain(self, error: int, executed: int, *, is_stopped: bool) -> Stopped:
        """Why a free run ended, in which so many instructions were completed."""
        if is_stopped:
            return Stopped(Stop.LIMIT, executed)
        if self._interrupt is not None:
            return Stopped(INTERRUPTS.get(self._interrupt, OTHER_INTERRUPT)[0], executed)
        if error == uc.UC_ERR_OK:
            is_asleep = hint_before(self.load, self[Reg.PC]) == WFI
            return Stopped(Stop.WFI if is_asleep else Stop.LIMIT, executed)
        stopped = self._stop_at_error(error, self._started, executed + 1)
        if stopped.why is Stop.FETCH and self._views.grant(self[Reg.PC]):
            return Stopped(Stop.LIMIT, executed)
        return replace(stopped, executed=executed)

    def views(self) -> list[tuple[int, int, int]]:
        """Memory: where it begins, its size, and where it lies in this process."""
        return self._unmask.views

    def _stop_in_order(self, begun: int) -> Stopped:
        if self._meter.is_over:
            return Stopped(Stop.LIMIT, begun - 1)
        is_asleep = hint_before(self.load, self[Reg.PC]) == WFI
        return Stopped(Stop.WFI if is_asleep else Stop.LIMIT, begun)

    def _stop_at_invalid(self, start: int, begun: int) -> Stopped:
        """Unicorn refuses WFE and YIELD behind them, and what is truly undefined in front of it."""
        if not self[Reg.XPSR] & T:
            self.is_thumb = False
            return Stopped(Stop.STATE, begun)
        pc = self[Reg.PC]
        if pc != start or begun > 1:
            hint = hint_before(self.load, pc)
            if hint in (WFE, YIELD):
                return Stopped(Stop.WFE if hint == WFE else Stop.HINT, begun)
        return Stopped(Stop.UNDEFINED, begun - 1)

    def _on_interrupt(self, engine: Any, number: int, _user: object) -> None:
        self._interrupt = number
        engine.emu_stop()

    def _on_bad_access(
        self, _uc: Any, kind: int, address: int, size: int, _value: int, _user: object
    ) -> bool:
        self._access = address, kind in WRITES, size
        return False


__all__ = ["PATIENT", "STATE", "Engine", "R", "Reg", "S", "T"]
