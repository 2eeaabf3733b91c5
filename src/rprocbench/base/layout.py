# SPDX-License-Identifier: GPL-2.0-or-later
"""Records: bytes on a wire, declared one line per field, each knowing where it lies.

>>> class Pair(Record):
...     '''Two numbers.'''
...     low: int = u16("the small one")
...     high: int = u32("the big one")
>>> pair = Pair.parse(bytes.fromhex("ffff0100 02000000"), offset=2, buffer="image")
>>> pair.low, pair.high, str(pair.span("high"))
(1, 2, 'image[0x4:0x8]')
>>> pair.pack().hex()
'010002000000'
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self, dataclass_transform

from .errors import InputCode, InputError, Span

Bytes = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Field:
    """One field on the wire: its `struct` format, its size in bytes, and a phrase about it."""

    format: str
    size: int
    doc: str


def u8(doc: str) -> Any:
    """An unsigned byte."""
    return Field("B", 1, doc)


def u16(doc: str) -> Any:
    """An unsigned 16-bit little-endian number."""
    return Field("H", 2, doc)


def u32(doc: str) -> Any:
    """An unsigned 32-bit little-endian number."""
    return Field("I", 4, doc)


def u64(doc: str) -> Any:
    """An unsigned 64-bit little-endian number."""
    return Field("Q", 8, doc)


def raw(size: int, doc: str) -> Any:
    """`size` bytes as they are."""
    return Field(f"{size}s", size, doc)


@dataclass_transform(kw_only_default=True, field_specifiers=(u8, u16, u32, u64, raw))
class Record:
    """A packed little-endian structure; subclasses declare its fields in wire order.

    `SIZE` is in bytes, `SPANS` gives each field's start and end within the record, `FIELDS` its
    format and phrase. Two records are equal when their bytes are, wherever they were read from.
    """

    FIELDS: ClassVar[dict[str, Field]] = {}
    SPANS: ClassVar[dict[str, tuple[int, int]]] = {}
    SIZE: ClassVar[int] = 0
    FORMAT: ClassVar[struct.Struct] = struct.Struct("<")

    def __init_subclass__(cls) -> None:
        cls.FIELDS = {k: v for k, v in vars(cls).items() if isinstance(v, Field)}
        cls.FORMAT = struct.Struct("<" + "".join(f.format for f in cls.FIELDS.values()))
        cls.SIZE = cls.FORMAT.size
        cls.SPANS, at = {}, 0
        for name, field in cls.FIELDS.items():
            cls.SPANS[name] = (at, at + field.size)
            at += field.size

    def __init__(self, **values: Any) -> None:
        if unknown := values.keys() - self.FIELDS.keys():
            raise TypeError(f"{type(self).__name__} has no field {min(unknown)!r}")
        for name, field in self.FIELDS.items():
            vars(self)[name] = values.get(name, bytes(field.size) if field.format[-1] == "s" else 0)
        vars(self)["_at"] = ("", 0)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: use replace({name}=...)")

    @classmethod
    def parse(cls, data: Bytes, offset: int = 0, buffer: str = "") -> Self:
        """Read one record at `offset` of `data`.

        Raises `InputError` TRUNCATED when the bytes run out; nothing else is judged.
        """
        if offset < 0 or offset + cls.SIZE > len(data):
            span = Span(buffer, offset, offset + cls.SIZE)
            raise InputError(InputCode.TRUNCATED, f"{cls.__name__} is cut short", span=span)
        record = cls.__new__(cls)  # what is unpacked is complete: `__init__` has nothing to look at
        values = vars(record)
        values.update(zip(cls.FIELDS, cls.FORMAT.unpack_from(data, offset), strict=True))
        values["_at"] = (buffer, offset)
        return record

    @classmethod
    def parse_all(cls, data: bytes, offset: int, count: int, buffer: str = "") -> list[Self]:
        """Read `count` adjacent records at `offset` of `data`, which must have them."""
        names, new, at = tuple(cls.FIELDS), cls.__new__, offset
        put, records = object.__setattr__, []
        table = memoryview(data)[offset : offset + count * cls.SIZE]
        for values in cls.FORMAT.iter_unpack(table):
            record = new(cls)
            fields: dict[str, Any] = dict(zip(names, values, strict=True))
            fields["_at"] = (buffer, at)
            put(record, "__dict__", fields)
            records.append(record)
            at += cls.SIZE
        return records

    def pack(self) -> bytes:
        """The record's bytes. Raises `struct.error` when a value does not fit its field."""
        return self.FORMAT.pack(*(getattr(self, name) for name in self.FIELDS))

    def span(self, name: str | None = None) -> Span:
        """Where the field called `name` (or the whole record) was read from."""
        buffer, base = vars(self)["_at"]
        start, end = self.SPANS[name] if name else (0, self.SIZE)
        return Span(buffer, base + start, base + end)

    def replace(self, **values: Any) -> Self:
        """A copy with some fields changed, still remembering where it was read."""
        copy = type(self)(**{name: getattr(self, name) for name in self.FIELDS} | values)
        vars(copy)["_at"] = vars(self)["_at"]
        return copy

    def leaves(self, path: str) -> Iterator["Leaf"]:
        """One leaf per field, named `path.field`."""
        for name, field in self.FIELDS.items():
            yield Leaf(f"{path}.{name}", self.span(name), getattr(self, name), field.doc)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and (type(other), other.pack()) == (
            type(self),
            self.pack(),
        )

    def __hash__(self) -> int:
        return hash((type(self), self.pack()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.FIELDS)
        return f"{type(self).__name__}({values})"


@dataclass(frozen=True, slots=True)
class Leaf:
    """The smallest named piece of a file: what a byte belongs to.

    `path` reads like `tlv.HASHTABLE.rows[0].p_paddr`; `doc` is a phrase for the reader.
    """

    path: str
    span: Span
    value: int | bytes
    doc: str


def tile(leaves: list[Leaf], size: int, buffer: str, filler: str = "gap") -> list[Leaf]:
    """`leaves` in byte order, with every byte of `buffer` that none covers named `filler[i]`.

    The result covers `[0, size)` exactly once. Where leaves overlap, the one that starts first
    keeps its bytes and a later one keeps what is left of it.
    """
    tiles: list[Leaf] = []
    at = gaps = 0

    def fill(until: int) -> None:
        nonlocal gaps
        if until > at:
            span = Span(buffer, at, until)
            tiles.append(Leaf(f"{filler}[{gaps}]", span, b"", "bytes that nothing describes"))
            gaps += 1

    for leaf in sorted(leaves, key=lambda leaf: (leaf.span.start, leaf.span.end)):
        start, end = max(leaf.span.start, at), min(leaf.span.end, size)
        if start >= end:
            continue
        fill(start)
        tiles.append(Leaf(leaf.path, Span(buffer, start, end), leaf.value, leaf.doc))
        at = end
    fill(size)
    return tiles
