# SPDX-License-Identifier: GPL-2.0-or-later
"""The mailbox as the M4 sees it: processor 2 of the IPCC, and what it may do as processor 1."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rprocbench.soc.ipcc import CHANNELS, Ipcc

from .nvic import FIRST_IRQ, bits
from .registers import WORD, Peripheral, View, command, ignore

RX_IRQ, TX_IRQ = 103, 104  # "receive channel occupied" and "transmit channel free"
RXOIE, TXFIE = 1 << 0, 1 << 16  # C2CR
ALL = (1 << CHANNELS) - 1


@dataclass
class IpccRegisters(Peripheral):
    """RM0436, chapter IPCC. The flags are the board's own; here are the enables of processor 2.

    `announce` is called before a flag that the other world sees moves, so that what the M4 wrote
    before is in the trace before. The registers of processor 1 are Linux's; who writes to them from
    here acts as Linux does, but for its enables, which are plain storage.
    """

    mailbox: Ipcc
    announce: Callable[[str], None]
    control: int = 0
    masks: int = WORD
    control_of_1: int = 0
    masks_of_1: int = WORD

    @property
    def lines(self) -> int:
        """The two interrupt wires, as bits of the exceptions they raise."""
        occupied = self.mailbox.to_m4 & ~self.masks
        free = ~self.mailbox.to_a7 & ~(self.masks >> 16) & ALL
        return (
            bool(self.control & RXOIE and occupied) << FIRST_IRQ + RX_IRQ
            | bool(self.control & TXFIE and free) << FIRST_IRQ + TX_IRQ
        )

    @property
    def to_m4(self) -> int:
        """The channels that Linux rang and the M4 has not taken."""
        return self.mailbox.to_m4

    @property
    def to_a7(self) -> int:
        """The channels that the M4 rang and Linux has not taken."""
        return self.mailbox.to_a7

    @property
    def orders(self) -> int:
        """C2SCR: write only."""
        return 0

    @orders.setter
    def orders(self, value: int) -> None:
        for channel in bits(value & ALL & self.mailbox.to_m4):
            self.announce(f"took channel {channel}")
            self.mailbox.taken_by_m4(channel)
        for channel in bits(value >> 16 & ALL & ~self.mailbox.to_a7):
            self.announce(f"rang channel {channel}")
            self.mailbox.send_to_a7(channel)

    @property
    def orders_of_1(self) -> int:
        """C1SCR: write only."""
        return 0

    @orders_of_1.setter
    def orders_of_1(self, value: int) -> None:
        for channel in bits(value & ALL & self.mailbox.to_a7):
            self.announce(f"took channel {channel} for Linux")
            self.mailbox.taken_by_a7(channel)
        for channel in bits(value >> 16 & ALL & ~self.mailbox.to_m4):
            self.announce(f"rang channel {channel} for Linux")
            self.mailbox.send_to_m4(channel)

    REGISTERS: ClassVar[dict[int, View]] = {
        0x00: View("control_of_1", mask=RXOIE | TXFIE),
        0x04: View("masks_of_1", mask=ALL << 16 | ALL),
        0x08: View("orders_of_1", command),
        0x0C: View("to_m4", ignore),
        0x10: View("control", mask=RXOIE | TXFIE),
        0x14: View("masks", mask=ALL << 16 | ALL),
        0x18: View("orders", command),
        0x1C: View("to_a7", ignore),
    }
