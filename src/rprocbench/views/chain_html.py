# SPDX-License-Identifier: GPL-2.0-or-later
"""A signature chain as a figure: a picture with a text alternative, a table, the details."""

from rprocbench.bench.chain import Chain, Link, Verdict

from . import render
from .chain_pack import begin
from .chain_svg import MARKS, WIDTH, chain_svg
from .markup import Markup, picture, tag
from .wording import clean, size

VALUE = 34
NAME = "min-width: 9em; overflow-wrap: normal"  # a name is cut between words only
WHOLE = "white-space: nowrap"  # a verdict, or an address, stays on its line


def chain_alt(view: Chain) -> str:
    """The chain in a few sentences, for who does not see it."""
    counts = {v: sum(link.verdict is v for link in view.links) for v in Verdict}
    told = ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count)
    return f"Signature chain of {clean(view.name)}: {told}. {view.verdict} {view.told}"


@render.body.register
def chain_body(view: Chain) -> str:
    """Outcome, picture, table of links, and each link in full."""
    good = view.broken is None
    caption = f"Signature chain of {clean(view.name)}, {size(len(view.data))}"
    content = [
        tag("figcaption", caption),
        tag("p", "✓ " if good else "✗ ", view.verdict, class_=_bad("rb-verdict", good=good)),
        tag("p", "✓ " if view.answer.is_success else "✗ ", view.told,
            class_=_bad("rb-verdict", good=view.answer.is_success)),
        picture(chain_svg(view), chain_alt(view), WIDTH),
        _table(view),
        tag("details", tag("summary", "Every link with its rule, and how to check it"),
            [_details(link) for link in view.links]),
    ]  # fmt: skip
    return tag("figure", content, class_="rb rb-chain-static")


def _bad(names: str, *, good: bool) -> str:
    return names if good else f"{names} rb-bad"


def _table(view: Chain) -> Markup:
    heads = ("Verdict", "Link", "Bytes", "Value", "Why")
    head = tag("thead", tag("tr", [tag("th", each, scope="col") for each in heads]))
    body = tag("tbody", [_row(link) for link in view.links])
    label = "Links, in the order in which the TA comes to them"
    table = tag("table", tag("caption", label), head, body, class_="rb-table rb-list")
    return tag("div", table, class_="rb-scroll", tabindex="0", role="region", aria_label=label)


def _row(link: Link) -> Markup:
    return tag(
        "tr",
        tag("td", MARKS[link.verdict], style=WHOLE, class_="rb-bad" if link.fails else None),
        tag("th", link.title, scope="row", style=NAME),
        tag("td", place(link), class_="rb-mono", style=WHOLE),
        tag("td", begin(clean(link.value), VALUE), class_="rb-mono"),
        tag("td", link.why),
    )


def place(link: Link) -> str:
    """Where the link's bytes lie: the first stretch, and how many more."""
    if not link.spans or not link.spans[0]:
        return "–"
    first = link.spans[0]
    more = len(link.spans) - 1 if link.kind == "nothing" else 0
    return f"{first.start:#x}–{first.end:#x}" + (f" + {more}" if more else "")


def _details(link: Link) -> Markup:
    facts = [("formula", link.formula), ("value", link.value), *link.facts]
    commands = [
        [tag("pre", tag("code", command.line)),
         tag("p", "prints: ", tag("code", begin(command.prints, 120))) if command.prints else ""]
        for command in link.commands
    ]  # fmt: skip
    rows = [tag("tr", tag("th", name, scope="row"), tag("td", tag("code", said)))
            for name, said in facts]  # fmt: skip
    return tag(
        "details",
        tag("summary", f"{MARKS[link.verdict]}: {link.title}"),
        tag("p", link.rule, " ", tag("code", str(link.cite))),
        tag("table", tag("tbody", rows), class_="rb-table"),
        commands,
    )
