# SPDX-License-Identifier: GPL-2.0-or-later
"""A resource table as a figure: a picture of its records, a table of its fields, its moments."""

from itertools import islice

from . import render
from .markup import Markup, picture, tag
from .resource_table_svg import WIDTH, resource_table_svg
from .resource_table_text import told
from .resource_table_view import Field, Group, Moment, ResourceTableView
from .wording import clean

MOST_FIELDS = 600
HEADS = ("Offset", "Field", "In the file", "Meaning")
AFTER = ("After Linux wrote it back", "Meaning then", "Event")


@render.body.register
def resource_table_body(view: ResourceTableView) -> str:
    """Heading, picture with a text alternative, fields, moments."""
    findings = [tag("li", "✗ ", finding, class_="rb-bad") for finding in view.findings]
    return tag(
        "figure",
        tag("figcaption", view.title),
        tag("p", view.summary),
        picture(resource_table_svg(view), view.alt, WIDTH) if view.groups else "",
        _fields(view) if view.groups else "",
        _moments(view) if len(view.moments) > 1 else "",
        tag("ul", findings) if findings else "",
        class_="rb rb-table-static",
    )


def _scroll(table: Markup, label: str) -> Markup:
    return tag("div", table, class_="rb-scroll", tabindex="0", role="region", aria_label=label)


def _head(heads: tuple[str, ...], numbers: tuple[str, ...]) -> Markup:
    return tag("thead", tag("tr", [
        tag("th", head, scope="col", class_="rb-number" if head in numbers else None)
        for head in heads
    ]))  # fmt: skip


def _fields(view: ResourceTableView) -> Markup:
    heads = (*HEADS, *AFTER) if view.after else HEADS
    groups = [(group, depth) for top in view.groups for group, depth in top.walk()]
    bodies, left = [], MOST_FIELDS
    for group, depth in groups:
        if left > 0:
            bodies.append(_group(view, group, depth, len(heads)))
        left -= len(group.fields)
    caption = "Every field. Offsets count from the start of the table"
    if view.base:
        caption += f", which lies at {view.base:#x} of the file"
    if left < 0:
        caption += f". {-left} more fields are not listed"
    table = tag("table", tag("caption", caption, "."), _head(heads, ("Offset",)), bodies,
                class_="rb-table rb-list rb-wide")  # fmt: skip
    return tag("details", tag("summary", f"{len(view.fields)} fields"),
               _scroll(table, f"{view.title}: fields"))  # fmt: skip


def _group(view: ResourceTableView, group: Group, depth: int, width: int) -> Markup:
    place = f" at +{group.start:#x}, {group.end - group.start} bytes"
    name = tag("strong", "– " * depth, group.label)
    head = tag("th", name, tag("span", place, class_="rb-dim"), colspan=width, scope="rowgroup")
    return tag("tbody", tag("tr", head), [_field(view, field) for field in group.fields])


def _field(view: ResourceTableView, field: Field) -> Markup:
    value, meaning = field.say(view.data)
    cells = [
        tag("td", f"+{field.start:#x}", class_="rb-number"),
        tag("th", tag("code", field.label), scope="row", title=field.doc),
        tag("td", tag("code", value)),
        tag("td", meaning),
    ]
    if view.after:
        writer = view.writer(field)
        if writer:
            after, means = field.say(view.moments[view.after].data)
            cells += [
                tag("td", "● ", tag("strong", tag("code", after)), class_="rb-lit"),
                tag("td", means, class_="rb-lit"),
                tag("td", f"{writer.index}, {writer.by}", class_="rb-lit"),
            ]
        else:
            cells += [tag("td", "the same", class_="rb-dim"), tag("td"), tag("td")]
    return tag("tr", cells)


def _moments(view: ResourceTableView) -> Markup:
    heads = ("Event", "Who", "Place", "What happened", "Fields")
    rows = [_moment(view, moment) for moment in islice(view.moments, 1, None)]
    table = tag("table", tag("caption", "Every event that copied, wrote or freed the table."),
                _head(heads, ("Event",)), tag("tbody", rows),
                class_="rb-table rb-list rb-wide")  # fmt: skip
    return tag("details", tag("summary", f"What became of it: {len(rows)} events"),
               _scroll(table, f"{view.title}: events"))  # fmt: skip


def _moment(view: ResourceTableView, moment: Moment) -> Markup:
    return tag(
        "tr",
        tag("th", moment.index, scope="row", class_="rb-number"),
        tag("td", moment.by),
        tag("td", tag("code", clean(moment.place))),
        tag("td", moment.what),
        tag("td", [tag("div", text) for text in told(view, moment)]),
    )
