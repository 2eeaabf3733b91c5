# SPDX-License-Identifier: GPL-2.0-or-later
"""Rings as HTML: one picture per ring, a box for each descriptor; and the same as a table."""

import math

from . import render
from .markup import Markup, picture, tag
from .rings import COMING, FREE, OWNERS, WITH_M4, Queue, Rings, Slot
from .svg import box, drawing, words
from .wording import size

WIDTH = 1080
LEFT, PITCH, HIGH = 16, 32, 40
PER_ROW = (WIDTH - 2 * LEFT) // PITCH
# Letter and fill, so that no owner is told by colour alone.
MARKS = {FREE: ("L", 0), WITH_M4: ("M4", 2), COMING: ("↩", 3)}
HEADS = ("Descriptor", "Whose", "Named by", "Address", "Size", "M4 may", "Message")
NUMBERS = ("Descriptor", "Address", "Size")


@render.body.register
def rings_body(view: Rings) -> str:
    """Heading, legend, and for each ring its indices, its picture and its table."""
    if not view.queues:
        text = tag("p", "There is no ring at this moment.")
        return tag("figure", tag("figcaption", view.title), text, class_="rb rb-rings")
    key = [
        tag("li", tag("b", MARKS[owner][0]), " ", meaning) for owner, meaning in OWNERS.items()
    ]  # fmt: skip
    legend = tag("ul", key, class_="rb-dim rb-key")
    caption = tag("figcaption", f"{view.title}, at event {view.index}")
    return tag("figure", caption, legend, [_queue(one) for one in view.queues],
               class_="rb rb-rings")  # fmt: skip


def _queue(queue: Queue) -> Markup:
    heading = tag("h3", f"{queue.name}: {queue.role}")
    indices = tag("p", queue.indices, class_="rb-mono")
    odd = tag("p", "✗ ", queue.oddity, class_="rb-bad") if queue.oddity else ""
    told = ", ".join(f"{count} {owner}" for owner, count in queue.owners.items() if count)
    image = picture(ring_svg(queue), f"{queue.num} descriptors: {told}.", WIDTH)
    table = tag(
        "table",
        tag("caption", f"{queue.num} descriptors at {queue.base:#x}: {told}."),
        tag("thead", tag("tr", [
            tag("th", head, scope="col", class_="rb-number" if head in NUMBERS else None)
            for head in HEADS
        ])),
        tag("tbody", [_row(slot) for slot in queue.slots]),
        class_="rb-table rb-list",
    )  # fmt: skip
    scroll = tag("div", table, class_="rb-scroll", tabindex="0", role="region",
                 aria_label=f"{queue.name}: descriptors")  # fmt: skip
    details = tag("details", tag("summary", "The same as a table"), scroll)
    return tag("section", heading, indices, odd, image, details)


def _row(slot: Slot) -> Markup:
    may = "–" if not slot.size else "write" if slot.flags & 2 else "read"
    message = f"{slot.message}: {slot.content}" if slot.message else "–"
    return tag(
        "tr",
        tag("th", str(slot.head), scope="row", class_="rb-number"),
        tag("td", slot.owner), tag("td", slot.place or "–"),
        tag("td", f"{slot.addr:#x}" if slot.size else "–", class_="rb-number"),
        tag("td", size(slot.size) if slot.size else "–", class_="rb-number"),
        tag("td", may), tag("td", message),
    )  # fmt: skip


def ring_svg(queue: Queue) -> str:
    """A box for each descriptor, in order: whose it is, and the message in it."""
    parts: list[Markup] = []
    for slot in queue.slots:
        row, column = divmod(slot.head, PER_ROW)
        x, y = LEFT + column * PITCH, 18 + row * (HIGH + 18)
        letter, fill = MARKS[slot.owner]
        parts.append(box(x, y, PITCH - 4, HIGH - 12, fill))
        parts.append(words(x + (PITCH - 4) / 2, y + 18, letter, "label", anchor="middle"))
        under = f"✉{slot.message}" if slot.message else str(slot.head)
        parts.append(words(x + (PITCH - 4) / 2, y + HIGH, under, "dim", anchor="middle"))
    rows = math.ceil(queue.num / PER_ROW)
    title = f"{queue.name}: who has which buffer"
    return drawing(WIDTH, 12 + rows * (HIGH + 18), parts, title)
