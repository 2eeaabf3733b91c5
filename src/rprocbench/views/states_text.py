# SPDX-License-Identifier: GPL-2.0-or-later
"""State transitions in a terminal, and as Mermaid's text."""

from . import render
from .states import GLYPHS, StateMachines, Step, Told
from .terminal import Terminal
from .timeline_text import wrap
from .wording import clean, shorten

WIDE = 90
ROLES = {"moved": "strong", "stayed": "strong", "legal": "dim", "unforeseen": "error"}
LEGEND = "● taken in this run   ○ legal, not taken   ✗ refused or failed   ! in no table"


@render.text.register
def states_text(view: StateMachines, terminal: Terminal) -> str:
    """Each machine: the path of the run, then what it may do and did."""
    lines = [terminal.paint(shorten(clean(view.title), terminal.width), "strong")]
    lines += [terminal.paint(line, "dim") for line in wrap(LEGEND, terminal.width)]
    for told in view.told:
        lines += ["", *_machine(told, terminal)]
    return terminal.finish([*lines, ""])


def _machine(told: Told, terminal: Terminal) -> list[str]:
    machine = told.machine
    owner = f"  {told.owner}" if told.owner else ""
    lines = [terminal.paint(shorten(machine.title + owner, terminal.width), machine.lane)]
    path = " → ".join(told.path) or machine.absent
    lines += [f"  {line}" for line in wrap(path, terminal.width - 2)]
    cause_room = max(len(cause) for cause in machine.ways)
    for row in table(told):
        word = f"→ {row.target}" if row.target else "stays"
        if row.kind in {"refused", "failed"}:
            word = f"{row.kind}: {row.code}"
        line = f"  {GLYPHS[row.kind]} {row.source:<10} {row.cause:<{cause_room}}  {word}"
        events = _events(row.hits)
        if terminal.width >= WIDE:
            by = f"  {row.by}" if row.by else ""
            line = f"{line:<{cause_room + 38}}  {events:<20}{by}"
        elif events:
            line = f"{line}  {events}"
        role = ROLES.get(row.kind, "error")
        lines.append(terminal.paint(shorten(line, terminal.width), role))
    return lines


def _events(hits: tuple[int, ...]) -> str:
    shown = ", ".join(f"@{hit}" for hit in hits[:3])
    return shown + (", …" if len(hits) > 3 else "")


class Row:
    """One line of the table: what is asked in a state, what comes of it, which events did it."""

    __slots__ = ("by", "cause", "code", "hits", "kind", "source", "target")

    def __init__(self, step: Step | None, source: str, cause: str, target: str) -> None:
        self.source, self.cause, self.target = source, cause, target
        self.kind: str = step.outcome if step else "legal"
        self.code = step.code if step else ""
        self.by = step.by if step else ""
        self.hits: tuple[int, ...] = (step.index,) if step else ()


def table(told: Told) -> list[Row]:
    """What may happen, in the table's order, then what was refused or failed in the run."""
    rows: list[Row] = []
    machine = told.machine
    seen: dict[tuple[str, ...], Row] = {}
    for step in told.steps:
        target = step.target if step.outcome in {"moved", "unforeseen"} else ""
        key = (step.source, step.cause, target, step.outcome, step.code)
        if key in seen:
            seen[key].hits = (*seen[key].hits, step.index)
        else:
            seen[key] = Row(step, step.source, step.cause, target)
    done = {(row.source, row.cause, row.target) for row in seen.values()
            if row.kind in {"moved", "stayed"}}  # fmt: skip
    legal = {(source, "found running", target) for source, target in machine.before.items()}
    for cause, entries in machine.ways.items():
        for state, way in entries.items():
            steps = zip((state, *way), way, strict=False)
            legal |= {(source, cause, target) for source, target in steps}
            if not way and machine.loops:
                legal.add((state, cause, ""))
    rows = [*seen.values(), *(Row(None, *one) for one in legal - done)]
    names = [node.name for node in machine.nodes]
    causes = [*machine.ways, "found running"]

    def place(row: Row) -> tuple[int, int, int, str, str]:
        known = names.index(row.source) if row.source in names else len(names)
        cause = causes.index(row.cause) if row.cause in causes else len(causes)
        return known, row.kind in {"refused", "failed"}, cause, row.target, row.code

    return sorted(rows, key=place)


def mermaid(told: Told) -> str:
    """The machine as a Mermaid state diagram; moves of the run are marked with their count."""
    lines = ["stateDiagram-v2"]
    for row in table(told):
        count = f" ×{len(row.hits)}" if row.hits else ""
        if row.kind in {"refused", "failed"}:
            continue
        names = [_plain(name) for name in (row.source, row.target or row.source)]
        lines.append(f"    {names[0]} --> {names[1]} : {_plain(row.cause)}{count}")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """`text` as Mermaid takes it: letters, digits and blanks."""
    return "".join(c if c.isalnum() or c in " _" else "_" for c in text)
