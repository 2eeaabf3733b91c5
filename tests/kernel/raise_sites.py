# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the model of remoteproc raises: found in its source, and seen when it happens."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import rprocbench.kernel
from rprocbench.base.errors import RprocError

KERNEL = Path(rprocbench.kernel.__file__).parent
# The message bus, the mailboxes and the TEE's client have tests of their own.
OTHERS = ("virtio", "rpmsg", "virtproc", "virtqueue", "mailbox", "stm32_ipcc", "tee_client",
          "remoteproc_virtio", "mapped")  # fmt: skip
MAKERS = ("ModelledError", "Crash", "undefined", "refuse", "read_outside")


@dataclass(frozen=True, order=True)
class Site:
    """A `raise` of something new: the file, the function, its lines, and its text."""

    file: str
    function: str
    first: int
    last: int
    text: str

    @property
    def name(self) -> str:
        """The site without its lines."""
        return f"{self.function}: {self.text}"


@cache
def sites() -> tuple[Site, ...]:
    """Every place where the model raises what it did not catch."""
    found: set[Site] = set()
    for path in KERNEL.glob("*.py"):
        if path.name.startswith(OTHERS):
            continue
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    made = ast.unparse(node.exc.func)
                    if made in MAKERS:
                        last = node.end_lineno or node.lineno
                        text = ast.unparse(node.exc)
                        found.add(Site(path.name, function.name, node.lineno, last, text))
    innermost = {(s.file, s.first): s for s in sorted(found, key=lambda s: s.function != "refuse")}
    return tuple(sorted(innermost.values()))


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
            if path.parent == KERNEL and (site := by_line().get((path.name, frame.f_lineno))):
                seen.add(site)
                break
            frame = frame.f_back  # type: ignore[assignment]
        original(self, *args, **kwargs)  # type: ignore[arg-type]

    RprocError.__init__ = noting  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        RprocError.__init__ = original  # type: ignore[method-assign]
