# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:include/linux/io.h: memory of the remote that the kernel has mapped and touches directly.

Nothing checks such an access: where there is no memory, the kernel oopses.
"""

import struct

from rprocbench.base.errors import Crash, Undefined
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Pa, Ram

U16 = struct.Struct("<H")


def read(soc: Soc, pa: int, size: int) -> bytes:
    """`size` bytes at `pa`."""
    try:
        return soc.a7.read(Pa(pa), size)
    except IndexError:
        raise Crash(Undefined.OOPS, f"Linux reads {size} bytes at {pa:#x}: no memory") from None


def write(soc: Soc, pa: int, data: bytes) -> None:
    """Put `data` at `pa`."""
    try:
        soc.a7.write(Pa(pa), data, Lane.LINUX)
    except IndexError:
        why = f"Linux writes {len(data)} bytes at {pa:#x}: no memory"
        raise Crash(Undefined.OOPS, why) from None


def fill(soc: Soc, pa: int, size: int, value: int = 0) -> None:
    """Set `size` bytes at `pa`."""
    try:
        soc.a7.fill(Pa(pa), size, value, Lane.LINUX)
    except IndexError:
        raise Crash(Undefined.OOPS, f"Linux clears {size} bytes at {pa:#x}: no memory") from None


def read_u16(soc: Soc, pa: int) -> int:
    """The little-endian number at `pa`."""
    return int.from_bytes(read(soc, pa, 2), "little")


def write_u16(soc: Soc, pa: int, number: int) -> None:
    """Put a little-endian number at `pa`."""
    write(soc, pa, (number & 0xFFFF).to_bytes(2, "little"))


class Window:
    """`size` bytes at `pa` that the kernel keeps mapped: found once, touched often.

    Offsets count from `pa`. Where there is no memory, or the firewall has rules, each access is
    looked at as those above are.
    """

    __slots__ = ("_at", "_firewall", "_ram", "_view", "pa", "run", "size", "soc")

    def __init__(self, soc: Soc, pa: int, size: int) -> None:
        self.soc, self.pa, self.size, self.run = soc, pa, size, soc.run
        found = soc.a7.locate(Pa(pa), size)
        self._ram: Ram | None = found[0] if found else None
        self._at = found[1] if found else 0
        self._view = memoryview(found[0].buffer if found else b"")
        self._firewall = soc.firewall

    @property
    def place(self) -> tuple[str, int]:
        """The name of the memory, and where in it the window begins; no name where none is."""
        return (self._ram.label, self._at) if self._ram else ("", 0)

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes at `offset`, which may lead past the window."""
        if self._ram is None or offset + size > self.size or self._firewall.rules:
            return read(self.soc, self.pa + offset, size)
        at = self._at + offset
        return bytes(self._view[at : at + size])

    def write(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`."""
        if self._ram is None or offset + len(data) > self.size or self._firewall.rules:
            write(self.soc, self.pa + offset, data)
        elif self.run.is_quiet:
            at = self._at + offset
            self._view[at : at + len(data)] = data
        else:
            self._ram.write(Lane.LINUX, self._at + offset, data)

    def u16(self, offset: int) -> int:
        """The little-endian number at `offset`."""
        if self._ram is None or offset + 2 > self.size or self._firewall.rules:
            return int.from_bytes(self.read(offset, 2), "little")
        number: int = U16.unpack_from(self._view, self._at + offset)[0]
        return number

    def put_u16(self, offset: int, number: int) -> None:
        """Put a little-endian number at `offset`."""
        is_plain = self.run.is_quiet and offset + 2 <= self.size and not self._firewall.rules
        if is_plain and self._ram is not None:
            U16.pack_into(self._view, self._at + offset, number & 0xFFFF)
        else:
            self.write(offset, U16.pack(number & 0xFFFF))
