# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:include/linux/io.h: memory of the remote that the kernel has mapped and touches directly.

Nothing checks such an access: where there is no memory, the kernel oopses.
"""

from rprocbench.base.errors import Crash, Undefined
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Pa


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
