# SPDX-License-Identifier: GPL-2.0-or-later
"""Designs side by side, function by function, against the kernel's own or the other."""

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from typing import Any

import rprocbench.kernel
from rprocbench.base.errors import Cite

from .design import Design

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Diff:
    """A unified diff of one function's code between two trees, of which the kernel may be one."""

    old: str
    new: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A function that is not the same in both designs.

    `within` are the names of the designs that have it, `cites` where; `original` is the kernel's,
    where it has one. `summary` is what the function does.
    """

    name: str
    within: tuple[str, ...]
    cites: tuple[Cite, ...]
    original: Cite | None
    summary: str
    diffs: tuple[Diff, ...]


def cite_of(function: Function) -> Cite:
    """Where the real thing is."""
    cite: Cite = vars(function)["cite"]
    return cite


@cache
def originals() -> dict[str, Function]:
    """The kernel's own modelled functions by name."""
    room = rprocbench.kernel
    found: dict[str, Function] = {}
    for each in pkgutil.iter_modules(room.__path__):
        module = importlib.import_module(f"{room.__name__}.{each.name}")
        for name, thing in vars(module).items():
            if hasattr(thing, "cite") and thing.__module__ == module.__name__:
                found |= {name: thing}
    return found


def code_of(function: Function) -> list[str]:
    """The lines of `function`: signature and body, without decorator, docstring and blanks."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    lines = source.splitlines()
    if ast.get_docstring(node):
        text = node.body[0]
        lines[text.lineno - 1 : text.end_lineno] = []
    return [line for line in lines[node.lineno - 1 :] if line.strip()]


def differences(old: Design, new: Design) -> list[Difference]:
    """What to read to know how the two differ, in their own order; what is the same is left out."""
    found = []
    for name in dict.fromkeys([*old.by_name, *new.by_name]):
        pair = [(d.name, d.by_name[name]) for d in (old, new) if name in d.by_name]
        if len(pair) == 2 and unmarked_code(pair[0]) == unmarked_code(pair[1]):
            continue
        original = originals().get(name)
        found.append(
            Difference(
                name,
                tuple(design for design, _ in pair),
                tuple(cite_of(function) for _, function in pair),
                cite_of(original) if original else None,
                (inspect.getdoc(pair[-1][1]) or "").split("\n", 1)[0],
                tuple(diffs_of(pair, original)),
            )
        )
    return found


def unmarked_code(owned: tuple[str, Function]) -> list[str]:
    """The code of a design's function without the design's marks."""
    design, function = owned
    lines = [line.split(f"  # [{design}]", maxsplit=1)[0].rstrip() for line in code_of(function)]
    return [line for line in lines if not line.lstrip().startswith(f"# [{design}]")]


def diffs_of(pair: list[tuple[str, Function]], original: Function | None) -> list[Diff]:
    """Each against the kernel's own; without one, one against the other, or against nothing."""
    if original is not None:
        return [diff("kernel", code_of(original), name, code_of(mine)) for name, mine in pair]
    if len(pair) == 1:
        return [diff("kernel", [], pair[0][0], code_of(pair[0][1]))]
    (old, before), (new, after) = pair
    return [diff(old, code_of(before), new, code_of(after))]


def diff(old: str, before: list[str], new: str, after: list[str]) -> Diff:
    """The unified diff that turns `before` into `after`, without its file names."""
    lines = unified_diff(before, after, lineterm="", n=2)
    return Diff(old, new, tuple(lines)[2:])
