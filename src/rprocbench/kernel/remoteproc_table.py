# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:include/linux/rsc_table.h: a resource table in the kernel's heap or in the remote's memory.

`table_ptr`, `cached_table` and `clean_table` of `struct rproc` point to one of these. Whoever writes
through `table_ptr` need not know which: the trace shows where the bytes went.
"""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Pa


@dataclass
class Table(Watched):
    """Bytes that a `struct resource_table *` may point to."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"soc"})

    run: Run

    @property
    def size(self) -> int:
        """How many bytes there are."""
        raise NotImplementedError

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`."""
        raise NotImplementedError

    def write(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`."""
        raise NotImplementedError

    def u32(self, offset: int) -> int:
        """The little-endian number at `offset`."""
        return int.from_bytes(self.read(offset, 4), "little")

    def put_u32(self, offset: int, number: int) -> None:
        """Write a little-endian number at `offset`."""
        self.write(offset, (number & 0xFFFF_FFFF).to_bytes(4, "little"))


@dataclass
class HeapTable(Table):
    """A copy in the kernel's own memory; `purpose` is cached_table or clean_table."""

    purpose: str
    data: bytes

    def __post_init__(self) -> None:
        self.watch(self.purpose)

    @property
    def size(self) -> int:  # noqa: D102
        return len(self.data)

    def read(self, offset: int, size: int) -> bytes:  # noqa: D102
        return self.data[offset : offset + size]

    def write(self, offset: int, data: bytes) -> None:  # noqa: D102
        self.data = self.data[:offset] + data + self.data[offset + len(data) :]


@dataclass
class LoadedTable(Table):
    """The table that the remote processor itself reads, `size` bytes at physical address `pa`."""

    soc: Soc
    pa: Pa
    length: int

    def __post_init__(self) -> None:
        self.watch("loaded_table")

    @property
    def size(self) -> int:  # noqa: D102
        return self.length

    def read(self, offset: int, size: int) -> bytes:  # noqa: D102
        return self.soc.a7.read(Pa(self.pa + offset), size)

    def write(self, offset: int, data: bytes) -> None:  # noqa: D102
        self.soc.a7.write(Pa(self.pa + offset), data, Lane.LINUX)
