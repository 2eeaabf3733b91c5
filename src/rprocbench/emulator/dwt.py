# SPDX-License-Identifier: GPL-2.0-or-later
"""The cycle counter of the data watchpoint and trace unit, which firmware measures time with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from .registers import WORD, Peripheral, View, command


@dataclass
class Dwt(Peripheral):
    """Armv7-M ARM (DDI 0403E), C1.8.

    `zero_at` is the cycle at which a running counter was 0, `held` what a stopped one stands at.
    """

    clock: Callable[[], int]
    control: int = 0
    zero_at: int = 0
    held: int = 0

    @property
    def ctrl(self) -> int:
        """Bit 0 lets the counter run. Writing may stop or start it."""
        return self.control

    @ctrl.setter
    def ctrl(self, value: int) -> None:
        count = self.cyccnt
        self.control = value & 1
        self.cyccnt = count

    @property
    def cyccnt(self) -> int:
        """Cycles while it was running, modulo 2**32."""
        return (self.clock() - self.zero_at if self.control else self.held) & WORD

    @cyccnt.setter
    def cyccnt(self, value: int) -> None:
        self.zero_at, self.held = self.clock() - value, value

    REGISTERS: ClassVar[dict[int, View]] = {
        0x0: View("ctrl", command),
        0x4: View("cyccnt", command),
    }
