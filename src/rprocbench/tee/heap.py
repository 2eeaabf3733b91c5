# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:lib/libutils/isoc/bget_malloc.c: the TA's heap (`CFG_REMOTEPROC_TA_HEAP_SIZE`, 4 KiB).

A model of its size, not of its shape: a block costs its size rounded up to 8, and 8 bytes more (16
and 16 in a 64-bit build). The real allocator may give up one or two hash-table rows earlier.
"""

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar

from rprocbench.base.errors import ModelledError, Span, TeeResult
from rprocbench.base.layout import Record
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane

from .panic import data_abort
from .undefined import READ, Hazard, Hazards, function_now

libutee_c = mirrors("optee_os:lib/libutee/tee_api.c")

TA_HEAP_SIZE = 4096
U32 = Struct("<I")
ENDLESS = 1 << 28  # what a heap without end has: more than any image, less than this computer
BLOCK_OVERHEAD = {32: 8, 64: 16}
BLOCK_GRAIN = {32: 8, 64: 16}


@dataclass
class Heap(Watched):
    """What the TA allocates from. `size` None is a heap without end."""

    LANE: ClassVar[Lane] = Lane.OPTEE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"bits", "hazards"})

    run: Run
    size: int | None = TA_HEAP_SIZE
    used: int = 0
    bits: int = 32
    hazards: Hazards | None = None

    def __post_init__(self) -> None:
        self.watch("TA heap")

    def cost(self, size: int) -> int:
        """What a block of `size` bytes takes from the heap."""
        grain = BLOCK_GRAIN[self.bits]
        return -(-size // grain) * grain + BLOCK_OVERHEAD[self.bits]


@dataclass(frozen=True)
class HeapBlock:
    """Bytes that only the TA can change. `copied_from` names the buffer they are a copy of."""

    memory: bytearray
    copied_from: str = "heap"
    heap: Heap | None = field(default=None, compare=False, repr=False)

    def span(self, start: int, size: int) -> Span:
        """The bytes as an error names them: where they came from, if they are a copy."""
        return Span(self.copied_from, start, start + size)

    def holds(self, start: int, size: int) -> bool:
        """Whether all of it lies in the block."""
        return start >= 0 and start + size <= len(self.memory)

    def fetch(self, start: int, size: int) -> bytes:
        """Read `size` bytes from `start`; behind the block nothing is modelled: a data abort.

        There lies the rest of the heap, so the real TA may read on for a while.
        """
        if start < 0 or start + size > len(self.memory):
            self._leave(start, size)
        return bytes(self.memory[start : start + size])

    def _leave(self, start: int, size: int) -> None:
        """Note a read behind the block, and die of it."""
        span, what = self.span(start, size), f"read of {size} bytes behind a heap block"
        hazards = self.heap.hazards if self.heap else None
        if self.heap and hazards:
            safe = TeeResult.BAD_PARAMETERS
            hazards.note(Hazard(READ, what, span, function_now(self.heap.run), safe))
            if hazards.is_safe:
                raise ModelledError(safe, what, span=span)
        raise data_abort("read behind a heap block", span)

    def u32(self, start: int) -> int:
        """Read one little-endian number."""
        if 0 <= start <= len(self.memory) - 4:
            return int(U32.unpack_from(self.memory, start)[0])
        return int.from_bytes(self.fetch(start, 4), "little")

    def field(self, start: int, record: type[Record], name: str) -> int:
        """Read one field of the `record` that lies at `start`."""
        first, end = record.SPANS[name]
        return int.from_bytes(self.fetch(start + first, end - first), "little")


@libutee_c
def TEE_Malloc(heap: Heap, size: int, copied_from: str = "heap") -> HeapBlock:
    """A zeroed block of `size` bytes."""
    if heap.used + heap.cost(size) > (ENDLESS if heap.size is None else heap.size):
        raise ModelledError(
            TeeResult.OUT_OF_MEMORY,
            f"{size} bytes do not fit: {heap.used} of {heap.size or ENDLESS} are in use",
        )
    heap.used += heap.cost(size)
    return HeapBlock(bytearray(size), copied_from, heap)


def TEE_Free(heap: Heap, block: HeapBlock | None) -> None:
    """Give a block back; NULL is fine."""
    if block is not None:
        heap.used -= heap.cost(len(block.memory))
