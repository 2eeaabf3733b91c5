# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known of a firmware's code: names, lines, variables, types, and who called whom.

Everything works with as little as there is: full debug information, a symbol table, or nothing.
Nothing is read before it is asked for, and damaged information is as good as none.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from rprocbench.base.errors import InputError, RprocError
from rprocbench.formats.dwarf import Dwarf
from rprocbench.formats.dwarf_bytes import DwarfError
from rprocbench.formats.dwarf_expressions import Unavailable
from rprocbench.formats.dwarf_frames import FrameTable
from rprocbench.formats.dwarf_scopes import Scope, Scopes, UnitScopes, Variable
from rprocbench.formats.dwarf_types import CType
from rprocbench.formats.dwarf_values import Printer
from rprocbench.formats.elf import PT_LOAD, ElfView
from rprocbench.soc.memory import Da

from .lines import Lines
from .symbols import Function, Symbols
from .unwind import Frame, Unwinder, exception_name
from .variables import Global, Local, Surroundings, address_of, locals_in

Read = Callable[[int, int], bytes]

PF_X, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4
STT_NOTYPE, STT_OBJECT, STT_FUNC = range(3)
NEAR = 0x1000  # bytes behind a symbol without a size that still count as its


@dataclass(frozen=True, slots=True)
class Named:
    """A symbol: its address (of code without the Thumb bit), its size (0: unknown), its name."""

    da: int
    size: int
    name: str
    is_code: bool


@dataclass(frozen=True)
class Call:
    """One line of a backtrace. Inlined calls are lines of their own and share a `frame`."""

    frame: Frame
    function: str
    where: tuple[str, int] | None = None
    is_inlined: bool = False

    @property
    def pc(self) -> int:
        """Where it is."""
        return self.frame.pc

    def __str__(self) -> str:
        if self.frame.exception:
            return f"<exception: {exception_name(self.frame.exception)}>"
        place = f" at {self.where[0]}:{self.where[1]}" if self.where else ""
        address = "" if self.is_inlined else f"{self.pc:#010x} in "
        return f"{address}{self.function or '??'}{place}"


