# SPDX-License-Identifier: GPL-2.0-or-later
"""Location expressions: a small stack machine that says where a value is (our zone; DWARF 5, 2.5).

The machine is the target's: numbers have 32 bits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .dwarf_bytes import Cursor, DwarfError
from .dwarf_forms import Indexed

MAX_STEPS = 1000
WORD = 0xFFFF_FFFF
SIGN = 0x8000_0000


@dataclass(frozen=True, slots=True)
class InMemory:
    """The value lies at an address."""

    address: int


@dataclass(frozen=True, slots=True)
class InRegister:
    """The value is in a register, by DWARF's number: 0 to 15, 64 to 95 are s0 to s31, 256 d0."""

    number: int


@dataclass(frozen=True, slots=True)
class Implicit:
    """The value is known, and nowhere: these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pieces:
    """The value is in parts: size in bytes and place of each, None where it was optimised away."""

    parts: tuple[tuple[int, "InMemory | InRegister | Implicit | None"], ...]


Place = InMemory | InRegister | Implicit | Pieces


class Unavailable(DwarfError):  # noqa: N818  it is no error that a value is gone
    """The value cannot be had here, as so often in optimised code."""


@dataclass(frozen=True)
class Context:
    """What expressions ask for; each may be `None` if it is not to be had, and raises if so.

    `register(n)` and `read(address, size)` raise `Unavailable` for what is not known.
    """

    register: Callable[[int], int]
    read: Callable[[int, int], bytes]
    frame_base: Callable[[], int] | None = None
    cfa: Callable[[], int] | None = None
    entry_value: Callable[[bytes], int] | None = None
    look_up: Callable[[Indexed], int | str | None] | None = None


def signed(value: int) -> int:
    """A word as a signed number."""
    return value - (1 << 32) if value & SIGN else value


@dataclass
class Machine:
    """One evaluation."""

    context: Context
    stack: list[int] = field(default_factory=list)
    parts: list[tuple[int, InMemory | InRegister | Implicit | None]] = field(default_factory=list)
    place: InRegister | Implicit | None = None

    def evaluate(self, expression: bytes) -> Place:
        """Where the value is. Raises `Unavailable` or `DwarfError`."""
        cursor = Cursor(expression)
        for _ in range(MAX_STEPS):
            if not cursor.left:
                return self._result()
            self._step(cursor.u8(), cursor)
        raise DwarfError(f"an expression takes more than {MAX_STEPS} steps")

    def _result(self) -> Place:
        if self.parts:
            return Pieces(tuple(self.parts))
        if self.place is not None:
            return self.place
        if not self.stack:
            raise Unavailable("optimised away")
        return InMemory(self.stack[-1])

    def pop(self) -> int:
        """The top of the stack."""
        if not self.stack:
            raise DwarfError("an expression takes from an empty stack")
        return self.stack.pop()

    def push(self, value: int) -> None:
        """A word onto the stack."""
        self.stack.append(value & WORD)
        if len(self.stack) > MAX_STEPS:
            raise DwarfError("an expression's stack is too deep")

    def pick(self, depth: int) -> None:
        """A copy of what lies `depth` below the top."""
        if depth >= len(self.stack):
            raise DwarfError("an expression looks below its stack")
        self.push(self.stack[-1 - depth])

    def _step(self, op: int, cursor: Cursor) -> None:
        if 0x30 <= op <= 0x4F:
            self.push(op - 0x30)
        elif 0x50 <= op <= 0x6F:
            self.place = InRegister(op - 0x50)
        elif 0x70 <= op <= 0x8F:
            self.push(self.context.register(op - 0x70) + cursor.sleb())
        elif op in CONSTANTS:
            size, is_signed = CONSTANTS[op]
            self.push(int.from_bytes(cursor.take(size), "little", signed=is_signed))
        elif op in BINARY:
            right, left = self.pop(), self.pop()
            self.push(BINARY[op](left, right))
        elif op in UNARY:
            self.push(UNARY[op](self.pop()))
        elif op in OPERATIONS:
            OPERATIONS[op](self, cursor)
        else:
            raise Unavailable(f"optimised away (operation {op:#x})")

    def deref(self, size: int) -> None:
        """Read memory."""
        if not 0 < size <= 4:
            raise DwarfError(f"an expression reads {size} bytes")
        self.push(int.from_bytes(self.context.read(self.pop(), size), "little"))

    def jump(self, cursor: Cursor, *, always: bool) -> None:
        """DW_OP_skip and DW_OP_bra."""
        distance = int.from_bytes(cursor.take(2), "little", signed=True)
        if always or self.pop():
            target = cursor.at + distance
            if not 0 <= target <= cursor.end:
                raise DwarfError("an expression jumps out of itself")
            cursor.at = target

    def piece(self, size: int) -> None:
        """What was found so far is a part of the value."""
        place: InMemory | InRegister | Implicit | None = self.place
        if place is None and self.stack:
            place = InMemory(self.pop())
        self.parts.append((size, place))
        self.place = None

    def implicit(self) -> None:
        """DW_OP_stack_value."""
        self.place = Implicit(self.pop().to_bytes(4, "little"))

    def literal(self, cursor: Cursor) -> None:
        """DW_OP_implicit_value."""
        self.place = Implicit(cursor.take(cursor.uleb()))

    def frame_base(self, cursor: Cursor) -> None:
        """DW_OP_fbreg."""
        offset = cursor.sleb()
        if self.context.frame_base is None:
            raise Unavailable("the frame's base is not known")
        self.push(self.context.frame_base() + offset)

    def cfa(self) -> None:
        """DW_OP_call_frame_cfa."""
        if self.context.cfa is None:
            raise Unavailable("the frame's address is not known")
        self.push(self.context.cfa())

    def entry_value(self, cursor: Cursor) -> None:
        """What an expression was when the function was entered."""
        expression = cursor.take(cursor.uleb())
        if self.context.entry_value is None:
            raise Unavailable("it was in a register that has been used again")
        self.push(self.context.entry_value(expression))

    def indexed(self, cursor: Cursor) -> None:
        """DW_OP_addrx and DW_OP_constx."""
        index = cursor.uleb()
        value = self.context.look_up(Indexed("addr", index)) if self.context.look_up else None
        if not isinstance(value, int):
            raise Unavailable("its address is in a table that is not there")
        self.push(value)

    def typed_register(self, cursor: Cursor) -> None:
        """DW_OP_regval_type, for what is a word anyway."""
        number = cursor.uleb()
        cursor.uleb()
        self.push(self.context.register(number))

    def drop(self) -> None:
        """The top is not needed any more."""
        self.pop()

    def convert(self, cursor: Cursor) -> None:
        """DW_OP_convert: words stay words."""
        cursor.uleb()

    def swap(self) -> None:
        """The two on top change places."""
        top, below = self.pop(), self.pop()
        self.push(top)
        self.push(below)

    def rotate(self) -> None:
        """The top goes below the two after it."""
        top, second, third = self.pop(), self.pop(), self.pop()
        for value in (top, third, second):
            self.push(value)


def divide(left: int, right: int) -> int:
    """Signed division, towards zero. Raises `DwarfError` by zero."""
    if not right:
        raise DwarfError("an expression divides by zero")
    quotient = abs(signed(left)) // abs(signed(right))
    return quotient if (left ^ right) & SIGN == 0 else -quotient


def modulo(left: int, right: int) -> int:
    """Unsigned remainder. Raises `DwarfError` by zero."""
    if not right:
        raise DwarfError("an expression divides by zero")
    return left % right


CONSTANTS = {
    0x03: (4, False), 0x08: (1, False), 0x09: (1, True), 0x0A: (2, False), 0x0B: (2, True),
    0x0C: (4, False), 0x0D: (4, True), 0x0E: (8, False), 0x0F: (8, True),
}  # fmt: skip
BINARY: dict[int, Callable[[int, int], int]] = {
    0x1A: lambda a, b: a & b,
    0x1B: divide,
    0x1C: lambda a, b: a - b,
    0x1D: modulo,
    0x1E: lambda a, b: a * b,
    0x21: lambda a, b: a | b,
    0x22: lambda a, b: a + b,
    0x24: lambda a, b: a << b if b < 32 else 0,
    0x25: lambda a, b: a >> b,
    0x26: lambda a, b: signed(a) >> b,
    0x27: lambda a, b: a ^ b,
    0x29: lambda a, b: a == b,
    0x2A: lambda a, b: signed(a) >= signed(b),
    0x2B: lambda a, b: signed(a) > signed(b),
    0x2C: lambda a, b: signed(a) <= signed(b),
    0x2D: lambda a, b: signed(a) < signed(b),
    0x2E: lambda a, b: a != b,
}
UNARY: dict[int, Callable[[int], int]] = {
    0x19: lambda a: abs(signed(a)),
    0x1F: lambda a: -a,
    0x20: lambda a: ~a,
}
OPERATIONS: dict[int, Callable[[Machine, Cursor], None]] = {
    0x06: lambda m, _c: m.deref(4),
    0x10: lambda m, c: m.push(c.uleb()),
    0x11: lambda m, c: m.push(c.sleb()),
    0x12: lambda m, _c: m.pick(0),
    0x13: lambda m, _c: m.drop(),
    0x14: lambda m, _c: m.pick(1),
    0x15: lambda m, c: m.pick(c.u8()),
    0x16: lambda m, _c: m.swap(),
    0x17: lambda m, _c: m.rotate(),
    0x23: lambda m, c: m.push(m.pop() + c.uleb()),
    0x28: lambda m, c: m.jump(c, always=False),
    0x2F: lambda m, c: m.jump(c, always=True),
    0x90: lambda m, c: setattr(m, "place", InRegister(c.uleb())),
    0x91: Machine.frame_base,
    0x92: lambda m, c: m.push(m.context.register(c.uleb()) + c.sleb()),
    0x93: lambda m, c: m.piece(c.uleb()),
    0x94: lambda m, c: m.deref(c.u8()),
    0x96: lambda _m, _c: None,
    0x9C: lambda m, _c: m.cfa(),
    0x9E: Machine.literal,
    0x9F: lambda m, _c: m.implicit(),
    0xA1: Machine.indexed,
    0xA2: Machine.indexed,
    0xA3: Machine.entry_value,
    0xA5: Machine.typed_register,
    0xA8: Machine.convert,
    0xF3: Machine.entry_value,
    0xF5: Machine.typed_register,
    0xF7: Machine.convert,
}


def evaluate(expression: bytes, context: Context) -> Place:
    """Where a value is. Raises `Unavailable` if it cannot be had, `DwarfError` for nonsense."""
    return Machine(context).evaluate(expression)


def number_of(place: Place, context: Context) -> int:
    """A place as a number: an address, or the word in a register."""
    match place:
        case InMemory(address):
            return address
        case InRegister(number):
            return context.register(number)
        case Implicit(data):
            return int.from_bytes(data[:4], "little")
    raise Unavailable("it is in pieces")


def fetch(place: Place, size: int, context: Context) -> bytes:
    """`size` bytes of the value at `place`. Raises `Unavailable`."""
    match place:
        case InMemory(address):
            return context.read(address, size)
        case InRegister(number):
            return from_register(number, size, context)
        case Implicit(data):
            return data[:size].ljust(size, b"\0")
        case Pieces(parts):
            return from_pieces(parts, size, context)


def from_pieces(
    parts: Sequence[tuple[int, InMemory | InRegister | Implicit | None]],
    size: int, context: Context,
) -> bytes:  # fmt: skip
    """The parts put together."""
    data = b""
    for length, part in parts:
        if part is None or len(data) + length > max(size, 64):
            raise Unavailable("partly optimised away")
        data += fetch(part, length, context)
    return data[:size].ljust(size, b"\0")


def from_register(number: int, size: int, context: Context) -> bytes:
    """A value in a register, or in this one and those after it."""
    if 256 <= number < 272:
        return from_register(64 + 2 * (number - 256), size, context)
    if not 0 <= size <= 64:
        raise Unavailable(f"{size} bytes are in a register")
    count = max(1, -(-size // 4))
    words = b"".join(context.register(number + n).to_bytes(4, "little") for n in range(count))
    return words[:size]


def read_entry_value(expression: bytes) -> int | None:
    """The register that an entry value is the old content of, if it is as simple as that."""
    if len(expression) == 1 and 0x50 <= expression[0] <= 0x6F:
        return expression[0] - 0x50
    return None


__all__ = [
    "Context", "Implicit", "InMemory", "InRegister", "Pieces", "Place", "Unavailable",
    "evaluate", "fetch", "number_of", "read_entry_value",
]  # fmt: skip
