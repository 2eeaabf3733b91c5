# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:core/mm/mobj.c: memory that the TA looks into while the normal world can write it.

Offsets count from the first byte of the client's buffer. Every read is one `Fetched` event and one
place of the run: `At("fetch", n)` is before the n-th read, `At("fetch image+0x8", n)` before the
n-th one that begins at that offset. What a disturbance writes there is seen by that read, and no
sooner; so a double fetch shows, and can be fooled.
"""

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar

from rprocbench.base.errors import ModelledError, Span, TeeResult
from rprocbench.base.layout import Record
from rprocbench.base.run import At, Run
from rprocbench.base.trace import Fetched, Lane

from .panic import data_abort
from .undefined import READ, Hazard, Hazards, function_now

PAGE = 4096
U32 = Struct("<I")
FETCH = "fetch"


@dataclass(frozen=True)
class SharedBuffer:
    """A buffer of the normal world, mapped into the TA in units of `granule` bytes.

    `misalignment` is its distance from an aligned address. Bytes that are mapped but lie outside
    the buffer read as 0, anything else is a data abort; both are hazards. With `granule` 1 only the
    buffer is mapped.
    """

    LANE: ClassVar[Lane] = Lane.OPTEE

    run: Run
    name: str
    memory: bytearray
    misalignment: int = 0
    granule: int = PAGE
    hazards: Hazards | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """What spans call this buffer."""
        return self.name

    @property
    def size(self) -> int:
        """Its length in bytes, as far as 32 bits can tell."""
        return len(self.memory) & 0xFFFF_FFFF

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

    def fetch(self, start: int, size: int, safe: TeeResult = TeeResult.BAD_FORMAT) -> bytes:
        """Read `size` bytes from `start`, as they are now.

        `safe` is what a loader that looks first would answer, were they not in the buffer.
        """
        run, end = self.run, start + size
        if run.script:
            self._disturb(start)
        if start < 0 or end > len(self.memory):
            return self._fetch_outside(start, size, safe)
        if not run.is_quiet:
            run.record(Fetched(self.LANE, Span(self.name, start, end)))
        return bytes(self.memory[start:end])

    def _disturb(self, start: int) -> None:
        """Let the normal world strike before this read."""
        for name in (FETCH, f"{FETCH} {self.name}+{start:#x}"):
            self.run.calls[name] += 1
            if disturb := self.run.script.get(At(name, self.run.calls[name])):
                disturb(self)

    def _fetch_outside(self, start: int, size: int, safe: TeeResult) -> bytes:
        span, what = self.span(start, size), f"read of {size} bytes outside the buffer"
        if self.hazards:
            self.hazards.note(Hazard(READ, what, span, function_now(self.run), safe))
            if self.hazards.is_safe:
                raise ModelledError(safe, what, span=span)
        if not self.holds(start, size):
            raise data_abort(f"nothing is mapped at {span}", span)
        self.run.record(Fetched(self.LANE, span))
        before = bytes(min(max(0, -start), size))
        inner = bytes(self.memory[max(0, start) : max(0, start + size)])
        return (before + inner).ljust(size, b"\0")

    @property
    def is_silent(self) -> bool:
        """Whether a read inside the buffer is nobody's business: no event, no disturbance."""
        return self.run.is_quiet and not self.run.script

    def u32(self, start: int, safe: TeeResult = TeeResult.BAD_FORMAT) -> int:
        """Read one little-endian number."""
        if 0 <= start <= len(self.memory) - 4 and self.is_silent:
            return int(U32.unpack_from(self.memory, start)[0])
        return int.from_bytes(self.fetch(start, 4, safe), "little")

    def field(
        self,
        start: int,
        record: type[Record],
        name: str,
        safe: TeeResult = TeeResult.BAD_FORMAT,
    ) -> int:
        """Read one field of the `record` that lies at `start`."""
        first, end = record.SPANS[name]
        if end - first == 4:
            return self.u32(start + first, safe)
        return int.from_bytes(self.fetch(start + first, end - first, safe), "little")
