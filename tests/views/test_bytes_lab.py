# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes and resource table in JupyterLab: linked in the browser, and keys stay in the widget."""

from pathlib import Path

import pytest

from tests.harness.lab import LabServer
from tests.harness.test_harness import write_notebook

RUN = """\
import ipywidgets
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_image
from rprocbench.views.bytes_view import file_bytes
from rprocbench.views.bytes_widget import BytesWidget
from rprocbench.views.resource_table_widget import ResourceTableWidget

table = ResourceTableWidget(Bench().boot(demo_image(), "echo.sign"))
whole = BytesWidget(file_bytes(demo_image(), "echo.sign"))
links = [ipywidgets.jslink((table, name), (whole, name)) for name in ("offset", "span", "hover")]
"""


@pytest.mark.slow
def test_they_are_linked_in_jupyterlab(lab: LabServer, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "linked.ipynb", [RUN, "table", "whole"])
    with lab.open(notebook) as opened:
        opened.run_all()
        panel = opened.panel
        table, whole = panel.locator(".rb-resource-table"), panel.locator(".rb-bytes")
        table.locator("[role=treeitem]", has_text="gfeatures").first.click()
        status = whole.locator("[role=status]")
        status.get_by_text("entry[1].vdev.gfeatures").wait_for()
        cells = panel.locator(".jp-Cell").count()
        whole.locator("[role=gridcell][tabindex='0']").focus()
        for key in ("n", "b", "d", "d", "ArrowDown", "j", "x"):
            panel.page.keyboard.press(key)
        assert panel.locator(".jp-Cell").count() == cells
        table.locator(".rb-field h4").get_by_text("entry[1].vring[0]").wait_for()
        assert whole.locator("[role=grid]").bounding_box()["height"] > 300  # type: ignore[index]
