# SPDX-License-Identifier: GPL-2.0-or-later
"""Expressions of C, evaluated at the cursor: `ring.desc[2].len`, `*endpoint`, `$sp + 4`."""

from collections.abc import Callable
from dataclasses import dataclass

from rprocbench.emulator.variables import MAX_VALUE
from rprocbench.formats.dwarf_bytes import DwarfError
from rprocbench.formats.dwarf_types import CType
from rprocbench.formats.dwarf_values import bit_field, quote_character

from .tokens import Node, Parser
from .values import WORD, ExpressionError, Value, array_of, pointer_to
from .view import View

ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b,
    "==": lambda a, b: int(a == b), "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b), ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b), ">=": lambda a, b: int(a >= b),
    "<<": lambda a, b: a << (b & 63), ">>": lambda a, b: a >> (b & 63),
}  # fmt: skip
FORMATS = "xduotcfsai"


@dataclass
class Evaluator:
    """Evaluates at the cursor of `view`, in the selected frame.

    Assignments are carried out through the view, so only at the newest moment.
    """

    view: View

    def evaluate(self, text: str) -> Value:
        """The value of `text`. Raises `ExpressionError` or another `InputError`."""
        try:
            return self._value(Parser(text, self._is_type).parse())
        except DwarfError as error:
            raise ExpressionError(error.why.removeprefix("debug information: ")) from None

    def address(self, text: str) -> int:
        """What an expression points to: a number, a pointer, a function, or a variable's address.

        Raises as `evaluate`.
        """
        value = self.evaluate(text)
        if value.kind == "function" and value.address is not None:
            return value.address
        if value.kind in ("struct", "union", "array") and value.address is not None:
            return value.address
        return value.number & WORD

    def _is_type(self, name: str) -> bool:
        return self._find_type(name) is not None

    def _find_type(self, name: str) -> CType | None:
        return self.view.info.type_called(name)

    def _type(self, name: str) -> CType:
        plain = name.rstrip("*")
        found = self._find_type(plain)
        if found is None:
            raise ExpressionError(f"no type is called {plain!r}")
        for _ in range(len(name) - len(plain)):
            found = pointer_to(found)
        return found

    def _value(self, node: Node) -> Value:  # noqa: C901, PLR0911  one return a kind of node
        match node.kind:
            case "number":
                return Value.of(node.value)
            case "name":
                return self._name(node.value)
            case "register":
                return self._register(node.value)
            case "unary":
                return self._unary(node.value, node.parts[0])
            case "binary":
                return self._binary(node.value, *node.parts)
            case "member":
                return self._member(self._value(node.parts[0]), node.value)
            case "arrow":
                return self._member(self._deref(self._value(node.parts[0])), node.value)
            case "index":
                base, index = (self._value(part) for part in node.parts)
                return self._deref(self._add(base, index.number))
            case "cast":
                return self._cast(self._type(node.value), self._value(node.parts[0]))
            case "sizeof type":
                return Value.of(self._type(node.value).size)
        value = self._value(node.parts[0])  # sizeof
        return Value.of(value.type.size if value.type else 4)

    # Names

    def _name(self, name: str) -> Value:
        function, _, variable = name.rpartition("::")
        local = None if function else self.view.local(name)
        if local is not None:
            if local.value is None:
                raise ExpressionError(f"{name}: {local.why}")
            return Value(local.value.data, local.value.type, local.value.address)
        info = self.view.info
        known = info.global_called(variable or name, self.view.frame.lookup)
        if known is not None and (not function or known.function == function):
            return self._at(known.type, known.address)
        number = info.enumerator(name)
        if number is not None:
            return Value.of(number)
        if name in self.view.target.session.registers and not info.symbol(name):
            return self._register(name)
        return self._symbol(name)

    def _symbol(self, name: str) -> Value:
        """Something that only the symbol table names: what lies there, as a number."""
        symbol = self.view.info.symbol(name)
        if symbol is None:
            raise ExpressionError(f"nothing is called {name!r} here")
        if symbol.is_code:
            return Value.of(symbol.da | 1)
        size = symbol.size if symbol.size in (1, 2, 4) else 4
        return Value(self.view.read(symbol.da, size), None, symbol.da)

    def _register(self, name: str) -> Value:
        registers = self.view.registers()
        name = {"fp": "r7", "r13": "sp", "r14": "lr", "r15": "pc"}.get(name, name)
        if name not in registers:
            known = name in self.view.target.session.registers
            why = "is not known in this frame" if known else "is no register"
            raise ExpressionError(f"${name} {why}")
        return Value(registers[name].to_bytes(4, "little"), None, None, name)

    # Memory

    def _at(self, kind: CType, address: int) -> Value:
        size = kind.size
        if kind.kind == "function":
            return Value(b"", kind, address & ~1)
        if size > MAX_VALUE:
            raise ExpressionError(f"{size} bytes are too many to look at")
        return Value(self.view.read(address & WORD, size), kind, address & WORD)

    def _deref(self, value: Value) -> Value:
        if value.type is None:
            address = value.number & WORD
            return Value(self.view.read(address, 4), None, address)
        if value.kind not in ("pointer", "array"):
            if value.kind == "base":
                address = value.number & WORD
                return Value(self.view.read(address, 4), None, address)
            raise ExpressionError(f"{value.type} is no pointer")
        target = value.element
        if target is None:
            raise ExpressionError("a pointer to void needs a type, say (uint32_t *)")
        return self._at(target, value.number & WORD)

    def _member(self, value: Value, name: str) -> Value:
        if value.kind == "pointer":
            value = self._deref(value)
        found = value.type.member(name) if value.type else None
        if found is None:
            raise ExpressionError(f"{value.type or 'a number'} has no member {name!r}")
        if found.bits:
            return Value.of(bit_field(found, value.data))
        data = value.data[found.offset : found.offset + found.type.size]
        address = None if value.address is None else value.address + found.offset
        return Value(data, found.type, address)

    def _cast(self, kind: CType, value: Value) -> Value:
        if kind.kind in ("struct", "union", "array"):
            raise ExpressionError(f"nothing is cast to {kind}")
        if kind.is_float or (value.type is not None and value.type.is_float):
            raise ExpressionError("float is not cast here")
        size = kind.size
        return Value((value.number & (1 << 8 * size) - 1).to_bytes(size, "little"), kind)

    # Operators

    def _unary(self, sign: str, part: Node) -> Value:
        value = self._value(part)
        match sign:
            case "*":
                return self._deref(value)
            case "&":
                return self._address_of(value)
            case "!":
                return Value.of(int(not value.number))
            case "-":
                return Value.of(-value.number)
            case "~":
                return Value.of(~value.number)
        return value

    def _address_of(self, value: Value) -> Value:
        if value.address is None:
            raise ExpressionError("that has no address")
        if value.type is None:
            return Value.of(value.address)
        address = value.address | (value.kind == "function")
        return Value(address.to_bytes(4, "little"), pointer_to(value.type))

    def _add(self, value: Value, count: int) -> Value:
        """Pointer arithmetic, where it is a pointer."""
        if value.kind not in ("pointer", "array"):
            return Value.of(value.number + count)
        target = value.element
        size = target.size if target else 1
        address = value.number + count * size & WORD
        kind = value.type if value.kind == "pointer" else pointer_to(target) if target else None
        return Value(address.to_bytes(4, "little"), kind)

    def _binary(  # noqa: PLR0911  one return an operator
        self, sign: str, left: Node, right: Node
    ) -> Value:
        if sign in ("&&", "||"):
            first = bool(self._value(left).number)
            if first == (sign == "||"):
                return Value.of(int(first))
            return Value.of(int(bool(self._value(right).number)))
        one, other = self._value(left), self._value(right)
        match sign:
            case "=":
                return self._assign(one, other)
            case "@":
                return self._many(one, other.number)
            case "+" | "-" if one.kind in ("pointer", "array") and other.kind != "pointer":
                return self._add(one, other.number if sign == "+" else -other.number)
            case "/" | "%":
                return self._divide(sign, one.number, other.number)
        number = ARITHMETIC[sign](one.number, other.number)
        if sign == "-" and one.kind == other.kind == "pointer" and one.element:
            number //= one.element.size or 1
        return Value.of(number)

    def _divide(self, sign: str, one: int, other: int) -> Value:
        if not other:
            raise ExpressionError("division by zero")
        quotient = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
        return Value.of(quotient if sign == "/" else one - quotient * other)

    def _many(self, value: Value, count: int) -> Value:
        if value.address is None or value.type is None:
            raise ExpressionError("only what has a type and an address can be repeated with @")
        if not 0 < count * max(value.type.size, 1) <= MAX_VALUE:
            raise ExpressionError(f"{count} elements cannot be shown")
        return self._at(array_of(value.type, count), value.address)

    def _assign(self, place: Value, value: Value) -> Value:
        if place.register:
            self.view.target.session.registers[place.register] = value.number & WORD
        elif place.address is None:
            raise ExpressionError("that is in no memory, and cannot be written")
        else:
            size = len(place.data)
            if place.kind in ("struct", "union", "array"):
                raise ExpressionError(f"{place.type} is not assigned as a whole")
            data = (value.number & (1 << 8 * size) - 1).to_bytes(size, "little")
            self.view.write(place.address, data)
        self.view.refresh()
        size = len(place.data)
        data = (value.number & (1 << 8 * size) - 1).to_bytes(size, "little")
        return Value(data, place.type, place.address, place.register)

    # Showing

    def show(self, value: Value, letter: str = "") -> str:
        """The value as text; `letter` as in gdb's print/x. Raises `ExpressionError`."""
        if letter and letter not in FORMATS:
            raise ExpressionError(f"there is no format {letter!r}; there is {', '.join(FORMATS)}")
        try:
            return self._shown(value, letter)
        except DwarfError as error:
            raise ExpressionError(error.why.removeprefix("debug information: ")) from None

    def _shown(self, value: Value, letter: str) -> str:
        if letter and value.kind in ("number", "base", "pointer", "enum"):
            return formatted(int.from_bytes(value.data, "little"), value, letter, self.view)
        if value.type is None:
            number = value.number
            if value.register in ("pc", "lr", "sp", "msp", "psp"):
                name = self.view.info.pointed_at(number)
                return f"{number:#010x}" + (f" <{name}>" if name else "")
            return f"{number:#x}" if value.address is not None or value.register else str(number)
        printer = self.view.printer(16 if letter == "x" else 10)
        if value.kind == "pointer":
            return f"({value.type}) {printer.show(value.type, value.data)}"
        if value.kind == "function" and value.address is not None:
            return f"{{{value.type}}} {self.view.where(value.address)}"
        return printer.show(value.type, value.data)


def formatted(bits: int, value: Value, letter: str, view: View) -> str:
    """A number in one of gdb's formats."""
    size = 8 * len(value.data)
    if value.type is None and size == 64 and bits >> 63:
        bits &= WORD
    if letter == "c":
        return f"{bits & 0xFF} {quote_character(bits & 0xFF)}"
    if letter == "a":
        name = view.info.pointed_at(bits & WORD)
        return f"{bits:#x}" + (f" <{name}>" if name else "")
    if letter == "d":
        return str(bits - (1 << size) if bits >> size - 1 & 1 else bits)
    return format(bits, {"x": "#x", "t": "b", "o": "#o"}.get(letter, "d"))
