# SPDX-License-Identifier: GPL-2.0-or-later
"""Clocks and power: what is switched on is ready at once."""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.soc.registers import Syscon

from .block import Block

READY = 1 << 31
SELECTORS = (0x20, 0x24, 0x28, 0x2C, 0x30, 0x3C, 0x40, 0x48, 0x820, 0x824, 0x828, 0x82C, 0x830,
             0x834, 0x838, 0x83C)  # fmt: skip
PLLS = (0x80, 0x94, 0x880, 0x894)
OCENSETR, OCENCLRR, OCRDYR = 0x00C, 0x010, 0x808
PAIRS = (range(0x180, 0x400), range(0x980, 0xC00))  # a set register, and its clear register
OSCILLATORS = 0x113  # HSI, its kernel clock, CSI, HSE
ALWAYS_READY = 1 << 2 | 1 << 23 | 1 << 24  # the HSI divider, and the clocks of others


@dataclass
class Rcc(Block):
    """RM0436, chapter RCC: oscillators, PLLs and selectors; pairs of set and clear registers."""

    RESET: ClassVar[dict[int, int]] = {OCENSETR: OSCILLATORS} | dict.fromkeys(PLLS, 0x11)

    def read(self, offset: int) -> int:
        """A register; ready bits follow what enables them."""
        if offset in SELECTORS:
            return self.peek(offset) | READY
        if offset in PLLS:
            value = self.peek(offset)
            return value & ~2 | (value & 1) << 1
        if offset == OCENCLRR:
            return self.peek(OCENSETR)
        if offset == OCRDYR:
            return self.peek(OCENSETR) & OSCILLATORS | ALWAYS_READY
        return self.peek(pair_of(offset))

    def wrote(self, offset: int, written: int, new: int) -> None:
        """Of a pair, the first sets and the second clears."""
        if offset == OCENCLRR:
            self.clear(OCENSETR, written)
        elif offset == OCENSETR or (is_paired(offset) and offset % 8 == 0):
            self.put(offset, written)
        elif is_paired(offset):
            self.clear(offset - 4, written)
        else:
            super().wrote(offset, written, new)


def is_paired(offset: int) -> bool:
    """Whether the register is one of a pair."""
    return any(offset in pairs for pairs in PAIRS)


def pair_of(offset: int) -> int:
    """Where the state of a register is kept."""
    return offset & ~7 if is_paired(offset) else offset


@dataclass
class Pwr(Block):
    """RM0436, chapter PWR. `MCUCR.PDDS` is the board's, which Linux sees as well."""

    syscon: Syscon | None = None

    @classmethod
    def defaults(cls) -> dict[str, int]:
        """No state but the registers."""
        return {}

    def read(self, offset: int) -> int:
        """A register; regulators are ready when they are enabled."""
        value = self.peek(offset)
        if offset == 0x08:  # CR2: backup and retention regulators, monitoring
            return value | (value & 3) << 16
        if offset == 0x0C:  # CR3: USB, 1.8 V and 1.1 V regulators
            return value | (value >> 24 & 0b101_0001) << 25 | 1 << 26
        if offset == 0x14 and self.syscon:
            return value & ~1 | self.syscon.pdds & 1
        return value

    def wrote(self, offset: int, written: int, new: int) -> None:
        """WKUPCR clears the flags of WKUPFR."""
        if offset == 0x20:
            self.clear(0x24, written & 0x3F)
            new &= ~0x3F
        if offset == 0x14 and self.syscon:
            self.syscon.pdds = new & 1
        super().wrote(offset, written, new)


@dataclass
class Tamp(Block):
    """The backup registers of which two are how Linux, OP-TEE and the M4 know of each other."""

    syscon: Syscon | None = None

    @classmethod
    def defaults(cls) -> dict[str, int]:
        """No state but the registers."""
        return {}

    SHARED: ClassVar[dict[int, str]] = {0x144: "rsc_tbl", 0x148: "m4_state"}

    def read(self, offset: int) -> int:
        """A register."""
        if offset in self.SHARED and self.syscon:
            value: int = getattr(self.syscon, self.SHARED[offset])
            return value
        return self.peek(offset)

    def wrote(self, offset: int, written: int, new: int) -> None:
        """What the board shares is the board's."""
        if offset in self.SHARED and self.syscon:
            setattr(self.syscon, self.SHARED[offset], new)
        else:
            super().wrote(offset, written, new)
