# SPDX-License-Identifier: GPL-2.0-or-later
"""The system control block: where the vectors are, what faulted and why, sleep and reset."""

from dataclasses import dataclass
from typing import ClassVar

from .nvic import Nvic
from .registers import Peripheral, View, clear_bits, command, ignore

CORTEX_M4 = 0x410F_C241  # r0p1
VECTKEY, VECTKEYSTAT = 0x05FA, 0xFA05
SYSRESETREQ = 1 << 2
SLEEPONEXIT, SEVONPEND = 1 << 1, 1 << 4  # SCR
NONBASETHRDENA, STKALIGN = 1 << 0, 1 << 9  # CCR
IACCVIOL = 1 << 0  # CFSR, MemManage
IBUSERR, PRECISERR, UNSTKERR, STKERR, BFARVALID = 1 << 8, 1 << 9, 1 << 11, 1 << 12, 1 << 15
UNDEFINSTR, INVSTATE, INVPC, NOCP, UNALIGNED = (1 << bit for bit in (16, 17, 18, 19, 24))
VECTTBL, FORCED, DEBUGEVT = 1 << 1, 1 << 30, 1 << 31  # HFSR
ASPEN, LSPEN = 1 << 31, 1 << 30  # FPCCR


@dataclass
class Scb(Peripheral):
    """Armv7-M ARM (DDI 0403E), B3.2. `wants_reset` is set by AIRCR.SYSRESETREQ."""

    nvic: Nvic
    cpuid: int = CORTEX_M4
    vtor: int = 0
    scr: int = 0
    ccr: int = STKALIGN
    cfsr: int = 0
    hfsr: int = 0
    mmfar: int = 0
    bfar: int = 0
    cpacr: int = 0
    fpccr: int = ASPEN | LSPEN
    wants_reset: int = 0

    @property
    def aircr(self) -> int:
        """Priority grouping, and the request for a reset."""
        return VECTKEYSTAT << 16 | self.nvic.prigroup << 8

    @aircr.setter
    def aircr(self, value: int) -> None:
        if value >> 16 == VECTKEY:
            self.nvic.prigroup = value >> 8 & 7
            if value & SYSRESETREQ:
                self.wants_reset = 1

    REGISTERS: ClassVar[dict[int, View]] = {
        0xD00: View("cpuid", ignore),
        0xD08: View("vtor", mask=0xFFFF_FF80),
        0xD0C: View("aircr", command),
        0xD10: View("scr", mask=0x16),
        0xD14: View("ccr", mask=0x31B),
        0xD28: View("cfsr", clear_bits),
        0xD2C: View("hfsr", clear_bits),
        0xD34: View("mmfar"),
        0xD38: View("bfar"),
        0xD88: View("cpacr", mask=0x00F0_0000),
        0xF34: View("fpccr", mask=ASPEN | LSPEN),
    }
