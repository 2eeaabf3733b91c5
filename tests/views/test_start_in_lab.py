# SPDX-License-Identifier: GPL-2.0-or-later
"""The first notebook in a real JupyterLab: it runs, and its stepper steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rprocbench.resources import resource

if TYPE_CHECKING:
    from tests.harness.lab import LabServer


@pytest.mark.slow
def test_the_start_notebook_runs_and_its_stepper_steps(lab: LabServer) -> None:
    with lab.open(resource("notebooks", "00_start.ipynb")) as opened:
        opened.run_all()
        stepper = opened.panel.locator(".rb-stepper")
        stepper.wait_for()

        def cursor() -> int:
            return int(stepper.get_attribute("data-cursor") or "?")

        assert cursor() == -1
        stepper.locator(".rb-forward").click()
        first = cursor()
        assert first >= 0
        stepper.locator(".rb-last").click()
        last = cursor()
        assert last > 1000
        stepper.locator(".rb-back").click()
        assert first < cursor() < last
        stepper.locator(".rb-first").click()
        assert cursor() == -1
        cells = opened.panel.locator(".jp-Cell").count()
        slider = stepper.locator(".rb-slider")
        slider.focus()
        slider.press("Home")
        assert cursor() == -1
        slider.press("ArrowRight")
        assert cursor() == first
        assert opened.panel.locator(".jp-Cell").count() == cells, "no key reached the notebook"
