# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:core/mm/mobj.c: memory that the TA looks into while the normal world can write it.

Offsets count from the first byte of the client's buffer. Every read is an event, so a double fetch
shows in the trace, and a `Poke` between two reads is seen by the second.
"""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.errors import Span
from rprocbench.base.layout import Record
from rprocbench.base.run import Run
from rprocbench.base.trace import Fetched, Lane

from .panic import data_abort

PAGE = 4096


@dataclass(frozen=True)
class SharedBuffer:
    """A buffer of the normal world, mapped into the TA in units of `granule` bytes.

    `misalignment` is its distance from an aligned address. Bytes that are mapped but lie outside
    the buffer read as 0; anything else is a data abort. With `granule` 1 only the buffer is mapped.
    """

    LANE: ClassVar[Lane] = Lane.OPTEE

    run: Run
    name: str
    memory: bytearray
    misalignment: int = 0
    granule: int = PAGE

    @property
    def label(self) -> str:
        """What spans call this buffer."""
        return self.name

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.memory)

    def span(self, start: int, size: int) -> Span:
        """`size` bytes from `start`, as an error or an event names them."""
        return Span(self.name, start, start + size)

    def holds(self, start: int, size: int) -> bool:
        """Whether the TA may read `size` bytes from `start`."""
        end = self.misalignment + self.size
        mapped = -(-end // self.granule) * self.granule - self.misalignment
        return start >= -(self.misalignment % self.granule) and start + size <= mapped

    def aligned(self, start: int) -> bool:
        """`IS_ALIGNED_WITH_TYPE(p, uint32_t)`"""
        return (self.misalignment + start) % 4 == 0

    def fetch(self, start: int, size: int) -> bytes:
        """Read `size` bytes from `start`, as they are now."""
        span = self.span(start, size)
        if not self.holds(start, size):
            raise data_abort(f"nothing is mapped at {span}", span)
        self.run.record(Fetched(self.LANE, span))
        before = bytes(min(max(0, -start), size))
        inner = bytes(self.memory[max(0, start) : max(0, start + size)])
        return (before + inner).ljust(size, b"\0")

    def u32(self, start: int) -> int:
        """Read one little-endian number."""
        return int.from_bytes(self.fetch(start, 4), "little")

    def field(self, start: int, record: type[Record], name: str) -> int:
        """Read one field of the `record` that lies at `start`."""
        first, end = record.SPANS[name]
        return int.from_bytes(self.fetch(start + first, end - first), "little")
