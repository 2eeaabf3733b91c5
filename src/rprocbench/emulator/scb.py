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
NONBASETHRDENA, USERSETMPEND, UNALIGN_TRP = 1 << 0, 1 << 1, 1 << 3  # CCR
DIV_0_TRP, BFHFNMIGN, STKALIGN = 1 << 4, 1 << 8, 1 << 9
IACCVIOL, DACCVIOL, MUNSTKERR, MSTKERR = 1 << 0, 1 << 1, 1 << 3, 1 << 4  # CFSR, MemManage
MMARVALID = 1 << 7
IBUSERR, PRECISERR, UNSTKERR, STKERR, BFARVALID = 1 << 8, 1 << 9, 1 << 11, 1 << 12, 1 << 15
UNDEFINSTR, INVSTATE, INVPC, NOCP, UNALIGNED = (1 << bit for bit in (16, 17, 18, 19, 24))
DIVBYZERO = 1 << 25
VECTTBL, FORCED, DEBUGEVT = 1 << 1, 1 << 30, 1 << 31  # HFSR
ASPEN, LSPEN = 1 << 31, 1 << 30  # FPCCR
FULL_ACCESS, PRIVILEGED_ACCESS = 3, 1  # CPACR, for coprocessors 10 and 11
IDENTITY = {  # what a Cortex-M4 with floating point says of itself (DDI 0439, 4.1; DDI 0403E, B4)
    0x004: 150 // 32,  # ICTR: lines in 32s, less one
    0xD40: 0x30, 0xD44: 0x200, 0xD48: 0x0010_0000, 0xD50: 0x0010_0030, 0xD58: 0x0100_0000,
    0xD60: 0x0110_1110, 0xD64: 0x0211_2000, 0xD68: 0x2123_2231, 0xD6C: 0x0111_1131,
    0xD70: 0x0131_0132, 0xF40: 0x1011_0021, 0xF44: 0x1100_0011,
}  # fmt: skip


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
    fpcar: int = 0
    fpdscr: int = 0
    actlr: int = 0
    dfsr: int = 0
    afsr: int = 0
    demcr: int = 0
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

    @property
    def floats_for(self) -> int:
        """Who may use the floating-point unit: FULL_ACCESS, PRIVILEGED_ACCESS, or 0 for nobody."""
        return self.cpacr >> 20 & 3

    def read(self, offset: int) -> int:
        """A register; those that only identify the core are constants."""
        return IDENTITY[offset] if offset in IDENTITY else super().read(offset)

    REGISTERS: ClassVar[dict[int, View]] = {
        0xD00: View("cpuid", ignore),
        0xD08: View("vtor", mask=0xFFFF_FF80),
        0xD0C: View("aircr", command),
        0xD10: View("scr", mask=0x16),
        0xD14: View("ccr", mask=0x31B),
        0x008: View("actlr", mask=0x0307),
        0xD28: View("cfsr", clear_bits),
        0xD2C: View("hfsr", clear_bits),
        0xD30: View("dfsr", clear_bits),
        0xD3C: View("afsr", clear_bits),
        0xDFC: View("demcr", mask=0x0101_07F1),
        0xD34: View("mmfar"),
        0xD38: View("bfar"),
        0xD88: View("cpacr", mask=0x00F0_0000),
        0xF34: View("fpccr", mask=ASPEN | LSPEN),
        0xF38: View("fpcar", mask=0xFFFF_FFF8),
        0xF3C: View("fpdscr", mask=0x07C0_0000),
        **{offset: View("cpuid", ignore) for offset in IDENTITY},
    }
