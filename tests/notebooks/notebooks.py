# SPDX-License-Identifier: GPL-2.0-or-later
"""The notebooks as the tests see them: sources, built files, and the code of a filled-in one."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NAMES = sorted(path.stem for path in (FOLDER / "src").glob("*.py"))
CHECK = re.compile(r'check\("([^"]+)", YOUR_ANSWER\)')
PLACEHOLDER = "YOUR_ANSWER = ..."


def built(name: str) -> Any:
    """The committed notebook."""
    import nbformat

    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def builder() -> Any:
    """The script that builds them, as a module."""
    spec = importlib.util.spec_from_file_location(
        "build_notebooks", ROOT / "tools/build_notebooks.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_cells(name: str) -> list[str]:
    """What stands in the code cells."""
    return [cell.source for cell in built(name).cells if cell.cell_type == "code"]


def exercises(name: str) -> list[str]:
    """The exercises that a notebook checks, in order."""
    return [found for cell in code_cells(name) for found in CHECK.findall(cell)]


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run one cell as a kernel would; its last expression's value, or None."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<cell>", "exec"), names)  # noqa: S102  our own cells
    if last is None:
        return None
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307
