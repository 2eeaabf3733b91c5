# SPDX-License-Identifier: GPL-2.0-or-later
"""How notebooks are made: short cells, one H1, alt texts, links that hold, no machine's traces."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from rprocbench.lessons import EXERCISES

from .notebooks import CHECK, FOLDER, NAMES, PLACEHOLDER, built, code_cells, exercises

pytest.importorskip("nbformat", reason="needs the test extra")

MOST_CELLS, MOST_LINES = 25, 15
LINK = re.compile(r"\]\(([^)]+)\)")
ORDER = ["00_start", "10_elf_to_carveouts", "30_signature_chain", "40_boot_step_by_step",
         "50_the_machine", "60_they_talk", "70_the_seed_argument", "90_debug_my_image"]  # fmt: skip
LESSONS = ORDER[1:]
ROW = re.compile(r"^\| (Previous|Next) \|.*\(([^)]+)\.ipynb\)", re.MULTILINE)
# What a notebook may import: what its reader should come to know.
KNOWN = {
    "rprocbench", "rprocbench.lessons", "rprocbench.bench.session", "rprocbench.bench.race",
    "rprocbench.emulator.watch",
}  # fmt: skip
MACHINE = re.compile(
    r"(?<![\w/])/(?:root|home|work|tmp|usr|opt|Users)/|site-packages|object at 0x"
    r"|0x[0-9a-f]{12,16}\b"
)


def markdown(name: str) -> list[str]:
    """The text cells."""
    return [cell.source for cell in built(name).cells if cell.cell_type == "markdown"]


def outputs(name: str) -> list[Any]:
    """All outputs of a notebook."""
    return [out for cell in built(name).cells for out in cell.get("outputs", [])]


class Pictures(HTMLParser):
    """The pictures of a page, and what else must not be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.alts: list[str | None] = []
        self.sources: list[str] = []
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "img":
            self.alts.append(values.get("alt"))
            self.sources.append(values.get("src") or "")
        if tag in {"script", "iframe", "object"} or any(key.startswith("on") for key in values):
            self.bad.append(tag)


def test_the_notebooks_are_those_of_the_course() -> None:
    assert [name for name in NAMES if name in ORDER] == ORDER
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_few_and_short(name: str) -> None:
    cells = built(name).cells
    assert len(cells) <= MOST_CELLS
    long = [cell.source for cell in cells if len(cell.source.splitlines()) > MOST_LINES]
    assert long == []


@pytest.mark.parametrize("name", NAMES)
def test_one_h1_comes_first_and_no_level_is_left_out(name: str) -> None:
    cells = built(name).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    levels = [
        len(line) - len(line.lstrip("#"))
        for text in markdown(name)
        for line in text.splitlines()
        if re.match(r"#+ ", line)
    ]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", LESSONS)
def test_it_begins_with_aims_and_ends_with_a_recap(name: str) -> None:
    texts = markdown(name)
    for row in ("You will be able to", "You need", "Minutes", "Previous", "Next"):
        assert f"| {row} |" in texts[0]
    assert texts[-1].startswith("## Recap")
    assert "**Three questions to take along:**" in texts[-1]


def test_previous_and_next_make_one_path() -> None:
    rows = {name: dict(ROW.findall(markdown(name)[0])) for name in ORDER}
    for here, after in pairwise(ORDER):
        assert rows[here]["Next"] == after
        assert rows[after]["Previous"] == here
    assert rows[ORDER[-1]]["Next"] == ORDER[0]


@pytest.mark.parametrize("name", NAMES)
def test_links_hold(name: str) -> None:
    for target in LINK.findall("\n".join(markdown(name))):
        assert (FOLDER / target).is_file(), target


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_a_text_and_come_along(name: str) -> None:
    for output in outputs(name):
        page = Pictures()
        page.feed(output.get("data", {}).get("text/html", ""))
        assert all(alt and len(alt) > 10 for alt in page.alts)
        assert all(source.startswith("data:image/") for source in page.sources)
        assert page.bad == []
        assert not set(output.get("data", {})) & {"image/png", "image/svg+xml"}


@pytest.mark.parametrize("name", NAMES)
def test_it_reads_without_a_kernel(name: str) -> None:
    """Whatever was a widget has left a static view; nothing refers to a kernel that is gone."""
    notebook = built(name)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for output in outputs(name):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"
        kinds = set(output.get("data", {"text/plain"}))
        assert kinds <= {"text/html", "text/plain"}
        assert kinds


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_it_is_of_one_machine(name: str) -> None:
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert MACHINE.findall(text.replace("0x7f0000000000", "")) == []


@pytest.mark.parametrize("name", NAMES)
def test_it_imports_only_what_a_reader_should_know(name: str) -> None:
    for source in code_cells(name):
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.Import)
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                assert module in KNOWN or module.startswith("rprocbench.views"), module


@pytest.mark.parametrize("name", LESSONS)
def test_it_has_exercises_and_none_is_answered(name: str) -> None:
    found = exercises(name)
    assert len(found) >= 3
    assert found == sorted(found)
    chapter = name[:2]
    assert all(each.split(".")[0] == chapter for each in found)
    for source in code_cells(name):
        assert bool(CHECK.search(source)) == (PLACEHOLDER in source)
    replies = [
        output.data["text/plain"]
        for cell in built(name).cells
        if cell.cell_type == "code" and PLACEHOLDER in cell.source
        for output in cell.outputs
    ]
    assert len(replies) == len(found)
    assert all("Not answered yet" in reply for reply in replies)


def test_notebooks_and_registry_have_the_same_exercises() -> None:
    assert {each for name in NAMES for each in exercises(name)} == set(EXERCISES)
