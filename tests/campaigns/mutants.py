# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutants: a modelled function with one `unwind.label(...)` line removed, as a patch for a run."""

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import rprocbench.kernel
from rprocbench.base.run import MIRRORED, mirrors
from rprocbench.designs import Design

Function = Callable[..., Any]


def kernel_functions() -> dict[str, Function]:
    """Every modelled function of the kernel, by name."""
    found: dict[str, Function] = {}
    for module in pkgutil.iter_modules(rprocbench.kernel.__path__, "rprocbench.kernel."):
        things = vars(importlib.import_module(module.name)).items()
        found |= {
            name: thing
            for name, thing in things
            if hasattr(thing, "cite") and thing.__module__ == module.name
        }
    return found


def functions_of(design: Design) -> dict[str, Function]:
    """The modelled functions that a run of `design` reaches."""
    return kernel_functions() | dict(design.by_name)


def parsed(function: Any) -> ast.Module:
    """A modelled function's syntax."""
    return ast.parse(textwrap.dedent(inspect.getsource(function.__wrapped__)))


def labels_of(function: Function) -> list[str]:
    """The labels in a modelled function, in the order of its lines."""
    nodes: list[Any] = list(ast.walk(parsed(function)))
    calls = (node for node in nodes if is_label(node))
    lines = sorted(calls, key=lambda node: node.lineno)
    return [line.value.args[0].value for line in lines]


def is_label(node: Any) -> bool:
    """Whether a statement is `something.label("name", ...)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "label"
        and isinstance(call.args[0], ast.Constant)
    )


class Remove(ast.NodeTransformer):
    """Puts `pass` where one label was."""

    def __init__(self, label: str) -> None:
        self.label = label

    def visit_Expr(self, node: Any) -> ast.stmt:
        """One statement."""
        if is_label(node) and node.value.args[0].value == self.label:
            return ast.copy_location(ast.Pass(), node)
        return node  # type: ignore[no-any-return]


def without_label(function: Any, label: str) -> Function:
    """`function`, but nothing is undone at `label`."""
    tree = Remove(label).visit(parsed(function))
    tree.body[0].decorator_list = []
    scope = dict(function.__wrapped__.__globals__)
    where = f"<{function.__name__} without {label}>"
    code = compile(ast.fix_missing_locations(tree), where, "exec")
    exec(code, scope)  # noqa: S102  it is our own source
    name = function.__name__
    mutant = mirrors(f"{function.cite.tree}:{function.cite.path}")(scope[name])
    MIRRORED[name].pop()  # a mutant mirrors nothing
    return mutant  # type: ignore[no-any-return]


def ladder(design: Design) -> Iterator[tuple[str, str]]:
    """Every label of every function that a run of `design` reaches: (function, label)."""
    for name, function in sorted(functions_of(design).items()):
        for label in labels_of(function):
            yield name, label
