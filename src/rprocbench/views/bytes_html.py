# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes as a figure: a map of what lies where, the pieces by name, the first rows as a hex dump."""

import re
from collections.abc import Iterator
from itertools import groupby

from . import render
from .bytes_text import bytes_text
from .bytes_view import BytesView, Region, part_of
from .markup import Markup, picture, tag
from .svg import box, drawing, text_width, words
from .terminal import Terminal
from .wording import clean, shorten, size

WIDTH, LEFT, RIGHT = 1080, 16, 16
BAR, LINE = 36, 19
TICKS = 8
LABELLED = 14
MOST_ROWS = 400
INDEX = re.compile(r"\[\d+\]$")
HEADS = ("Offset", "Size", "Piece", "Value", "Meaning")


@render.body.register
def bytes_body(view: BytesView) -> str:
    """Heading, picture with a text alternative, table of the pieces, hex dump."""
    findings = [tag("li", "✗ ", finding, class_="rb-bad") for finding in view.findings]
    dump = bytes_text(view, Terminal(width=96)).split("\n\n", 1)[-1]
    return tag(
        "figure",
        tag("figcaption", view.title),
        tag("p", view.summary, class_="rb-dim"),
        picture(bytes_svg(view), view.alt, WIDTH),
        _table(view) if view.regions else "",
        tag("details", tag("summary", "The bytes"), _pre(dump)) if view.data else "",
        tag("ul", findings) if findings else "",
        class_="rb rb-bytes-static",
    )


def _pre(dump: str) -> Markup:
    label = {"role": "region", "aria_label": "Hex dump", "tabindex": "0"}
    return tag("div", tag("pre", dump, class_="rb-mono"), class_="rb-scroll", **label)


def _table(view: BytesView) -> Markup:
    heads = [
        tag("th", head, scope="col", class_="rb-number" if head in HEADS[:2] else None)
        for head in HEADS
    ]
    rows = [_row(region) for region in view.regions[:MOST_ROWS]]
    left = len(view.regions) - MOST_ROWS
    caption = f"The first {MOST_ROWS} pieces; {left} more are not listed" if left > 0 else "Pieces"
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", heads)),
                tag("tbody", rows), class_="rb-table rb-list")  # fmt: skip
    scroll = tag("div", table, class_="rb-scroll", tabindex="0", role="region",
                 aria_label=f"{view.title}: pieces")  # fmt: skip
    many = f"{len(view.regions)} piece" + "s" * (len(view.regions) != 1)
    return tag("details", tag("summary", f"Every byte by name: {many}"), scroll)


def _row(region: Region) -> Markup:
    return tag(
        "tr",
        tag("td", f"{region.start:#x}", class_="rb-number"),
        tag("td", size(region.end - region.start), class_="rb-number"),
        tag("th", tag("code", region.path), scope="row"),
        tag("td", tag("code", region.value)),
        tag("td", region.doc),
    )


def parts(view: BytesView) -> Iterator[tuple[str, int, int]]:
    """Neighbours of one part, joined: name, start, end. Bytes without a name are left out."""
    for name, group in groupby(view.regions, lambda region: _drawn_with(region.path)):
        members = list(group)
        yield name, members[0].start, members[-1].end


def _drawn_with(path: str) -> str:
    """What a piece is drawn as: two levels at most, the rows of a table as one."""
    outer = part_of(path)
    while part_of(outer) != outer and part_of(part_of(outer)) != part_of(outer):
        outer = part_of(outer)
    name = outer if outer != part_of(outer) or "[" not in path[len(outer) :] else path
    return INDEX.sub("", name)


def bytes_svg(view: BytesView) -> str:
    """The picture alone: the bytes to scale, part by part, the larger ones labelled."""
    drawn: list[Markup] = []
    room = WIDTH - LEFT - RIGHT
    scale = room / max(len(view.data), 1)
    y = 16.0
    for tick in range(TICKS + 1):
        x = LEFT + tick * room / TICKS
        anchor = "end" if tick == TICKS else "start" if not tick else "middle"
        offset = view.base + len(view.data) * tick // TICKS
        drawn.append(words(x, y, f"{offset:#x}", "mono dim", anchor))
    y += 8
    ground = {"x": LEFT, "y": y, "width": room, "height": BAR, "class_": "empty"}
    drawn.append(tag("rect", **ground))
    told = list(parts(view))
    for number, (_name, start, end) in enumerate(told):
        x = LEFT + (start - view.base) * scale
        drawn.append(box(x, y, (end - start) * scale, BAR, number % 5))
    y = _labels(view, told, scale, y + BAR, drawn)
    return drawing(WIDTH, y, drawn, clean(view.title))


def _labels(
    view: BytesView, told: list[tuple[str, int, int]], scale: float, y: float, drawn: list[Markup]
) -> float:
    """Names below the bar, each on the first line with room, joined to its part by a line."""
    lines: list[float] = []
    labels: list[Markup] = []
    largest = sorted(told, key=lambda part: part[1] - part[2])[:LABELLED]
    for name, start, end in sorted(largest, key=lambda part: part[1]):
        text = shorten(name, 40)
        middle = LEFT + ((start + end) / 2 - view.base) * scale
        need = text_width(text, mono=True)
        left = min(max(middle - need / 2, LEFT), WIDTH - RIGHT - need)
        line = next((i for i, taken in enumerate(lines) if left > taken + 10), len(lines))
        lines[line : line + 1] = [left + need]
        base = y + 26 + line * LINE
        drawn.append(tag("line", x1=f"{middle:.1f}", x2=f"{middle:.1f}", y1=f"{y + 1:.1f}",
                         y2=f"{base - 11:.1f}", class_="tick"))  # fmt: skip
        labels.append(words(left, base, text, "label mono"))
    drawn += labels
    return y + 20 + len(lines) * LINE
