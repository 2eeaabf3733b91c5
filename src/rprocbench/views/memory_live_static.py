# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of a run without scripts: the map when it is fullest, what does not fit, and times."""

from . import memory_map_html, memory_map_text, render  # noqa: F401  they draw the map
from .markup import tag
from .memory_live import LiveMemory, when
from .terminal import Terminal
from .wording import clean, shorten, size


def _title(view: LiveMemory) -> str:
    return f"{view.title}, after event {view.fullest}" if view.events else view.title


def _misfits(view: LiveMemory) -> list[str]:
    return [
        f"✗ {clean(t.item.name)} (da {t.item.start:#010x}, {size(t.item.size)}): {t.problem}"
        for t in view.misfits
    ]


@render.text.register
def memory_live_text(view: LiveMemory, terminal: Terminal) -> str:
    """The map, then what does not fit, then when each thing came and went."""
    whole = view.at(view.fullest)
    lines = [render.text(type(whole)(_title(view), whole.banks, whole.strays), terminal)]
    if view.misfits:
        lines += ["", terminal.paint("What does not fit", "strong")]
        lines += [
            terminal.paint(shorten(f"  {line}", terminal.width), "error") for line in _misfits(view)
        ]
    if view.events:
        lines += ["", terminal.paint("When", "strong")]
        for thing in view.things:
            if thing.since >= 0:
                text = f"  {when(thing, view.events):<26}  {thing.item.kind:<14}"
                line = f"{text}  {clean(thing.item.name)}"
                lines.append(shorten(line, terminal.width))
    return terminal.finish([*lines, ""])


@render.body.register
def memory_live_body(view: LiveMemory) -> str:
    """The same as figure, list and table."""
    whole = view.at(view.fullest)
    parts = [render.body(type(whole)(_title(view), whole.banks, whole.strays))]
    if view.misfits:
        items = [tag("li", line, class_="rb-bad") for line in _misfits(view)]
        parts.append(tag("div", tag("h4", "What does not fit"), tag("ul", items), class_="rb"))
    come = [thing for thing in view.things if thing.since >= 0]
    if come:
        head = [tag("th", name, scope="col") for name in ("When", "Kind", "Name", "Size")]
        rows = [
            tag("tr", tag("td", when(t, view.events)), tag("td", t.item.kind),
                tag("th", t.item.name, scope="row"), tag("td", size(t.item.size)))
            for t in come
        ]  # fmt: skip
        table = tag("table", tag("caption", "When each came and went."),
                    tag("thead", tag("tr", head)), tag("tbody", rows),
                    class_="rb-table rb-list")  # fmt: skip
        scroll = tag("div", table, class_="rb-scroll", tabindex="0", role="region",
                     aria_label=f"{view.title}: when")  # fmt: skip
        details = tag("details", tag("summary", "When each came and went"), scroll)
        parts.append(tag("div", details, class_="rb"))
    return "".join(parts)
