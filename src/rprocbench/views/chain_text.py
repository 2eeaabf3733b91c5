# SPDX-License-Identifier: GPL-2.0-or-later
"""A signature chain in a terminal: a line for each link, below it what it says and how to check."""

import textwrap
from collections.abc import Iterator

from rprocbench.bench.chain import Chain, Link, Verdict

from . import render
from .terminal import Terminal
from .wording import clean, columns, shorten, size

GLYPHS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.NOT_COVERED: "·", Verdict.UNDECIDED: "?"}
ROLES = {Verdict.PASS: "ok", Verdict.FAIL: "error", Verdict.NOT_COVERED: "dim"}
WORD = 11  # the longest verdict
MARGIN = WORD + 5
SMALL = 4
WIDE = 88
SHELL = ("digest", "signature", "key", "segment")


@render.text.register
def chain_text(view: Chain, terminal: Terminal) -> str:
    """The outcome first, then every link."""
    width = terminal.width
    key = f"RSA-{view.key.bits} key {view.key.fingerprint[:16]}…"
    head = f"Signature chain of {clean(view.name)}, {size(len(view.data))}, {key}"
    lines = [terminal.paint(line, "strong") for line in _wrap(head, width)]
    lines += _outcome(view, terminal)
    stage = None
    for link in view.links:
        if link.stage is not stage:
            stage = link.stage
            lines += ["", terminal.paint(stage.value, "strong")]
        lines += _link(link, terminal)
    return terminal.finish(lines)


def _outcome(view: Chain, terminal: Terminal) -> list[str]:
    role = "error" if view.broken else "ok"
    said = [terminal.paint(line, role) for line in _wrap(view.verdict, terminal.width)]
    role = "ok" if view.answer.is_success else "error"
    return said + [terminal.paint(line, role) for line in _wrap(view.told, terminal.width)]


def _link(link: Link, terminal: Terminal) -> list[str]:
    width = terminal.width
    mark = terminal.paint(f"{GLYPHS[link.verdict]} {link.verdict.value:<{WORD}}", _role(link))
    place = _place(link)
    room = width - MARGIN
    title = clean(link.title)
    lines = []
    if room - columns(title) - columns(place) >= 2:
        gap = " " * (room - columns(title) - columns(place))
        lines.append(f"  {mark} {title}{gap}{terminal.paint(place, 'dim')}")
    else:
        lines.append(f"  {mark} {shorten(title, room)}")
        lines.append(" " * MARGIN + terminal.paint(shorten(place, room), "dim"))
    role = "error" if link.fails else ""
    lines += [" " * MARGIN + terminal.paint(each, role) for each in _wrap(link.why, room)]
    if width >= WIDE or link.kind in SHELL:
        lines += [" " * MARGIN + each for each in _wrap(_formula(link), room)]
    if link.commands and link.kind == "signature":
        said = ": ".join(link.facts[2])
        lines += [" " * MARGIN + terminal.paint(each, "dim") for each in _wrap(said, room)]
    for command in link.commands[:3] if link.kind in SHELL else ():
        margin = MARGIN if width >= WIDE else SMALL
        rows = _shell(command.line, width - margin)
        lines += [" " * margin + terminal.paint(each, "dim") for each in rows]
    return lines


def _role(link: Link) -> str:
    return ROLES.get(link.verdict, "")


def _place(link: Link) -> str:
    if not link.spans or not link.spans[0]:
        return ""
    first = link.spans[0]
    more = (
        f" and {len(link.spans) - 1} more" if len(link.spans) > 1 and link.kind == "nothing" else ""
    )
    return f"{first.start:#x}–{first.end:#x}{more}"


def _formula(link: Link) -> str:
    if link.kind == "nothing":
        return link.value
    if link.kind == "record":
        return f"= {link.value}"
    return f"{link.formula}: {link.value}"


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(clean(text), max(width, 12), break_on_hyphens=False) or [""]


def _shell(line: str, room: int) -> Iterator[str]:
    """A command on as many lines as it takes: pasted, it still is one command."""
    words = line.split(" ")
    row = "$"
    for index, word in enumerate(words):
        last = index == len(words) - 1
        if columns(f"{row} {word}") + (0 if last else 2) > room and row not in ("$", " "):
            yield f"{row} \\"
            row = " "
        row = f"{row} {word}"
    yield row
