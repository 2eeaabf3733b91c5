# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands about the board and the boot, the same from gdb (`monitor ...`) and in the terminal."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from rprocbench.base.errors import InputCode, InputError, RprocError
from rprocbench.base.trace import Lane
from rprocbench.bench.session import Session
from rprocbench.emulator.nvic import bits
from rprocbench.emulator.timeline import Position
from rprocbench.emulator.unwind import exception_name

from .expressions import Evaluator
from .telling import Follower, console, inert, text_of, told
from .view import View

LANES = {lane.name.lower(): lane for lane in Lane} | {"op-tee": Lane.OPTEE, "hw": Lane.HARDWARE}


def wrong(why: str) -> InputError:
    """A command that is not understood."""
    return InputError(InputCode.BAD_VALUE, why)


@dataclass(frozen=True)
class Command:
    """A command: what obeys it, how it is written, what it is good for."""

    obey: Callable[[list[str]], str]
    usage: str
    about: str


def parse_position(text: str, session: Session) -> Position:
    """`1234`, `1234.2`, `start` or `end`. Raises `InputError` BAD_VALUE."""
    if text == "start":
        return Position(0, 0)
    if text == "end":
        return session.end
    cycles, dot, event = text.replace("_", "").partition(".")
    if cycles.isdecimal() and (event.isdecimal() if dot else not event):
        return Position(int(cycles), int(event or 0))
    raise wrong(f"{text!r} is no position: say 1234, 1234.2, start or end")


def count_of(words: list[str], default: int) -> int:
    """How many lines are wanted."""
    if not words:
        return default
    if not words[0].isdecimal():
        raise wrong(f"{words[0]!r} is no number of lines")
    return int(words[0])


