# SPDX-License-Identifier: GPL-2.0-or-later
"""Quiet stretches of a run: much happens, and the trace tells only what matters, then the outcome.

Thousands of messages leave millions of events that nobody reads. In a quiet stretch calls, changes,
writes and the M4's stretches are not recorded; messages, signals, log lines, and objects that come
and go are. At its end the differences are: each object's fields as `Changed`, each memory's bytes
as `Wrote` by the hardware lane, since who wrote them was not looked at. So the trace still folds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from .run import Run, Watched
from .trace import Changed, Created, Gone, Lane


class Noted(Protocol):
    """A memory that can tell what changed since somebody last looked."""

    def note_changes(self, lane: Lane) -> None: ...


@contextmanager
def quietly(run: Run) -> Iterator[None]:
    """Let `run` be quiet during the block, which must not lie inside a modelled call."""
    if run.is_quiet:
        yield
        return
    if run.stack:
        raise RuntimeError(f"{run.stack[-1]} is half told")
    known = {name: dict(each.frozen()) for name, each in run.live.items()}
    start = len(run.trace)
    run.is_quiet = True
    try:
        yield
    finally:
        run.is_quiet = False
        _catch_up(run, known, start)


def _catch_up(run: Run, known: dict[str, dict[str, Any]], start: int) -> None:
    for event in run.trace[start:]:
        if isinstance(event, Created):
            known[event.owner] = dict(event.fields)
        elif isinstance(event, Gone):
            known.pop(event.owner, None)
    for name, before in known.items():
        each: Watched = run.live[name]
        for field, after in each.frozen():
            if before.get(field) != after:
                run.record(Changed(name, field, before.get(field), after))
        if hasattr(each, "note_changes"):
            cast("Noted", each).note_changes(Lane.HARDWARE)
