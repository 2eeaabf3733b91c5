# SPDX-License-Identifier: GPL-2.0-or-later
"""The terminal's commands that move: run, step, go back; and the points to stop at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rprocbench.bench.session import Session, Stopped
from rprocbench.emulator.watch import (
    Access,
    ExceptionTaken,
    Instructions,
    PeripheralAccess,
    RpmsgMessage,
    Sleep,
    Until,
    Why,
)
from rprocbench.emulator.watch import Address as At

from .expressions import Evaluator
from .looking import Looking
from .monitor import Monitor
from .points import Points, unknown
from .search import Search
from .stepping_back import BackStepper
from .verbs import Verb
from .view import View

MOST = 10_000  # times that one command is done


@dataclass
class Moving:
    """Moves the machine, and says where it stopped."""

    view: View
    points: Points
    stepper: BackStepper
    monitor: Monitor
    looking: Looking
    emit: Callable[..., None]
    _before: dict[int, str] = field(default_factory=dict)

    @property
    def session(self) -> Session:
        """The session, as it is now."""
        return self.view.target.session

    def verbs(self) -> list[Verb]:
        """The commands."""
        step, back = self.stepper, self.stepper
        return [
            Verb(("break", "b"), self._break, "break [PLACE] [if EXPR]",
             "stop at FUNCTION, FILE:LINE, LINE or *ADDRESS"),
            Verb(("tbreak", "tb"), self._tbreak, "tbreak [PLACE]", "stop there once"),
            Verb(("watch", "wa"), self._watch("watch"), "watch EXPR [if EXPR]",
             "stop when written"),
            Verb(("rwatch",), self._watch("rwatch"), "rwatch EXPR", "stop when read"),
            Verb(("awatch",), self._watch("awatch"), "awatch EXPR", "stop at either"),
            Verb(("delete", "d", "clear"), self._delete, "delete [N]", "forget a point, or all"),
            Verb(("enable",), self._enable(on=True), "enable N", "let a point count again"),
            Verb(("disable",), self._enable(on=False), "disable N", "let a point count no more"),
            Verb(("run", "r"), self._restart, "run", "boot again, and go on to the first stop"),
            Verb(("continue", "c"), self._continue, "continue", "go on", repeats=True),
            Verb(("until", "u", "advance"), self._until, "until WHAT",
             "go on until PLACE, sleep, message, exception [N], peripheral [NAME], N instructions"),
            Verb(("step", "s"), self._times(step.step), "step [N]", "to the next line",
                 repeats=True),
            Verb(("next", "n"), self._times(step.next), "next [N]", "the same, over calls",
                 repeats=True),
            Verb(("stepi", "si"), self._times(self._stepi), "stepi [N]", "one instruction",
                 repeats=True),
            Verb(("nexti", "ni"), self._times(step.next_instruction), "nexti [N]",
             "the same, over calls", repeats=True),
            Verb(("finish", "fin"), self._finish, "finish", "until this function has returned"),
            Verb(("reverse-continue", "rc"), self._back, "reverse-continue",
             "back to the last stop",
             repeats=True),
            Verb(("reverse-step", "rstep", "rs"), self._times(back.step_back), "reverse-step [N]",
             "back to the line before", repeats=True),
            Verb(("reverse-next", "rnext", "rn"), self._times(back.next_back), "reverse-next [N]",
             "the same, over calls", repeats=True),
            Verb(("reverse-stepi", "rstepi", "rsi"), self._times(self._rstepi), "reverse-stepi [N]",
             "back by one instruction", repeats=True),
            Verb(("reverse-finish", "rfinish"), self._times(back.finish_back), "reverse-finish",
             "back to the call of this function"),
            Verb(("goto",), self._goto, "goto POSITION",
             "look at another moment: N, N.M, start, end"),
            Verb(("when",), self._when, "when EXPR", "the first moment at which it became true"),
        ]  # fmt: skip

    # Points

    def _break(self, rest: str) -> None:
        self.emit(str(self.points.add_break(rest)))

    def _tbreak(self, rest: str) -> None:
        self.emit(str(self.points.add_break(rest, is_temporary=True)))

    def _watch(self, kind: str) -> Callable[[str], None]:
        def obey(rest: str) -> None:
            point = self.points.add_watch(kind, rest)
            self.emit(str(point))

        return obey

    def _delete(self, rest: str) -> None:
        numbers = [self.points.get(word).number for word in rest.split()]
        for number in numbers or list(self.points.points):
            self.points.delete(number)

    def _enable(self, *, on: bool) -> Callable[[str], None]:
        def obey(rest: str) -> None:
            for word in rest.split() or [""]:
                self.points.get(word).is_enabled = on
            self.points.arm()

        return obey

    # Forwards

    def _restart(self, _rest: str) -> None:
        self.emit(self.monitor.ask("reset"))
        self.points.arm()
        self._continue("")

    def _continue(self, _rest: str) -> None:
        self._note()
        stopped = self._go(self.session.run)
        self._tell(stopped)
        if stopped.why is Why.LIMIT:
            self.emit(f"a script's command ends after {self.session.budget} of them", "dim")

    def _go(self, run: Callable[[], Stopped]) -> Stopped:
        """Run, and on, past points whose condition does not hold."""
        while True:
            stopped = run()
            if self.points.accept(stopped):
                return stopped

    def _until(self, rest: str) -> None:
        untils = list(self._untils(rest))
        self._note()
        self._tell(self._go(lambda: self.session.run(until=untils)))

    def _untils(self, rest: str) -> Iterator[Until]:
        word, _, more = rest.partition(" ")
        number = int(word) if word.isdecimal() and more.startswith("instr") else None
        if not rest:
            raise unknown("until what? A place, sleep, exception, message, peripheral ...")
        if number is not None:
            yield Instructions(number)
        elif word == "sleep":
            yield Sleep()
        elif word == "message":
            yield RpmsgMessage(more or None)
        elif word == "exception":
            yield ExceptionTaken(self._number(more) if more else None)
        elif word == "peripheral":
            yield from self._peripherals(more)
        else:
            yield from (At(da) for da in self.points.locate(rest))

    def _peripherals(self, text: str) -> Iterator[Until]:
        names = self.session.core.peripherals
        if not text:
            yield PeripheralAccess(None, 0x4000_0000, 0x2000_0000)
        elif text in names:
            yield PeripheralAccess(text)
        elif text[:1].isdigit():
            yield PeripheralAccess(None, self._number(text) & ~0x3FF, 0x400)
        else:
            raise unknown(f"no peripheral {text!r}; there is {', '.join(sorted(names))}")

    def _number(self, text: str) -> int:
        return Evaluator(self.view).evaluate(text).number

    def _times(self, move: Callable[[], Stopped]) -> Callable[[str], None]:
        def obey(rest: str) -> None:
            if rest and not (rest.isdecimal() and 0 < int(rest) <= MOST):
                raise unknown(f"{rest!r} is no number of times (1 to {MOST})")
            self._note()
            for _ in range(int(rest or 1)):
                stopped = move()
                if stopped.why is not Why.STEP:
                    break
            self.points.accept(stopped)
            self._tell(stopped)

        return obey

    def _stepi(self) -> Stopped:
        return self.session.step()

    def _rstepi(self) -> Stopped:
        return self.session.step_back()

    def _finish(self, _rest: str) -> None:
        self._note()
        call = self.view.call
        stopped = self.stepper.finish()
        self.points.accept(stopped)
        self._tell(stopped)
        if stopped.why is Why.STEP:
            self.looking.returned(call)

    # Backwards

    def _back(self, _rest: str) -> None:
        self._note()
        self._tell(self._go(self.session.run_back))

    def _goto(self, rest: str) -> None:
        self.monitor.ask(f"goto {rest}")
        self.looking.here()

    def _when(self, rest: str) -> None:
        if not rest:
            raise unknown("when what? An expression, say: when ticks == 3")
        found = Search(self.view.target).first(rest)
        self.emit(f"at position {found}" if found is not None else "never, so far")

    # Telling

    def _note(self) -> None:
        """Remember what is watched, to tell how it changed."""
        self._before = {
            point.number: self.looking.quietly(point.about)
            for point in self.points.points.values()
            if point.watch
        }

    def _tell(self, stopped: Stopped) -> None:
        for line in self.monitor.follower.news(self.session.trace):
            self.emit(line, "dim")
        for point in self.points.news:
            self.emit(f"{point.kind} {point.number}: {point.about}", "strong")
            if isinstance(stopped.until, Access):
                now = self.looking.quietly(point.about)
                self.emit(f"  {self._before.get(point.number, '?')} -> {now}")
        if not self.points.news and stopped.why is not Why.STEP:
            about = self.looking.reason(stopped)
            self.emit(about, "strong")
        if stopped.why is Why.NO_PROGRESS and self.view.target.machine.linux.rpmsg.ports():
            self.emit("say TEXT sends it something", "dim")
        self.looking.here()
