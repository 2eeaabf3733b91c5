# SPDX-License-Identifier: GPL-2.0-or-later
"""The core's way to registers: who may pass, and what a bit-band alias stands for."""

from collections.abc import Callable

from . import bitband
from .bus import Bus
from .engine import Engine
from .exceptions import Exceptions
from .mpu import SYSTEM
from .scb import USERSETMPEND

STIR = 0xE000_EF00
PERIPHERALS = 0x4000_0000


class Port:
    """Registers of peripherals and of the system, bits of either, and bits of SRAM."""

    def __init__(
        self,
        bus: Bus,
        engine: Engine,
        exceptions: Exceptions,
        store: Callable[[int, bytes], None],
    ) -> None:
        self._bus, self._engine, self._exceptions, self._store = bus, engine, exceptions, store

    def admits(self, address: int, size: int, *, is_write: bool) -> bool:
        """Whether the access may happen; if not, the instruction is taken back and faults."""
        if address in SYSTEM:
            is_allowed = self._exceptions.is_privileged() or (
                is_write and address == STIR and bool(self._exceptions.scb.ccr & USERSETMPEND)
            )
        else:
            guard = self._exceptions.guard
            is_allowed = not guard.is_on or guard.allows(address, size, write=is_write)
        if not is_allowed:
            self._engine.deny(address, size, is_write=is_write)
        return is_allowed

    def read(self, address: int, size: int) -> int:
        """What the access gives. Of a bit, 0 or 1 in any size."""
        if not bitband.is_alias(address):
            return self._bus.read(address, size)
        byte, bit = bitband.target(address)
        if byte >= PERIPHERALS:
            return self._bus.read(byte, 1) >> bit & 1
        try:
            return self._engine.load(byte, 1)[0] >> bit & 1
        except IndexError:
            self._engine.deny(address, size, is_write=False)
            return 0

    def write(self, address: int, size: int, value: int) -> bool:
        """Write; of a bit, bit 0 of `value`. Returns whether anything but storage was concerned."""
        if not bitband.is_alias(address):
            return self._bus.write(address, size, value)
        byte, bit = bitband.target(address)
        if byte >= PERIPHERALS:
            word = self._bus.read(byte & ~3, 4)
            shift = byte % 4 * 8 + bit
            return self._bus.write(byte & ~3, 4, word & ~(1 << shift) | (value & 1) << shift)
        try:
            old = self._engine.load(byte, 1)[0]
            self._store(byte, bytes([old & ~(1 << bit) | (value & 1) << bit]))
        except IndexError:
            self._engine.deny(address, size, is_write=True)
        return False
