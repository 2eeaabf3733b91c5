# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of a run that stopped: calls, faults, sleep, and instructions done by hand."""

from typing import TYPE_CHECKING

from . import decode
from .endings import end
from .engine import R, Reg
from .nvic import BUS_FAULT, MEM_MANAGE, SVCALL, USAGE_FAULT
from .scb import (
    BFARVALID,
    BFHFNMIGN,
    DACCVIOL,
    DEBUGEVT,
    DIV_0_TRP,
    DIVBYZERO,
    IACCVIOL,
    IBUSERR,
    INVSTATE,
    MMARVALID,
    NOCP,
    PRECISERR,
    PRIVILEGED_ACCESS,
    UNALIGN_TRP,
    UNALIGNED,
    UNDEFINSTR,
)
from .semihosting import BKPT_SEMIHOSTING
from .stops import Stop, Stopped, halfword

if TYPE_CHECKING:
    from .exceptions import Exceptions
    from .machine import CortexM4

FAULTS = {
    Stop.XN: (MEM_MANAGE, IACCVIOL),
    Stop.EXC_RETURN: (MEM_MANAGE, IACCVIOL),  # jumped to by the vector table
    Stop.UNDEFINED: (USAGE_FAULT, UNDEFINSTR),
    Stop.COPROCESSOR: (USAGE_FAULT, NOCP),
    Stop.STATE: (USAGE_FAULT, INVSTATE),
    Stop.UNALIGNED: (USAGE_FAULT, UNALIGNED),
}
PAGES = 4  # that one instruction can reach, generously
REGISTERS = (*R, Reg.SP, Reg.LR, Reg.PC)


class Answers:
    """The answers of one core, by the reason of the stop.

    While it is `strict`, multi-word accesses that are not aligned fault as on silicon, which makes
    all code slow; else they do so only while the firmware has CCR.UNALIGN_TRP set.
    """

    def __init__(self, core: "CortexM4") -> None:
        self.strict = False
        self.core, self.engine = core, core.engine
        self.exceptions: Exceptions = core.exceptions

    def arrange(self) -> None:
        """Before a run: let the engine refuse what the firmware wants refused."""
        scb, checks = self.core.scb, self.engine.checks
        may_float = bool(scb.floats_for)
        if scb.floats_for == PRIVILEGED_ACCESS:
            may_float = self.exceptions.is_privileged()
        checks.alignment.check(wanted=self.strict or bool(scb.ccr & UNALIGN_TRP))
        checks.refuse(floating=not may_float, division=bool(scb.ccr & DIV_0_TRP))

    def to(self, stopped: Stopped) -> None:
        """Do what unicorn leaves to us.

        Raises `Crash` LOCKUP where the core would lock up.
        """
        match stopped.why:
            case Stop.SVC:
                self.exceptions.raise_now(SVCALL)
            case Stop.BKPT:
                self._breakpoint()
            case Stop.DATA:
                self._data(stopped)
            case Stop.UNALIGNED if self._may_be_unaligned():
                pc = self.engine[Reg.PC]
                again = self.engine.checks.alignment.allow(pc, lambda: self.engine.run(1))
                self.core.cycles += again.executed
                self.core.answer(again)
            case Stop.FETCH:
                self._fetch()
            case Stop.UNDEFINED if found := decode.divides(self.engine.load, self.engine[Reg.PC]):
                self._divide(*found)
            case why:
                self.exceptions.raise_now(*FAULTS[why])

    def _may_be_unaligned(self) -> bool:
        """Whether the access at PC, which is not aligned, is one of a word or less."""
        where = self.engine.load, self.engine[Reg.PC]
        is_trapped = self.core.scb.ccr & UNALIGN_TRP
        return not (is_trapped or decode.span(*where) or decode.is_exclusive(*where))

    def _breakpoint(self) -> None:
        if halfword(self.engine.load, self.engine[Reg.PC]) != BKPT_SEMIHOSTING:
            self.core.scb.dfsr |= 2
            self.exceptions.raise_hard(DEBUGEVT)
            return
        semihosting = self.core.semihosting
        self.engine[R[0]] = semihosting.call(self.engine[R[0]], self.engine[R[1]])
        self._step_over()
        if semihosting.exit_code:
            end(self.core, f"the firmware ended with code {semihosting.exit_code - 1}")

    def _data(self, stopped: Stopped) -> None:
        core, scb, at = self.core, self.core.scb, stopped.address
        if self._retry(stopped):
            return
        if core.guard.is_on:
            reached = core.guard.reached(at, stopped.size)
            at = core.guard.denied(at, reached, write=stopped.is_write) or at
        if core.guard.is_protected(at, write=stopped.is_write):
            scb.mmfar = at
            self.exceptions.raise_now(MEM_MANAGE, DACCVIOL | MMARVALID)
        elif scb.ccr & BFHFNMIGN and self.exceptions.priority < 0:
            scb.bfar = at
            scb.cfsr |= PRECISERR | BFARVALID
            self._step_over()
        else:
            scb.bfar = at
            self.exceptions.raise_now(BUS_FAULT, PRECISERR | BFARVALID)

    def _retry(self, stopped: Stopped) -> bool:
        """Whether the access was allowed all the same; then it has happened."""
        guard, again = self.core.guard, stopped
        for _ in range(PAGES):
            if again.why is not Stop.DATA or (again.executed and again is not stopped):
                break
            if not guard.opens(again.address, again.size, write=again.is_write):
                break
            again = self.engine.run(1)
        guard.close()
        if again is stopped:
            return False
        self.core.cycles += again.executed
        self.core.answer(again)
        return True

    def _fetch(self) -> None:
        if self.core.guard.is_unfetchable(self.engine[Reg.PC]):
            self.exceptions.raise_now(MEM_MANAGE, IACCVIOL)
        else:
            self.exceptions.raise_now(BUS_FAULT, IBUSERR)

    def _divide(self, signed: bool, into: int, dividend: int, divisor: int) -> None:  # noqa: FBT001
        """SDIV and UDIV, refused because CCR.DIV_0_TRP is set."""
        by = self.engine[REGISTERS[divisor]]
        if not by:
            self.exceptions.raise_now(USAGE_FAULT, DIVBYZERO)
            return
        value = decode.quotient(self.engine[REGISTERS[dividend]], by, signed=signed)
        self.engine[REGISTERS[into]] = value
        self._step_over()

    def _step_over(self) -> None:
        """Go on behind the instruction at PC."""
        pc = self.engine[Reg.PC]
        behind = pc + decode.size_of(self.engine.load, pc)
        self.engine.jump(behind, decode.advanced(self.engine[Reg.XPSR]))
        self.core.cycles += 1
