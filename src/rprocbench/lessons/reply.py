# SPDX-License-Identifier: GPL-2.0-or-later
"""What a learner is told: plain text, and HTML for notebooks."""

from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any


class Tone(StrEnum):
    """What kind of thing is said."""

    RIGHT = "right"
    WRONG = "wrong"
    OPEN = "open"
    HINT = "hint"
    SOLUTION = "solution"


MARKS = {
    Tone.RIGHT: "✓ Right",
    Tone.WRONG: "✗ Not yet",
    Tone.OPEN: "○ Not answered yet",
    Tone.HINT: "→ Hint",
    Tone.SOLUTION: "★ Solution",
}
# Mid tones: a border that stands out by 3:1 on white and on the dark theme. The words say it all.
BORDERS = {
    Tone.RIGHT: "#2e8b57",
    Tone.WRONG: "#d55e00",
    Tone.OPEN: "#7d8590",
    Tone.HINT: "#3a86c8",
    Tone.SOLUTION: "#2e8b57",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to an answer. `lines` are sentences; end a cell with it, or print it.

    `answer` is what a solution gives away; everywhere else it is None. A `hidden` reply is folded,
    and so is `aside`, a hint for whoever wants one.
    """

    exercise: str
    tone: Tone
    lines: tuple[str, ...] = ()
    answer: Any = None
    hidden: bool = False
    aside: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the answer was right."""
        return self.tone is Tone.RIGHT

    @property
    def heading(self) -> str:
        """The exercise and how it stands."""
        return f"{MARKS[self.tone]} · exercise {self.exercise}"

    def __str__(self) -> str:
        return "\n".join([self.heading, *(f"  {line}" for line in self.lines)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        paragraphs = "".join(f'<p style="margin: 4px 0">{escape(line)}</p>' for line in self.lines)
        border = f"border-left: 4px solid {BORDERS[self.tone]}"
        style = f'style="{border}; padding: 2px 12px; margin: 6px 0; max-width: 78ch"'
        heading = f"<strong>{escape(self.heading)}</strong>"
        if self.aside:
            folded = (
                f"<details><summary>A hint, if you want one</summary>{escape(self.aside)}</details>"
            )
            paragraphs += folded
        if self.hidden:
            folded = f"<details><summary>{heading}</summary>{paragraphs}</details>"
            return f"<div {style}>{folded}</div>"
        return (
            f'<div role="status" {style}><p style="margin: 4px 0">{heading}</p>{paragraphs}</div>'
        )


@dataclass(frozen=True, slots=True)
class Replies:
    """Several replies, one below the other."""

    each: tuple[Reply, ...]

    def __repr__(self) -> str:
        names = ", ".join(f'solution("{reply.exercise}")' for reply in self.each)
        return f"Folded away, so that nobody reads them by chance. print() one of: {names}"

    def _repr_html_(self) -> str:
        return "".join(reply._repr_html_() for reply in self.each)
