# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of an acceptance map: the image's bytes in rows, what becomes of each by its fill."""

from itertools import groupby

from rprocbench.verdicts.acceptance import AcceptanceMap, Fate

from .acceptance_words import COLUMNS, SHORT, WORST_FIRST, cell_size, headline, rows
from .markup import Markup, tag
from .svg import box, drawing, text_width, words
from .wording import clean, shorten

WIDTH, LEFT, CELL, HIGH = 1080, 70, 10, 12
BAR = COLUMNS * CELL
NAMES = LEFT + BAR + 14
KINDS = {Fate.DIFFERENT: 2, Fate.SAME: 5, Fate.REFUSED: 1}


def acceptance_svg(view: AcceptanceMap) -> str:
    """Legend, ruler, rows; beside each row the regions that begin in it."""
    each = cell_size(view)
    parts: list[Markup] = []
    _legend(parts)
    y = 44.0
    for column in range(0, COLUMNS + 1, 8):
        x = LEFT + column * CELL
        parts.append(words(x, y, f"+{column * each:#x}", "mono dim", "middle"))
    y += 8
    for offset, fates in rows(view):
        parts.append(words(LEFT - 8, y + HIGH - 2, f"{offset:#x}", "mono dim", "end"))
        _row(fates, y, parts)
        _names(view, offset, offset + COLUMNS * each, y, parts)
        y += HIGH
    for column in range(0, COLUMNS + 1, 8):
        line = f"{LEFT + column * CELL:.1f}"
        parts.append(tag("line", x1=line, x2=line, y1=48, y2=f"{y:.1f}", class_="tick",
                         opacity="0.6"))  # fmt: skip
    return drawing(WIDTH, y + 10, parts, headline(view))


def _legend(parts: list[Markup]) -> None:
    x = float(LEFT)
    for fate in WORST_FIRST:
        _cell(fate, x, 8, 28, parts)
        label = SHORT[fate]
        parts.append(words(x + 36, 18, label))
        x += 36 + text_width(label) + 26


def _row(fates: list[Fate], y: float, parts: list[Markup]) -> None:
    at = 0
    for fate, run in groupby(fates):
        count = sum(1 for _ in run)
        _cell(fate, LEFT + at * CELL, y, count * CELL, parts)
        at += count


def _cell(fate: Fate, x: float, y: float, width: float, parts: list[Markup]) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": HIGH}
    if fate not in KINDS:
        parts.append(tag("rect", **place, class_="empty"))
        return
    parts.append(box(x, y, width, HIGH, KINDS[fate]))
    if fate is Fate.DIFFERENT:
        inner = {"x": f"{x + 1:.1f}", "y": f"{y + 1:.1f}", "width": f"{width - 2:.1f}"}
        parts.append(tag("rect", **inner, height=HIGH - 2, class_="kbad"))


def _names(view: AcceptanceMap, start: int, end: int, y: float, parts: list[Markup]) -> None:
    """The regions whose first byte lies in this row."""
    names = [r.name.removeprefix("record ") for r in view.regions]
    starts = [r.spans[0].start for r in view.regions]
    begun = [name for name, at in zip(names, starts, strict=True) if start <= at < end]
    if begun:
        room = int((WIDTH - NAMES - 8) / 6.9)
        parts.append(words(NAMES, y + HIGH - 2, shorten(clean(" · ".join(begun)), room), "mono"))
