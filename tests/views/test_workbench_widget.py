# SPDX-License-Identifier: GPL-2.0-or-later
"""The workbench as a widget: in Python, and in JupyterLab, where its views are linked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rprocbench.base.errors import Errno
from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Changed, Entered, Event
from rprocbench.bench.demo import demo_image
from rprocbench.formats.keys import generate_key
from rprocbench.views.workbench import workbench
from rprocbench.views.workbench_views import start_of
from tests.views.hostile import ATTACK
from tests.views.workbench_stage import clean, hostile_run, refused, step_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness.lab import LabServer

pytest.importorskip("anywidget", reason="needs the lab extra")
pytestmark = pytest.mark.lab
ROOT = Path(__file__).parents[2]


def said(bench: Any) -> str:
    return str(bench.controls.message.value).split("</style>")[1]


def upload(name: str, content: bytes) -> tuple[dict[str, Any], ...]:
    return ({"name": name, "type": "", "size": len(content), "content": memoryview(content),
             "last_modified": datetime(2026, 1, 1, tzinfo=UTC)},)  # fmt: skip


def moment(bench: Any, is_it: Callable[[Event], bool]) -> int:
    """The event that `is_it`."""
    return next(i for i, event in enumerate(bench.desk.recording.trace) if is_it(event))


def entered(function: str) -> Callable[[Event], bool]:
    """Whether a call of `function` begins."""
    return lambda event: isinstance(event, Entered) and event.function == function


def test_it_boots_the_demonstration_and_stands_where_it_runs() -> None:
    bench = workbench()
    assert bench.desk.recording.verdict == "running"
    running = moment(bench, lambda e: isinstance(e, Changed) and e.after == "RUNNING")
    assert bench.stepper.cursor == running
    assert list(bench.views)[:6] == [
        "Timeline", "State transitions", "Memory", "Signature chain", "Resource table", "Bytes",
    ]  # fmt: skip
    assert {v.cursor for v in bench.views.values() if v.has_trait("cursor")} == {running}


def test_fail_here() -> None:
    bench = workbench()
    bench.stepper.cursor = moment(bench, entered("remoteproc_start_fw"))
    assert bench.controls.fail.description == "Fail here: remoteproc_start_fw"
    assert bench.controls.code.label == "GENERIC"
    bench.stepper.cursor = moment(bench, entered("rproc_tee_start"))
    assert bench.controls.fail.description == "Fail here: rproc_tee_start"
    bench.controls.code.label = "EIO"
    bench.controls.fail.click()
    assert bench.desk.faults == {At("rproc_tee_start"): Fail(Errno.EIO)}
    assert bench.desk.recording.trace == refused().trace
    assert bench.stepper.cursor == bench.desk.recording.cause.index
    assert "EIO: an injected fault" in said(bench)
    assert "rproc_tee_start=EIO" in bench.controls.faults.value
    bench.controls.clear.click()
    assert bench.desk.recording.verdict == "running"


def test_where_nothing_is_called_nothing_can_fail() -> None:
    bench = workbench()
    bench.stepper.cursor = -1
    assert bench.controls.fail.disabled
    bench.fail_here()
    assert "Step to a call first" in said(bench)


def test_designs_keys_and_files_are_chosen() -> None:
    bench = workbench()
    bench.controls.design.value = "mainline"
    assert bench.desk.recording.design == "mainline"
    assert bench.desk.recording.verdict == "running"  # the demonstration's ELF
    bench.controls.design.value = "v22"
    pem = generate_key().public.pem()
    bench.controls.key.value = upload("other.pem", pem)
    assert bench.desk.recording.code == "SIGNATURE_INVALID"
    bench.controls.demo_key.click()
    assert bench.desk.recording.verdict == "running"
    bench.controls.image.value = upload("mine.sign", demo_image()[:-8])
    assert bench.desk.recording.name == "mine.sign"
    assert bench.desk.recording.verdict == "refused"


def test_mistakes_are_one_line_and_the_last_run_stays() -> None:
    bench = workbench()
    run = bench.desk.recording
    for name, data, why in (("a.txt", b"hello", "text file"), ("r.json", b"{}", "not a saved run"),
                            (ATTACK, b"{", "is not JSON")):  # fmt: skip
        bench.controls.image.value = upload(name, data)
        assert why in said(bench)
        assert "<img" not in said(bench)
        assert "Traceback" not in said(bench)
        assert bench.desk.recording is run
        assert len(bench.output.children) == 2
    bench.controls.key.value = upload("k.pem", b"no key")
    assert "BAD_KEY" in said(bench)
    bench.save("/no/such/folder/run.html")
    assert "cannot be written" in said(bench)
    for thing in (b"", 7, "/no/such/file"):
        assert "rb-bad" in said(workbench(thing))
    assert "no design" in said(workbench(design="x"))


def test_it_saves_one_page(tmp_path: Path) -> None:
    bench = workbench(refused())
    bench.controls.file.value = str(tmp_path / "run.html")
    bench.controls.save.click()
    assert "Saved" in said(bench)
    assert "rproc_tee_start" in (tmp_path / "run.html").read_text()


def test_a_static_form_comes_with_it() -> None:
    data = workbench(refused())._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"].count("<img") >= 5
    assert "State transitions" in data["text/plain"]
    hostile = workbench(hostile_run())._repr_mimebundle_()
    assert "<img src=x" not in hostile["text/html"]


CELLS = (
    "from rprocbench import workbench\nbench = workbench()\nbench",
    "from tests.views.workbench_stage import hostile_run\nworkbench(hostile_run())",
)


@pytest.mark.slow
def test_in_jupyterlab_its_views_are_linked_and_a_fault_is_a_click(
    lab: LabServer, tmp_path: Path
) -> None:
    nbformat = pytest.importorskip("nbformat")
    setup = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    cells = [nbformat.v4.new_code_cell(text) for text in (setup, *CELLS)]
    path = tmp_path / "bench.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with lab.open(path) as opened:
        opened.run_all()
        output = opened.output(1)
        trace = clean().trace
        tee_start = next(
            index for index, event in enumerate(trace)
            if isinstance(event, Entered) and event.function == "rproc_tee_start"
        )  # fmt: skip
        stepper, states = output.locator(".rb-stepper"), output.locator(".rb-states")
        stepper.wait_for()
        states.wait_for()
        assert stepper.get_attribute("data-cursor") == str(start_of(clean()))
        output.get_by_role("button", name="STOP_FW: STARTED → OFF").click()
        opened.page.wait_for_function(STANDS, arg=[str(step_of("STOP_FW")), 0])
        output.get_by_role("tab", name="Memory").click()
        memory = output.locator(".rb-memory")
        memory.locator("[data-name=trace0]").click()
        stepper.locator(".rb-first").click()
        opened.page.wait_for_function(
            "document.querySelector('.rb-memory').dataset.cursor === '-1'"
        )
        opened.page.screenshot(path=str(tmp_path / "lab.png"))
        stepper.locator(".rb-by").select_option("event")
        stepper.locator(".rb-slider").fill(str(tee_start))
        output.get_by_role("button", name="Fail here: rproc_tee_start").click()
        output.get_by_text("EIO: an injected fault", exact=False).first.wait_for()
        assert opened.problems() == []
        opened.output(2).locator(".rb-stepper").wait_for()
        assert opened.panel.locator("img[src=x]").count() == 0


STANDS = "([at, n]) => document.querySelectorAll('.rb-stepper')[n].dataset.cursor === at"