class DebugInfo:
    """What `elf` says of itself. Bytes that are no ELF file, and None, say nothing."""

    def __init__(self, elf: bytes | None = None) -> None:
        self.elf: ElfView | None = None
        if elf:
            with suppress(InputError):
                self.elf = ElfView.parse(elf)

    # What there is

    @cached_property
    def dwarf(self) -> Dwarf | None:
        """The debug information, or None."""
        dwarf = Dwarf(self.elf) if self.elf else None
        return dwarf if dwarf and dwarf.is_there else None

    @property
    def has_lines(self) -> bool:
        """Whether source lines are known."""
        return self.dwarf is not None

    @cached_property
    def symbols(self) -> Symbols:
        """The functions of the symbol table."""
        return Symbols.of(self.elf) if self.elf else Symbols()

    @cached_property
    def lines(self) -> Lines | None:
        """Lines both ways, or None."""
        return Lines(Scopes(self.dwarf), self.is_code) if self.dwarf else None

    @cached_property
    def frames(self) -> FrameTable | None:
        """Call frame information, or None."""
        if self.elf is None:
            return None
        section = self.elf.section(".eh_frame")
        return FrameTable(Dwarf(self.elf).sections, section.header.sh_addr if section else 0)

    @cached_property
    def code(self) -> list[tuple[int, int]]:
        """The addresses of code: the executable sections, or segments where there are none."""
        if self.elf is None:
            return []
        found = [
            (s.header.sh_addr, s.header.sh_addr + s.header.sh_size)
            for s in self.elf.sections
            if s.header.sh_flags & SHF_EXECINSTR and s.header.sh_flags & SHF_ALLOC
        ]
        return found or [
            (s.p_vaddr, s.p_vaddr + s.p_memsz)
            for s in self.elf.segments
            if s.p_type == PT_LOAD and s.p_flags & PF_X
        ]

    def is_code(self, da: int) -> bool:
        """Whether instructions may lie at `da`; without a file, wherever they may be executed."""
        if not self.code:
            return da < 0x4000_0000 or 0x6000_0000 <= da < 0xA000_0000
        return any(start <= da < end for start, end in self.code)

    # Names

    @cached_property
    def _named(self) -> list[Named]:
        found = set()
        for symbol in self.elf.symbols if self.elf else ():
            entry, is_code = symbol.entry, symbol.type == STT_FUNC
            is_named = symbol.name and entry.st_shndx and not symbol.name.startswith("$")
            if is_named and symbol.type in (STT_NOTYPE, STT_OBJECT, STT_FUNC):
                da = entry.st_value & ~1 if is_code else entry.st_value
                found.add(Named(da, entry.st_size, symbol.name, is_code))
        return sorted(found, key=lambda each: (each.da, each.size, each.name))

    @cached_property
    def _by_name(self) -> dict[str, Named]:
        return {each.name: each for each in reversed(self._named)}

    @cached_property
    def _starts(self) -> list[int]:
        return [each.da for each in self._named]

    @property
    def names(self) -> list[str]:
        """Every symbol's name, for completion."""
        return sorted(self._by_name)

    def symbol(self, name: str) -> Named | None:
        """The symbol called `name`."""
        return self._by_name.get(name)

    def name_at(self, da: int) -> str:
        """`ring+0x8` for the symbol that the byte at `da` belongs to; "" if there is none."""
        at = bisect_right(self._starts, da)
        for each in reversed(self._named[max(0, at - 8) : at]):
            if da < each.da + (each.size or NEAR) and (each.size or da == each.da or each.is_code):
                return each.name + (f"+{da - each.da:#x}" if da > each.da else "")
        return ""

    def pointed_at(self, value: int) -> str:
        """The name of what a pointer points to; code pointers have the Thumb bit."""
        is_thumb = bool(value & 1) and self.is_code(value & ~1)
        return self.name_at(value & ~1 if is_thumb else value) if value else ""

    def function_at(self, pc: int) -> Function | None:
        """The function that the instruction at `pc` belongs to."""
        if function := self.symbols.function(pc):
            return function
        for scope in self._scopes_at(pc)[:1]:
            with suppress(DwarfError):
                start, end = next(r for r in scope.entry.ranges if r[0] <= pc < r[1])
                return Function(Da(start), end - start, scope.name)
        return None

    # Lines

    def line_at(self, pc: int) -> tuple[str, int] | None:
        """The source file and line of the instruction at `pc`."""
        return self.lines.at(pc) if self.lines else None

    def addresses_of(self, file: str, line: int) -> list[int]:
        """Where the code of a source line begins, once for each copy of it."""
        return self.lines.addresses_of(file, line) if self.lines else []

    def breakpoints_of(self, function: str) -> list[int]:
        """Where to stop for a call of `function`; inlined copies count."""
        found: set[int] = set()
        if (symbol := self.symbol(function)) and symbol.is_code:
            end = symbol.da + (symbol.size or NEAR)
            found.add(self.lines.after_prologue(symbol.da, end) if self.lines else symbol.da)
        for unit in self._units_naming(function):
            with suppress(DwarfError):
                found |= self._copies(unit, function)
        if not found and self.lines and any(self._units_naming(function)):
            for unit in self.lines.scopes.all():  # with LTO, copies lie in units of others
                with suppress(DwarfError):
                    found |= self._copies(unit, function)
        return sorted(found)

    def _copies(self, unit: UnitScopes, function: str) -> set[int]:
        found: set[int] = set()
        for start, end, entry in unit.functions:
            if not self.is_code(start):
                continue
            if entry.name == function and not self.symbol(function):
                found.add(self.lines.after_prologue(start, end) if self.lines else start)
            for inner in entry.walk():
                is_copy = Scope(inner).is_inlined and inner.name == function
                if is_copy and inner.ranges and entry.name != function:
                    found.add(min(start for start, _ in inner.ranges))
        return found

    def files(self) -> list[str]:
        """Every source file that is named."""
        return self.lines.files() if self.lines else []

    # Variables

    def _units_naming(self, name: str) -> Iterator[UnitScopes]:
        if self.lines:
            with suppress(DwarfError):
                for unit in self.lines.scopes.dwarf.units_naming(name):
                    yield self.lines.scopes.of(unit)

    def global_called(self, name: str, pc: int | None = None) -> Global | None:
        """A variable outside of functions; the one of the unit around `pc` before all others."""
        found = []
        for unit in self._units_naming(name):
            with suppress(DwarfError):
                for function, variable in [*(("", v) for v in unit.variables), *unit.statics]:
                    if variable.name == name:
                        known = self._global(unit, variable, function)
                        found += [(unit.unit, function, known)] if known else []
        here = self.lines.scopes.at(pc) if self.lines and pc is not None else None
        found.sort(key=lambda each: (bool(each[1]), here is None or each[0] is not here.unit))
        return found[0][2] if found else None

    def _global(self, unit: UnitScopes, variable: Variable, function: str = "") -> Global | None:
        address = address_of(variable)
        if address is None:
            return None
        return Global(variable.name, variable.type, address, unit.unit.name, function)

    def globals(self) -> Iterator[Global]:
        """All variables outside of functions, and those that functions keep."""
        for unit in self.lines.scopes.all() if self.lines else ():
            with suppress(DwarfError):
                for variable in unit.variables:
                    if known := self._global(unit, variable):
                        yield known
                for function, variable in unit.statics:
                    if known := self._global(unit, variable, function):
                        yield known

    def type_called(self, name: str) -> CType | None:
        """The type `name`: `uint32_t`, `struct vring`, `unsigned int`."""
        from .types import find_type  # noqa: PLC0415  only casts need it

        return find_type(self.lines.scopes, name) if self.lines else None

    def enumerator(self, name: str) -> int | None:
        """The value of an enumeration's name."""
        for unit in self._units_naming(name):
            with suppress(DwarfError):
                if name in unit.enumerators:
                    return unit.enumerators[name]
        return None

    def locals_at(self, pc: int, registers: Mapping[str, int], read: Read) -> list[Local]:
        """The variables that are in scope at `pc`, innermost first, with what they hold."""
        frames = list(self.unwind({**registers, "pc": pc}, read))[:2]
        return self.locals_of(frames, read)

    def locals_of(
        self, frames: list[Frame], read: Read, *, printer: Printer | None = None,
        inlined: int = 0,
    ) -> list[Local]:  # fmt: skip
        """The variables of `frames[0]`; the frames after it are its callers.

        `inlined` steps out of that many inlined calls first.
        """
        around = self.surroundings(frames, read)
        scopes = split(around.scopes)
        chosen = scopes[-1 - inlined] if inlined < len(scopes) else []
        printer = printer or Printer(safely(read), self.pointed_at)
        return list(locals_in(around, chosen, printer))

    def surroundings(self, frames: list[Frame], read: Read) -> Surroundings:
        """What expressions may ask about in `frames[0]`."""
        frame = frames[0]

        def caller() -> Surroundings | None:
            return self.surroundings(frames[1:], read) if len(frames) > 1 else None

        unwinder = self._unwinder(read)
        scopes = [] if frame.exception else self._scopes_at(frame.lookup)
        return Surroundings(frame, unwinder.context(frame), scopes, caller)

    def _scopes_at(self, pc: int) -> list[Scope]:
        return self.lines.scopes_at(pc) if self.lines else []

    # Who called whom

    def _unwinder(self, read: Read) -> Unwinder:
        return Unwinder(self.frames, safely(read), self.is_code, self._start_of)

    def _start_of(self, pc: int) -> int | None:
        function = self.function_at(pc)
        return function.da if function else None

    def unwind(self, registers: Mapping[str, int], read: Read) -> Iterator[Frame]:
        """The frames, innermost first; each exception is a frame of its own."""
        return self._unwinder(read).unwind(registers)

    def backtrace(self, registers: Mapping[str, int], read: Read) -> list[Call]:
        """Who called whom, innermost first, with inlined calls and exceptions in between.

        `registers` by name (`r0` to `r12`, `sp`, `lr`, `pc`, `xpsr`, `msp`, `psp`, `control`);
        `read(da, size)` may raise `IndexError` or an `RprocError`.
        """
        return [call for frame in self.unwind(registers, read) for call in self.calls(frame)]

    def calls(self, frame: Frame) -> Iterator[Call]:
        """One frame as lines of a backtrace: inlined calls first."""
        if frame.exception:
            yield Call(frame, exception_name(frame.exception))
            return
        where = self.line_at(frame.lookup)
        for scope in reversed([s for s in self._scopes_at(frame.lookup) if s.is_function]):
            yield Call(frame, scope.name, where, scope.is_inlined)
            if scope.is_inlined and self.lines:
                where = self.lines.call_site(scope, frame.lookup)
            else:
                return
        function = self.function_at(frame.lookup)
        yield Call(frame, function.name if function else "", where)


def split(scopes: list[Scope]) -> list[list[Scope]]:
    """Scopes by function: the outermost function's first, each inlined call's after it."""
    found: list[list[Scope]] = []
    for scope in scopes:
        if scope.is_function:
            found.append([])
        if found:
            found[-1].append(scope)
    return found


def safely(read: Read) -> Read:
    """`read`, raising `Unavailable` where there is no memory."""

    def careful(address: int, size: int) -> bytes:
        try:
            data = read(address & 0xFFFF_FFFF, size)
        except (IndexError, RprocError):
            data = b""
        if len(data) != size:
            raise Unavailable(f"no memory at {address:#010x}")
        return data

    return careful


__all__ = ["Call", "DebugInfo", "Frame", "Global", "Local", "Named"]
