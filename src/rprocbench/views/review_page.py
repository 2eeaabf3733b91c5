# SPDX-License-Identifier: GPL-2.0-or-later
"""A review as one offline page: the matrix, and behind each cell the run that it speaks of."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from rprocbench.base.calls import calls_of
from rprocbench.base.errors import parse_code
from rprocbench.base.run import At, Fail
from rprocbench.base.trace import Failed, Trace
from rprocbench.review.findings import Row
from rprocbench.review.play import play

from . import render
from .markup import Markup, join, tag
from .report import Section, html_report, stepper_place
from .review_view import Cell, ReviewView
from .show import describe
from .walk import pack, walk

Progress = Callable[[int, int], None]
NEEDS_SCRIPT = "The run is unpacked by a script; without one, the command above makes it again."


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """The run of one cell, packed for the stepper; `cursor` is where it goes wrong."""

    anchor: str
    title: str
    script: str
    packed: bytes
    cursor: int


@dataclass(frozen=True, slots=True)
class OpenedRuns:
    """The runs of all cells, in the order of the matrix."""

    runs: tuple[OpenedRun, ...]


def shown_part(trace: Trace) -> tuple[Trace, int]:
    """The trace up to where the user heard of the fault, and the event at which it struck.

    What the user tries afterwards is for the invariants, and would bury it. A run without a fault
    is shown whole.
    """
    for call in calls_of(trace):
        if call.failed and call.failed.injected and call.door.end >= 0:
            return trace[: call.door.end + 1], call.end
    return trace, -1


def script_of(row: Row) -> dict[At, Fail]:
    """What disturbs the run of a row."""
    return {At(row.place, row.nth): Fail(parse_code(row.fault))} if row.place else {}


def opened(work: tuple[str, str, Row]) -> OpenedRun:
    """Make the run of a cell again, and pack it. `work` is picklable: anchor, title, row."""
    anchor, title, row = work
    trace, cursor = shown_part(play(row.design, row.scenario, script_of(row)).trace)
    if cursor < 0:
        cursor = next((i for i, event in enumerate(trace) if isinstance(event, Failed)), -1)
    return OpenedRun(anchor, title, row.script, pack(walk(trace, title)), cursor)


def cells_to_open(view: ReviewView) -> Iterator[tuple[str, str, Row]]:
    """The work of each cell that has a run."""
    for line, (fault, cells) in enumerate(view.lines):
        for design, cell in enumerate(cells):
            if cell.rows:
                title = f"{view.designs[design]}, {fault}, {cell.example.scenario}: {words(cell)}"
                yield view.anchor(line, design), title, cell.example


def words(cell: Cell) -> str:
    """What the cell says, with the first sentence that is broken."""
    return cell.sentences[0] if cell.broken else cell.words


def review_page(view: ReviewView, executor: Executor | None, tell: Progress) -> str:
    """The page. Runs are made again over any executor; `tell` hears of each."""
    work = list(cells_to_open(view))
    runs = []
    for run in (executor.map if executor else map)(opened, work):
        runs.append(run)
        tell(len(runs), len(work))
    sections = [
        Section("Review", replace(view, opens=True)),
        Section("The runs", OpenedRuns(tuple(runs)), "Each cell of the matrix leads to its run."),
    ]
    return html_report("Review: every call fails once", sections)


@describe.register
def _(view: OpenedRuns) -> OpenedRuns:
    return view


@render.body.register
def _body(view: OpenedRuns) -> str:
    return tag("section", join([_run(run) for run in view.runs]), class_="rb rb-runs")


def _run(run: OpenedRun) -> Markup:
    static = tag("p", NEEDS_SCRIPT, class_="rb-dim")
    place = stepper_place(run.packed, static, run.cursor)
    inside = [tag("p", tag("code", run.script), id=run.anchor), place]
    return tag("details", tag("summary", run.title), *inside)
