# SPDX-License-Identifier: GPL-2.0-or-later
"""A table of equal records as one piece; it becomes leaves only where somebody asks (our zone)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from rprocbench.base.errors import Span
from rprocbench.base.layout import Leaf, Record


@dataclass(frozen=True)
class Rows:
    """Records of one `kind` that fill `span` of the buffer whose bytes from `base` are `data`."""

    path: str
    kind: type[Record]
    span: Span
    data: bytes = field(repr=False)
    base: int = 0

    def __len__(self) -> int:
        return len(self.span) // self.kind.SIZE

    def values(self) -> Iterator[tuple[int | bytes, ...]]:
        """The fields of each record, in order."""
        start, end = self.span.start - self.base, self.span.end - self.base
        return struct.Struct(self.kind.FORMAT.format).iter_unpack(self.data[start:end])

    def leaves(self) -> Iterator[Leaf]:
        """One leaf for each field of each record, named `path[i].field`."""
        for index in range(len(self)):
            at = self.span.start - self.base + index * self.kind.SIZE
            record = self.kind.parse(self.data, at, self.span.buffer)
            for leaf in record.leaves(f"{self.path}[{index}]"):
                start, end = leaf.span.start + self.base, leaf.span.end + self.base
                yield Leaf(leaf.path, Span(self.span.buffer, start, end), leaf.value, leaf.doc)

    def as_leaf(self) -> Leaf:
        """The whole as one leaf."""
        return Leaf(self.path, self.span, b"", "a table")
