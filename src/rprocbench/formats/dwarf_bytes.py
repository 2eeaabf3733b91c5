# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading DWARF's bytes: numbers of fixed and of variable length, strings; never past the end."""

from rprocbench.base.errors import InputCode, InputError

MAX_TEXT = 512  # longer names are cut
MAX_LEB = 16  # bytes; real ones have ten at most


class DwarfError(InputError):
    """Debug information that cannot be used: damaged, or of a kind that nobody here reads."""

    def __init__(self, why: str, code: InputCode = InputCode.BAD_FILE) -> None:
        super().__init__(code, f"debug information: {why}")

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.why.removeprefix("debug information: "), self.code))


def text_at(table: bytes, offset: int) -> str:
    """The string at `offset`, cut after `MAX_TEXT` bytes, without what cannot be printed."""
    if not 0 <= offset < len(table):
        raise DwarfError(f"no string at {offset:#x} of {len(table):#x}")
    end = min(len(table), offset + MAX_TEXT)
    stop = table.find(b"\0", offset, end)
    text = table[offset : stop if stop >= 0 else end].decode("utf-8", "backslashreplace")
    return text if text.isprintable() else ascii(text)[1:-1]


class Cursor:
    """A place in `data` that moves on as it is read, up to `end`. Raises `DwarfError` there."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.end = len(data) if end is None else min(end, len(data))
        self.at = at
        if not 0 <= at <= self.end:
            raise DwarfError(f"offset {at:#x} is outside of {self.end:#x} bytes")

    @property
    def left(self) -> int:
        """Bytes that are still to be read."""
        return self.end - self.at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        at = self.at
        if size < 0 or size > self.end - at:
            raise DwarfError(f"{size:#x} bytes wanted at {at:#x}, {self.end - at:#x} are left")
        self.at = at + size
        return self.data[at : at + size]

    def number(self, size: int) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def u8(self) -> int:
        """One byte."""
        at = self.at
        if at >= self.end:
            raise DwarfError(f"a byte wanted at {at:#x}, none is left")
        self.at = at + 1
        return self.data[at]

    def u16(self) -> int:
        """Two bytes."""
        return self.number(2)

    def u32(self) -> int:
        """Four bytes."""
        return self.number(4)

    def uleb(self) -> int:
        """An unsigned LEB128 number."""
        value = shift = 0
        for _ in range(MAX_LEB):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise DwarfError(f"a number of more than {MAX_LEB} bytes at {self.at:#x}")

    def sleb(self) -> int:
        """A signed LEB128 number."""
        start = self.at
        value = self.uleb()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) & 1 else value

    def text(self) -> str:
        """A string with its NUL."""
        stop = self.data.find(b"\0", self.at, self.end)
        if stop < 0:
            raise DwarfError(f"a string at {self.at:#x} has no end")
        text = text_at(self.data, self.at)
        self.at = stop + 1
        return text

    def length(self) -> tuple[int, int]:
        """An initial length: how many bytes follow, and the size of offsets (4, or 8)."""
        size = self.u32()
        if size == 0xFFFF_FFFF:
            return self.number(8), 8
        if size >= 0xFFFF_FFF0:
            raise DwarfError(f"{size:#x} is no length, at {self.at - 4:#x}")
        return size, 4
