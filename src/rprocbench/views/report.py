# SPDX-License-Identifier: GPL-2.0-or-later
"""One HTML file that holds a whole report, works offline, and steps through runs where JS is on."""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import render
from .markup import Markup, join, tag
from .show import describe
from .walk import Walk, pack

HERE = Path(__file__).parent
POLICY = "style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a paragraph, and a thing to show: anything `show` takes, or lines of text."""

    heading: str
    thing: object = None
    text: str = ""


def html_report(title: str, sections: Iterable[Section], text: str = "") -> str:
    """The report as one file. It fetches nothing, and nothing but its own script can run in it."""
    parts = list(sections)
    script = _source("stepper.js") + _source("report.js")
    # The policy names the script by its hash, so a name that slipped past escaping stays inert.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; {POLICY}"
    style = render.stylesheet() + _source("stepper.css") + _source("report.css")
    links = [tag("li", tag("a", part.heading, href=f"#s{i}")) for i, part in enumerate(parts, 1)]
    nav = tag("nav", tag("ol", links), aria_label="Contents") if len(parts) > 1 else ""
    lead = tag("p", text) if text else ""
    foot = tag("footer", "Made by rprocbench. This file works offline; without JavaScript it "
               "shows the same runs as tables.")  # fmt: skip
    main = tag("main", tag("h1", title), lead, nav, map_sections(parts), foot)
    head = [
        Markup('<meta charset="utf-8"/>'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        tag("title", title),
        Markup(f"<style>{style}</style>"),
    ]
    module = Markup(f'<script type="module">{script}</script>')
    page = tag("html", tag("head", head), tag("body", main, module, class_="rb"), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def map_sections(parts: list[Section]) -> Markup:
    """The sections, numbered for the contents."""
    return join([_section(part, f"s{number}") for number, part in enumerate(parts, 1)])


def _section(part: Section, name: str) -> Markup:
    text = tag("p", part.text) if part.text else ""
    twice = isinstance(part.thing, Walk) and part.thing.title == part.heading
    content = tag("div", _content(part.thing), class_="rb-titled" if twice else None)
    return tag("section", tag("h2", part.heading), text, content, id=name)


def _content(thing: object) -> Markup:
    match thing:
        case None:
            return Markup()
        case str():
            return tag("pre", thing)
        case Walk():
            return _live(thing)
        case _:
            return Markup(render.body(describe(thing)))


def _live(view: Walk) -> Markup:
    """The story as a table, and beside it what the script needs to put a stepper in its place."""
    return stepper_place(pack(view), Markup(render.body(view.story)))


def stepper_place(packed: bytes, static: Markup, cursor: int = -1) -> Markup:
    """Where the script puts a stepper over a packed run; until then, `static` stands there."""
    run = base64.b64encode(packed).decode()
    state = {"run": run, "cursor": cursor, "by": "story", "selected": ""}
    values = json.dumps(state, sort_keys=True)
    payload = Markup(
        '<script type="application/json">' + values.replace("<", "\\u003c") + "</script>"
    )
    return tag("div", payload, tag("div", static, data_static=""), data_stepper="")


def _source(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
