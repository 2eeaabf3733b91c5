# SPDX-License-Identifier: GPL-2.0-or-later
"""Rings in a terminal: indices, then each stretch of descriptors that is in one hand."""

from collections.abc import Iterator
from itertools import groupby

from . import render
from .rings import FREE, Queue, Rings, Slot
from .terminal import Terminal
from .wording import shorten, size

ROLES = {"Linux's": "Linux", "the M4's": "M4", "given back": "hardware"}


def stretches(slots: tuple[Slot, ...]) -> Iterator[tuple[Slot, Slot, int]]:
    """First, last and number of neighbours that are in one hand and hold no message."""

    def hand(slot: Slot) -> tuple[object, ...]:
        return (slot.owner, slot.flags, slot.size, slot.head if slot.message else -1)

    for _hand, group in groupby(slots, key=hand):
        members = list(group)
        yield members[0], members[-1], len(members)


@render.text.register
def rings_text(view: Rings, terminal: Terminal) -> str:
    """Each queue: what it is for, its indices, its descriptors."""
    lines = [
        terminal.paint(shorten(f"{view.title}, at event {view.index}", terminal.width), "strong")
    ]
    if not view.queues:
        lines.append("There is no ring at this moment.")
    for queue in view.queues:
        lines += ["", *_queue(queue, terminal)]
    return terminal.finish(lines)


def _queue(queue: Queue, terminal: Terminal) -> list[str]:
    head = f"{queue.name}: {queue.role}; {queue.num} descriptors at {queue.base:#x}"
    lines = [terminal.paint(shorten(head, terminal.width), "strong")]
    lines.append("  " + shorten(queue.indices, terminal.width - 2))
    if queue.oddity:
        lines.append(terminal.paint(shorten(f"  ✗ {queue.oddity}", terminal.width), "error"))
    for first, last, count in stretches(queue.slots):
        heads = f"{first.head}" if count == 1 else f"{first.head}…{last.head}"
        place = first.place if count == 1 else f"{first.place}…{last.place}" if first.place else ""
        use = "" if first.owner == FREE and not first.size else _use(first)
        told = f"  message {first.message}: {first.content}" if first.message else ""
        line = f"  {heads:>9}  {first.owner:<10}  {place:<19}  {use}{told}"
        lines.append(terminal.paint(shorten(line, terminal.width), ROLES[first.owner]))
    return lines


def _use(slot: Slot) -> str:
    """What the descriptor says of its buffer."""
    way = "M4 writes" if slot.flags & 2 else "M4 reads"
    return f"{way} {size(slot.size)}"
