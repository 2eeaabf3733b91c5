# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a modelled room raises: found in its source, and seen when it happens."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rprocbench.base.errors import RprocError


@dataclass(frozen=True, order=True)
class Site:
    """A `raise` of something new: the file, the function, its lines, its text."""

    file: str
    function: str
    first: int
    last: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.function}: {self.text}"

    @property
    def name(self) -> str:
        """The site without its file and lines."""
        return f"{self.function}: {self.text}"


class RaiseSites:
    """The places in the files of `room`, but those that begin with `others`.

    `makers` names what makes an error, None for anything. A raise inside of a function in a
    function is both's; `helpers` are functions that leave theirs to the other.
    """

    def __init__(
        self,
        room: Path,
        others: tuple[str, ...] = (),
        makers: tuple[str, ...] | None = None,
        helpers: tuple[str, ...] = (),
    ) -> None:
        self.room, self.others, self.makers, self.helpers = room, others, makers, helpers

    def _found(self) -> Iterator[Site]:
        for path in sorted(self.room.glob("*.py")):
            if self.others and path.name.startswith(self.others):
                continue
            for function in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(function, ast.FunctionDef):
                    continue
                for node in ast.walk(function):
                    if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                        continue
                    if self.makers is None or ast.unparse(node.exc.func) in self.makers:
                        last, text = node.end_lineno or node.lineno, ast.unparse(node.exc)
                        yield Site(path.name, function.name, node.lineno, last, text)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every place where the room raises what it did not catch."""
        found = sorted(set(self._found()))
        if self.helpers:
            order = sorted(found, key=lambda site: site.function not in self.helpers)
            found = sorted({(site.file, site.first): site for site in order}.values())
        return tuple(found)

    @cached_property
    def by_line(self) -> dict[tuple[str, int], Site]:
        """The place of each line of each file."""
        return {(s.file, n): s for s in self.sites for n in range(s.first, s.last + 1)}

    @contextmanager
    def watch(self) -> Iterator[set[Site]]:
        """Collects every site where an error is raised during the block."""
        seen: set[Site] = set()
        original, room, by_line = RprocError.__init__, self.room, self.by_line

        def noting(self: RprocError, *args: object, **kwargs: object) -> None:
            frame = sys._getframe(1)
            while frame is not None:
                path = Path(frame.f_code.co_filename)
                if path.parent == room and (site := by_line.get((path.name, frame.f_lineno))):
                    seen.add(site)
                    break
                frame = frame.f_back  # type: ignore[assignment]
            original(self, *args, **kwargs)  # type: ignore[arg-type]

        RprocError.__init__ = noting  # type: ignore[method-assign]
        try:
            yield seen
        finally:
            RprocError.__init__ = original  # type: ignore[method-assign]
