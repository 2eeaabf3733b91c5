# SPDX-License-Identifier: GPL-2.0-or-later
"""Exceptions: what the core pushes and pops, and what becomes of a fault that nothing can take."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from rprocbench.base.errors import Crash, Undefined

from .engine import Engine, R, Reg, S, T
from .guard import Guard
from .nvic import BUS_FAULT, HARD_FAULT, MEM_MANAGE, NMI, USAGE_FAULT, Nvic
from .scb import (
    ASPEN,
    FORCED,
    IACCVIOL,
    INVPC,
    LSPEN,
    MSTKERR,
    MUNSTKERR,
    NONBASETHRDENA,
    STKALIGN,
    STKERR,
    UNSTKERR,
    VECTTBL,
    Scb,
)  # fmt: skip

NPRIV, SPSEL, FPCA = 1 << 0, 1 << 1, 1 << 2  # CONTROL; unicorn adds a bit 3 of later cores
PADDED = 1 << 9  # xPSR in a frame: a word was skipped to align it
FLAGS = 0xF80F_0000  # xPSR: what an exception leaves as it is
BASIC = (*R[:4], R[12], Reg.LR, Reg.PC, Reg.XPSR)
FLOATING = (*S[:16], Reg.FPSCR)
BASIC_SIZE, EXTENDED_SIZE = 0x20, 0x68
TO_HANDLER, TO_MSP, TO_PSP = 0xFFFF_FFF1, 0xFFFF_FFF9, 0xFFFF_FFFD
NO_FLOATING, TO_THREAD, FROM_PSP = 1 << 4, 1 << 3, 1 << 2  # bits of EXC_RETURN


@dataclass
class Exceptions:
    """Entry and return of Armv7-M (DDI 0403E, B1.5).

    Floating-point registers are pushed at once, never lazily. `event` is the event register, that
    WFE looks at.
    """

    engine: Engine
    nvic: Nvic
    scb: Scb
    guard: Guard
    event: bool = False
    on_entry: Callable[[int], None] | None = None

    @property
    def priority(self) -> int:
        """How urgent an exception must be more than, to be taken now."""
        return self.nvic.running_priority(self.engine.masks)

    def take(self, exception: int) -> None:
        """Push a frame and go to the handler. Raises `Crash` LOCKUP where the core would."""
        exc_return, size = self._frame()
        before = self.engine[Reg.SP] & ~3
        must_align = size == EXTENDED_SIZE or self.scb.ccr & STKALIGN
        sp = before - size & (~7 if must_align else ~3) & 0xFFFF_FFFF
        words = [self.engine[register] for register in BASIC]
        words[-1] = words[-1] & ~PADDED | (PADDED if before & 4 and must_align else 0)
        if size == EXTENDED_SIZE:
            words += [*(self.engine[register] for register in FLOATING), 0]
        self.engine[Reg.SP] = sp
        if size == EXTENDED_SIZE and self.scb.fpccr & LSPEN:
            self.scb.fpcar = sp + BASIC_SIZE
        if fault := self._bad_stack(sp, size, write=True, privileged=self.is_privileged()):
            status = MSTKERR if fault == MEM_MANAGE else STKERR
            self._derive(exception, fault, status, exc_return)
            return
        self.engine.store(sp, struct.pack(f"<{len(words)}I", *words))
        self._enter(exception, exc_return)

    def is_privileged(self) -> bool:
        """Whether what runs now is."""
        return bool(self.nvic.current) or not self.engine[Reg.CONTROL] & NPRIV

    def _bad_stack(self, sp: int, size: int, *, write: bool, privileged: bool) -> int:
        """The fault of a frame there; 0 for none."""
        if self.guard.is_on:
            self.guard.refresh(privileged=privileged, urgent=self.priority < 0)
            if (at := self.guard.denied(sp, size, write=write)) is not None:
                return MEM_MANAGE if self.guard.is_protected(at, write=write) else BUS_FAULT
        try:
            self.engine.load(sp, size)
        except IndexError:
            return BUS_FAULT
        return 0

    def _frame(self) -> tuple[int, int]:
        """EXC_RETURN for what runs now, and the size of its frame."""
        control = self.engine[Reg.CONTROL]
        exc_return = TO_HANDLER
        if not self.nvic.current:
            exc_return = TO_PSP if control & SPSEL else TO_MSP
        if control & FPCA and self.scb.fpccr & ASPEN:
            return exc_return & ~NO_FLOATING, EXTENDED_SIZE
        return exc_return, BASIC_SIZE

    def _enter(self, exception: int, exc_return: int) -> None:
        try:
            vector = int.from_bytes(self.engine.load(self.scb.vtor + 4 * exception, 4), "little")
        except IndexError:
            self._escalate(VECTTBL, exception, exc_return)
            return
        engine, state = self.engine, (T if vector & 1 else 0) | exception
        engine[Reg.LR] = exc_return
        engine.monitor.clear()
        self.nvic.begin(exception)
        if self.on_entry:
            self.on_entry(exception)
        engine.jump(vector, engine[Reg.XPSR] & FLAGS | state)
        engine[Reg.CONTROL] = engine[Reg.CONTROL] & NPRIV
        self.event = True

    def _escalate(self, why: int, exception: int, exc_return: int) -> None:
        """Enter HardFault, the frame being there already, because `exception` has no vector."""
        self.scb.hfsr |= why
        if exception in (HARD_FAULT, NMI) or self.priority < 0:
            raise self._lockup()
        self._enter(HARD_FAULT, exc_return)

    def _derive(self, exception: int, fault: int, status: int, exc_return: int) -> None:
        """Pushing failed: both are pending now, and the more urgent one begins, without a frame."""
        self.scb.cfsr |= status
        if not self._can_take(fault, self.priority):
            self.scb.hfsr |= FORCED
            fault = HARD_FAULT
            if self.priority < 0:
                raise self._lockup()
        self.nvic.pending |= 1 << exception | 1 << fault
        first = min(exception, fault, key=lambda n: (self.nvic.priority_of(n), n))
        self._enter(first, exc_return)

    def _chain(self, exception: int, status: int, exc_return: int) -> None:
        """Popping failed: enter the fault, which pushes nothing itself."""
        self.scb.cfsr |= status
        if self.priority < 0:
            raise self._lockup()
        if self._can_take(exception, self.priority):
            self._enter(exception, exc_return)
        else:
            self._escalate(FORCED, exception, exc_return)

    def _can_take(self, exception: int, limit: int) -> bool:
        is_enabled = self.nvic.enabled >> exception & 1
        return bool(is_enabled) and self.nvic.group(self.nvic.priority_of(exception)) < limit

    def raise_now(self, exception: int, status: int = 0) -> None:
        """Take what the instruction itself causes: a fault (`status` for CFSR) or a call.

        Where it is not enabled or not urgent enough, it becomes a HardFault; where even that
        cannot be taken, the core locks up: `Crash`.
        """
        self.scb.cfsr |= status
        if self._can_take(exception, self.priority):
            self.take(exception)
        else:
            self.raise_hard(FORCED)

    def raise_hard(self, why: int) -> None:
        """Take a HardFault, for the reason `why` (HFSR). Raises `Crash` LOCKUP inside of one."""
        self.scb.hfsr |= why
        if self.priority < 0:
            raise self._lockup()
        self.take(HARD_FAULT)

    def _lockup(self) -> Crash:
        where, scb = self.engine[Reg.PC], self.scb
        why = f"pc {where:#010x} cfsr {scb.cfsr:#010x} hfsr {scb.hfsr:#010x}"
        return Crash(Undefined.LOCKUP, why)

    def leave(self) -> None:
        """Return as the EXC_RETURN in PC says: pop the frame and go on with what it holds."""
        exc_return, leaving, nvic = self.engine[Reg.PC] | 1, self.nvic.current, self.nvic
        if not leaving:  # in thread mode that value is an address, and never executable
            self.raise_now(MEM_MANAGE, IACCVIOL)
            return
        was_active = nvic.active >> leaving & 1
        nvic.end(leaving, 0)
        if leaving != NMI:
            self.engine[Reg.FAULTMASK] = 0
        privileged = not exc_return & TO_THREAD or not self.engine[Reg.CONTROL] & NPRIV
        sp, size = self._where(exc_return)
        if fault := self._bad_stack(sp, size, write=False, privileged=privileged):
            status = MUNSTKERR if fault == MEM_MANAGE else UNSTKERR
            self._chain(fault, status, exc_return)
            return
        words = self._pop(exc_return)
        xpsr = words[7]
        if not was_active or not self._is_sound(exc_return, xpsr & 0x1FF):
            self._chain(USAGE_FAULT, INVPC, exc_return)
            return
        self._resume(exc_return, words)

    def _where(self, exc_return: int) -> tuple[int, int]:
        """Address and size of the frame."""
        sp = self.engine[Reg.PSP if exc_return & FROM_PSP else Reg.MSP]
        return sp, BASIC_SIZE if exc_return & NO_FLOATING else EXTENDED_SIZE

    def _pop(self, exc_return: int) -> tuple[int, ...]:
        sp, size = self._where(exc_return)
        return struct.unpack(f"<{size // 4}I", self.engine.load(sp, size))

    def _is_sound(self, exc_return: int, resumed: int) -> bool:
        """The checks of ExceptionReturn(), B1.5.8."""
        if exc_return | NO_FLOATING not in (TO_HANDLER, TO_MSP, TO_PSP):
            return False
        to_thread = bool(exc_return & TO_THREAD)
        if to_thread == bool(resumed):
            return False
        if to_thread:
            return not self.nvic.active or bool(self.scb.ccr & NONBASETHRDENA)
        return bool(self.nvic.active)

    def _resume(self, exc_return: int, words: tuple[int, ...]) -> None:
        engine, xpsr = self.engine, words[7]
        stack = Reg.PSP if exc_return & FROM_PSP else Reg.MSP
        engine[stack] += 4 * len(words) + (4 if xpsr & PADDED else 0)
        for register, value in zip(BASIC[:6], words, strict=False):
            engine[register] = value
        for register, value in zip(FLOATING, words[8:], strict=False):
            engine[register] = value
        control = engine[Reg.CONTROL] & NPRIV
        control |= SPSEL if exc_return & FROM_PSP else 0
        engine[Reg.CONTROL] = control | (0 if exc_return & NO_FLOATING else FPCA)
        self.nvic.current = xpsr & 0x1FF
        engine.jump(words[6], xpsr & ~PADDED)
        self.event = True
