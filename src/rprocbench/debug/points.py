# SPDX-License-Identifier: GPL-2.0-or-later
"""Breakpoints and watchpoints of the terminal: numbered, with conditions and counts."""

import re
from dataclasses import dataclass, field

from rprocbench.base.errors import InputCode, InputError
from rprocbench.bench.session import Stopped, Watchpoint
from rprocbench.emulator.watch import Access, Address

from .expressions import Evaluator
from .values import ExpressionError
from .view import View

LINE = re.compile(r"(?:(?P<file>[^:]+):)?(?P<line>\d+)$")
KINDS = {"watch": (False, True), "rwatch": (True, False), "awatch": (True, True)}


@dataclass
class Point:
    """A place to stop. `about` is how the user named it; `hits` counts the stops."""

    number: int
    kind: str
    about: str
    addresses: tuple[int, ...] = ()
    watch: Watchpoint | None = None
    condition: str = ""
    is_temporary: bool = False
    is_enabled: bool = True
    hits: int = 0

    def __str__(self) -> str:
        places = ", ".join(f"{da:#010x}" for da in self.addresses)
        if self.watch:
            places = f"{self.watch.da:#010x}, {self.watch.size} bytes"
        more = f" if {self.condition}" if self.condition else ""
        once = " once" if self.is_temporary else ""
        state = "" if self.is_enabled else " (disabled)"
        times = f", met {self.hits} times" if self.hits else ""
        return f"{self.number}: {self.kind}{once} {self.about}{more} at {places}{state}{times}"


def unknown(why: str) -> InputError:
    """A place that is none."""
    return InputError(InputCode.BAD_VALUE, why)


@dataclass
class Points:
    """All of them. `arm` hands the enabled ones to the session."""

    view: View
    points: dict[int, Point] = field(default_factory=dict)
    news: list[Point] = field(default_factory=list)  # what the last stop has met
    _next: int = 1

    def locate(self, text: str) -> list[int]:
        """The addresses that a location means: `main`, `rpmsg.c:55`, `55`, `*0x10000360`.

        Raises `InputError` BAD_VALUE where there is none.
        """
        text = text.strip()
        if not text:
            return [self.view.frame.pc]
        if text.startswith("*"):
            return [Evaluator(self.view).address(text[1:]) & ~1]
        if found := LINE.match(text):
            return self._line(found["file"], int(found["line"]))
        if places := self.view.info.breakpoints_of(text):
            return places
        if re.match(r"0[xX]", text):
            return [Evaluator(self.view).address(text) & ~1]
        raise unknown(f"no function is called {text!r} (*EXPRESSION is an address)")

    def _line(self, file: str | None, line: int) -> list[int]:
        info = self.view.info
        if not info.has_lines:
            raise unknown("there are no source lines: no debug information")
        if file is None:
            here = info.line_at(self.view.frame.lookup)
            if here is None:
                raise unknown("the code here has no source file: say FILE:LINE")
            file = here[0]
        if places := info.addresses_of(file, line):
            return places
        if not any(known.endswith(file) for known in info.files()):
            raise unknown(f"no source file is called {file!r}")
        raise unknown(f"no code was made of line {line} of {file}")

    def add_break(self, text: str, *, is_temporary: bool = False) -> Point:
        """`LOCATION [if CONDITION]`."""
        place, condition = split_condition(text)
        addresses = tuple(self.locate(place))
        about = place or f"*{addresses[0]:#x}"
        return self._add(Point(0, "breakpoint", about, addresses, None, condition, is_temporary))

    def add_watch(self, kind: str, text: str) -> Point:
        """`EXPRESSION [if CONDITION]`: something with an address, or an address."""
        place, condition = split_condition(text)
        if not place:
            raise unknown(f"{kind} what?")
        evaluator = Evaluator(self.view)
        value = evaluator.evaluate(place)
        if value.address is not None and value.kind != "function":
            da, size = value.address, len(value.data)
        else:
            da, size = evaluator.address(place), 4
        read, write = KINDS[kind]
        watch = Watchpoint(da, max(1, size), read=read, write=write)
        return self._add(Point(0, kind, place, (), watch, condition))

    def _add(self, point: Point) -> Point:
        point.number = self._next
        self._next += 1
        self.points[point.number] = point
        self.arm()
        return point

    def get(self, text: str) -> Point:
        """The point with that number. Raises `InputError` BAD_VALUE."""
        if not text.isdecimal() or int(text) not in self.points:
            known = ", ".join(map(str, self.points)) or "none"
            raise unknown(f"no breakpoint {text!r} (there is {known})")
        return self.points[int(text)]

    def delete(self, number: int) -> None:
        """Forget one."""
        del self.points[number]
        self.arm()

    def arm(self) -> None:
        """Tell the session what holds now."""
        session = self.view.target.session
        enabled = [point for point in self.points.values() if point.is_enabled]
        session.breakpoints = {da for point in enabled for da in point.addresses}
        session.watchpoints = {point.watch for point in enabled if point.watch}

    def met(self, stopped: Stopped) -> list[Point]:
        """The enabled points that a run has stopped at."""
        met = stopped.until
        enabled = [point for point in self.points.values() if point.is_enabled]
        if isinstance(met, Address):
            return [point for point in enabled if met.da & ~1 in point.addresses]
        if isinstance(met, Access):
            return [point for point in enabled if point.watch and point.watch.until == met]
        return []

    def accept(self, stopped: Stopped) -> bool:
        """Whether the stop counts: no point of the user's, or one whose condition holds.

        Counts it, and forgets what was to hold once.
        """
        points = self.met(stopped)
        counted = self.news = [point for point in points if self._holds(point)]
        if not points:
            return True
        for point in counted:
            point.hits += 1
            if point.is_temporary:
                self.delete(point.number)
        return bool(counted)

    def _holds(self, point: Point) -> bool:
        if not point.condition:
            return True
        try:
            return bool(Evaluator(self.view).evaluate(point.condition).number)
        except ExpressionError:
            return True  # better once too often than never


def split_condition(text: str) -> tuple[str, str]:
    """A location and its condition."""
    place, _, condition = re.sub(r"^if\s", " if ", text.strip()).partition(" if ")
    return place.strip(), condition.strip()
