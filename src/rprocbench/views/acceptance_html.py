# SPDX-License-Identifier: GPL-2.0-or-later
"""An acceptance map as a figure: outcome, picture with a text alternative, tables."""

from rprocbench.verdicts.acceptance import AcceptanceMap, Fate, Totals

from . import render
from .acceptance_svg import WIDTH, acceptance_svg
from .acceptance_words import SHORT, WORST_FIRST, about_base, groups, headline, region_at, summary
from .markup import Markup, picture, tag

MAX_GROUPS = 2000
MAX_ANSWERS = 12
WHOLE = "white-space: nowrap"
NAME = "min-width: 9em; overflow-wrap: normal"  # a name is cut between words only


@render.body.register
def acceptance_body(view: AcceptanceMap) -> str:
    """Heading, what it comes to, picture, regions, effective bits, answers."""
    bad = bool(view.fates[Fate.DIFFERENT])
    mark = "✗ " if bad else "✓ "
    content = [
        tag("figcaption", headline(view)),
        tag("p", mark, summary(view), class_="rb-verdict rb-bad" if bad else "rb-verdict"),
        tag("p", about_base(view)),
        picture(acceptance_svg(view), _alt(view), WIDTH),
        _regions(view),
        tag("details", tag("summary", f"Accepted and effective: {len(view.effective)} bits"),
            _effective(view), open="open" if bad else None),
        tag("details", tag("summary", "Answers by region"), _answers(view)),
    ]  # fmt: skip
    return tag("figure", content, class_="rb rb-acceptance")


def _alt(view: AcceptanceMap) -> str:
    """The picture in words."""
    worst = [t.region.name for t in view.totals if t.fates[Fate.DIFFERENT]]
    told = f" Effective bits lie in: {', '.join(worst)}." if worst else ""
    return f"{headline(view)}. {summary(view)}{told} The tables below have the same."


def _scrolled(label: str, heads: tuple[str, ...], numbers: range, body: list[Markup]) -> Markup:
    head = tag("thead", tag("tr", [
        tag("th", text, scope="col", class_="rb-number" if index in numbers else None)
        for index, text in enumerate(heads)
    ]))  # fmt: skip
    table = tag("table", tag("caption", label), head, tag("tbody", body), class_="rb-table rb-list")
    return tag("div", table, class_="rb-scroll", tabindex="0", role="region", aria_label=label)


def _regions(view: AcceptanceMap) -> Markup:
    fates = [fate for fate in WORST_FIRST if view.fates[fate] or fate is Fate.DIFFERENT]
    heads = ("Region", "Covered by", "Bytes", "Size", *(SHORT[fate] for fate in fates))
    body = [_region(totals, fates) for totals in view.totals]
    counts = [_number(view.fates[fate]) for fate in fates]
    empty = [tag("td"), tag("td"), _number(len(view.data))]
    total = tag("tr", tag("th", "all", scope="row"), empty, counts)
    return _scrolled("Bits by region", heads, range(3, len(heads)), [*body, total])


def _region(totals: Totals, fates: list[Fate]) -> Markup:
    region = totals.region
    spans = ", ".join(f"{span.start:#x}–{span.end:#x}" for span in region.spans[:3])
    more = f" and {len(region.spans) - 3} more" if len(region.spans) > 3 else ""
    counts = [
        tag("td", str(totals.fates[fate]), class_="rb-number rb-bad"
            if fate is Fate.DIFFERENT and totals.fates[fate] else "rb-number")
        for fate in fates
    ]  # fmt: skip
    return tag(
        "tr",
        tag("th", region.name, scope="row", style=NAME),
        tag("td", region.kind.value),
        tag("td", spans + more, class_="rb-mono", style=WHOLE),
        _number(region.size),
        counts,
    )


def _number(count: int) -> Markup:
    return tag("td", str(count), class_="rb-number")


def _effective(view: AcceptanceMap) -> list[Markup]:
    found = groups(view)
    rows = [
        tag("tr", tag("th", group.place, scope="row", class_="rb-mono", style=WHOLE),
            _number(group.count), tag("td", region_at(view, group.first // 8), style=NAME),
            tag("td", [tag("div", change) for change in group.changes]))
        for group in found[:MAX_GROUPS]
    ]  # fmt: skip
    heads = ("Byte.bit", "Bits", "Region", "What is loaded otherwise")
    table = _scrolled("Accepted and effective bits", heads, range(1, 2), rows)
    left = len(found) - MAX_GROUPS
    more = f"… and {left} more groups of bits, which --json has." if left > 0 else ""
    return [table, tag("p", more)] if more else [table]


def _answers(view: AcceptanceMap) -> Markup:
    rows = [
        tag("tr", tag("th", totals.region.name, scope="row", style=NAME), tag("td", str(answer)),
            _number(count))
        for totals in view.totals
        for answer, count in list(totals.answers.items())[:MAX_ANSWERS]
    ]  # fmt: skip
    return _scrolled("Answers by region", ("Region", "Answer", "Bits"), range(2, 3), rows)
