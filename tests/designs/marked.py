# SPDX-License-Identifier: GPL-2.0-or-later
"""The lint of the drafting table: what a design changes in a copied function is marked."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any


def body(function: Callable[..., Any]) -> list[str]:
    """The source lines of `function` that are code: no decorator, signature, docstring or blank."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    lines = source.splitlines()[first.lineno - 1 :]
    # A comment above the first statement belongs to the body as well.
    return [line for line in lines if line.strip()]


def unmarked(original: list[str], copy: list[str], mark: str) -> list[str]:
    """The differences between the two that carry no `# [mark]`.

    An added or changed line carries the mark itself. Where lines of the original are gone, the line
    that stands in their place carries it.
    """

    def code(line: str) -> str:
        return line.split(f"  # [{mark}]", maxsplit=1)[0].rstrip()

    wrong = []
    matcher = SequenceMatcher(None, original, [code(line) for line in copy], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        new = copy[c:d]
        wrong += [line for line in new if f"# [{mark}]" not in line]
        if kind == "delete":
            wrong += [f"missing: {line.strip()}" for line in original[a:b]]
    return wrong
