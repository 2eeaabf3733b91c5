# SPDX-License-Identifier: GPL-2.0-or-later
"""Types of C as debug information tells them: size, members, names (our zone; DWARF 5, section 5).

A `CType` is a view on an entry; what it refers to is looked up when it is asked for, because types
refer to one another in circles.
"""

from dataclasses import dataclass
from typing import Literal

from .dwarf_bytes import Cursor, DwarfError
from .dwarf_entries import Entry
from .dwarf_names import At, Encoding, Tag

MAX_CHAIN = 64  # typedef of const of typedef of ...
MAX_MEMBERS = 1 << 14
MAX_SIZE = 1 << 32

Kind = Literal["void", "base", "pointer", "struct", "union", "array", "enum", "function", "unknown"]
QUALIFIERS = {
    Tag.CONST_TYPE: "const", Tag.VOLATILE_TYPE: "volatile", Tag.RESTRICT_TYPE: "restrict",
    Tag.ATOMIC_TYPE: "_Atomic",
}  # fmt: skip
POINTERS = (Tag.POINTER_TYPE, Tag.REFERENCE_TYPE, Tag.RVALUE_REFERENCE_TYPE)
KINDS: dict[int, Kind] = {
    Tag.BASE_TYPE: "base", Tag.STRUCTURE_TYPE: "struct", Tag.CLASS_TYPE: "struct",
    Tag.UNION_TYPE: "union", Tag.ARRAY_TYPE: "array", Tag.ENUMERATION_TYPE: "enum",
    Tag.SUBROUTINE_TYPE: "function", Tag.SUBPROGRAM: "function", Tag.UNSPECIFIED_TYPE: "void",
    Tag.POINTER_TYPE: "pointer", Tag.REFERENCE_TYPE: "pointer",
    Tag.RVALUE_REFERENCE_TYPE: "pointer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A member: its type, its offset in bytes; for a bit field also its first bit and how many."""

    name: str
    type: "CType"
    offset: int
    bit: int = 0
    bits: int = 0


@dataclass(frozen=True)
class CType:
    """A type. `entry` None is void."""

    entry: Entry | None

    @property
    def plain(self) -> "CType":
        """The type behind its typedefs and qualifiers. Raises `DwarfError` if there is no end."""
        entry, wrapping = self.entry, (*QUALIFIERS, Tag.TYPEDEF)
        for _ in range(MAX_CHAIN):
            if entry is None or entry.tag not in wrapping:
                break
            entry = entry.type
        else:
            raise DwarfError("a type refers to itself")
        return self if entry is self.entry else CType(entry)

    @property
    def kind(self) -> Kind:
        """What it is, without its typedefs."""
        entry = self.plain.entry
        return "void" if entry is None else KINDS.get(entry.tag, "unknown")

    @property
    def target(self) -> "CType":
        """What a pointer points to, an array consists of, a function returns."""
        plain = self.plain
        if plain.kind == "array" and len(plain.bounds) > 1:
            assert plain.entry
            return CType(without_first_dimension(plain.entry))
        return CType(plain.entry.type if plain.entry else None)

    @property
    def encoding(self) -> int:
        """How a base type's bytes are meant: DW_ATE_*."""
        entry = self.plain.entry
        return (entry.number(At.ENCODING) or 0) if entry else 0

    @property
    def is_signed(self) -> bool:
        """Whether its numbers may be negative."""
        if self.kind == "enum":
            return any(value < 0 for _, value in self.enumerators)
        return self.encoding in (Encoding.SIGNED, Encoding.SIGNED_CHAR)

    @property
    def is_float(self) -> bool:
        """Whether it is float or double."""
        return self.kind == "base" and self.encoding == Encoding.FLOAT

    @property
    def is_character(self) -> bool:
        """Whether it is char, signed or not."""
        characters = (Encoding.SIGNED_CHAR, Encoding.UNSIGNED_CHAR, Encoding.UTF)
        return self.kind == "base" and self.size == 1 and self.encoding in characters

    @property
    def size(self) -> int:
        """Its size in bytes; 0 where nobody knows. Raises `DwarfError`."""
        return self.measure(0)

    def measure(self, depth: int) -> int:
        """`size`, with an end to types that contain themselves."""
        plain = self.plain
        if plain.entry is None or depth > MAX_CHAIN:
            return 0
        size = plain.complete.number(At.BYTE_SIZE)
        if plain.kind == "array" and size is None:
            size = (plain.count or 0) * plain.target.measure(depth + 1)
        elif size is None and plain.kind == "pointer":
            size = plain.entry.unit.address_size
        elif size is None and plain.kind == "enum":
            size = plain.target.measure(depth + 1) or 4
        if size is None:
            return 0
        if not 0 <= size <= MAX_SIZE:
            raise DwarfError(f"a type of {size:#x} bytes")
        return size

    @property
    def complete(self) -> Entry:
        """The entry that has the members, if another unit declares only the name."""
        entry = self.plain.entry
        assert entry is not None
        if not entry.get(At.DECLARATION):
            return entry
        known = entry.unit.dwarf.completions
        if entry.offset not in known:
            known[entry.offset] = definition_of(entry)
        return known[entry.offset]

    @property
    def members(self) -> list[Member]:
        """The members of a struct or union, in order; those of nameless ones have no name."""
        plain = self.plain
        if plain.kind not in ("struct", "union"):
            return []
        tags = (Tag.MEMBER, Tag.INHERITANCE)
        found = [
            member_of(e)
            for e in plain.complete.children[:MAX_MEMBERS]
            if e.tag in tags and not e.get(At.EXTERNAL)
        ]
        return [member for member in found if member]

    def member(self, name: str) -> Member | None:
        """The member called `name`, also in nameless members; None if there is none."""
        left = [(0, m) for m in reversed(self.members)]
        for _ in range(MAX_MEMBERS):
            if not left:
                return None
            base, member = left.pop()
            if member.name == name:
                return Member(name, member.type, base + member.offset, member.bit, member.bits)
            if not member.name:
                left += [(base + member.offset, m) for m in reversed(member.type.members)]
        return None

    @property
    def enumerators(self) -> list[tuple[str, int]]:
        """The names of an enumeration's values."""
        plain = self.plain
        if plain.kind != "enum":
            return []
        return [
            (e.name, e.number(At.CONST_VALUE) or 0)
            for e in plain.complete.children[:MAX_MEMBERS]
            if e.tag == Tag.ENUMERATOR
        ]

    @property
    def bounds(self) -> list[int | None]:
        """How many elements an array has in each dimension; None where it does not say."""
        entry = self.plain.entry
        children = entry.children[:MAX_CHAIN] if entry else []
        return [count_of(e) for e in children if e.tag == Tag.SUBRANGE_TYPE]

    @property
    def count(self) -> int | None:
        """How many elements an array has; None where it does not say."""
        bounds = self.plain.bounds
        return bounds[0] if bounds else None

    @property
    def parameters(self) -> list["CType"]:
        """The types of a function's parameters."""
        entry = self.plain.entry
        children = entry.children[:MAX_CHAIN] if entry else []
        return [CType(e.type) for e in children if e.tag == Tag.FORMAL_PARAMETER]

    def __str__(self) -> str:
        return self.declare("")

    def declare(self, what: str, depth: int = 0) -> str:  # noqa: PLR0911  one return a kind
        """As C declares it: `declare("x")` is `char *x[4]`."""
        entry = self.entry
        if entry is None:
            return f"void {what}".rstrip()
        if depth > MAX_CHAIN:
            return f"... {what}".rstrip()
        if entry.tag in QUALIFIERS:
            return self._qualified(entry, what, depth)
        kind = KINDS.get(entry.tag, "unknown")
        if kind == "pointer":
            inner = CType(entry.type)
            sign = "*" if entry.tag == Tag.POINTER_TYPE else "&"
            if inner.entry and inner.entry.tag in (Tag.ARRAY_TYPE, Tag.SUBROUTINE_TYPE):
                return inner.declare(f"({sign}{what})", depth + 1)
            return inner.declare(f"{sign}{what}", depth + 1)
        if kind == "array":
            bounds = self.bounds or [None]
            sizes = "".join(f"[{'' if count is None else count}]" for count in bounds)
            return CType(entry.type).declare(f"{what}{sizes}", depth + 1)
        if kind == "function":
            parameters = ", ".join(p.declare("", depth + 1) for p in self.parameters)
            return CType(entry.type).declare(f"{what}({parameters or 'void'})", depth + 1)
        word = {"struct": "struct ", "union": "union ", "enum": "enum "}.get(kind, "")
        return f"{word}{entry.name or '{...}'} {what}".rstrip()

    def _qualified(self, entry: Entry, what: str, depth: int) -> str:
        word = QUALIFIERS[Tag(entry.tag)]
        inner = CType(entry.type)
        if inner.kind == "pointer" and inner.entry and inner.entry.tag in POINTERS:
            return inner.declare(f"{word} {what}".rstrip(), depth + 1)
        text = inner.declare(what, depth + 1)
        if inner.kind == "array" and (element := inner.target.entry) and element.tag == entry.tag:
            return text  # what is said of an array holds for its elements
        return text if text.startswith(f"{word} ") else f"{word} {text}"


def definition_of(declared: Entry) -> Entry:
    """The entry, perhaps of another unit, that has what `declared` only names; or itself."""
    for unit in declared.unit.dwarf.units_naming(declared.name):
        for other in unit.root.children:
            is_it = (other.tag, other.name) == (declared.tag, declared.name)
            if is_it and not other.get(At.DECLARATION):
                return other
    return declared


def without_first_dimension(array: Entry) -> Entry:
    """What an array of arrays consists of."""
    kept = {at: value for at, value in array.attributes.items() if at != At.BYTE_SIZE}
    inner = Entry(array.unit, array.offset, array.tag, kept)
    first = next(e for e in array.children if e.tag == Tag.SUBRANGE_TYPE)
    inner.children = [entry for entry in array.children if entry is not first]
    return inner


def count_of(subrange: Entry) -> int | None:
    """How many elements the dimension has."""
    count = subrange.get(At.COUNT)
    if isinstance(count, int):
        return count
    bound = subrange.get(At.UPPER_BOUND)
    if isinstance(bound, int) and bound < MAX_SIZE - 1:
        return bound + 1
    return None


def member_of(entry: Entry) -> Member | None:
    """A member; None where its place is computed."""
    kind = CType(entry.type)
    place: int | str | bytes | None = entry.get(At.DATA_MEMBER_LOCATION) or 0
    if isinstance(place, bytes):
        place = constant_offset(place)
    if not isinstance(place, int):
        return None
    name = entry.name or ("" if entry.tag == Tag.MEMBER else str(kind))
    bits = entry.number(At.BIT_SIZE) or 0
    if not bits:
        return Member(name, kind, place)
    whole = entry.number(At.DATA_BIT_OFFSET)
    if whole is None:  # up to version 3, counted from the most significant bit
        storage = 8 * (entry.number(At.BYTE_SIZE) or kind.size)
        whole = 8 * place + storage - (entry.number(At.BIT_OFFSET) or 0) - bits
    return Member(name, kind, whole // 8, whole % 8, bits)


def constant_offset(expression: bytes) -> int | None:
    """The offset that an old compiler wrote as `DW_OP_plus_uconst`."""
    cursor = Cursor(expression)
    return cursor.uleb() if cursor.left and cursor.u8() == 0x23 else None
