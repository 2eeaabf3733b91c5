# SPDX-License-Identifier: GPL-2.0-or-later
"""The notebooks run: in a kernel to the committed bytes, with solutions, with any user's file."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import pytest

from rprocbench import demo_elf, demo_image, with_flipped_byte
from rprocbench.lessons import solution

from .notebooks import CHECK, FOLDER, NAMES, PLACEHOLDER, builder, code_cells, exercises, run_cell

if TYPE_CHECKING:
    from pathlib import Path

DEBUG = "90_debug_my_image"
FILES: dict[str, bytes] = {
    "plain.elf": demo_elf(),
    "good.sign": demo_image(),
    "flipped.sign": with_flipped_byte(demo_image()),
    "cut.sign": demo_image()[:1000],
    "header.sign": demo_image()[:20],
    "stub.sign": demo_image()[:4],
    "cut.elf": demo_elf()[:100],
    "magic.elf": b"\x7fELF",
    "zeros.bin": bytes(4096),
    "text.txt": b"no firmware at all\n",
    "empty.bin": b"",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_gives_the_committed_bytes(name: str) -> None:
    for library in ("jupytext", "nbclient", "ipykernel", "anywidget"):
        pytest.importorskip(library)
    source = FOLDER / "src" / f"{name}.py"
    text = builder().build(source)
    assert text == (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_with_the_solutions_every_check_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("anywidget", reason="needs the lab extra")
    monkeypatch.setenv("RPROCBENCH_STRICT", "1")
    names: dict[str, Any] = {"__name__": "__main__"}
    passed = []
    for source in code_cells(name):
        found = CHECK.findall(source)
        names["solution"] = solution
        filled = source.replace(PLACEHOLDER, f"YOUR_ANSWER = solution({found[:1]}[0]).answer")
        with contextlib.redirect_stdout(io.StringIO()):
            reply = run_cell(filled, names)
        if found:
            assert reply.is_right, found
            passed += found
    assert passed == exercises(name)


@pytest.mark.parametrize("file", FILES)
def test_debug_my_image_takes_any_file(file: str, tmp_path: Path) -> None:
    pytest.importorskip("anywidget", reason="needs the lab extra")
    (tmp_path / file).write_bytes(FILES[file])
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in code_cells(DEBUG):
        mine = source.replace("MY_IMAGE = None", f"MY_IMAGE = {str(tmp_path / file)!r}")
        with contextlib.redirect_stdout(io.StringIO()):
            shown(run_cell(mine, names))
    if FILES[file]:
        assert names["image"] == FILES[file]


def shown(value: object) -> None:
    """Draw a cell's value as a notebook would."""
    bundle = getattr(value, "_repr_mimebundle_", None)
    if bundle:
        bundle(include=None, exclude=None)
    elif hasattr(value, "_repr_html_"):
        assert value._repr_html_()
    else:
        assert repr(value)


def test_cells_may_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("anywidget", reason="needs the lab extra")
    monkeypatch.delenv("RPROCBENCH_STRICT", raising=False)
    for name in NAMES:
        names: dict[str, Any] = {"__name__": "__main__"}
        with contextlib.redirect_stdout(io.StringIO()):
            for source in code_cells(name) * 2:
                run_cell(source, names)
