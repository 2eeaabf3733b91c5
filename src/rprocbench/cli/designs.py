# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench designs`: the answers that were given on the list, and how two of them differ."""

import argparse
import textwrap
from typing import TYPE_CHECKING, Any

from .options import choose
from .output import as_json, out, width

if TYPE_CHECKING:
    from rprocbench.designs import Design
    from rprocbench.designs.differences import Difference

MANY = 2


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "designs", help="list the designs, or show how two of them differ",
        description="Without a name: every design, why it is as it is, and where it does not work. "
        "With one: the functions it adds to the kernel or replaces. With two: the functions that "
        "differ between them, each as a diff against the kernel's own where there is one.",
    )  # fmt: skip
    parser.add_argument("designs", nargs="*", metavar="D", help="one or two designs")
    parser.add_argument("--json", action="store_true", help="the same as data")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """List, or compare."""
    from rprocbench.designs import DESIGNS, MAINLINE
    from rprocbench.designs.differences import differences

    if len(args.designs) > MANY:
        args.parser.error("at most two designs can be compared")
    chosen = [choose(args.parser, "design", name, DESIGNS) for name in args.designs]
    if not chosen:
        designs = list(DESIGNS.values())
        out(as_json([as_data(design) for design in designs]) if args.json else listing(designs))
        return 0
    old, new = chosen if len(chosen) == MANY else (MAINLINE, chosen[0])
    found = differences(old, new)
    if args.json:
        out(as_json({
            "old": as_data(old), "new": as_data(new),
            "functions": [difference_data(each) for each in found],
        }))  # fmt: skip
    else:
        out(comparison(old, new, found))
    return 0


def as_data(design: "Design") -> dict[str, Any]:
    """One design for programs."""
    return {
        "name": design.name, "family": design.family, "date": design.date, "title": design.title,
        "thread": str(design.thread), "why": design.why, "caveats": list(design.caveats),
        "signed": design.signed, "patches": [patch.__name__ for patch in design.patches],
    }  # fmt: skip


def difference_data(difference: "Difference") -> dict[str, Any]:
    """One function for programs."""
    original = difference.original
    return {
        "name": difference.name, "within": list(difference.within),
        "cites": [str(cite) for cite in difference.cites],
        "original": str(original) if original else None, "summary": difference.summary,
        "diffs": [
            {"old": diff.old, "new": diff.new, "lines": list(diff.lines)}
            for diff in difference.diffs
        ],
    }  # fmt: skip


def paragraph(text: str, indent: str, first: str = "") -> str:
    """`text` in as many lines as it takes."""
    columns = max(width(), 40)
    return textwrap.fill(
        text, columns, initial_indent=first or indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def listing(designs: "list[Design]") -> str:
    """All designs for people."""
    return "\n\n".join(card(design) for design in designs)


def card(design: "Design") -> str:
    """One design for people."""
    lines = [
        f"{design.name}  ({design.family}, {design.date}, {design.thread})",
        paragraph(design.title, "  "),
        paragraph(f"Why: {design.why}", "  "),
        *(paragraph(caveat, "    ", "  ! ") for caveat in design.caveats),
    ]
    return "\n".join(lines)


def comparison(old: "Design", new: "Design", found: "list[Difference]") -> str:
    """How two designs differ, for people."""
    parts = [card(old), "", card(new)]
    groups = (
        ("In both, and different", (old.name, new.name)),
        (f"Only in {old.name}", (old.name,)),
        (f"Only in {new.name}", (new.name,)),
    )
    for heading, within in groups:
        members = [each for each in found if each.within == within]
        if members:
            parts += ["", f"== {heading}: {len(members)}"]
        for each in members:
            parts += ["", *function_lines(each)]
    if not found:
        parts += ["", "No function differs."]
    return "\n".join(parts)


def function_lines(each: "Difference") -> list[str]:
    """One function: what it is, and its diffs. A new one is told in a line, not printed."""
    lines = [f"-- {each.name}: {each.summary}", *(f"   {cite}" for cite in each.cites)]
    if each.original is None and len(each.within) == 1:
        return lines
    for diff in each.diffs:
        lines += [f"   --- {diff.old}", f"   +++ {diff.new}", *(f"   {row}" for row in diff.lines)]
    return lines
