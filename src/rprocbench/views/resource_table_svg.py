# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of a resource table: a row for each record, a box for each field."""

from .markup import Markup, tag
from .resource_table_view import Field, Group, ResourceTableView
from .svg import drawing, words
from .wording import clean, shorten

WIDTH, LEFT, RIGHT = 1080, 16, 16
BOX, GAP = 46, 30
WORD = 116  # width of a field of up to four bytes
LONG = 2 * WORD  # of a longer one
MOST_ROWS = 24
LETTERS = 15  # of a value that fit into a box
FILLS = {"header": "empty", "offsets": "empty"}  # no patterns: text stands in the boxes


def resource_table_svg(view: ResourceTableView) -> str:
    """Changed fields have a dot, a thick edge and both values, the newer one below."""
    parts: list[Markup] = []
    y = 10.0
    groups = [(group, depth) for top in view.groups for group, depth in top.walk()]
    for number, (group, depth) in enumerate(groups):
        if number == MOST_ROWS:
            text = f"… {len(groups) - MOST_ROWS} more records"
            parts.append(words(LEFT, y + 16, text, "dim"))
            y += 26
            break
        y = _record(view, group, depth, y, parts)
    if view.after:
        moment = view.moments[view.after]
        text = f"● changed by Linux until event {moment.index}: below, what it is then"
        parts.append(words(LEFT, y + 14, text, "strong"))
        y += 24
    return drawing(WIDTH, y + 6, parts, clean(view.title))


def _record(
    view: ResourceTableView, group: Group, depth: int, y: float, parts: list[Markup]
) -> float:
    left = LEFT + 24 * depth
    parts.append(words(left, y + 14, shorten(group.label, 80), "strong"))
    text = f"+{group.start:#x}, {group.end - group.start} bytes"
    parts.append(words(WIDTH - RIGHT, y + 14, text, "mono dim", "end"))
    y += 20
    x = float(left)
    fill = FILLS.get(group.label, "k4" if depth else "k0")
    for field in group.fields:
        width = LONG if field.end - field.start > 4 else WORD
        if x + width > WIDTH - RIGHT:
            x, y = float(left), y + BOX + 4
        _field(view, field, fill, (x, y, width), parts)
        x += width
    return y + BOX + 10


def _field(
    view: ResourceTableView,
    field: Field,
    fill: str,
    place: tuple[float, float, float],
    parts: list[Markup],
) -> None:
    x, y, width = place
    letters = LETTERS * (2 if width > WORD else 1)
    value, meaning = field.say(view.data)
    writer = view.writer(field)
    at = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": BOX}
    parts.append(tag("rect", **at, class_=fill))
    parts.append(tag("rect", **at, class_="edge"))
    parts.append(words(x + 6, y + 14, shorten(field.label, letters)))
    parts.append(words(x + 6, y + 28, shorten(value, letters), "mono"))
    below = shorten(meaning, letters)
    if writer:
        after, _means = field.say(view.moments[view.after].data)
        edge = {"x": f"{x + 1:.1f}", "y": f"{y + 1:.1f}", "width": f"{width - 2:.1f}"}
        parts.append(tag("rect", **edge, height=BOX - 2, class_="edge", stroke_width=3))
        below = f"● {shorten(after, letters - 2)}"
    parts.append(words(x + 6, y + 41, below, f"mono{' strong' if writer else ''}"))
