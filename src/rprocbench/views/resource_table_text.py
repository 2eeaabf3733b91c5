# SPDX-License-Identifier: GPL-2.0-or-later
"""A resource table in a terminal: its tree, what Linux made of it, each event that wrote it."""

from collections.abc import Iterator

from . import render
from .resource_table_view import Field, Group, Moment, ResourceTableView
from .terminal import Terminal
from .timeline_text import wrap
from .wording import clean, columns, shorten

NAME = 22  # columns of a field's name, its indent included
NAME_NARROW = 18
NARROW = 80
VALUE = 11
MOST_FIELDS = 400
MOST_CHANGES = 4


@render.text.register
def resource_table_text(view: ResourceTableView, terminal: Terminal) -> str:
    """Summary, tree, moments, findings."""
    lines = [terminal.paint(shorten(clean(view.title), terminal.width), "strong")]
    lines += [terminal.paint(line, "dim") for line in wrap(view.summary, terminal.width)]
    left = MOST_FIELDS
    for top in view.groups:
        lines.append("")
        for group, depth in top.walk():
            if left > 0:
                lines += _group(view, group, depth, terminal)
            left -= len(group.fields)
    if left < 0:
        lines.append(terminal.paint(f"… {-left} more fields", "dim"))
    if len(view.moments) > 1:
        lines += ["", terminal.paint("What became of it", "strong")]
        for moment in view.moments[1:]:
            lines += _moment(view, moment, terminal)
    for finding in view.findings:
        lines.append(terminal.paint(shorten(f"✗ {clean(finding)}", terminal.width), "error"))
    return terminal.finish(lines)


def _group(view: ResourceTableView, group: Group, depth: int, terminal: Terminal) -> Iterator[str]:
    place = f"+{group.start:#x}, {group.end - group.start} bytes"
    head = shorten(f"{'  ' * depth}{group.label}", terminal.width - 20)
    yield f"{terminal.paint(head, 'strong')}  {terminal.paint(place, 'dim')}"
    for field in group.fields:
        yield from _field(view, field, depth, terminal)


def _field(view: ResourceTableView, field: Field, depth: int, terminal: Terminal) -> Iterator[str]:
    value, meaning = field.say(view.data)
    writer = view.writer(field)
    mark = "●" if writer else " "
    room = NAME if terminal.width >= NARROW else NAME_NARROW
    name = shorten(f"{'  ' * depth}{mark} {field.label}", room)
    line = f"{name:<{room}} {f'+{field.start:#x}':>7}  {value:<{VALUE}} {meaning}".rstrip()
    if not writer:
        yield shorten(line, terminal.width)
        return
    after, means = field.say(view.moments[view.after].data)
    now = f"→ {after} {means}".rstrip()
    event = f"event {writer.index} {writer.by}"
    both = f"{now}  {terminal.paint(event, 'dim')}"
    if columns(line) + 2 + columns(f"{now}  {event}") <= terminal.width:
        yield f"{line}  {terminal.paint(now, 'changed')}  {terminal.paint(event, 'dim')}"
        return
    yield shorten(line, terminal.width)
    indent = " " * (room + 8)
    if len(indent) + columns(f"{now}  {event}") <= terminal.width:
        yield f"{indent}{both}"
        return
    yield f"{indent}{terminal.paint(shorten(now, terminal.width - len(indent)), 'changed')}"
    yield f"{indent}  {terminal.paint(shorten(event, terminal.width - len(indent) - 2), 'dim')}"


def _moment(view: ResourceTableView, moment: Moment, terminal: Terminal) -> Iterator[str]:
    for number, line in enumerate(wrap(moment.sentence, terminal.width - 10)):
        yield f"{moment.index:>6}  {line}" if not number else f"{'':10}{line}"
    for text in told(view, moment):
        for number, line in enumerate(wrap(text, terminal.width - 12)):
            yield terminal.paint(f"{'':{12 if number else 8}}{line}", "dim")


def _both(field: Field, data: bytes) -> str:
    value, meaning = field.say(data)
    return f"{value} ({meaning})" if meaning else value


def told(view: ResourceTableView, moment: Moment) -> Iterator[str]:
    """What a moment did to the fields, each in a phrase; at most a few."""
    changed = [field for field in view.fields if moment.changes(field)]
    for field in changed[:MOST_CHANGES]:
        yield f"{field.path}: {_both(field, moment.before)} → {_both(field, moment.data)}"
    if len(changed) > MOST_CHANGES:
        yield f"and {len(changed) - MOST_CHANGES} more fields"
    same = [field.path for field in view.fields if moment.repeats(field)]
    if len(same) == 1:
        yield f"{same[0]}: written, with the value it had"
    elif same and not changed:
        yield "all of it, and nothing differs"
