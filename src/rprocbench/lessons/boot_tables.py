# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables about boots: the order of their steps, states as they change, what a fault leaves."""

from collections.abc import Iterable
from itertools import zip_longest

from rprocbench.bench import Recording
from rprocbench.review import judge
from rprocbench.review.story import Moment

from .reading import WATCHED, called, changes, commands, order, rests, results, spoken
from .runs import Script, boot, clean, try_again
from .table import Table

TA_STATE = ("RemoteprocContext", "state")


def orders(*designs: str) -> Table:
    """The steps of a clean boot, side by side; what is in capitals is a command to the TA."""
    columns = [order(clean(design)) for design in designs]
    rows = [
        (str(number), *(f"▶ {step}" if step.isupper() else step for step in row))
        for number, row in enumerate(zip_longest(*columns, fillvalue=""), 1)
    ]
    return Table.of("A boot's steps; ▶ marks a command to the TA", ("", *designs), rows)


def states(run: Recording) -> Table:
    """Whose state changed when, and what the others were at that moment."""
    whose = list(WATCHED.values())
    now = dict.fromkeys(whose, "") | {"Linux": "OFFLINE", "M4 runs": "no"}
    rows = []
    for index, changed, value in changes(run):
        now[changed] = value
        rows.append((index, *(f"» {now[w]}" if w == changed else now[w] for w in whose)))
    return Table.of("Who is in which state; » marks what changed", ("event", *whose), rows)


def left_behind(moment: Moment) -> str:
    """What is still taken at a moment when Linux should hold nothing."""
    found = [f"the TA's firmware is {spoken(moment.field(*TA_STATE))}"] if loaded(moment) else []
    if moment.field("Mcu", "running"):
        found.append("the M4 runs")
    if moment.field("Stm32Rproc", "fw_loaded"):
        found.append("fw_loaded is set")
    if moment.field("TeeRproc", "rsc_va"):
        found.append("the table stays mapped")
    return ",\n".join(found) or "nothing"


def loaded(moment: Moment) -> bool:
    """Whether the TA holds a firmware."""
    return moment.field(*TA_STATE) in ("LOADED", "STARTED")


def after_a_fault(designs: Iterable[str], script: Script) -> Table:
    """One boot of each design under the same script: what it was told, sent and left."""
    rows = []
    for design in designs:
        run = boot(design, script)
        start = rests(run)[0]
        sent = " ".join(commands(run))
        rows.append((design, results(run)[0], sent or "nothing", left_behind(start)))
    what = ", ".join(f"{at!s} fails with {fault_name(fault)}" for at, fault in script.items())
    head = ("design", "the user is told", "sent to the TA", "left behind")
    return Table.of(f"A boot in which {what}", head, rows)


def fault_name(fault: object) -> str:
    """A fault's code."""
    return getattr(getattr(fault, "code", fault), "name", "something")


def second_files(designs: Iterable[str], script: Script, second: bytes) -> Table:
    """A failed boot, another file, another start: who looks at the other file?"""
    rows = []
    for design in designs:
        run = try_again(design, script, second)
        first, again = results(run)[:2]
        verified = called(run, "remoteproc_verify_signature")
        rows.append((design, first, again, str(verified), " ".join(commands(run)) or "nothing"))
    head = ("design", "first start", "second start", "files verified", "sent to the TA")
    return Table.of("A failed start, the file replaced, a second start", head, rows)


def broken(run: Recording) -> Table:
    """Which invariants a run breaks, and where it shows."""
    rows = [(breach.sentence, breach.what, breach.index) for breach in judge(run.trace)]
    head = ("what should hold", "what was found", "event")
    return Table.of(f"{run.name}: the review", head, rows or [("everything", "it does", "")])
