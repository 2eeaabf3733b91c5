# SPDX-License-Identifier: GPL-2.0-or-later
"""Serial ports: what is sent is captured, what is fed is received."""

from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.emulator.console import Console

from .block import Block

CR1, RQR, ISR, ICR, RDR, TDR = 0x00, 0x18, 0x1C, 0x20, 0x24, 0x28
UE, RE, TE = 1 << 0, 1 << 2, 1 << 3
RXNE, TC, TXE, TEACK, REACK, TXFE = 1 << 5, 1 << 6, 1 << 7, 1 << 21, 1 << 22, 1 << 23
WAITING = 4096  # bytes kept for the firmware to read


@dataclass
class Usart(Block):
    """RM0436, chapter USART. A byte is gone as soon as it is written.

    Bytes that wait to be read are the digits of `received`, to base 256, after a leading 1.
    """

    RESET: ClassVar[dict[int, int]] = {ISR: 0}

    console: Console = field(default_factory=lambda: Console("serial", lambda _line: None))
    received: int = 1

    def feed(self, data: bytes) -> None:
        """Send to the firmware; what is more than it can hold is lost, as on the wire."""
        waiting = self._waiting()[::-1] + data
        self.received = 1 << 8 * len(waiting[:WAITING])
        self.received |= int.from_bytes(waiting[:WAITING][::-1], "big")

    def _waiting(self) -> bytes:
        size = (self.received.bit_length() - 1) // 8
        return (self.received ^ 1 << 8 * size).to_bytes(size, "big")

    def read(self, offset: int) -> int:
        """A register; reading RDR takes a byte."""
        if offset == ISR:
            control = self.peek(CR1)
            ready = TXE | TC | TXFE | (RXNE if self.received > 1 else 0)
            if control & UE:
                ready |= (TEACK if control & TE else 0) | (REACK if control & RE else 0)
            return ready
        if offset == RDR and self.received > 1:
            byte, self.received = self.received & 0xFF, self.received >> 8
            return byte
        return 0 if offset in (RQR, ICR) else self.peek(offset)

    def wrote(self, offset: int, written: int, new: int) -> None:
        """TDR sends."""
        if offset == TDR:
            if self.peek(CR1) & UE:
                self.console.put(bytes([written & 0xFF]))
        elif offset not in (ISR, RDR):
            super().wrote(offset, written, new)

    @property
    def is_raised(self) -> bool:
        """The enable bits of CR1 lie where the flags of ISR do."""
        return bool(self.peek(CR1) & self.read(ISR) & (RXNE | TC | TXE))
