# SPDX-License-Identifier: GPL-2.0-or-later
"""An I2C controller on whose bus everybody acknowledges, and remembers what was written."""

from dataclasses import dataclass
from typing import ClassVar

from .block import Block

CR1, CR2, ISR, ICR, RXDR, TXDR = 0x00, 0x04, 0x18, 0x1C, 0x24, 0x28
PE = 1 << 0
RD_WRN, START, STOP, RELOAD, AUTOEND = 1 << 10, 1 << 13, 1 << 14, 1 << 24, 1 << 25
TXE, TXIS, RXNE, STOPF, TC, TCR, BUSY = (1 << bit for bit in (0, 1, 2, 5, 6, 7, 15))
ENABLES = {TXIS: 1 << 1, RXNE: 1 << 2, 1 << 4: 1 << 4, STOPF: 1 << 5, TC | TCR: 1 << 6}  # CR1
DEVICES = 0x1_0000  # where in `words` their registers are: 256 for each of 128 addresses


@dataclass
class I2c(Block):
    """RM0436, chapter I2C, as a controller. A device is 256 registers; the first byte selects one.

    `left` counts the bytes of the transfer to come, `pointer` is the selected register, `fresh`
    says that the next byte selects.
    """

    RESET: ClassVar[dict[int, int]] = {ISR: TXE}

    left: int = 0
    pointer: int = 0
    fresh: int = 0

    def read(self, offset: int) -> int:
        """A register; reading RXDR goes on with the transfer."""
        if offset == RXDR and self.peek(ISR) & RXNE:
            value = self.words.get(self._register(), 0)
            self.pointer = self.pointer + 1 & 0xFF
            self._go_on()
            return value
        return self.peek(offset)

    def wrote(self, offset: int, written: int, new: int) -> None:
        """CR2 starts, goes on and stops; TXDR sends; ICR clears."""
        if offset == CR2:
            super().wrote(offset, written, new & ~(START | STOP))
            self._order(new)
        elif offset == TXDR and self.peek(ISR) & TXIS:
            if self.fresh:
                self.pointer, self.fresh = written & 0xFF, 0
            else:
                self.words[self._register()] = written & 0xFF
                self.pointer = self.pointer + 1 & 0xFF
            self._go_on()
        elif offset == ICR:
            self.clear(ISR, written & 0x3F38)
        elif offset == CR1:
            super().wrote(offset, written, new)
            if not new & PE:
                self.words[ISR], self.left = TXE, 0
        elif offset not in (ISR, RXDR, TXDR):
            super().wrote(offset, written, new)

    def _register(self) -> int:
        return DEVICES + (self.peek(CR2) >> 1 & 0x7F) * 256 + self.pointer

    def _order(self, control: int) -> None:
        if not self.peek(CR1) & PE:
            return
        if control & START:
            self.put(ISR, BUSY)
            self.fresh = 0 if control & RD_WRN else 1
            self._begin(control)
        elif self.peek(ISR) & TCR:
            self._begin(control)
        if control & STOP:
            self._stop()

    def _begin(self, control: int) -> None:
        """So many bytes to transfer, from now."""
        self.clear(ISR, TC | TCR | TXIS | RXNE)
        self.left = (control >> 16 & 0xFF) + 1
        self._go_on()

    def _go_on(self) -> None:
        """One byte is done: ask for the next, or end."""
        control = self.peek(CR2)
        self.left -= 1
        if self.left > 0:
            self.put(ISR, RXNE if control & RD_WRN else TXIS)
            return
        self.clear(ISR, TXIS | RXNE)
        if control & RELOAD:
            self.put(ISR, TCR)
        elif control & AUTOEND:
            self._stop()
        else:
            self.put(ISR, TC)

    def _stop(self) -> None:
        self.clear(ISR, BUSY | TC | TCR | TXIS | RXNE)
        self.put(ISR, STOPF | TXE)
        self.left = 0

    @property
    def is_raised(self) -> bool:
        """The event line."""
        flags, enabled = self.peek(ISR), self.peek(CR1)
        return any(flags & flag and enabled & enable for flag, enable in ENABLES.items())
