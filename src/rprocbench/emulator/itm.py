# SPDX-License-Identifier: GPL-2.0-or-later
"""The instrumentation trace macrocell: what firmware prints "over SWO"."""

from dataclasses import dataclass
from typing import ClassVar

from .console import Console
from .registers import WORD, Peripheral, View, command, ignore

PORTS = 32
ENABLE = 1 << 0  # TCR


@dataclass
class Itm(Peripheral):
    """Armv7-M ARM (DDI 0403E), C1.7. A stimulus port takes a byte, a halfword or a word at once."""

    console: Console
    enabled: int = 0
    privilege: int = 0
    control: int = 0
    lock: int = 0

    @property
    def ready(self) -> int:
        """Reading a port: it can take more."""
        return self.control & ENABLE

    def write(self, offset: int, value: int, lanes: int = WORD) -> None:
        """Write a register; to an enabled port, print."""
        if offset >= 4 * PORTS:
            super().write(offset, value, lanes)
        elif self.control & ENABLE and self.enabled >> offset // 4 & 1:
            size = (lanes.bit_length() + 7) // 8
            self.console.put(value.to_bytes(4, "little")[:size])

    REGISTERS: ClassVar[dict[int, View]] = {
        **{4 * port: View("ready", command) for port in range(PORTS)},
        0xE00: View("enabled"),
        0xE40: View("privilege", mask=0xF),
        0xE80: View("control", mask=0x007F_0F1F),
        0xFB0: View("lock", command),
        0xFB4: View("lock", ignore, mask=0),
    }
