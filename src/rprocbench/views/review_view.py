# SPDX-License-Identifier: GPL-2.0-or-later
"""What a review found: a matrix of faults and designs, in words; then each cause with its proof."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rprocbench.review.findings import Group, Row, groups

from . import render
from .markup import Markup, join, tag
from .show import describe
from .terminal import Terminal
from .wording import clean, columns, shorten

UNDISTURBED = "no fault at all"
SHOWN_GROUPS = 12
LEGEND = (
    "Each call fails once. “well”: no invariant is broken; “as mainline”: mainline breaks it too; "
    "“as undisturbed”: the design breaks it with no fault at all; “breaks”: the design's own. Open "
    "a cell for what breaks, and for the command that makes the run again."
)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one fault does to one design, in whatever scenario and at whichever call."""

    rows: tuple[Row, ...]

    @property
    def broken(self) -> tuple[Row, ...]:
        """The runs that break something which mainline keeps."""
        return tuple(row for row in self.rows if row.own)

    @property
    def example(self) -> Row:
        """The run that shows best what the cell says."""
        return (self.broken or tuple(row for row in self.rows if row.findings) or self.rows)[0]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The invariants that are broken, and how."""
        found = (finding.breach for row in self.broken for finding in row.own)
        return tuple(dict.fromkeys(f"{b.sentence}: {b.what}" for b in found))

    @property
    def words(self) -> str:
        """The cell in a few words."""
        if not self.rows:
            return "not called"
        if self.broken:
            return f"breaks {len(self.sentences)}"
        if any(finding.origin == "baseline" for row in self.rows for finding in row.findings):
            return "as mainline"
        if any(row.findings for row in self.rows):
            return "as undisturbed"
        return "well"


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The matrix: a line for each fault, a cell for each design; and the causes behind it."""

    designs: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Cell, ...]], ...]
    causes: tuple[Group, ...]
    runs: int
    opens: bool = False  # whether a page holds the run of each cell, at `anchor`

    def anchor(self, line: int, design: int) -> str:
        """The place in the page where a cell's run is."""
        return f"run-{line + 1}-{design + 1}"


def review_view(rows: Sequence[Row], designs: Sequence[str]) -> ReviewView:
    """Describe the rows of a campaign."""
    cells: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        fault = f"{row.place}={row.fault}" if row.place else UNDISTURBED
        cells[fault][row.design].append(row)
    lines = tuple(
        (fault, tuple(Cell(tuple(by_design[design])) for design in designs))
        for fault, by_design in cells.items()
    )
    return ReviewView(tuple(designs), lines, tuple(groups(rows)), len(rows))


def headline(view: ReviewView) -> str:
    """The whole in a sentence."""
    counts = []
    for index, design in enumerate(view.designs):
        cells = [line[1][index] for line in view.lines if line[1][index].rows]
        broken = sum(bool(cell.broken) for cell in cells)
        counts.append(f"{design}: {broken} of {len(cells)} faults")
    return f"{view.runs} runs. A design breaks what mainline keeps: {'; '.join(counts)}."


@render.text.register
def review_text(view: ReviewView, terminal: Terminal) -> str:
    """The matrix, where any design differs; then the causes, each with the line that shows it."""
    first = min(max((columns(fault) for fault, _ in view.lines), default=0), 44)
    room = max((terminal.width - first) // max(len(view.designs), 1) - 2, 12)
    head = "".join(f"  {shorten(design, room):<{room}}" for design in view.designs)
    lines = [clean(headline(view)), "", terminal.paint(f"{'fault':<{first}}{head}", "strong")]
    silent = 0
    for fault, cells in view.lines:
        if not any(cell.broken for cell in cells):
            silent += 1
            continue
        shown = "".join(f"  {shorten(cell.words, room):<{room}}" for cell in cells)
        lines.append(f"{shorten(clean(fault), first):<{first}}{shown}")
    lines += [f"{silent} more faults that every design takes as mainline does, or well.", ""]
    for group in view.causes[:SHOWN_GROUPS]:
        lines.append(terminal.paint(f"{group.design}, {len(group.rows)} runs", "strong"))
        for finding in group.example.own:
            breach = finding.breach
            line = f"  ✗ {clean(breach.sentence)}: {clean(breach.what)}"
            lines.append(shorten(line, terminal.width))
        lines.append(f"    {clean(group.example.script)}")
    if len(view.causes) > SHOWN_GROUPS:
        lines.append(f"{len(view.causes) - SHOWN_GROUPS} more causes; --out or --json has all.")
    return terminal.finish(lines)


def _cell(cell: Cell, anchor: str | None) -> Markup:
    link: Markup | str = ""
    if anchor and cell.rows:
        which = f"its run: {cell.example.design}, {cell.example.place or UNDISTURBED}"
        link = tag("a", "its run", href=f"#{anchor}", aria_label=which)
    if not cell.broken:
        return tag("td", cell.words, " " if link else "", link, class_="rb-dim")
    sentences = tag("ul", [tag("li", sentence) for sentence in cell.sentences])
    scripts = tag("pre", "\n".join(row.script for row in cell.broken))
    often = f", in {len(cell.broken)} of {len(cell.rows)} runs" if len(cell.rows) > 1 else ""
    summary = tag("summary", "✗ ", cell.words, often)
    return tag("td", tag("details", summary, sentences, scripts), link, class_="rb-bad")


@render.body.register
def _body(view: ReviewView) -> str:
    head = [tag("th", name, scope="col") for name in ("fault", *view.designs)]
    body = [
        tag("tr", tag("th", tag("code", fault), scope="row"), map_cells(view, number, cells))
        for number, (fault, cells) in enumerate(view.lines)
    ]
    caption = tag("caption", LEGEND)
    table = tag("table", caption, tag("thead", tag("tr", head)), tag("tbody", body),
                class_="rb-table rb-list")  # fmt: skip
    return tag("section", tag("p", headline(view)), table, class_="rb rb-review",
               aria_label="Review")  # fmt: skip


def map_cells(view: ReviewView, line: int, cells: Sequence[Cell]) -> Markup:
    """The cells of one line."""
    anchors = [view.anchor(line, design) if view.opens else None for design in range(len(cells))]
    return join([_cell(*pair) for pair in zip(cells, anchors, strict=True)])


@describe.register
def _(view: ReviewView) -> ReviewView:
    return view
