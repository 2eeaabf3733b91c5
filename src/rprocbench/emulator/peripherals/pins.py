# SPDX-License-Identifier: GPL-2.0-or-later
"""Pins, and the interrupts of their edges."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.emulator.nvic import FIRST_IRQ, bits
from rprocbench.emulator.registers import WORD

from .addresses import EXTI_IRQS
from .block import Block

MODER, IDR, ODR, BSRR, LCKR, BRR = 0x00, 0x10, 0x14, 0x18, 0x1C, 0x28
PINS = 0xFFFF
LCKK = 1 << 16


@dataclass
class Gpio(Block):
    """RM0436, chapter GPIO. `levels` is what the board puts on the pins that are inputs."""

    RESET: ClassVar[dict[int, int]] = {MODER: WORD}

    edge: Callable[[int, bool], None] = field(default_factory=lambda: lambda _pin, _up: None)
    levels: int = 0

    def read(self, offset: int) -> int:
        """A register; IDR shows outputs as they are driven."""
        if offset != IDR:
            return 0 if offset in (BSRR, BRR) else self.peek(offset)
        mode = self.peek(MODER)
        outputs = sum(1 << pin for pin in range(16) if mode >> 2 * pin & 3 == 1)
        return self.peek(ODR) & outputs | self.levels & ~outputs & PINS

    def wrote(self, offset: int, written: int, new: int) -> None:
        """BSRR and BRR act on ODR; a pin that is locked stays so."""
        if offset == BSRR:
            self.words[ODR] = self.peek(ODR) & ~(written >> 16) & PINS | written & PINS
        elif offset == BRR:
            self.words[ODR] = self.peek(ODR) & ~written & PINS
        elif offset == LCKR:
            self.words[LCKR] = new | LCKK
        elif offset != IDR:
            super().wrote(offset, written, new)

    def drive(self, pin: int, level: bool) -> None:  # noqa: FBT001  a wire
        """From the board: put a level on a pin."""
        if bool(self.levels >> pin & 1) != level:
            self.levels ^= 1 << pin
            self.edge(pin, level)


RTSR, FTSR, SWIER, RPR, FPR = 0x00, 0x04, 0x08, 0x0C, 0x10
BANK, CR, C2IMR = 0x20, 0x60, 0xC0


@dataclass
class ExtiRegisters(Block):
    """RM0436, chapter EXTI: edges of 16 pins, and events by software, to the M4."""

    def pin_edge(self, port: int, pin: int, rises: bool) -> None:  # noqa: FBT001  a wire
        """A pin of port A (0), B (1), ... changed its level."""
        selected = self.peek(CR + pin // 4 * 4) >> pin % 4 * 8 & 0xFF
        if selected == port and self.peek(RTSR if rises else FTSR) >> pin & 1:
            self.put(RPR if rises else FPR, 1 << pin)

    def wrote(self, offset: int, written: int, new: int) -> None:
        """Pending bits are cleared by ones; SWIER makes edges."""
        register = offset % BANK if offset < 3 * BANK else -1
        if register in (RPR, FPR):
            self.clear(offset, written)
        elif register == SWIER:
            self.put(offset + RPR - SWIER, written)
        else:
            super().wrote(offset, written, new)

    @property
    def lines(self) -> int:
        """One wire each for lines 0 to 15."""
        pending = (self.peek(RPR) | self.peek(FPR)) & self.peek(C2IMR) & PINS
        return sum(1 << FIRST_IRQ + EXTI_IRQS[line] for line in bits(pending))
