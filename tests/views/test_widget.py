# SPDX-License-Identifier: GPL-2.0-or-later
"""The stepper as a Python object."""

import pytest

from rprocbench.views.show import show
from tests.views.fake_boot import FakeBoot

pytest.importorskip("anywidget", reason="needs the lab extra")
pytestmark = pytest.mark.lab


def test_where_no_widget_is_shown_the_story_stands_in() -> None:
    from rprocbench.views.stepper import Stepper

    run = FakeBoot().boot()
    data, _metadata = Stepper(run.trace)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"] == show(run).html()
    assert data["text/plain"] == show(run).text()


def test_the_cursor_stays_within_the_run() -> None:
    from rprocbench.views.stepper import Stepper

    run = FakeBoot().boot()
    stepper = Stepper(run.trace)
    assert stepper.cursor == -1
    stepper.cursor = 10_000
    assert stepper.cursor == len(run.trace) - 1
    stepper.cursor = -9
    assert stepper.cursor == -1
