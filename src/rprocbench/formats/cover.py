# SPDX-License-Identifier: GPL-2.0-or-later
"""Covers: layers of leaves, finer ones on top, become one row of leaves without overlap (our zone).

A damaged file may claim that a section covers its own header, or that a thousand sections cover the
same bytes. Each byte goes to the topmost layer that claims it; within a layer, to the leaf that
starts first. The work grows with the number of leaves, never with its square.
"""

from collections.abc import Iterable, Sequence

from rprocbench.base.errors import Span
from rprocbench.base.layout import Leaf


def _piece(leaf: Leaf, start: int, end: int) -> Leaf:
    if (start, end) == (leaf.span.start, leaf.span.end):
        return leaf
    into = start - leaf.span.start
    path = f"{leaf.path}+{into:#x}" if into else leaf.path
    return Leaf(path, Span(leaf.span.buffer, start, end), b"", leaf.doc)


def _lay_under(top: list[Leaf], layer: Iterable[Leaf], area: Span) -> list[Leaf]:
    """`top` with the parts of `layer` that it leaves free; both are in byte order afterwards."""
    row: list[Leaf] = []
    nth, free = 0, area.start
    for leaf in sorted(layer, key=lambda leaf: (leaf.span.start, leaf.span.end)):
        span = leaf.span
        start, end = max(span.start, free), min(span.end, area.end)
        while start < end:
            while nth < len(top) and top[nth].span.end <= start:
                row.append(top[nth])
                nth += 1
            if nth < len(top) and top[nth].span.start <= start:
                start = top[nth].span.end
                continue
            until = min(end, top[nth].span.start) if nth < len(top) else end
            row.append(_piece(leaf, start, until))
            start = until
        free = max(free, end)
    return row + top[nth:]


def _with_gaps(row: list[Leaf], area: Span, filler: str) -> Iterable[Leaf]:
    at = area.start
    gaps = 0
    for leaf in row:
        if leaf.span.start > at:
            yield _gap(area.buffer, at, leaf.span.start, f"{filler}.gap[{gaps}]")
            gaps += 1
        yield leaf
        at = leaf.span.end
    if at < area.end:
        yield _gap(area.buffer, at, area.end, f"{filler}.gap[{gaps}]")


def _gap(buffer: str, start: int, end: int, path: str) -> Leaf:
    return Leaf(path, Span(buffer, start, end), b"", "bytes that nothing describes")


def cover(layers: Sequence[Iterable[Leaf]], area: Span, filler: str) -> list[Leaf]:
    """Leaves that cover `area` exactly once, the first of `layers` on top.

    What no layer claims is named `filler.gap[i]`; what is left of a leaf that does not begin where
    it should is named by its distance, `path+0x..`.
    """
    row: list[Leaf] = []
    for layer in layers:
        row = _lay_under(row, layer, area)
    return list(_with_gaps(row, area, filler))


def with_values(leaves: Iterable[Leaf], data: bytes, base: int = 0) -> list[Leaf]:
    """`leaves` of `data`, each whose value is bytes holding just the bytes that it covers.

    `base` is where `data` lies in the buffer that the leaves' spans are about.
    """
    return [
        Leaf(leaf.path, leaf.span, data[leaf.span.start - base : leaf.span.end - base], leaf.doc)
        if isinstance(leaf.value, bytes)
        else leaf
        for leaf in leaves
    ]
