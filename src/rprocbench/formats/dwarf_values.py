# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes as the value of a C type, for people (our zone)."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from .dwarf_bytes import DwarfError
from .dwarf_names import Encoding
from .dwarf_types import CType, Member

MAX_ELEMENTS = 200  # of arrays and strings, as gdb has it
MAX_DEPTH = 6
MAX_OUTPUT = 1 << 14  # characters
REPEATS = 10  # that many equal elements are told once
MAX_TEXT = 200

Read = Callable[[int, int], bytes]


def nothing(address: int, size: int) -> bytes:
    """Memory that nobody has."""
    raise DwarfError(f"no {size} bytes at {address:#x}")


def no_name(_address: int) -> str:
    """Nobody knows what lies there."""
    return ""


@dataclass
class Printer:
    """How values are shown. `read` is for what pointers point to, `name` for what lies there.

    `base` 16 shows integers in hex.
    """

    read: Read = nothing
    name: Callable[[int], str] = no_name
    base: int = 10
    budget: int = field(default=MAX_OUTPUT, init=False)

    def show(self, kind: CType, data: bytes) -> str:
        """The value in `data`. Raises `DwarfError` where the type is damaged."""
        self.budget = MAX_OUTPUT
        return self._show(kind, data, 0)

    def _show(self, kind: CType, data: bytes, depth: int) -> str:
        text = self._shown(kind, data, depth)
        self.budget -= len(text)
        return text

    def _shown(  # noqa: C901, PLR0911  one return a kind
        self, kind: CType, data: bytes, depth: int
    ) -> str:
        if depth > MAX_DEPTH or self.budget < 0:
            return "..."
        match kind.kind:
            case "struct" | "union":
                return self._members(kind, data, depth)
            case "array":
                return self._array(kind, data, depth)
            case "pointer":
                return self._pointer(kind, data)
            case "enum":
                return enumerator(kind, integer(kind, data))
            case "base":
                return self._base(kind, data)
            case "function":
                return f"{{{kind}}}"
            case "void":
                return "void"
        return data.hex() or "?"

    def _members(self, kind: CType, data: bytes, depth: int) -> str:
        shown = []
        for member in kind.members:
            if self.budget < 0:
                shown.append("...")
                break
            value = self._member(member, data, depth)
            shown.append(f"{member.name} = {value}" if member.name else value)
        return f"{{{', '.join(shown)}}}"

    def _member(self, member: Member, data: bytes, depth: int) -> str:
        if member.bits:
            return self._number(member.type, bit_field(member, data))
        part = data[member.offset : member.offset + member.type.size]
        return self._show(member.type, part, depth + 1)

    def _array(self, kind: CType, data: bytes, depth: int) -> str:
        element = kind.target
        if element.is_character:
            return quote(data[:MAX_TEXT], "..." if len(data) > MAX_TEXT else "")
        count = kind.count or 0
        shown = list(self._elements(element, data, min(count, MAX_ELEMENTS), depth))
        texts = []
        for text, group in groupby(shown):
            times = len(list(group))
            texts += [f"{text} <repeats {times} times>"] if times >= REPEATS else [text] * times
        more = "..." if count > MAX_ELEMENTS else ""
        return f"{{{', '.join(texts)}{more}}}"

    def _elements(self, element: CType, data: bytes, count: int, depth: int) -> Iterator[str]:
        size = element.size
        for index in range(count):
            if self.budget < 0:
                yield "..."
                return
            yield self._show(element, data[size * index : size * (index + 1)], depth + 1)

    def _pointer(self, kind: CType, data: bytes) -> str:
        address = int.from_bytes(data, "little")
        target = kind.target
        text = f"{address:#x}"
        if name := self.name(address):
            text += f" <{name}>"
        if target.is_character and address:
            try:
                text += f" {self._string(address)}"
            except DwarfError:
                text += " <cannot be read>"
        return text

    def _string(self, address: int) -> str:
        data = b""
        while len(data) < MAX_TEXT and b"\0" not in data:
            size = 16 - (address + len(data)) % 16
            try:
                data += self.read(address + len(data), size)
            except DwarfError:
                data += self.read(address + len(data), 1)
        text, end, _ = data.partition(b"\0")
        return quote(text + end, "" if end else "...")

    def _base(self, kind: CType, data: bytes) -> str:
        if kind.encoding == Encoding.FLOAT and len(data) in (4, 8):
            return f"{struct.unpack('<f' if len(data) == 4 else '<d', data)[0]:.9g}"
        value = integer(kind, data)
        if kind.encoding == Encoding.BOOLEAN and value in (0, 1):
            return ("false", "true")[value]
        if kind.is_character and self.base == 10:
            return f"{value} {quote_character(value & 0xFF)}"
        return self._number(kind, value)

    def _number(self, kind: CType, value: int) -> str:
        if kind.kind == "enum":
            return enumerator(kind, value)
        if self.base == 16:
            return f"{value & (1 << 8 * max(kind.size, 1)) - 1:#x}"
        return str(value)


def integer(kind: CType, data: bytes) -> int:
    """The bytes as a number of the type's sign."""
    return int.from_bytes(data, "little", signed=kind.is_signed)


def bit_field(member: Member, data: bytes) -> int:
    """The value of a bit field in the bytes of its struct."""
    value = int.from_bytes(data[member.offset : member.offset + 16], "little") >> member.bit
    value &= (1 << member.bits) - 1
    is_negative = member.type.is_signed and value >> (member.bits - 1)
    return value - (1 << member.bits) if is_negative else value


def enumerator(kind: CType, value: int) -> str:
    """The name of a value; several where they are flags; the number where it has none."""
    names = {number: name for name, number in reversed(kind.enumerators)}
    if value in names:
        return names[value]
    bits = {number: name for number, name in names.items() if number > 0 and value & number}
    whole = 0
    for number in bits:
        whole |= number
    is_flags = all(number & (number - 1) == 0 for number in names if number > 0)
    if is_flags and bits and whole == value:
        return f"({' | '.join(bits[number] for number in sorted(bits))})"
    return str(value)


ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 13: "\\r", 27: "\\033", 34: '\\"', 92: "\\\\"}


def quote(data: bytes, more: str = "") -> str:
    """A string as C writes it; zeros at its end are left out."""
    text = data.rstrip(b"\0")
    shown = "".join(
        ESCAPES.get(c, chr(c)) if c in ESCAPES or 32 <= c < 127 else f"\\{c:03o}" for c in text
    )
    return f'"{shown}"{more}'


def quote_character(value: int) -> str:
    """A character as C writes it."""
    if value == 39:
        return "'\\''"
    if value == 34:
        return "'\"'"
    return f"'{quote(bytes([value]))[1:-1]}'" if value else "'\\000'"
