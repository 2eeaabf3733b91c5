# SPDX-License-Identifier: GPL-2.0-or-later
"""A timeline in a terminal: four columns where they fit, else one with the lane's name."""

from . import render
from .rows import Row
from .terminal import Terminal
from .timeline import LANES, Timeline
from .wording import clean, columns, shorten

FOUR_COLUMNS_FROM = 100
INDEX = 5
SHARES = (0, 33, 60, 82)  # where each lane starts, in hundredths of the width


@render.text.register
def timeline_text(view: Timeline, terminal: Terminal) -> str:
    """Lanes, top to bottom; an arrow is a signal or a message."""
    lines = [terminal.paint(shorten(clean(view.title), terminal.width), "strong")]
    if terminal.width >= FOUR_COLUMNS_FROM:
        lines += _lanes(view, terminal)
    else:
        lines += _list(view, terminal)
    mark = "✓" if view.is_well else "✗"
    verdict = f"{mark} {clean(view.verdict)}"
    lines += [
        "",
        *_coloured(wrap(verdict, terminal.width), "error" if mark == "✗" else "ok", terminal),
    ]
    return terminal.finish(lines)


def wrap(text: str, room: int) -> list[str]:
    """`text` in lines of at most `room` columns, broken at blanks where there are any."""
    lines, line = [], ""
    for word in text.split(" "):
        rest = word
        while columns(rest) > room:
            if line:
                lines.append(line)
                line = ""
            lines.append(rest[:room])
            rest = rest[room:]
        if line and columns(line) + 1 + columns(rest) > room:
            lines.append(line)
            line = rest
        else:
            line = f"{line} {rest}" if line else rest
    return [*lines, line] if line or not lines else lines


def _coloured(lines: list[str], role: str, terminal: Terminal) -> list[str]:
    return [terminal.paint(line, role) for line in lines]


def headline(row: Row) -> str:
    """The row's glyph, text and outcome, and where it is an arrow in one column, its direction."""
    text = " ".join(filter(None, (row.glyph, row.text, row.outcome)))
    return f"{text}  → {row.target}" if row.target else text


def _role(row: Row) -> str:
    if row.is_bad:
        return "error"
    return "dim" if row.kind in {"created", "wrote", "fetched"} else row.lane


def _list(view: Timeline, terminal: Terminal) -> list[str]:
    """One column: number, lane, indented text; details below."""
    lines = []
    name = max(len(lane) for lane in LANES) + 1
    for row in view.rows:
        start = INDEX + name + 2 * min(row.depth, 6)
        room = max(terminal.width - start, 12)
        margin = " " * (2 * min(row.depth, 6))
        for number, line in enumerate(wrap(headline(row), room)):
            first = f"{row.index:>4} {row.lane:<{name}}" if not number else " " * (INDEX + name)
            lines.append(terminal.paint(first, "dim") + margin + terminal.paint(line, _role(row)))
        for detail in row.details:
            below = wrap(detail, room - 2)
            lines += [" " * (start + 2) + terminal.paint(line, "dim") for line in below]
    return lines


def _lanes(view: Timeline, terminal: Terminal) -> list[str]:
    starts = [INDEX + share * (terminal.width - INDEX) // 100 for share in SHARES]
    head = _Line(starts, terminal.width, guides="┬")
    rule = _Line(starts, terminal.width, guides="┬", blank="─")
    for lane, start in zip(LANES, starts, strict=True):
        head.put(start, lane[:1].upper() + lane[1:], f"strong {lane}")
    lines = [head.drawn(terminal), rule.drawn(terminal)]
    for row in view.rows:
        lines += [line.drawn(terminal) for line in _row_lines(row, starts, terminal.width)]
    lines.append(_Line(starts, terminal.width, guides="┴", blank="─").drawn(terminal))
    return lines


def _row_lines(row: Row, starts: list[int], width: int) -> list["_Line"]:
    lines = []
    if row.target and row.target != row.lane:
        first, last = _arrow(row, starts, width)
        start = starts[LANES.index(min(row.lane, row.target, key=LANES.index))] + 4
        lines += [first] if last is None else [first, last]
    else:
        start = starts[LANES.index(row.lane)] + 2 + 2 * min(row.local, 4)
        for text in wrap(headline(row), width - start):
            lines.append(_Line(starts, width))
            lines[-1].put(start, text, _role(row))
    lines[0].put(0, f"{row.index:>4}", "dim")
    for detail in row.details:
        end = lines[-1].end
        if end + 2 + columns(detail) <= width and not row.target:
            lines[-1].put(end + 2, detail, "dim")
            continue
        for text in wrap(detail, width - start - 2):
            lines.append(_Line(starts, width))
            lines[-1].put(start + 2, text, "dim")
    return lines


def _arrow(row: Row, starts: list[int], width: int) -> tuple["_Line", "_Line | None"]:
    """A line from lane to lane with its label in the middle; a label too long goes below."""
    assert row.target
    ends = (starts[LANES.index(row.lane)], starts[LANES.index(row.target)])
    left, right = min(ends), max(ends)
    room = right - left - 1
    line, below = _Line(starts, width), None
    label = f" {row.text} " if columns(row.text) + 6 <= room else ""
    bar = label.center(room - 1, "─")
    drawn = f"├{bar}▶" if ends[0] < ends[1] else f"◀{bar}┤"
    line.put(left if ends[0] < ends[1] else left + 1, drawn, row.lane)
    if not label:
        below = _Line(starts, width)
        below.put(left + 2, shorten(row.text, width - left - 2), row.lane)
    return line, below


class _Line:
    """A line of the terminal: pieces at columns, and the lanes' guides wherever nothing is."""

    def __init__(self, starts: list[int], width: int, guides: str = "│", blank: str = " ") -> None:
        self.starts, self.width, self.guides, self.blank = starts, width, guides, blank
        self.pieces: list[tuple[int, str, str]] = []

    @property
    def end(self) -> int:
        """The column after the last piece."""
        return max((at + columns(text) for at, text, _role in self.pieces), default=0)

    def put(self, at: int, text: str, role: str) -> None:
        """Place `text` at column `at`."""
        self.pieces.append((at, text, role))

    def drawn(self, terminal: Terminal) -> str:
        """The line as text."""
        out, at = "", 0
        for start, text, role in sorted(self.pieces):
            out += terminal.paint(self._gap(at, start), "dim")
            out += terminal.paint(text, role.split()[-1] if role else "")
            at = start + columns(text)
        return out + terminal.paint(self._gap(at, self.width).rstrip(), "dim")

    def _gap(self, start: int, end: int) -> str:
        chars = [self.guides if at in self.starts else self.blank for at in range(start, end)]
        if self.blank == "─":
            chars = [
                " " if at < INDEX else char
                for at, char in zip(range(start, end), chars, strict=True)
            ]
        elif start and chars and chars[0] == self.guides:
            chars[0] = self.guides
        return "".join(chars)
