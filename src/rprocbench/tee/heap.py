# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:lib/libutils/isoc/bget_malloc.c: the TA's heap (`CFG_REMOTEPROC_TA_HEAP_SIZE`, 4 KiB).

A model of its size, not of its shape: a block costs its size rounded up to 8, and 8 bytes more. The
real allocator may give up one or two hash-table rows earlier.
"""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.errors import ModelledError, Span, TeeResult
from rprocbench.base.layout import Record
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane

from .arithmetic import roundup_64
from .panic import data_abort

libutee_c = mirrors("optee_os:lib/libutee/tee_api.c")

TA_HEAP_SIZE = 4096
BLOCK_OVERHEAD = 8


@dataclass
class Heap(Watched):
    """What the TA allocates from. `size` None is a heap without end."""

    LANE: ClassVar[Lane] = Lane.OPTEE

    run: Run
    size: int | None = TA_HEAP_SIZE
    used: int = 0

    def __post_init__(self) -> None:
        self.watch("TA heap")


@dataclass(frozen=True)
class HeapBlock:
    """Bytes that only the TA can change. `copied_from` names the buffer they are a copy of."""

    memory: bytearray
    copied_from: str = "heap"

    def span(self, start: int, size: int) -> Span:
        """The bytes as an error names them: where they came from, if they are a copy."""
        return Span(self.copied_from, start, start + size)

    def holds(self, start: int, size: int) -> bool:
        """Whether all of it lies in the block."""
        return start >= 0 and start + size <= len(self.memory)

    def fetch(self, start: int, size: int) -> bytes:
        """Read `size` bytes from `start`; behind the block nothing is modelled: a data abort."""
        if not self.holds(start, size):
            raise data_abort("read behind a heap block", self.span(start, size))
        return bytes(self.memory[start : start + size])

    def u32(self, start: int) -> int:
        """Read one little-endian number."""
        return int.from_bytes(self.fetch(start, 4), "little")

    def field(self, start: int, record: type[Record], name: str) -> int:
        """Read one field of the `record` that lies at `start`."""
        first, end = record.SPANS[name]
        return int.from_bytes(self.fetch(start + first, end - first), "little")


def cost(size: int) -> int:
    """What a block of `size` bytes takes from the heap."""
    return roundup_64(size) + BLOCK_OVERHEAD


@libutee_c
def TEE_Malloc(heap: Heap, size: int, copied_from: str = "heap") -> HeapBlock:
    """A zeroed block of `size` bytes."""
    if heap.size is not None and heap.used + cost(size) > heap.size:
        raise ModelledError(
            TeeResult.OUT_OF_MEMORY,
            f"{size} bytes do not fit: {heap.used} of {heap.size} are in use",
        )
    heap.used += cost(size)
    return HeapBlock(bytearray(size), copied_from)


def TEE_Free(heap: Heap, block: HeapBlock | None) -> None:
    """Give a block back; NULL is fine."""
    if block is not None:
        heap.used -= cost(len(block.memory))
