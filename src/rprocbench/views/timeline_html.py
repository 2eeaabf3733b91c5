# SPDX-License-Identifier: GPL-2.0-or-later
"""A timeline as an HTML table: one column a lane, a spanning cell for an arrow."""

from rprocbench.base.trace import Lane

from . import render
from .markup import Markup, join, tag
from .rows import WORDS, Row
from .timeline import LANES, Timeline

SLUGS = {Lane.LINUX: "linux", Lane.OPTEE: "optee", Lane.M4: "m4", Lane.HARDWARE: "hardware"}
OUTCOMES = {"✓": "returned without error", "✗": "failed"}
QUIET = {"created", "gone", "wrote", "fetched"}


@render.body.register
def timeline_body(view: Timeline) -> str:
    """The figure: heading, verdict, table."""
    good = view.is_well
    verdict = tag("p", "✓ " if good else "✗ ", view.verdict,
                  class_="rb-verdict" if good else "rb-verdict rb-bad")  # fmt: skip
    heads = [tag("th", lane[:1].upper() + lane[1:], scope="col", class_=f"rb-{SLUGS[lane]}")
             for lane in LANES]  # fmt: skip
    head = tag("tr", tag("th", "#", scope="col", class_="rb-number"), heads)
    # Roles are spelled out because a narrow page lays the cells out as blocks.
    table = tag(
        "table",
        tag("caption", view.alt, class_="rb-hidden"),
        tag("thead", head),
        tag("tbody", [_row(row) for row in view.rows]),
        class_="rb-table rb-lanes", role="table",
    )  # fmt: skip
    scroll = tag("div", table, class_="rb-scroll", tabindex="0", role="region",
                 aria_label=f"{view.title}: lanes")  # fmt: skip
    heading = tag("h3", view.title)
    return tag("section", heading, verdict, scroll, class_="rb rb-timeline", aria_label=view.title)


def _row(row: Row) -> Markup:
    number = tag("th", str(row.index), scope="row", class_="rb-number", role="rowheader")
    cells: list[Markup] = []
    at = 0
    while at < len(LANES):
        span = _span(row, at)
        cells.append(_cell(row, span) if span else tag("td", role="cell"))
        at += max(span, 1)
    kind = f"rb-{row.kind}" + (" rb-quiet" if row.kind in QUIET else "")
    return tag("tr", number, cells, class_=kind, role="row")


def _span(row: Row, at: int) -> int:
    """How many lanes the row's cell takes if it begins in lane number `at`; 0 if it does not."""
    lane = LANES.index(row.lane)
    target = LANES.index(row.target) if row.target else lane
    return abs(target - lane) + 1 if at == min(lane, target) else 0


def _cell(row: Row, span: int) -> Markup:
    # An untrusted notebook takes the styles away: what must not run together needs its own marks.
    name = tag("span", f"{row.lane}: ", class_="rb-lane-name")
    classes = f"rb-{SLUGS[row.lane]}" + (" rb-is-bad" if row.is_bad else "")
    details = [tag("div", detail, class_="rb-detail") for detail in row.details]
    if row.target:
        leftward = LANES.index(row.target) < LANES.index(row.lane)
        way = tag("span", f"to {row.target}: ", class_="rb-way rb-hidden")
        arrow = tag("span", " ◀" if leftward else " ▶", class_="rb-head", aria_hidden="true")
        what = tag("span", way, row.text, class_="rb-what")
        shaft = tag("div", what, arrow, class_="rb-shaft" + (" rb-leftward" if leftward else ""))
        return tag("td", name, shaft, details, class_=f"{classes} rb-arrow",
                   colspan=span if span > 1 else None, role="cell")  # fmt: skip
    word = tag("span", WORDS[row.kind] + ": ", class_="rb-hidden") if row.kind != "call" else ""
    glyph = tag("span", row.glyph + " ", aria_hidden="true") if row.glyph else ""
    end = OUTCOMES.get(row.outcome, "")
    outcome = tag("span", f" {row.outcome}", title=end, role="img", aria_label=end) if end else ""
    text = tag("span", join([word, glyph]), row.text, outcome, class_="rb-what")
    indent = f"--rb-in:{min(row.local, 5)}" if row.local else None
    return tag("td", name, text, details, class_=classes, role="cell", style=indent)
