# SPDX-License-Identifier: GPL-2.0-or-later
"""Disables one check of the model at a time: an `if` that raises, a call that may fail."""

import ast
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from .raise_sites import TEE

FILES = (
    "ta_remoteproc.py", "remoteproc_core.py", "remoteproc_verify.py", "elf_parser.py",
    "elf_sections.py", "commands.py", "heap.py", "libutee.py", "pta_remoteproc.py",
    "stm32_remoteproc.py", "optee.py", "scmi_server.py", "st_ta.py", "st_pta.py", "st_driver.py",
    "st_otp.py",
)  # fmt: skip
CHECKS = {
    "check_types", "must_be", "must_know", "known", "e32_parse_ehdr", "remoteproc_check_img_type",
    "remoteproc_verify_header", "remoteproc_verify_signature", "remoteproc_verify_firmware",
    "remoteproc_get_capabilities", "remoteproc_get_sign_type", "rproc_pta_verify_rsa_signature",
    "remoteproc_parse_rsc_table", "remoteproc_compare_loaded", "st_check_hash_type",
    "st_push_platform_tlvs", "st_pta_check_key",
}  # fmt: skip
DISABLED = ast.Constant(value=False)


@dataclass(frozen=True)
class Mutant:
    """One check of a function, disabled. `line` is where it stands, `text` what is gone."""

    file: str
    function: str
    line: int
    text: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.file}:{self.function}: {self.text}"

    @property
    def code(self) -> CodeType:
        """The function's code without the check."""
        whole = compile(ast.fix_missing_locations(self.tree), str(TEE / self.file), "exec")
        return next(code for code in codes(whole) if code.co_qualname == self.function)


def codes(code: CodeType) -> Iterator[CodeType]:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from codes(const)


def mutants() -> Iterator[Mutant]:
    """Every mutant of every file."""
    for file in FILES:
        source = (TEE / file).read_text("utf-8")
        count = len(list(places(ast.parse(source))))
        for index in range(count):
            tree = ast.parse(source)
            function, node, what = list(places(tree))[index]
            text = disable(tree, node, what)
            yield Mutant(file, function, node.lineno, text, tree)


Place = tuple[str, ast.stmt, Any]


def places(tree: ast.Module) -> Iterator[Place]:
    """Function, node, and which part of it is a check of its own."""
    for function, qualname in functions(tree):
        for node in ast.walk(function):
            if isinstance(node, ast.If) and raises(node.body):
                yield qualname, node, None
                if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or):
                    yield from ((qualname, node, value) for value in node.test.values)
            elif isinstance(node, ast.Expr) and called(node) in CHECKS:
                yield qualname, node, None
            elif isinstance(node, ast.match_case) and raises(node.body):
                yield qualname, node.body[-1], node


def functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node, node.name
        elif isinstance(node, ast.ClassDef):
            yield from (
                (inner, f"{node.name}.{inner.name}")
                for inner in node.body
                if isinstance(inner, ast.FunctionDef)
            )


def raises(body: list[ast.stmt]) -> bool:
    """Whether a block ends in a raise of something new."""
    return isinstance(body[-1], ast.Raise) and isinstance(body[-1].exc, ast.Call)


def called(node: ast.Expr) -> str:
    """The name of the function that a statement calls."""
    call = node.value
    return call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""


def disable(tree: ast.Module, node: ast.AST, what: Any) -> str:
    """Take a check out of the tree, and tell which."""
    if isinstance(node, ast.If) and what is None:
        text = ast.unparse(node.test)
        node.test = DISABLED
    elif isinstance(node, ast.If):
        text = ast.unparse(what)
        assert isinstance(node.test, ast.BoolOp)
        node.test.values = [DISABLED if v is what else v for v in node.test.values]
    elif isinstance(what, ast.match_case):
        text = ast.unparse(what.body[-1])
        what.body = [ast.Pass()]
    else:
        text = ast.unparse(node)
        for parent in ast.walk(tree):
            for body in (getattr(parent, "body", None), getattr(parent, "orelse", None)):
                if isinstance(body, list) and node in body:
                    body[body.index(node)] = ast.Pass()
    return text


@contextmanager
def alive(mutant: Mutant) -> Iterator[None]:
    """Let the mutant take the function's place during the block."""
    module = importlib.import_module(f"rprocbench.tee.{Path(mutant.file).stem}")
    found: Any = module
    for name in mutant.function.split("."):
        found = getattr(found, name)
    if isinstance(found, property):
        found = found.fget
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    assert isinstance(found, FunctionType)
    code = found.__code__
    found.__code__ = mutant.code.replace(co_freevars=code.co_freevars)
    try:
        yield
    finally:
        found.__code__ = code
