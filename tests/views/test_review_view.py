# SPDX-License-Identifier: GPL-2.0-or-later
"""The matrix of a review, as text and as HTML."""

from rprocbench.review.breach import Breach
from rprocbench.review.findings import Finding, Row
from rprocbench.views import render
from rprocbench.views.report import Section, html_report
from rprocbench.views.review_view import Cell, ReviewView, review_view
from rprocbench.views.terminal import Terminal

HOSTILE = "<img src=x onerror=alert(1)>"


def row(design: str, place: str, *findings: tuple[str, str], what: str = "it leaks") -> Row:
    """A row, with (invariant, origin) for each breach."""
    found = tuple(Finding(Breach(name, what, 3), origin, None) for name, origin in findings)
    script = f"rprocbench play --design {design} --fault {place}=EIO"
    return Row(design, "boot", place, 1, "EIO", found, script)


ROWS = [
    row("mainline", "rproc_start"),
    row("v2", "rproc_start", ("nothing_is_lost", "design")),
    row("v2", "rproc_start", ("nothing_is_lost", "design"), ("all_is_told", "design")),
    row("mainline", "rproc_stop", ("nothing_is_lost", "baseline")),
    row("v2", "rproc_stop", ("nothing_is_lost", "baseline")),
    row("v2", "rproc_attach", ("nothing_is_lost", "undisturbed")),
]


def view() -> ReviewView:
    """The rows as a matrix."""
    return review_view(ROWS, ["mainline", "v2"])


def test_a_cell_says_in_words_what_happened() -> None:
    words = {(fault, i): cells[i].words for fault, cells in view().lines for i in (0, 1)}
    assert words["rproc_start=EIO", 0] == "well"
    assert words["rproc_start=EIO", 1] == "breaks 2"
    assert words["rproc_stop=EIO", 1] == "as mainline"
    assert words["rproc_attach=EIO", 0] == "not called"
    assert words["rproc_attach=EIO", 1] == "as undisturbed"
    assert Cell((ROWS[1],)).words == "breaks 1"


def test_the_text_shows_what_differs_and_how_to_see_it() -> None:
    text = render.text(view(), Terminal(100))
    assert "rproc_start=EIO" in text
    assert "rproc_stop=EIO" not in text
    assert "2 more faults" in text
    assert "nothing is lost: it leaks" in text
    assert ROWS[1].script in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_narrow_terminal_without_unicode_is_kept() -> None:
    text = render.text(view(), Terminal(60, unicode=False))
    assert text.isascii()


def test_the_page_holds_every_fault_and_every_script() -> None:
    page = html_report("Review", [Section("Review", view())])
    for fault in ("rproc_start=EIO", "rproc_stop=EIO", "rproc_attach=EIO"):
        assert fault in page
    assert ROWS[1].script in page
    assert "<caption>" in page


def test_hostile_names_stay_text() -> None:
    rows = [row("v2", HOSTILE, ("nothing_is_lost", "design"), what=HOSTILE)]
    assert HOSTILE not in render.body(review_view(rows, ["v2"]))


def test_nothing_reviewed_is_still_a_view() -> None:
    empty = review_view([], [])
    assert "0 runs" in render.text(empty, Terminal())
    assert "0 runs" in render.body(empty)
