# SPDX-License-Identifier: GPL-2.0-or-later
"""State transitions as pictures with text alternatives, and as tables."""

from . import render
from .markup import Markup, picture, tag
from .states import GLYPHS, StateMachines, Told
from .states_layout import BOX, Arc, arcs
from .states_tables import WIDTH
from .states_text import LEGEND, Row, table
from .svg import drawing, words

HEADS = ("In state", "asked for", "comes of it", "Events", "By")
STROKES = {"moved": "3", "stayed": "3", "unforeseen": "3"}
DASHES = {"refused": "5 4", "unforeseen": "9 3 2 3"}


@render.body.register
def states_body(view: StateMachines) -> str:
    """A figure for each machine."""
    legend = tag("p", LEGEND, class_="rb-dim")
    parts = [tag("h3", view.title), legend, [_figure(told) for told in view.told]]
    return tag("section", parts, class_="rb rb-states", aria_label=view.title)


def _figure(told: Told) -> Markup:
    title = told.machine.title + (f" ({told.owner})" if told.owner else "")
    path = " → ".join(told.path) or told.machine.absent
    rows = [_row(row) for row in table(told)]
    body = tag(
        "table",
        tag("caption", title, class_="rb-hidden"),
        tag("thead", tag("tr", [tag("th", head, scope="col") for head in HEADS])),
        tag("tbody", rows),
        class_="rb-table rb-list",
    )  # fmt: skip
    scroll = tag("div", body, class_="rb-scroll", tabindex="0", role="region",
                 aria_label=f"{title}: table")  # fmt: skip
    details = tag("details", tag("summary", "The same as a table"), scroll)
    image = tag("div", picture(states_svg(told), told.alt, WIDTH), style=f"max-width:{WIDTH}px")
    caption = tag("figcaption", title)
    return tag("figure", [caption, tag("p", path), image, details])


def _row(row: Row) -> Markup:
    what = f"→ {row.target}" if row.target else "stays"
    if row.kind in {"refused", "failed"}:
        what = f"{row.kind}: {row.code}"
    bad = row.kind in {"refused", "failed", "unforeseen"}
    events = ", ".join(map(str, row.hits)) or "–"
    cells = [tag("td", row.cause, class_="rb-mono"),
             tag("td", f"{GLYPHS[row.kind]} {what}", class_="rb-bad" if bad else None),
             tag("td", events, class_="rb-mono"), tag("td", row.by, class_="rb-mono")]  # fmt: skip
    return tag("tr", tag("th", row.source, scope="row"), cells)


def states_svg(told: Told) -> str:
    """The diagram alone. The last state of the run has a double edge."""
    machine = told.machine
    last = next((life.state for life in reversed(told.lives) if life.state), "")
    been = set(told.path)
    parts: list[Markup] = [_arc(arc) for arc in arcs(told)]
    for node in machine.nodes:
        x, y = node.x - BOX[0] / 2, node.y - BOX[1] / 2
        at = {"x": x, "y": y, "width": BOX[0], "height": BOX[1], "rx": 10}
        strong = node.name in been
        parts.append(tag("rect", **at, class_="empty"))
        parts.append(tag("rect", **at, class_="edge", stroke_width=None if strong else "1",
                         stroke_dasharray=None if strong else "2 3",
                         style="stroke-width:2" if strong else None))  # fmt: skip
        if node.name == last:
            inner = {"x": x + 4, "y": y + 4, "width": BOX[0] - 8, "height": BOX[1] - 8, "rx": 7}
            parts.append(tag("rect", **inner, class_="edge"))
        parts.append(words(node.x, node.y + 5, node.name, "strong", "middle"))
    return drawing(WIDTH, machine.height, parts, machine.title)


def _arc(arc: Arc) -> Markup:
    bad = arc.kind in {"refused", "unforeseen"}
    stroke = "var(--bad)" if bad else "var(--ink)" if arc.hits else "var(--edge)"
    line = tag("path", d=arc.path, fill="none", stroke=stroke,
               stroke_width=STROKES.get(arc.kind, "1.3"),
               stroke_dasharray=DASHES.get(arc.kind))  # fmt: skip
    head = tag("path", d=arc.head, fill=stroke, stroke=stroke, stroke_width="1.6")
    texts = [
        words(label.x, label.y, label.text,
              "label bad" if bad else "label" if label.hits else "label dim", label.anchor)
        for label in arc.labels
    ]  # fmt: skip
    return tag("g", line, head, texts)
