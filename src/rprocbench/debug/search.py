# SPDX-License-Identifier: GPL-2.0-or-later
"""When something became true: by looking where memory changes, or at every instruction."""

from dataclasses import dataclass, field

from rprocbench.bench.session import Session
from rprocbench.emulator.debuginfo import Local
from rprocbench.emulator.timeline import Position
from rprocbench.emulator.watch import Access, Until, Why

from .expressions import Evaluator
from .target import Target
from .view import View

MOST_PLACES = 64


@dataclass
class Noting(View):
    """A view that notes which memory an expression reads, and whether it asks for registers.

    Locals do not count: they are others in every function.
    """

    places: set[tuple[int, int]] = field(default_factory=set)
    asks_registers: bool = False

    def read(self, da: int, size: int) -> bytes:
        """Memory, noted."""
        self.places.add((da, size))
        return super().read(da, size)

    def registers(self) -> dict[str, int]:
        """The registers at the cursor, noted; there is no selected frame."""
        self.asks_registers = True
        return self.target.registers()

    def local(self, name: str) -> Local | None:
        """None: what is asked for is outside of functions."""
        del name
        return None


@dataclass
class Search:
    """Looks through what was recorded up to the cursor, and comes back to it."""

    target: Target

    @property
    def session(self) -> Session:
        """The session."""
        return self.target.session

    def first(self, text: str) -> Position | None:
        """The first moment at which the expression is true; None if it never was.

        Raises what evaluating it raises.
        """
        session = self.session
        home = session.position
        points = session.breakpoints, session.watchpoints
        session.breakpoints, session.watchpoints = set(), set()
        noting = Noting(self.target)
        try:
            Evaluator(noting).evaluate(text)
            if noting.asks_registers or len(noting.places) > MOST_PLACES:
                return self._step_by_step(text)
            return self._write_by_write(text, home)
        finally:
            session.breakpoints, session.watchpoints = points
            session.goto(home)

    def _holds(self, noting: Noting, text: str) -> bool:
        return bool(Evaluator(noting).evaluate(text).number)

    def _step_by_step(self, text: str) -> Position | None:
        def holds(_session: Session) -> bool:
            return self._holds(Noting(self.target), text)

        found = self.session.when(holds)
        return found[0] if found else None

    def _write_by_write(self, text: str, home: Position) -> Position | None:
        session = self.session
        session.goto(Position(0, 0))
        while True:
            noting = Noting(self.target)
            if self._holds(noting, text):
                return session.position
            left = home.cycles - session.position.cycles
            if left <= 0:
                return None
            untils: list[Until] = [Access(da, size) for da, size in sorted(noting.places)]
            stopped = session.run(limit=left, until=untils)
            if stopped.why is not Why.WATCHPOINT:
                return None
