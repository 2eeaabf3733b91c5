# SPDX-License-Identifier: GPL-2.0-or-later
"""Variables: where they are in a frame, what is in them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NoReturn

from rprocbench.formats.dwarf_bytes import DwarfError
from rprocbench.formats.dwarf_entries import Entry
from rprocbench.formats.dwarf_expressions import (
    Context,
    InMemory,
    Place,
    Unavailable,
    evaluate,
    fetch,
    number_of,
    read_entry_value,
)
from rprocbench.formats.dwarf_names import At, Tag
from rprocbench.formats.dwarf_scopes import Scope, Variable
from rprocbench.formats.dwarf_types import CType
from rprocbench.formats.dwarf_values import Printer

from .unwind import Frame

MAX_VALUE = 1 << 16  # bytes that are read to show one variable
CALL_SITES = (Tag.CALL_SITE, Tag.GNU_CALL_SITE)
CALL_PARAMETERS = (Tag.CALL_SITE_PARAMETER, Tag.GNU_CALL_SITE_PARAMETER)


@dataclass(frozen=True)
class Value:
    """A value of C: its type, its bytes, and its address if it has one."""

    type: CType
    data: bytes
    address: int | None = None


@dataclass(frozen=True)
class Local:
    """A variable in a frame. `value` is None, and `why` says why, where it cannot be had."""

    name: str
    type: str
    text: str
    is_parameter: bool
    value: Value | None = None
    why: str = ""
    function: str = ""

    def __str__(self) -> str:
        return f"{self.name} = {self.text}"


@dataclass(frozen=True)
class Global:
    """A variable outside of all functions, or one that a function keeps."""

    name: str
    type: CType
    address: int
    file: str
    function: str = ""

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.type.size


def no_memory(address: int, size: int) -> NoReturn:
    """There is no memory to read. Raises `Unavailable`."""
    raise Unavailable(f"no memory is at hand to read {size} bytes at {address:#010x}")


def no_register(number: int) -> NoReturn:
    """There are no registers. Raises `Unavailable`."""
    raise Unavailable(f"register {number} is not known")


STATIC = Context(no_register, no_memory)


def address_of(variable: Variable) -> int | None:
    """The one address of a variable outside of functions; None if it has none."""
    with suppress(DwarfError):
        expression = variable.place_at(0)
        if isinstance(expression, bytes) and not variable.is_constant:
            context = replace(STATIC, look_up=variable.entry.unit.look_up)
            place = evaluate(expression, context)
            return place.address if isinstance(place, InMemory) else None
    return None


@dataclass(frozen=True)
class Surroundings:
    """A frame with its function and its caller's, which is what expressions may ask about."""

    frame: Frame
    context: Context
    scopes: list[Scope]
    caller: "Callable[[], Surroundings | None]" = lambda: None

    def full_context(self) -> Context:
        """The frame's context, with the frame base of its function."""
        if not self.scopes:
            return self.context
        function = self.scopes[0].entry
        return replace(
            self.context,
            frame_base=lambda: self._frame_base(function),
            entry_value=self._entry_value,
            look_up=function.unit.look_up,
        )

    def _frame_base(self, function: Entry) -> int:
        expression = Variable(function).place_at(self.frame.lookup, At.FRAME_BASE)
        if not isinstance(expression, bytes):
            raise Unavailable("the function's frame has no base here")
        return number_of(evaluate(expression, self.context), self.context)

    def _entry_value(self, expression: bytes) -> int:
        """What a register held when the function was entered: the caller may know."""
        wanted, caller = read_entry_value(expression), self.caller()
        if wanted is not None and caller is not None and caller.scopes and self.scopes:
            for site in call_sites(caller.scopes[0].entry, caller.frame.pc):
                value = argument(site, wanted, self.scopes[0].name)
                if value is not None:
                    context = caller.full_context()
                    return number_of(evaluate(value, context), context)
        raise Unavailable("it was in a register that has been used again")


def call_sites(function: Entry, return_pc: int) -> Iterator[Entry]:
    """What is known of the call in `function` that returns to `return_pc`."""
    for entry in function.walk():
        if entry.tag in CALL_SITES:
            where = entry.get(At.CALL_RETURN_PC) or entry.get(At.LOW_PC)
            if where == return_pc:
                yield entry


def argument(site: Entry, register: int, called: str) -> bytes | None:
    """The expression for what a call puts into a register, if it is a call of `called`."""
    origin = site.target(At.CALL_ORIGIN) or site.target(At.ABSTRACT_ORIGIN)
    if origin is not None and origin.name != called:
        return None
    for parameter in site.children:
        place = parameter.get(At.LOCATION)
        value = parameter.get(At.CALL_VALUE) or parameter.get(At.GNU_CALL_SITE_VALUE)
        if parameter.tag not in CALL_PARAMETERS or not isinstance(place, bytes):
            continue
        if isinstance(value, bytes) and read_entry_value(place) == register:
            return value
    return None


def value_of(variable: Variable, around: Surroundings) -> Value:
    """The value in a frame. Raises `Unavailable` or `DwarfError` where there is none."""
    kind = variable.type
    size = min(kind.size, MAX_VALUE)
    place = variable.place_at(around.frame.lookup)
    if place is None:
        raise Unavailable("optimised away")
    if isinstance(place, int):
        return Value(kind, (place & (1 << 8 * size) - 1).to_bytes(size, "little"))
    if variable.is_constant:
        return Value(kind, place[:size].ljust(size, b"\0"))
    if not place:
        raise Unavailable("optimised away")
    context = around.full_context()
    found = evaluate(place, context)
    return read_value(kind, found, size, context)


def read_value(kind: CType, place: Place, size: int, context: Context) -> Value:
    """The bytes at a place, as a value."""
    address = place.address if isinstance(place, InMemory) else None
    return Value(kind, fetch(place, size, context), address)


def locals_in(around: Surroundings, scopes: list[Scope], printer: Printer) -> Iterator[Local]:
    """The variables of `scopes`, innermost first; a name that is hidden by another is left out."""
    seen: set[str] = set()
    for scope in reversed(scopes):
        names = set()
        for variable in scope.variables:
            if variable.name in seen:
                continue
            names.add(variable.name)
            yield local(variable, around, printer)
        seen |= names


def local(variable: Variable, around: Surroundings, printer: Printer) -> Local:
    """One variable; what goes wrong is said in its text."""
    name, kind = variable.name, "?"
    try:
        kind = str(variable.type)
        value = value_of(variable, around)
        text = printer.show(value.type, value.data)
    except DwarfError as error:
        why = error.why.removeprefix("debug information: ")
        return Local(name, kind, f"<{why}>", variable.is_parameter, None, why)
    return Local(name, kind, text, variable.is_parameter, value)
