# SPDX-License-Identifier: GPL-2.0-or-later
"""What a session tells: where it stopped, who wrote; and what it is told to watch."""

from dataclasses import dataclass

from rprocbench.base.trace import Lane
from rprocbench.emulator.timeline import Position
from rprocbench.emulator.watch import Access, Touch, Until, Why


@dataclass(frozen=True, slots=True)
class Watchpoint:
    """`size` bytes from `da` that are watched for writing, reading, or for one value."""

    da: int
    size: int = 4
    read: bool = False
    write: bool = True
    value: int | None = None

    @property
    def until(self) -> Access:
        """What a run looks for."""
        kind = "any" if self.read and self.write else "read" if self.read else "write"
        return Access(self.da, self.size, kind, self.value)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where a run ended, and why; `until` is what was met, `touch` the access if it was one."""

    why: Why
    position: Position
    pc: int
    until: Until | None = None
    touch: Touch | None = None

    def __str__(self) -> str:
        return f"{self.why} at {self.position}, pc {self.pc:#010x}"


@dataclass(frozen=True, slots=True)
class Write:
    """Who wrote: `position` is the moment before; `pc` the instruction, 0 unless it was the M4."""

    position: Position
    pc: int
    value: int
    by: Lane
    da: int
    size: int
