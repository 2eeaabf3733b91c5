# SPDX-License-Identifier: GPL-2.0-or-later
"""The sections of a file that hold debug information, unpacked where they are compressed."""

import struct
import zlib

from .dwarf_bytes import DwarfError
from .elf import ElfView

SHF_COMPRESSED, ELFCOMPRESS_ZLIB = 0x800, 1
MAX_UNPACKED = 256 << 20  # bytes, of one section


class Sections:
    """Debug sections by name, without the dot: `sections["debug_info"]`; empty where there is none.

    Each is read when it is first asked for. One that cannot be unpacked is as good as none;
    `problems` says why.
    """

    def __init__(self, elf: ElfView) -> None:
        self._elf = elf
        self._known = {
            section.name: section.header
            for section in reversed(elf.sections)
            if section.name.lstrip(".").startswith(("debug_", "zdebug_", "eh_frame"))
        }
        self._read: dict[str, bytes] = {}
        self.problems: list[str] = []

    def __contains__(self, name: str) -> bool:
        return f".{name}" in self._known or f".z{name}" in self._known

    def __getitem__(self, name: str) -> bytes:
        if name not in self._read:
            try:
                self._read[name] = self._content(name)
            except DwarfError as error:
                self._read[name] = b""
                self.problems.append(error.why)
        return self._read[name]

    def _content(self, name: str) -> bytes:
        header = self._known.get(f".{name}")
        if header is not None:
            data = self._elf.content(header)
            return self._unpack(name, data) if header.sh_flags & SHF_COMPRESSED else data
        header = self._known.get(f".z{name}")  # before ELF knew compression
        if header is None:
            return b""
        data = self._elf.content(header)
        if data[:4] != b"ZLIB" or len(data) < 12:
            raise DwarfError(f".z{name} is not compressed as it should be")
        return inflate(name, data[12:], int.from_bytes(data[4:12], "big"))

    def _unpack(self, name: str, data: bytes) -> bytes:
        form = "<IIQQ" if self._elf.is_wide else "<III"
        size = struct.calcsize(form)
        if len(data) < size:
            raise DwarfError(f".{name} is cut")
        kind, *fields = struct.unpack_from(form, data)
        if kind != ELFCOMPRESS_ZLIB:
            raise DwarfError(f".{name} is compressed in way {kind}; only zlib (1) is read here")
        return inflate(name, data[size:], fields[-2])


def inflate(name: str, packed: bytes, size: int) -> bytes:
    """`packed` as the `size` bytes it was. Raises `DwarfError`."""
    if size > MAX_UNPACKED:
        raise DwarfError(f".{name} claims {size:#x} bytes; {MAX_UNPACKED:#x} is the limit here")
    try:
        data = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error as error:
        raise DwarfError(f".{name} cannot be unpacked: {error}") from None
    if len(data) != size:
        raise DwarfError(f".{name} has {len(data):#x} bytes unpacked, not {size:#x}")
    return data
