# SPDX-License-Identifier: GPL-2.0-or-later
"""The debugger in a terminal: a loop that reads commands, and does not die of a wrong one."""

import cmd
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import TextIO

from rprocbench.base.errors import RprocError

from .looking import Looking
from .monitor import Monitor
from .moving import Moving
from .points import Points
from .source import Sources
from .stepping_back import BackStepper
from .target import Target
from .telling import inert
from .verbs import Verb
from .view import View

COLOURS = {"place": "33", "number": "34", "error": "1;31", "strong": "1", "dim": "2"}


class Shell(cmd.Cmd):
    """One debugging session. `status` is 1 when a command of a script went wrong."""

    prompt = "(rprocbench) "

    def __init__(
        self, target: Target, *, sources: Iterable[Path] = (), stdin: TextIO | None = None,
        stdout: TextIO | None = None,
    ) -> None:  # fmt: skip
        super().__init__(stdin=stdin, stdout=stdout)
        self.target = target
        self.is_terminal = self.stdin.isatty()
        self.has_colour = self.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.use_rawinput = self.is_terminal and self.stdin is sys.stdin
        self.is_script = not self.is_terminal
        if self.is_script:
            self.prompt = ""
        self.status = 0
        self._heeds_interrupts = True
        self.view = View(target)
        self.monitor = Monitor(self.view)
        self.points = Points(self.view)
        self.stepper = BackStepper(self.view)
        self.sources = Sources((target.firmware.where, *sources))
        self.looking = Looking(self.view, self.sources, self.emit)
        self.looking.more = {
            "breakpoints": lambda _: self._points(),
            **{name: self._monitor(name) for name in ("irq", "board", "trace", "status")},
        }
        self.moving = Moving(
            self.view, self.points, self.stepper, self.monitor, self.looking, self.emit
        )
        self.verbs = self._verbs()
        self._names = {name: verb for verb in self.verbs for name in verb.names}

    def _verbs(self) -> list[Verb]:
        verbs = [*self.moving.verbs(), *self.looking.verbs(), *self.looking.code.verbs()]
        taken = {name for verb in verbs for name in verb.names}
        for name, command in self.monitor.commands.items():
            if name not in taken and name != "help":
                verbs.append(Verb((name,), self._monitor(name), command.usage, command.about))
        verbs.append(Verb(("help", "h", "?"), self._help, "help [COMMAND]", "this list"))
        verbs.append(Verb(("quit", "q", "exit"), self._quit, "quit", "leave"))
        return verbs

    def _monitor(self, name: str) -> Callable[[str], None]:
        def obey(rest: str) -> None:
            self.emit(self.monitor.ask(f"{name} {rest}"))
            if name == "reset":
                self.points.arm()

        return obey

    def _points(self) -> None:
        for point in self.points.points.values():
            self.emit(str(point))
        if not self.points.points:
            self.emit("no breakpoints")

    # Output

    def emit(self, text: str, style: str = "") -> None:
        """Print text that may come from an image: nothing in it steers the terminal."""
        shown = inert(text)
        if self.has_colour and style:
            shown = f"\x1b[{COLOURS[style]}m{shown}\x1b[0m"
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        self.stdout.write(shown.encode(encoding, "backslashreplace").decode(encoding) + "\n")

    def complain(self, text: str) -> None:
        """Say what is wrong, in one line; in a script it counts."""
        self.emit(" ".join(text.split()) if "\n" in text else text, "error")
        if self.is_script:
            self.status = 1

    def greet(self) -> None:
        """Say where the machine stands, to whom it is news; who can press Ctrl-C needs no limit."""
        if not self.is_script:
            self.target.session.budget = None
            self.emit(f"{self.target.firmware.name}: {self.monitor.headline()} (help, quit)")
            self.looking.here()

    # Commands

    def onecmd(self, line: str) -> bool:
        """Obey one line; whether it was the last."""
        line = line.strip()
        if line == "EOF":
            if self.is_terminal:
                self.stdout.write("\n")
            return True
        if line.startswith("#"):
            return False
        if not line:
            return self.emptyline()
        return self._obey(line)

    def _obey(self, line: str) -> bool:
        word, _, rest = line.partition(" ")
        name, slash, form = word.partition("/")
        try:
            verb = self.find(name)
            self.lastcmd = line if verb.repeats and self.is_terminal else ""
            verb.obey(f"/{form} {rest}".strip() if slash else rest.strip())
            if self.is_script and self.target.session.was_interrupted:
                raise KeyboardInterrupt  # noqa: TRY301  as if it had come between two commands
        except KeyboardInterrupt:
            if self.is_script:
                raise
            self.emit("interrupted")
            self._heeds_interrupts = True
        except RprocError as error:
            self.complain(error.why or str(error))
        except _Quit:
            return True
        return False

    def find(self, name: str) -> Verb:
        """The command called `name`, or beginning so. Raises `InputError` BAD_VALUE."""
        if name in self._names:
            return self._names[name]
        near = {v.names[0]: v for n, v in self._names.items() if n.startswith(name)}
        if len(near) == 1:
            return next(iter(near.values()))
        from .points import unknown  # noqa: PLC0415  only wrong commands need it

        if near:
            raise unknown(f"{name!r} may be {', '.join(sorted(near))}")
        raise unknown(f"no command {name!r} (help lists them)")

    def emptyline(self) -> bool:
        """An empty line does the last step again, as debuggers do; in a script, nothing."""
        return self._obey(self.lastcmd) if self.lastcmd and self.is_terminal else False

    def _help(self, rest: str) -> None:
        if rest:
            verb = self.find(rest)
            self.emit(f"{verb.usage}: {verb.about}")
            if len(verb.names) > 1:
                self.emit(f"also: {', '.join(verb.names[1:])}")
            return
        width = max(len(verb.usage) for verb in self.verbs)
        for verb in self.verbs:
            also = f" ({', '.join(verb.names[1:])})" if verb.names[1:] else ""
            self.emit(f"{verb.usage:{width}}  {verb.about}{also}")

    def _quit(self, _rest: str) -> None:
        raise _Quit

    # Completion

    def completenames(self, text: str, *_ignored: object) -> list[str]:
        """Commands that begin with `text`."""
        return sorted(v.names[0] for v in self.verbs if v.names[0].startswith(text))

    def completedefault(self, text: str, *_ignored: object) -> list[str]:
        """Symbols and files that begin with `text`."""
        info = self.target.info
        files = [path.rpartition("/")[2] + ":" for path in info.files()]
        return sorted(name for name in {*info.names, *files} if name.startswith(text))[:200]

    # Loops

    def run_lines(self, lines: Iterable[str]) -> bool:
        """Obey a script; whether it said to leave."""
        return any(self.onecmd(line) for line in lines)

    def loop(self) -> int:
        """Read commands until the end of input; the exit status. Ctrl-C ends one command only."""
        if self.is_script:
            self.cmdloop()
            return self.status
        old = signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            while True:
                try:
                    self._heeds_interrupts = True
                    self.cmdloop()
                except (KeyboardInterrupt, SystemError) as error:
                    # readline turns one that comes while it takes a line into a SystemError
                    if not isinstance(error.__cause__ or error, KeyboardInterrupt):
                        raise
                    self.stdout.write("\n")
                else:
                    return self.status
        finally:
            signal.signal(signal.SIGINT, old)

    def _on_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Once for each command: the second would meet the answer to the first."""
        if self._heeds_interrupts:
            self._heeds_interrupts = False
            raise KeyboardInterrupt


class _Quit(Exception):  # noqa: N818  it is no error
    """Leave."""
