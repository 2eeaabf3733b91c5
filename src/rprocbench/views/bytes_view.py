# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes with their meaning: the hex view that all other views point into.

How views are linked
--------------------
Views that show bytes of the same buffer agree on these traits, so `ipywidgets.jslink`, or the bus
of an offline page, joins them without asking what kind of view the other one is:

`offset`
    int: the byte that the reader stands on, -1 for none.
`span`
    [start, end]: what is selected, `end` excluded; [-1, -1] for nothing.
`hover`
    [start, end]: what the mouse is over, for as long as it is; [-1, -1] for nothing.
`cursor`
    int: the event of the run that happened last, -1 for none. Views of runs have it, this one not.

Offsets count from the start of the buffer (the file, as a rule), not from that of the part which a
view happens to show: a view of a part says where that begins with `base`. A list is replaced, never
changed in place. What lies outside of a view is no error: it is shown as nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rprocbench.base.layout import Leaf
from rprocbench.formats.describe import describe_file

from .wording import clean, size, value

MOST = 16 * 1024 * 1024  # bytes shown; more would not travel to a browser without strain
NOWHERE = (-1, -1)


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes `start` to `end` (excluded) that are one thing: its path, its value, what it is."""

    start: int
    end: int
    path: str
    value: str
    doc: str


@dataclass(frozen=True, slots=True)
class BytesView:
    """The description of the view. `data` lies at `base` of its buffer, and so do the regions.

    Regions are in byte order and do not overlap. `size` is what there was before it was cut.
    """

    title: str
    data: bytes
    base: int
    regions: tuple[Region, ...]
    size: int
    findings: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """The first offset after the last byte shown."""
        return self.base + len(self.data)

    @property
    def summary(self) -> str:
        """How much there is of what."""
        named = len(self.regions)
        count = f"{named} named piece" + "s" * (named != 1) if named else "no names"
        cut = f", of which the first {size(len(self.data))} are shown" if self.is_cut else ""
        return f"{size(self.size)}{cut}, {count}"

    @property
    def is_cut(self) -> bool:
        """Whether there is more than is shown."""
        return self.size > len(self.data)

    @property
    def alt(self) -> str:
        """The view in a sentence, for who does not see it."""
        return f"{self.title}: {self.summary}."


def bytes_view(
    data: bytes | bytearray | memoryview,
    leaves: Iterable[Leaf] = (),
    title: str = "Bytes",
    *,
    base: int = 0,
    findings: Iterable[object] = (),
) -> BytesView:
    """Describe `data`, which lies at `base` of its buffer; `leaves` say what its bytes mean."""
    shown = bytes(data[:MOST])
    regions = tuple(_regions(leaves, base, base + len(shown)))
    return BytesView(title, shown, base, regions, len(data), tuple(map(str, findings)))


def file_bytes(data: bytes, title: str = "Bytes") -> BytesView:
    """Describe any file: every byte has a name, whatever it is and however damaged."""
    described = describe_file(data)
    return bytes_view(data, described.leaves, title, findings=described.findings)


def part_of(path: str) -> str:
    """The part that a piece belongs to: its path up to the last dot outside brackets."""
    depth = 0
    for at in range(len(path) - 1, -1, -1):
        depth += {"]": 1, "[": -1}.get(path[at], 0)
        if path[at] == "." and depth <= 0:
            return path[:at]
    return path


def _regions(leaves: Iterable[Leaf], first: int, last: int) -> Iterator[Region]:
    """The leaves as regions between `first` and `last`; where two overlap, the earlier one wins."""
    at = first
    for leaf in sorted(leaves, key=lambda leaf: (leaf.span.start, leaf.span.end)):
        start, end = max(leaf.span.start, at), min(leaf.span.end, last)
        if start < end:
            said = "" if leaf.value == b"" else value(leaf.value)
            yield Region(start, end, clean(leaf.path), said, clean(leaf.doc))
            at = end
