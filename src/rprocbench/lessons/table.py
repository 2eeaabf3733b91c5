# SPDX-License-Identifier: GPL-2.0-or-later
"""A small table: what a lesson lays side by side. Text in a terminal, a table in a notebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

CELL = 'style="text-align: left; vertical-align: top; max-width: 44ch; white-space: pre-line"'

CAPTION = 'style="text-align: left; white-space: nowrap"'


@dataclass(frozen=True)
class Table:
    """Rows of text under a head. The first cell of a row says what the row is about."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, caption: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> "Table":
        """A table of anything that has a text."""
        return cls(caption, tuple(head), tuple(tuple(map(str, row)) for row in rows))

    def __repr__(self) -> str:
        cells = [[cell.split("\n") for cell in row] for row in (self.head, *self.rows)]
        widths = [
            max(len(line) for row in cells for line in row[at]) for at in range(len(self.head))
        ]
        lines = [self.caption]
        for number, row in enumerate(cells):
            for at in range(max(map(len, row))):
                parts = [(cell[at] if at < len(cell) else "") for cell in row]
                padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
                lines.append("  ".join(padded).rstrip())
            if not number:
                lines.append("  ".join("-" * width for width in widths))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" {CELL}>{escape(cell)}</th>' for cell in self.head)
        rows = "".join(
            f'<tr><th scope="row" {CELL}>{escape(row[0])}</th>'
            + "".join(f"<td {CELL}>{escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption {CAPTION}>{escape(self.caption)}</caption>"
        return (
            f'<div style="overflow-x: auto"><table>{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )
