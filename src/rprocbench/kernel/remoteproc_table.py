# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:include/linux/rsc_table.h: a resource table in the kernel's heap or in the remote's memory.

`table_ptr`, `cached_table` and `clean_table` of `struct rproc` point to one of these. Whoever
writes through `table_ptr` need not know which: the trace shows where the bytes went.
"""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.errors import Crash, Undefined
from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Gone, Lane
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
    """A copy in the kernel's own memory; `purpose` is cached_table or clean_table.

    C may keep a pointer to it after it was freed, so a freed table keeps its name.
    """

    purpose: str
    data: bytes
    _freed: bool = False

    def __post_init__(self) -> None:
        self.watch(self.purpose)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, size: int) -> bytes:
        self.check(offset, size, "read")
        return self.data[offset : offset + size]

    def write(self, offset: int, data: bytes) -> None:
        self.check(offset, len(data), "written")
        self.data = self.data[:offset] + data + self.data[offset + len(data) :]

    def check(self, offset: int, size: int, what: str) -> None:
        """Crash unless the table is still allocated and has these bytes."""
        if self._freed:
            raise Crash(Undefined.OOPS, f"{self.purpose} is {what} after it was freed")
        if offset < 0 or offset + size > len(self.data):
            raise Crash(Undefined.OOPS, f"{self.purpose} is {what} past its end, at {offset:#x}")

    def free(self) -> None:
        """Give the memory back. Doing it twice is a crash."""
        if self._freed:
            raise Crash(Undefined.OOPS, f"{self.purpose} is freed twice")
        self._freed = True
        self.run.live.pop(self.label, None)
        self.run.record(Gone(self.label))


@dataclass
class LoadedTable(Table):
    """The table that the remote processor itself reads, `length` bytes at physical address `pa`.

    It is a pointer, not an object: two of the same address have the same name.
    """

    soc: Soc
    pa: Pa
    length: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"loaded_table@{self.pa:#x}")

    @property
    def size(self) -> int:
        return self.length

    def read(self, offset: int, size: int) -> bytes:
        self.check(offset, size, "read")
        return self.soc.a7.read(Pa(self.pa + offset), size)

    def write(self, offset: int, data: bytes) -> None:
        self.check(offset, len(data), "written")
        self.soc.a7.write(Pa(self.pa + offset), data, Lane.LINUX)

    def check(self, offset: int, size: int, what: str) -> None:
        """Crash unless there is memory at these bytes."""
        if self.soc.a7.locate(Pa(self.pa + offset), size) is None:
            raise Crash(Undefined.OOPS, f"{self.label} is {what} where no memory is: +{offset:#x}")


def kmemdup(table: Table, size: int, purpose: str) -> HeapTable:
    """A copy of the first `size` bytes of `table` in the kernel's own memory."""
    return HeapTable(table.run, purpose, table.read(0, size))


def kfree(table: Table | None) -> None:
    """Free a table that `kmemdup` made; NULL is fine."""
    if isinstance(table, HeapTable):
        table.free()
