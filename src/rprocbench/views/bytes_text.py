# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes in a terminal: a hex dump, what begins in each row beside it or, where narrow, below."""

from bisect import bisect_left
from collections.abc import Iterator

from . import render
from .bytes_view import BytesView, Region, part_of
from .terminal import Terminal
from .wording import clean, columns, shorten

ROWS = 64  # rows printed; a terminal is no place to read megabytes
TEXT_FROM = 43  # columns of a row of eight, with the same as text
SIXTEEN_FROM = 76  # columns of a row of sixteen
BESIDE_FROM = 100
STRIDE = 1024  # rows compared at once where many are alike


@render.text.register
def bytes_text(view: BytesView, terminal: Terminal) -> str:
    """Heading, rows, findings. A row like the one before is an asterisk, as in `hexdump -C`."""
    width = terminal.width
    head = terminal.paint(shorten(clean(view.title), width), "strong")
    lines = [head, terminal.paint(shorten(view.summary, width), "dim"), ""]
    per_row = 16 if width >= SIXTEEN_FROM else 8
    starts = [region.start for region in view.regions]
    printed, at, before = 0, 0, b""
    while at < len(view.data) and printed < ROWS:
        row = view.data[at : at + per_row]
        first = bisect_left(starts, view.base + at)
        here = view.regions[first : bisect_left(starts, view.base + at + len(row))]
        printed += 1
        if row == before and not here:
            stop = view.regions[first].start - view.base if first < len(starts) else len(view.data)
            at = _same_until(view.data, at, stop, row)
            lines.append("*")
        else:
            lines += _row(view.base + at, row, per_row, here, terminal)
            before, at = row, at + per_row
    if at < len(view.data):
        more = f"… {len(view.data) - at:,} more bytes, to {view.end:#x}"
        lines.append(terminal.paint(more, "dim"))
    for finding in view.findings:
        lines.append(terminal.paint(shorten(f"✗ {clean(finding)}", width), "error"))
    return terminal.finish(lines)


def _same_until(data: bytes, at: int, stop: int, row: bytes) -> int:
    """Where the rows from `at` cease to be `row`; at most the row that `stop` is in."""
    last = at + (stop - at) // len(row) * len(row)
    stride = len(row) * STRIDE
    while at + stride <= last and data[at : at + stride] == row * STRIDE:
        at += stride
    while at < last and data[at : at + len(row)] == row:
        at += len(row)
    return at


def _row(
    offset: int, row: bytes, per_row: int, here: tuple[Region, ...], terminal: Terminal
) -> Iterator[str]:
    halves = (row[i : i + 8].hex(" ") for i in range(0, per_row, 8))
    digits = "  ".join(f"{half:<23}" for half in halves)
    line = f"{offset:08x}  {digits}"
    if terminal.width >= TEXT_FROM:
        line += f"  {printable(row):<{per_row}}"
    names = list(_names(here))
    if names and terminal.width >= BESIDE_FROM:
        room = terminal.width - columns(line) - 2
        yield f"{line}  {terminal.paint(_joined(names, room), 'dim')}"
        return
    yield line
    if names:
        text = _joined(names, terminal.width - 10)
        yield " " * 10 + terminal.paint(text, "dim")


def _names(here: tuple[Region, ...]) -> Iterator[str]:
    """Path and value of each; the part is named once."""
    part = ""
    for region in here:
        last, part = part, part_of(region.path)
        path = region.path
        if part == last and len(part) < len(path):
            path = path[len(part) :].lstrip(".")
        yield f"{path} {region.value}".rstrip()


def _joined(names: list[str], room: int) -> str:
    """As many names as fit, and how many do not."""
    told = ""
    for count, name in enumerate(names):
        longer = f"{told}, {name}" if told else name
        more = len(names) - count - 1
        tail = f", +{more}" if more else ""
        if told and columns(longer + tail) > room:
            return shorten(f"{told}, +{more + 1}", room)
        told = longer
    return shorten(told, room)


def printable(row: bytes) -> str:
    """The bytes as ASCII, a dot for each that has no glyph."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
