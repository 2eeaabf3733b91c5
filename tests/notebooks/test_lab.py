# SPDX-License-Identifier: GPL-2.0-or-later
"""The notebooks in JupyterLab: top to bottom, in both themes, with live views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .notebooks import FOLDER, NAMES

if TYPE_CHECKING:
    from tests.harness.lab import LabServer


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_runs_in_jupyterlab_from_top_to_bottom(lab: LabServer, name: str) -> None:
    with lab.open(FOLDER / f"{name}.ipynb") as opened:
        opened.run_all(90)
        assert not opened.problems()
        expected = [number for number, _ in enumerate(opened.counts, 1)]
        assert opened.counts == expected


@pytest.mark.slow
def test_an_answer_is_checked_in_jupyterlab(lab: LabServer) -> None:
    with lab.open(FOLDER / "70_the_seed_argument.ipynb") as opened:
        opened.run_all(90)
        open_exercise = opened.panel.get_by_text("Not answered yet · exercise 70.1")
        open_exercise.scroll_into_view_if_needed()
        hint = opened.panel.get_by_text("A hint, if you want one").first
        hint.scroll_into_view_if_needed()
        hint.click()
        opened.panel.get_by_text("runs_unseen").first.wait_for()
