# SPDX-License-Identifier: GPL-2.0-or-later
"""Hardware semaphores, by which the two sides of the chip agree who configures what."""

from dataclasses import dataclass

from .block import Block

SEMAPHORES = 32
A7, M4 = 1, 2  # COREID
LOCK = 1 << 31
READ_LOCK, ENABLES, PER_CORE = 0x80, 0x100, 0x10  # C1IER, C2IER


@dataclass
class Hsem(Block):
    """RM0436, chapter HSEM. One state; each core has a view of its own (`reader`)."""

    def holder(self, number: int) -> int:
        """The COREID that holds a semaphore; 0 for none."""
        return self.peek(4 * number) >> 8 & 0xF

    def lock(self, number: int, core: int, process: int = 0) -> int:
        """Lock it, if it is free; returns what it holds then."""
        if not self.peek(4 * number):
            self.words[4 * number] = LOCK | core << 8 | process
        return self.peek(4 * number)

    def unlock(self, number: int, core: int, process: int = 0) -> None:
        """Unlock it, if those two hold it; whoever enabled the interrupt is told."""
        if self.peek(4 * number) == LOCK | core << 8 | process:
            self.words[4 * number] = 0
            for side in (A7, M4):
                self.put(self._status(side), 1 << number)

    @staticmethod
    def _status(core: int) -> int:
        return ENABLES + PER_CORE * (core - 1) + 8

    def read(self, offset: int, core: int = M4) -> int:
        """A register as a core reads it; reading RLRn locks in one step."""
        if offset < READ_LOCK:
            return self.peek(offset)
        if offset < ENABLES:
            return self.lock((offset - READ_LOCK) // 4, core)
        if offset % PER_CORE == 0xC:  # masked status
            return self.peek(offset - 4) & self.peek(offset - 0xC)
        return self.peek(offset)

    def wrote(self, offset: int, written: int, new: int, core: int = M4) -> None:
        """Rn locks with LOCK set, and unlocks without; CnICR clears."""
        if offset < READ_LOCK:
            process = written & 0xFF
            if written & LOCK:
                self.lock(offset // 4, core, process)
            else:
                self.unlock(offset // 4, core, process)
        elif offset in (ENABLES + 4, ENABLES + PER_CORE + 4):
            self.words[offset + 4] = self.peek(offset + 4) & ~written
        elif offset >= ENABLES and offset % PER_CORE in (0, 4):
            super().wrote(offset, written, new)

    @property
    def is_raised(self) -> bool:
        """The line of the M4."""
        return bool(self.read(ENABLES + PER_CORE + 0xC))
