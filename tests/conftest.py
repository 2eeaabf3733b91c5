# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of all tests. What needs an optional library imports it late, and says why it skips."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.harness.lab import LabServer
    from tests.harness.widget import WidgetBridge

HERE = Path(__file__).parent

# A loaded machine is slow, not wrong; in CI the same examples come every time.
settings.register_profile("bench", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "bench")


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of golden bytes."""
    return HERE / "vectors"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole session."""
    from tests.harness.browser import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile that reaches no network but this machine's own."""
    from tests.harness.browser import offline

    with offline(browser) as fresh:
        yield fresh


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """One page; the test fails when a script on it throws or logs an error."""
    from tests.harness.browser import strict_page

    with strict_page(context) as fresh:
        yield fresh


@pytest.fixture
def bridge(page: Page) -> WidgetBridge:
    """Shows widgets on `page`, without Jupyter: `element = bridge.mount(widget)`."""
    pytest.importorskip("anywidget", reason="needs the lab extra")
    from tests.harness.widget import WidgetBridge

    return WidgetBridge(page)


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A JupyterLab of the session's own; asks for `browser` so that it starts only with one."""
    from tests.harness.lab import serve

    with serve(browser, tmp_path_factory.mktemp("lab")) as server:
        yield server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test by the fixtures it asks for, so that no mark is forgotten."""
    wanted: dict[str, Any] = {"browser": pytest.mark.browser, "lab": pytest.mark.lab}
    for item in items:
        for fixture, mark in wanted.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
