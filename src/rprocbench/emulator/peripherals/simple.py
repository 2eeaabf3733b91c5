# SPDX-License-Identifier: GPL-2.0-or-later
"""Peripherals that are always ready, so that firmware which only waits for that can go on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from .block import Block


@dataclass
class Ready(Block):
    """Remembers, but for bits that always read as one (`ones`), or as zero (`zeros`)."""

    ones: Mapping[int, int] = field(default_factory=dict)
    zeros: Mapping[int, int] = field(default_factory=dict)

    def read(self, offset: int) -> int:
        """A register."""
        return self.peek(offset) & ~self.zeros.get(offset, 0) | self.ones.get(offset, 0)


READY: dict[str, tuple[dict[int, int], dict[int, int]]] = {
    # ADC 1 and 2: ready, regulator up, conversion done; calibration, enabling and stopping are over
    "ADC": ({0x00: 0x100F, 0x100: 0x100F}, dict.fromkeys((0x08, 0x108), 0x8000_0036)),
    "VREFBUF": ({0x00: 1 << 3}, {}),
    "RTC": ({0x0C: 1 << 6 | 1 << 5 | 1 << 2 | 1 << 0}, {}),
    "QUADSPI": ({0x08: 1 << 1}, {0x08: 1 << 5}),
    "SYSCFG": ({0x20: 1 << 8}, {}),
    "DTS": ({0x20: 1 << 31}, {}),
    "DBGMCU": ({0x00: 0x2001_6500}, {}),
    **{f"LPTIM{n}": ({0x00: 0x18}, {}) for n in range(1, 6)},
    **{f"SPI{n}": ({0x14: 0x100A}, {}) for n in range(1, 7)},
    **{f"HASH{n}": ({0x24: 0x3}, {}) for n in (1, 2)},
}


@dataclass
class Rng(Block):
    """Numbers that look random, and are the same in each run: a linear congruential generator."""

    MULTIPLIER: ClassVar[int] = 6364136223846793005

    state: int = 0x2545_F491_4F6C_DD1D

    def read(self, offset: int) -> int:
        """SR is always ready; DR is the next number."""
        if offset == 0x04:
            return 1
        if offset != 0x08:
            return self.peek(offset)
        self.state = self.state * self.MULTIPLIER + 1442695040888963407 & (1 << 64) - 1
        return self.state >> 32
