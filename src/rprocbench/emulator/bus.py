# SPDX-License-Identifier: GPL-2.0-or-later
"""From an address to a register: the modelled ones, and plain storage for all the others."""

from dataclasses import dataclass, field

from .peripherals import Blocks
from .peripherals.addresses import NAMES, SIZE
from .registers import WORD, Peripheral

MOST = 1 << 14  # registers that nobody models and that are remembered all the same


@dataclass
class Bus:
    """Where peripherals are attached.

    A register that nobody models keeps what is written to it and does nothing, which is enough for
    the set-up of most firmware. `touched` says which ones were accessed. Both end at `MOST`
    registers: firmware that floods the bus then finds that new ones forget.
    """

    blocks: Blocks
    stored: dict[int, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)  # pages of modelled peripherals
    _attached: dict[int, tuple[Peripheral, int]] = field(default_factory=dict)

    def attach(self, base: int, peripheral: Peripheral) -> None:
        """Put the peripheral's registers at `base`."""
        for offset in peripheral.REGISTERS:
            self._attached[base + offset] = peripheral, offset

    def at(self, address: int) -> Peripheral | None:
        """The modelled peripheral that the register at `address` belongs to."""
        attached = self._attached.get(address & ~3)
        return attached[0] if attached else None

    def read(self, address: int, size: int) -> int:
        """`size` bytes, which may lie in two registers."""
        shift = address % 4 * 8
        value = self._read_word(address - address % 4) >> shift
        if (have := 4 - address % 4) < size:
            value |= self.read(address + have, size - have) << have * 8
        return value & (1 << size * 8) - 1

    def write(self, address: int, size: int, value: int) -> bool:
        """Write `size` bytes. Returns whether anything but storage was concerned."""
        shift = address % 4 * 8
        lanes = ((1 << size * 8) - 1) << shift & WORD
        is_modelled = self._write_word(address - address % 4, value << shift & lanes, lanes)
        if (have := 4 - address % 4) < size:
            is_modelled |= self.write(address + have, size - have, value >> have * 8)
        return is_modelled

    def _read_word(self, address: int) -> int:
        if attached := self._attached.get(address):
            peripheral, offset = attached
            return peripheral.read(offset)
        if address in self.blocks:
            self.used.add(address & -SIZE)
            return self.blocks.load(address)
        self._touch(address)
        return self.stored.get(address, 0)

    def _write_word(self, address: int, value: int, lanes: int) -> bool:
        if attached := self._attached.get(address):
            peripheral, offset = attached
            peripheral.write(offset, value, lanes)
            return True
        if address in self.blocks:
            self.used.add(address & -SIZE)
            return self.blocks.store(address, value, lanes)
        self._touch(address)
        if address in self.stored or len(self.stored) < MOST:
            self.stored[address] = self.stored.get(address, 0) & ~lanes | value
        return False

    def _touch(self, address: int) -> None:
        if len(self.touched) < MOST:
            self.touched.add(address)

    def names(self) -> list[str]:
        """The peripherals that were accessed, modelled or not."""
        pages = self.used | {address & -SIZE for address in self.touched}
        return sorted({NAMES.get(page, f"{page:#010x}") for page in pages})
