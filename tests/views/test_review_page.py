# SPDX-License-Identifier: GPL-2.0-or-later
"""A review's page: each cell of the matrix opens its run, at the fault."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rprocbench.base.trace import Failed
from rprocbench.review.findings import Row
from rprocbench.review.play import play
from rprocbench.views.review_page import review_page, script_of, shown_part
from rprocbench.views.review_view import review_view

PLACE = "rproc_alloc_registered_carveouts"
ROWS = [
    Row(design, "boot", place, 1 if place else 0, "ENOMEM" if place else "", (), f"play {design}")
    for design in ("mainline", "v2")
    for place in ("", PLACE)
]


def page() -> tuple[str, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    view = review_view(ROWS, ["mainline", "v2"])
    return review_page(view, None, lambda done, total: told.append((done, total))), told


def test_the_shown_part_ends_where_the_user_heard_of_the_fault() -> None:
    trace = play("v2", "boot", script_of(ROWS[3])).trace
    part, struck = shown_part(trace)
    assert len(part) < len(trace)
    fault, last = part[struck], part[-1]
    assert isinstance(fault, Failed)
    assert fault.injected
    assert isinstance(last, Failed)
    assert (last.function, last.depth, last.code) == ("state_store", 0, "ENOMEM")
    whole = play("v2", "boot").trace
    assert shown_part(whole) == (whole, -1)


def test_every_run_is_told_of_as_it_is_put_into_the_page() -> None:
    _text, told = page()
    assert told == [(n, 4) for n in (1, 2, 3, 4)]


def test_a_cell_opens_its_run_at_the_fault(new_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "review.html"
    path.write_text(page()[0], encoding="utf-8")
    browser_page = new_page()
    browser_page.goto(path.as_uri())
    browser_page.wait_for_selector("html[data-live]")
    assert browser_page.locator(".rb-stepper").count() == 0, "runs are unpacked when opened"
    browser_page.locator("a[href='#run-2-2']").click()
    opened = browser_page.locator("details[open]", has=browser_page.locator("#run-2-2"))
    stepper = opened.locator(".rb-stepper")
    stepper.wait_for()
    assert browser_page.locator(".rb-stepper").count() == 1
    part, struck = shown_part(play("v2", "boot", script_of(ROWS[3])).trace)
    assert stepper.get_attribute("data-cursor") == str(struck)
    stepper.locator(".rb-last").click()
    assert stepper.get_attribute("data-cursor") == str(len(part) - 1)
    assert "play v2" in opened.inner_text()


def test_a_link_from_outside_opens_the_run_as_well(
    new_page: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "review.html"
    path.write_text(page()[0], encoding="utf-8")
    browser_page = new_page()
    browser_page.goto(path.as_uri() + "#run-2-1")
    browser_page.locator(".rb-stepper").wait_for()
    assert browser_page.locator("details[open] #run-2-1").count() == 1
