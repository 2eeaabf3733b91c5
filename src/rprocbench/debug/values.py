# SPDX-License-Identifier: GPL-2.0-or-later
"""Values that expressions work on, and the types that they make on the way."""

from dataclasses import dataclass

from rprocbench.base.errors import InputCode, InputError
from rprocbench.formats.dwarf_entries import Entry
from rprocbench.formats.dwarf_forms import Reference
from rprocbench.formats.dwarf_forms import Value as Encoded
from rprocbench.formats.dwarf_names import At, Tag
from rprocbench.formats.dwarf_types import CType
from rprocbench.formats.dwarf_values import integer

WORD = 0xFFFF_FFFF


class ExpressionError(InputError):
    """An expression that says nothing, or asks for what is not there."""

    def __init__(self, why: str) -> None:
        super().__init__(InputCode.BAD_VALUE, why)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.why,))

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True)
class Value:
    """A value: its bytes, its address if it has one, its type; without one a plain number.

    `register` is the register that it was read from, if it was one.
    """

    data: bytes
    type: CType | None = None
    address: int | None = None
    register: str = ""

    @classmethod
    def of(cls, number: int) -> "Value":
        """A plain number, of 64 bits."""
        return cls((number & (1 << 64) - 1).to_bytes(8, "little"))

    @property
    def kind(self) -> str:
        """`base`, `pointer`, `struct`, ...; `number` without a type."""
        return self.type.kind if self.type else "number"

    @property
    def number(self) -> int:
        """As a number. Raises `ExpressionError` for what is none."""
        if self.type is None:
            return int.from_bytes(self.data, "little", signed=len(self.data) == 8)
        if self.kind == "array" and self.address is not None:
            return self.address  # as C has it
        if self.kind == "function" and self.address is not None:
            return self.address | 1
        if self.kind not in ("base", "pointer", "enum") or self.type.is_float:
            raise ExpressionError(f"{self.type} is no number")
        return integer(self.type, self.data)

    @property
    def element(self) -> CType | None:
        """What it points to, or consists of; None for void and for numbers."""
        if self.type is None or self.kind not in ("pointer", "array"):
            return None
        target = self.type.target
        return None if target.kind == "void" else target


def pointer_to(kind: CType) -> CType:
    """`kind *`."""
    entry = kind.entry
    if entry is None:
        raise ExpressionError("a pointer to void needs a type, say (uint32_t *)")
    return CType(made(entry, Tag.POINTER_TYPE, {At.BYTE_SIZE: 4}))


def array_of(kind: CType, count: int) -> CType:
    """`kind [count]`."""
    entry = kind.entry
    if entry is None:
        raise ExpressionError("there are no arrays of void")
    array = made(entry, Tag.ARRAY_TYPE, {})
    array.children.append(Entry(entry.unit, -1, Tag.SUBRANGE_TYPE, {At.COUNT: count}))
    return CType(array)


def made(entry: Entry, tag: Tag, attributes: dict[int, int]) -> Entry:
    """An entry of a type that no unit has, made from one that some unit has."""
    return Made(entry, tag, attributes)


class Made(Entry):
    """An entry whose type is given, not looked up."""

    __slots__ = ("target_entry",)

    def __init__(self, entry: Entry, tag: Tag, attributes: dict[int, int]) -> None:
        more: dict[int, Encoded] = {At.TYPE: Reference(entry.offset)}
        super().__init__(entry.unit, -1, tag, {**attributes, **more})
        self.target_entry = entry

    def target(self, attribute: At) -> Entry | None:
        """The type; nothing else is known of it."""
        return self.target_entry if attribute == At.TYPE else None
