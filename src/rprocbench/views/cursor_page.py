# SPDX-License-Identifier: GPL-2.0-or-later
"""All views of one run as one offline page: live, joined by one cursor, static without scripts."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from . import render
from .cursor import SHARED
from .cursor_parts import Live, live
from .markup import Markup, tag
from .report import POLICY, Section
from .show import describe

HERE = Path(__file__).parent


def linked_page(title: str, sections: Iterable[Section], text: str = "", cursor: int = -1) -> str:
    """The page, with its views at event `cursor`.

    It fetches nothing, and nothing but its own script can run in it.
    """
    parts = [(section, live(section.thing)) for section in sections]
    alive = [part for _section, part in parts if part]
    script = page_script(alive)
    # The policy names the script by its hash, so a name that slipped past escaping stays inert.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; {POLICY}"
    names = dict.fromkeys([*(name for part in alive for name in part.styles), "report.css"])
    style = render.stylesheet() + "\n".join(map(_source, names))
    links = [
        tag("li", tag("a", section.heading, href=f"#s{number}"))
        for number, (section, _live) in enumerate(parts, 1)
    ]
    nav = tag("nav", tag("ol", links), aria_label="Contents")
    lead = tag("p", text) if text else ""
    foot = tag("footer", "Made by rprocbench. This file works offline; its views share one cursor. "
               "Without JavaScript it shows the same as pictures and tables.")  # fmt: skip
    body = [_section(one, part, f"s{n}", cursor) for n, (one, part) in enumerate(parts, 1)]
    head = [
        Markup('<meta charset="utf-8"/>'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        tag("title", title),
        Markup(f"<style>{style}</style>"),
    ]
    main = tag("main", tag("h1", title), lead, nav, body, foot)
    module = Markup(f'<script type="module">{script}</script>')
    page = tag("html", tag("head", head), tag("body", main, module, class_="rb"), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def page_script(parts: Iterable[Live]) -> str:
    """Each view's scripts as a function of their own, so that no names meet; then the page's."""
    kinds = dict.fromkeys(part.scripts for part in parts)
    views = [f"{json.dumps(kind[-1])}: {_module(kind)}" for kind in kinds]
    head = f"const VIEWS = {{\n{', '.join(views)}\n}};\nconst SHARED = {json.dumps(SHARED)};\n"
    return head + _source("cursor_page.js")


def _module(names: tuple[str, ...]) -> str:
    source = "\n".join(map(_source, names))
    source = re.sub(r"^export default ", "return ", source, flags=re.MULTILINE)
    source = re.sub(r"^export ", "", source, flags=re.MULTILINE)
    return f"(() => {{\n{source}\n}})()"


def _section(section: Section, part: Live | None, name: str, cursor: int) -> Markup:
    text = tag("p", section.text) if section.text else ""
    drawn = _place(part, cursor) if part else _static(section.thing)
    content = tag("div", drawn, class_="rb-titled")
    return tag("section", tag("h2", section.heading), text, content, id=name)


def _static(thing: object) -> Markup:
    if thing is None or isinstance(thing, str):
        return tag("pre", thing) if thing else Markup()
    return Markup(render.body(describe(thing)))


def _place(part: Live, cursor: int) -> Markup:
    """The view without scripts, and what the script needs to put the live one in its place."""
    values: dict[str, object] = {}
    data: list[str] = []
    traits = {**part.traits, **({"cursor": cursor} if "cursor" in part.traits else {})}
    for name, value in traits.items():
        if isinstance(value, bytes):
            data.append(name)
            values[name] = base64.b64encode(value).decode()
        else:
            values[name] = value
    whole = {"view": part.scripts[-1], "bytes": data, "values": values}
    text = json.dumps(whole, sort_keys=True).replace("<", "\\u003c")
    payload = Markup(f'<script type="application/json">{text}</script>')
    static = tag("div", Markup(render.body(part.static)), data_static="")
    return tag("div", payload, static, data_live="")


def _source(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
