# SPDX-License-Identifier: GPL-2.0-or-later
"""The terminal's commands that look at bytes: memory, instructions, source."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from rprocbench.base.errors import RprocError
from rprocbench.emulator.symbols import disassemble
from rprocbench.formats.dwarf_values import quote
from rprocbench.soc.memory import Da

from .expressions import FORMATS, Evaluator, formatted
from .points import unknown
from .source import Sources
from .values import Value
from .verbs import Verb
from .view import View

AROUND = 5  # lines before and after
SIZES = {"b": 1, "h": 2, "w": 4}
FORM = re.compile(r"/(\d*)([a-z]*)\s*(.*)", re.DOTALL)


@dataclass
class Code:
    """Shows bytes at the cursor. An empty place goes on where the last one ended."""

    view: View
    sources: Sources
    emit: Callable[..., None]
    listed: tuple[str, int] | None = None
    examined: int | None = None

    def verbs(self) -> list[Verb]:
        """The commands."""
        return [
            Verb(("x",), self._examine, "x/NFU PLACE",
             "memory: N units of b, h or w, as x, d, s or i",
             repeats=True),
            Verb(("disassemble", "disas"), self._disassemble, "disassemble [PLACE]",
             "instructions"),
            Verb(("list", "l"), self._list, "list [PLACE]", "source, if it is found", repeats=True),
        ]  # fmt: skip

    def forget(self) -> None:
        """The machine has moved: begin where it stands."""
        self.listed = self.examined = None

    # Memory

    def _examine(self, rest: str) -> None:
        found = FORM.match(rest)
        count, letters, text = (found[1], found[2], found[3]) if found else ("", "", rest)
        form = next((c for c in letters if c in FORMATS), "x")
        size = next((SIZES[c] for c in letters if c in SIZES), 4)
        at = Evaluator(self.view).address(text) if text.strip() else self.examined
        if at is None:
            raise unknown("x what? An address or an expression")
        self.examined = self._shown(at, min(int(count or 1), 1000), form, size)

    def _shown(self, at: int, count: int, form: str, size: int) -> int:
        if form == "i":
            return self.instructions(at & ~1, count, self.view.frame.pc)
        if form == "s":
            for _ in range(count):
                at = self._string(at)
            return at
        line = max(1, 16 // size)
        for first in range(0, count, line):
            start = at + first * size
            data = self.view.read(start, size * min(line, count - first))
            words = [Value(data[n : n + size]) for n in range(0, len(data), size)]
            shown = [self._word(word, form) for word in words]
            name = self.view.info.name_at(start)
            self.emit(f"{start:#010x}{f' <{name}>' if name else ''}: {'  '.join(shown)}")
        return at + count * size

    def _word(self, word: Value, form: str) -> str:
        bits = int.from_bytes(word.data, "little")
        if form == "x":
            return f"0x{bits:0{2 * len(word.data)}x}"
        return formatted(bits, word, form, self.view)

    def _string(self, at: int) -> int:
        data = b""
        while b"\0" not in data and len(data) < 200:
            data += self.view.read(at + len(data), 1)
        text = data.split(b"\0")[0]
        shown = quote(text, "" if b"\0" in data else "...")
        self.emit(f"{at:#010x}: {shown}")
        return at + len(text) + 1

    # Code

    def instructions(self, at: int, count: int, pc: int) -> int:
        """Show `count` instructions from `at`, the one at `pc` marked; where they end."""
        code = b""
        for size in (4 * count, 2 * count, 2):
            try:
                code = self.view.read(at, size)
                break
            except RprocError:
                continue
        if not code:
            self.emit(f"{at:#010x}: no code can be read there")
            return at
        for instruction in disassemble(code, Da(at))[:count]:
            mark = "=>" if instruction.da == pc else "  "
            name = self.view.info.name_at(instruction.da)
            self.emit(f"{mark} {instruction.da:#010x}{f' <{name}>' if name else ''}:  "
                      f"{instruction.text}{self._target(instruction.text)}")  # fmt: skip
            at = instruction.da + len(instruction.code)
        return at

    def _target(self, text: str) -> str:
        """The name of what a branch goes to."""
        found = re.match(r"(?:b\S*|cbn?z \w+,) #(0x[0-9a-f]+)$", text)
        name = self.view.info.name_at(int(found[1], 16)) if found else ""
        return f" <{name}>" if name else ""

    def _disassemble(self, rest: str) -> None:
        at = Evaluator(self.view).address(rest) & ~1 if rest else self.view.frame.lookup
        function = self.view.info.function_at(at)
        if function is None or not function.size:
            self.instructions(at, 16, self.view.frame.pc)
            return
        self.emit(f"{function.name}:")
        code = self.view.read(function.da, min(function.size, 1 << 14))
        line = None
        for instruction in disassemble(code, function.da):
            now = self.view.info.line_at(instruction.da)
            if now and now != line:
                self.emit(f"{now[1]:<7} {self.sources.line(*now) or now[0]}", "dim")
            line = now
            mark = "=>" if instruction.da == self.view.frame.pc else "  "
            offset = f"+{instruction.da - function.da:#x}"
            self.emit(f"{mark} {instruction.da:#010x} {offset:>6}:  {instruction.text}"
                      f"{self._target(instruction.text)}")  # fmt: skip

    def _list(self, rest: str) -> None:
        if rest:
            found = re.match(r"(?:([^:]+):)?(\d+)$", rest)
            where = (self._file(found[1]), int(found[2])) if found else None
            if where is None:
                where = self.view.info.line_at(self.place(rest))
            first = where[1] - AROUND if where else 0
        elif self.listed:
            where, first = self.listed, self.listed[1]
        else:
            where = self.view.call.where
            first = where[1] - AROUND if where else 0
        if where is None:
            raise unknown("no source line is known for that")
        self._lines(where[0], max(1, first))

    def place(self, text: str) -> int:
        """The address that a function's name or an expression means."""
        places = self.view.info.breakpoints_of(text)
        return places[0] if places else Evaluator(self.view).address(text) & ~1

    def _file(self, name: str | None) -> str:
        where = self.view.call.where
        if name is None:
            if where is None:
                raise unknown("the code here has no source file: say FILE:LINE")
            return where[0]
        known = [f for f in self.view.info.files() if f == name or f.endswith(f"/{name}")]
        return known[0] if known else name

    def _lines(self, file: str, first: int) -> None:
        lines = self.sources.lines(file)
        if lines is None:
            raise unknown(f"the source {file} is not found (--source DIR)")
        here = self.view.call.where
        for number in range(first, min(first + 2 * AROUND + 1, len(lines) + 1)):
            mark = ">" if here == (file, number) else " "
            self.emit(f"{mark}{number:<6} {lines[number - 1]}")
        self.listed = (file, first + 2 * AROUND + 1)
