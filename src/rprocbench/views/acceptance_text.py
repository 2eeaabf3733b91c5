# SPDX-License-Identifier: GPL-2.0-or-later
"""An acceptance map in a terminal: outcome, a strip of the bytes, regions, effective bits."""

import textwrap

from rprocbench.verdicts.acceptance import AcceptanceMap, Fate

from . import render
from .acceptance_words import (
    SHORT,
    WORST_FIRST,
    about_base,
    cell_size,
    groups,
    headline,
    region_at,
    rows,
    summary,
)
from .terminal import Terminal
from .wording import clean, shorten

MARKS = {Fate.DIFFERENT: "█", Fate.SAME: "░", Fate.REFUSED: "·", Fate.UNKNOWN: "?"}
ROLES = {Fate.DIFFERENT: "error", Fate.REFUSED: "dim"}
MAX_GROUPS = 40
NAME = 30


@render.text.register
def acceptance_text(view: AcceptanceMap, terminal: Terminal) -> str:
    """The whole of it."""
    width = terminal.width
    lines = [terminal.paint(line, "strong") for line in _wrap(headline(view), width)]
    role = "error" if view.fates[Fate.DIFFERENT] else "ok"
    lines += [terminal.paint(line, role) for line in _wrap(summary(view), width)]
    lines += [*_wrap(about_base(view), width), ""]
    lines += _strip(view, terminal)
    lines += ["", *_regions(view, terminal)]
    lines += ["", *_effective(view, terminal)] if view.effective else []
    return terminal.finish(lines)


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(clean(text), max(width, 12), break_on_hyphens=False) or [""]


def _strip(view: AcceptanceMap, terminal: Terminal) -> list[str]:
    each = cell_size(view)
    what = "a byte" if each == 1 else f"{each} bytes"
    told = ", ".join(f"{MARKS[fate]} {SHORT[fate]}" for fate in WORST_FIRST)
    lines = _wrap(f"Each mark is {what}, and shows the worst of its bits: {told}", terminal.width)
    for offset, fates in rows(view):
        marks = "".join(terminal.paint(MARKS[fate], ROLES.get(fate, "")) for fate in fates)
        lines.append(f"{offset:>8x}  {marks}")
    return lines


def _regions(view: AcceptanceMap, terminal: Terminal) -> list[str]:
    fates = [fate for fate in WORST_FIRST if view.fates[fate]]
    head = f"{'Region':<{NAME}} {'bytes':>9}" + "".join(f" {SHORT[f]:>19}" for f in fates)
    lines = [terminal.paint(head[: terminal.width], "strong")]
    for totals in view.totals:
        name = shorten(clean(totals.region.name), NAME)
        counts = "".join(f" {totals.fates[fate]:>19}" for fate in fates)
        line = f"{name:<{NAME}} {totals.region.size:>9}{counts}"
        role = "error" if totals.fates[Fate.DIFFERENT] else ""
        lines.append(terminal.paint(line[: terminal.width], role))
    return lines


def _effective(view: AcceptanceMap, terminal: Terminal) -> list[str]:
    found = groups(view)
    head = f"Accepted and effective: {len(view.effective)} bits, as byte.bit"
    lines = [terminal.paint(head, "strong")]
    for group in found[:MAX_GROUPS]:
        where = clean(region_at(view, group.first // 8))
        text = f"{group.place:<15} {where}: {'; '.join(map(clean, group.changes))}"
        lines += textwrap.wrap(text, terminal.width, subsequent_indent=" " * 16)
    if len(found) > MAX_GROUPS:
        lines.append(f"… and {len(found) - MAX_GROUPS} more groups (--json has all)")
    return lines
