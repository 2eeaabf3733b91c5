# SPDX-License-Identifier: GPL-2.0-or-later
"""The terminal's commands that look: calls, variables, memory, code, source."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rprocbench.base.errors import RprocError
from rprocbench.bench.session import Stopped
from rprocbench.emulator.debuginfo import Call
from rprocbench.emulator.unwind import exception_name
from rprocbench.emulator.watch import ExceptionTaken
from rprocbench.formats.dwarf_types import CType

from .code import FORM, Code
from .expressions import Evaluator
from .points import unknown
from .source import Sources
from .telling import reason
from .values import Value
from .verbs import Verb
from .view import View

SHORT = ("pc", "lr", "sp", "xpsr", "msp", "psp", "primask", "basepri", "faultmask", "control")


@dataclass
class Looking:
    """Shows what there is at the cursor, in the selected frame."""

    view: View
    sources: Sources
    emit: Callable[..., None]
    code: Code = field(init=False)
    more: dict[str, Callable[[str], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.code = Code(self.view, self.sources, self.emit)

    def verbs(self) -> list[Verb]:
        """The commands."""
        return [
            Verb(("backtrace", "bt", "where", "w"), self._backtrace, "backtrace [N]",
             "who called whom, through exceptions"),
            Verb(("frame", "f"), self._frame, "frame [N]", "select a call"),
            Verb(("up",), self._up, "up [N]", "select the caller", repeats=True),
            Verb(("down",), self._down, "down [N]", "select who is called", repeats=True),
            Verb(("locals", "lo"), self._locals, "locals", "the variables of the selected call"),
            Verb(("print", "p"), self._print, "print[/F] EXPR", "a value; F is x, d, t, c or a"),
            Verb(("set",), self._set, "set PLACE = EXPR", "write a variable, memory or $register"),
            Verb(("whatis", "ptype"), self._whatis, "whatis EXPR", "its type, and its members"),
            Verb(("info", "i"), self._info, "info WHAT",
             "registers, line, symbol, breakpoints, locals, files, globals, irq, board, trace"),
        ]  # fmt: skip

    # Where it stands

    def here(self) -> None:
        """Where the cursor is: the call, and its line of source or its instruction."""
        call = self.view.call
        self.emit(str(call), "place")
        self.code.forget()
        if call.where and (text := self.sources.line(*call.where)) is not None:
            self.emit(f"{call.where[1]:<7} {text}")
        elif not call.frame.exception:
            self.code.instructions(call.pc, 1, call.pc)

    def reason(self, stopped: Stopped) -> str:
        """Why a run stopped."""
        if isinstance(stopped.until, ExceptionTaken):
            number = self.view.target.session.registers["xpsr"] & 0x1FF
            return f"exception: {exception_name(number)} (position {stopped.position})"
        why = reason(stopped, is_asleep=self.view.target.session.core.is_asleep)
        more = ""
        if stopped.touch:
            verb = "writes" if stopped.touch.is_write else "reads"
            more = f": {verb} {stopped.touch.value:#x} at {stopped.touch.da:#010x}"
        return f"{why}{more} (position {stopped.position})"

    def _backtrace(self, rest: str) -> None:
        if rest and not rest.isdecimal():
            raise unknown(f"{rest!r} is no number of frames")
        for line in self.view.backtrace(int(rest) if rest else 50):
            self.emit(line)

    def _frame(self, rest: str) -> None:
        if rest and not rest.isdecimal():
            raise unknown(f"{rest!r} is no frame")
        self._select(int(rest) if rest else self.view.selected)

    def _up(self, rest: str) -> None:
        count = int(rest) if rest.isdecimal() else 1
        self._select(min(self.view.selected + count, len(self.view.calls) - 1))

    def _down(self, rest: str) -> None:
        count = int(rest) if rest.isdecimal() else 1
        self._select(max(self.view.selected - count, 0))

    def _select(self, index: int) -> None:
        self.view.select(index)
        self.emit(f"#{index} ", "number")
        self.here()

    # Values

    def _locals(self, _rest: str) -> None:
        found = self.view.locals()
        for local in found:
            self.emit(str(local))
        if not found:
            has_lines = self.view.info.line_at(self.view.frame.lookup) is not None
            why = "" if has_lines else ": no debug information"
            self.emit(f"no variables here{why}")

    def _print(self, rest: str) -> None:
        letter, text = "", rest
        if found := FORM.match(rest):
            letter, text = found[2], found[3]
        evaluator = Evaluator(self.view)
        value = evaluator.evaluate(text)
        self.emit(f"{text.strip()} = {evaluator.show(value, letter[:1])}")

    def quietly(self, text: str) -> str:
        """The value of an expression, or a question mark."""
        evaluator = Evaluator(self.view)
        try:
            value = evaluator.evaluate(text)
            if value.type is None and value.address is None and not value.register:
                value = Value(self.view.read(value.number, 4), None, value.number)
            return evaluator.show(value)
        except RprocError:
            return "?"

    def _set(self, rest: str) -> None:
        text = rest.removeprefix("var ").removeprefix("variable ")
        if "=" not in text:
            raise unknown("set PLACE = EXPR")
        evaluator = Evaluator(self.view)
        value = evaluator.evaluate(text)
        self.emit(f"{text.partition('=')[0].strip()} = {evaluator.show(value)}")

    def returned(self, call: Call) -> None:
        """What the function of `call` has returned, as its type has it."""
        scopes = self.view.info.lines.scopes_at(call.frame.lookup) if self.view.info.lines else []
        entry = scopes[0].entry if scopes else None
        kind = CType(entry.type if entry else None)
        if entry is None or kind.kind == "void" or kind.size > 4 or kind.is_float:
            return
        data = self.view.target.session.registers["r0"].to_bytes(4, "little")[: kind.size]
        self.emit(f"returned {Evaluator(self.view).show(Value(data, kind))}")

    def _whatis(self, rest: str) -> None:
        kind = self.view.info.type_called(rest) or Evaluator(self.view).evaluate(rest).type
        if kind is None:
            self.emit("a number: nothing says its type")
            return
        self.emit(f"{kind}, {kind.size} bytes")
        target = kind.target if kind.kind == "pointer" else kind
        for member in target.members:
            bits = f":{member.bits}" if member.bits else ""
            self.emit(f"  +{member.offset:<4} {member.type.declare(member.name)}{bits}")
        for name, value in target.enumerators:
            self.emit(f"  {name} = {value}")

    # info

    def _info(self, rest: str) -> None:
        word, _, more = rest.partition(" ")
        known: dict[str, Callable[[str], None]] = {
            "registers": self._registers, "locals": self._locals, "line": self._line,
            "symbol": self._symbol, "files": self._files, "globals": self._globals,
            "frame": self._frame,
        }  # fmt: skip
        known |= self.more
        names = [name for name in known if name.startswith(word)] if word else []
        if word in known:
            names = [word]
        if len(names) != 1:
            raise unknown(f"info what? {', '.join(known)}")
        known[names[0]](more.strip())

    def _registers(self, rest: str) -> None:
        registers = self.view.registers()
        general = [f"r{n}" for n in range(13)]
        wanted = rest.replace("$", "").split() or [*general, *SHORT]
        if rest == "all":
            wanted = [*general, *SHORT, *(f"s{n}" for n in range(32)), "fpscr"]
        for name in wanted:
            if name not in registers and name not in (*general, *SHORT):
                raise unknown(f"no register is called {name!r}")
            value = registers.get(name)
            text = "not known in this frame" if value is None else f"{value:#010x}"
            about = self.view.info.pointed_at(value) if value and name in SHORT[:3] else ""
            self.emit(f"{name:10} {text}{f' <{about}>' if about else ''}")

    def _line(self, rest: str) -> None:
        place = self.code.place(rest) if rest else self.view.frame.lookup
        self.emit(self.view.where(place))

    def _symbol(self, rest: str) -> None:
        at = Evaluator(self.view).address(rest)
        self.emit(self.view.info.pointed_at(at) or f"no symbol at {at:#010x}")

    def _files(self, _rest: str) -> None:
        for name in self.view.info.files():
            self.emit(name)

    def _globals(self, rest: str) -> None:
        for each in self.view.info.globals():
            if rest in each.name:
                where = f" in {each.function}()" if each.function else ""
                self.emit(f"{each.address:#010x} {each.type.declare(each.name)} "
                          f"({each.file}{where})")  # fmt: skip