@dataclass
class Monitor:
    """Obeys commands at the cursor of `view`."""

    view: View
    follower: Follower = field(default_factory=Follower)

    def __post_init__(self) -> None:
        self.commands = {
            "help": Command(self._help, "help", "this list"),
            "status": Command(self._status, "status", "where Linux and the M4 stand"),
            "say": Command(self._say, "say TEXT", "write TEXT to the first rpmsg device"),
            "hear": Command(self._hear, "hear", "what waits to be read from rpmsg devices"),
            "state": Command(self._state, "state [start|stop|...]", "the remote processor's state"),
            "reset": Command(self._reset, "reset", "power off and on, and boot again"),
            "halt": Command(lambda _: self.headline(), "halt", "nothing: gdb halts it"),
            "where": Command(self._where, "where", "who called whom, through exceptions"),
            "log": Command(self._log, "log [N] [linux|optee|m4]", "the last lines of the consoles"),
            "trace": Command(self._trace, "trace [N]", "the last events of all worlds"),
            "position": Command(self._position, "position", "where the cursor is, and the end"),
            "goto": Command(self._goto, "goto POSITION", "look at another moment"),
            "who-wrote": Command(self._who_wrote, "who-wrote PLACE [SIZE]", "who wrote there last"),
            "irq": Command(self._irq, "irq", "exceptions: pending, enabled, active"),
            "board": Command(self._board, "board", "the memories that the M4 sees"),
            "firewall": Command(
                self._firewall, "firewall [deny|allow REGION WORLD]", "who may touch what"
            ),
            "crash": Command(self._crash, "crash", "let the M4's watchdog bite"),
        }
        self.follower.skip(self.session.trace)

    @property
    def session(self) -> Session:
        """The session, as it is now."""
        return self.view.target.session

    def obey(self, line: str) -> str:
        """What the command answers, with its newline. Errors are one line as well."""
        try:
            return inert(self.ask(line)) + "\n"
        except RprocError as error:
            return inert(f"{error.why or error}\n")

    def ask(self, line: str) -> str:
        """What the command answers. Raises `RprocError`."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise wrong(f"{error}") from None
        if not words:
            return self._help([])
        command = self.commands.get(words[0])
        if command is None:
            raise wrong(f"no command {words[0]!r} (help lists them)")
        return command.obey(words[1:])

    def _help(self, _words: list[str]) -> str:
        width = max(len(command.usage) for command in self.commands.values())
        return "\n".join(f"{c.usage:{width}}  {c.about}" for c in self.commands.values())

    def _live(self) -> None:
        if not self.session.is_live:
            raise wrong("what has happened cannot be changed (goto end)")

    # Where things stand

    def headline(self) -> str:
        """One line about the moment."""
        session, machine = self.session, self.view.target.machine
        state = machine.rproc.state.name.lower() if machine.rproc else "not probed"
        when = "" if session.is_live else ", looking back"
        asleep = ", M4 asleep" if session.core.is_asleep else ""
        return f"Linux says {state}{asleep}; position {session.position}{when}"

    def _status(self, _words: list[str]) -> str:
        target = self.view.target
        bench = target.bench
        lines = [
            f"{target.firmware.name} through {bench.design.name} on {bench.board.name}",
            self.headline(),
            f"M4 at {self.view.where(self.session.pc)}",
        ]
        if not self.session.core.is_running:
            lines.append("the M4 does not run: held, or locked up")
        ports = target.machine.linux.rpmsg.ports() if target.machine.rproc else []
        lines += [f"{port.path} is {port.name}" for port in ports]
        return "\n".join(lines)

    def _where(self, _words: list[str]) -> str:
        return "\n".join(self.view.backtrace(50))

    def _position(self, _words: list[str]) -> str:
        session = self.session
        return f"{session.position} of {session.end}" + (" (live)" if session.is_live else "")

    def _log(self, words: list[str]) -> str:
        lane = LANES.get(words[-1].lower()) if words else None
        rest = words[:-1] if lane else words
        lines = console(self.session.trace, self.session.index, lane, count_of(rest, 20))
        return "\n".join(lines) or "nothing was said"

    def _trace(self, words: list[str]) -> str:
        session = self.session
        lines = told(session.trace, session.index, count_of(words, 20))
        return "\n".join(lines) or "nothing has happened"

    def _irq(self, _words: list[str]) -> str:
        core = self.session.core
        nvic = core.nvic

        def names(mask: int) -> str:
            return ", ".join(f"{n} {exception_name(n)}" for n in bits(mask)) or "none"

        current = exception_name(nvic.current) if nvic.current else "none (thread mode)"
        return (
            f"handling: {current}\nactive:   {names(nvic.active)}\n"
            f"pending:  {names(nvic.pending)}\nenabled:  {names(nvic.enabled)}"
        )

    def _board(self, _words: list[str]) -> str:
        board = self.view.target.bench.board
        lines = [f"{board.name}"]
        lines += [
            f"{m.base:#010x}-{m.base + m.size - 1:#010x} {m.chip}+{m.offset:#x}"
            for m in sorted(board.m4, key=lambda m: m.base)
        ]
        return "\n".join(lines)

    # Doing

    def _say(self, words: list[str]) -> str:
        if not words:
            raise wrong("say what?")
        self._live()
        text = " ".join(words)
        ports = self.view.target.machine.linux.rpmsg.ports()
        if not ports:
            raise wrong("the firmware has announced no channel yet (continue lets it)")
        ports[0].write(text, nonblock=True)
        return f"{len(text)} bytes written to {ports[0].path}; they arrive when the M4 goes on"

    def _hear(self, _words: list[str]) -> str:
        self._live()
        lines = []
        for port in self.view.target.machine.linux.rpmsg.ports():
            while port.device.waiting:
                lines.append(f"{port.path}: {text_of(port.read(timeout_ms=0))}")
        return "\n".join(lines) or "nothing waits to be read"

    def _state(self, words: list[str]) -> str:
        machine = self.view.target.machine
        if words:
            self._live()
            machine.write_state(" ".join(words))
        return machine.linux.remoteproc[0].state if machine.rproc else "not probed"

    def _crash(self, _words: list[str]) -> str:
        self._live()
        self.view.target.machine.crash()
        return self.headline()

    def _reset(self, _words: list[str]) -> str:
        old = self.session
        self.view.target.restart()
        self.session.breakpoints, self.session.watchpoints = old.breakpoints, old.watchpoints
        self.session.budget = old.budget
        self.follower.skip(self.session.trace)
        return f"booted again: {self.headline()}"

    # Time

    def _goto(self, words: list[str]) -> str:
        if len(words) != 1:
            raise wrong("goto POSITION: say 1234, 1234.2, start or end")
        self.session.goto(parse_position(words[0], self.session))
        return f"at {self.session.position}, {self.view.where(self.session.pc)}"

    def _who_wrote(self, words: list[str]) -> str:
        if not words:
            raise wrong("who-wrote PLACE [SIZE]: an address, a symbol or a variable")
        text = words[0]
        sized = words[1:] if len(words) > 1 and words[-1].isdecimal() else []
        if len(words) > 1 and not sized:
            text = " ".join(words)
        place, size = self.place(text)
        size = int(sized[0]) if sized else size
        if not 0 < size <= 1 << 16:
            raise wrong(f"{size} bytes cannot be asked about")
        write = self.session.who_wrote(place, size)
        if write is None:
            return f"nobody has written to {place:#010x}+{size:#x}"
        what = f"{write.value:#x} ({write.size} bytes at {write.da:#010x})"
        by = f"{write.by}" + (f" at {self.view.where(write.pc)}" if write.pc else "")
        return f"{by} wrote {what}, at position {write.position}"

    def place(self, text: str) -> tuple[int, int]:
        """What an expression means as a place: a variable's address and size, or an address."""
        evaluator = Evaluator(self.view)
        value = evaluator.evaluate(text)
        if value.address is not None and value.kind != "function":
            return value.address, len(value.data) or 1
        return evaluator.address(text), 4

    # The firewall

    def _firewall(self, words: list[str]) -> str:
        firewall = self.view.target.machine.soc.firewall
        if not words:
            denied = {name: (who, what) for name, who, what in firewall.denied}
            lines = [f"{name}: {denials(*denied.get(name, ((), '')))}" for name in firewall.regions]
            return "\n".join(lines) or "no regions"
        lane = LANES.get(words[2].lower()) if len(words) == 3 else None
        if words[0] not in ("deny", "allow") or lane is None:
            raise wrong("firewall [deny|allow REGION linux|optee|m4]")
        self._live()
        (firewall.deny if words[0] == "deny" else firewall.allow)(words[1], [lane])
        return self._firewall([])


def denials(who: tuple[Lane, ...], what: str) -> str:
    """What is denied to whom."""
    if not who:
        return "everybody may"
    verb = "write" if what == "write" else "touch"
    return f"{', '.join(who)} may not {verb} it"
