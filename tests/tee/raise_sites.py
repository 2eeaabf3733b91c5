# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the secure world's model raises: found in its source, and seen when it happens."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import rprocbench.tee
from rprocbench.base.errors import RprocError

TEE = Path(rprocbench.tee.__file__).parent


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


@cache
def sites() -> tuple[Site, ...]:
    """Every place where the model raises what it did not catch."""
    found: list[Site] = []
    for path in sorted(TEE.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    last = node.end_lineno or node.lineno
                    text = ast.unparse(node.exc)
                    found.append(Site(path.name, function.name, node.lineno, last, text))
    return tuple(sorted(set(found)))


@cache
def by_line() -> dict[tuple[str, int], Site]:
    return {(s.file, line): s for s in sites() for line in range(s.first, s.last + 1)}


@contextmanager
def watch() -> Iterator[set[Site]]:
    """Collects every site where an error is raised during the block."""
    seen: set[Site] = set()
    original = RprocError.__init__

    def noting(self: RprocError, *args: object, **kwargs: object) -> None:
        frame = sys._getframe(1)
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if path.parent == TEE and (site := by_line().get((path.name, frame.f_lineno))):
                seen.add(site)
                break
            frame = frame.f_back  # type: ignore[assignment]
        original(self, *args, **kwargs)  # type: ignore[arg-type]

    RprocError.__init__ = noting  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        RprocError.__init__ = original  # type: ignore[method-assign]
