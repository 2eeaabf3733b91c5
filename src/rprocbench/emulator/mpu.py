# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory protection unit: eight regions that say who may do what with which addresses."""

from dataclasses import dataclass
from typing import ClassVar

from .registers import WORD, Peripheral, View, command, ignore

READ, WRITE, EXECUTE = 1, 2, 4
REGIONS = 8
ENABLE, HFNMIENA, PRIVDEFENA = 1 << 0, 1 << 1, 1 << 2  # MPU_CTRL
VALID = 1 << 4  # MPU_RBAR
XN = 1 << 28  # MPU_RASR
SYSTEM = range(0xE000_0000, 0xE010_0000)  # no region applies to it
NEVER_EXECUTABLE = (range(0x4000_0000, 0x6000_0000), range(0xA000_0000, 1 << 32))
PRIVILEGED = (0, 3, 3, 3, 0, 1, 1, 1)  # by MPU_RASR.AP
UNPRIVILEGED = (0, 0, 1, 3, 0, 0, 1, 1)
SMALLEST, SMALLEST_SPLIT = 32, 256  # bytes of a region; of one with subregions


@dataclass(frozen=True, slots=True)
class Region:
    """`size` bytes from `start`; of its eight parts those with a bit in `without` are not in it."""

    start: int
    size: int
    without: int
    access: int

    def __contains__(self, address: int) -> bool:
        at = address - self.start
        return 0 <= at < self.size and not self.without >> at * 8 // self.size & 1

    def cuts(self) -> range:
        """Where it may begin or end."""
        step = self.size // 8 if self.without else self.size
        return range(self.start, self.start + self.size + 1, step)


@dataclass
class Mpu(Peripheral):
    """Armv7-M ARM (DDI 0403E), B3.5. `bases` and `attributes` have 32 bits per region."""

    ctrl: int = 0
    rnr: int = 0
    bases: int = 0
    attributes: int = 0

    @property
    def is_on(self) -> bool:
        """Whether it has a say."""
        return bool(self.ctrl & ENABLE)

    @property
    def type(self) -> int:
        """Eight regions, one kind."""
        return REGIONS << 8

    @property
    def rbar(self) -> int:
        """The region's base address and number."""
        return self.bases >> 32 * self.rnr & WORD | self.rnr

    @rbar.setter
    def rbar(self, value: int) -> None:
        if value & VALID:
            self.rnr = value & 0xF & REGIONS - 1
        shift = 32 * self.rnr
        self.bases = self.bases & ~(WORD << shift) | (value & ~0x1F) << shift

    @property
    def rasr(self) -> int:
        """Its size, whether it is enabled, its subregions and permissions."""
        return self.attributes >> 32 * self.rnr & WORD

    @rasr.setter
    def rasr(self, value: int) -> None:
        shift = 32 * self.rnr
        self.attributes = self.attributes & ~(WORD << shift) | value << shift

    def regions(self, *, privileged: bool) -> list[Region]:
        """The enabled ones, the strongest first."""
        found = []
        for number in reversed(range(REGIONS)):
            rasr = self.attributes >> 32 * number & WORD
            size = 2 << (rasr >> 1 & 0x1F)
            if rasr & 1 and size >= SMALLEST:
                start = self.bases >> 32 * number & WORD & -size
                allowed = (PRIVILEGED if privileged else UNPRIVILEGED)[rasr >> 24 & 7]
                if allowed & READ and not rasr & XN:
                    allowed |= EXECUTE
                without = rasr >> 8 & 0xFF if size >= SMALLEST_SPLIT else 0
                found.append(Region(start, size, without, allowed))
        return found

    def access(self, address: int, *, privileged: bool, urgent: bool = False) -> int:
        """What is allowed there. `urgent` is code at a priority below 0 (HardFault, NMI)."""
        everything = READ | WRITE | (0 if is_never_executable(address) else EXECUTE)
        if not self.is_on or address in SYSTEM or (urgent and not self.ctrl & HFNMIENA):
            return everything
        for region in self.regions(privileged=privileged):
            if address in region:
                return region.access & everything
        return everything if privileged and self.ctrl & PRIVDEFENA else 0

    def cuts(self) -> set[int]:
        """All addresses at which the answer of `access` may change."""
        if not self.is_on:
            return set()
        return {cut for region in self.regions(privileged=True) for cut in region.cuts()}

    REGISTERS: ClassVar[dict[int, View]] = {
        0xD90: View("type", ignore),
        0xD94: View("ctrl", mask=ENABLE | HFNMIENA | PRIVDEFENA),
        0xD98: View("rnr", mask=REGIONS - 1),
        **{0xD9C + 8 * alias: View("rbar", command) for alias in range(4)},
        **{0xDA0 + 8 * alias: View("rasr", command, mask=0x173F_FF3F) for alias in range(4)},
    }


def is_never_executable(address: int) -> bool:
    """Whether the architecture itself forbids to execute there."""
    return any(address in part for part in NEVER_EXECUTABLE)
