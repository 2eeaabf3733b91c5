# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a call failed: from the error it reported down to the check that first said no."""

from dataclasses import dataclass

from rprocbench.base.errors import Cite, Span
from rprocbench.base.trace import Entered, Failed, Lane, Left, Trace, Unwound, lanes


@dataclass(frozen=True, slots=True)
class Cause:
    """The failure at the bottom of a chain of failures, and the world where it happened."""

    index: int
    function: str
    code: str
    why: str
    span: Span | None
    lane: Lane
    cite: Cite
    injected: bool


def openings(trace: Trace) -> dict[int, int]:
    """For each event that ends a call, the index of the event that began it."""
    stack: list[int] = []
    began: dict[int, int] = {}
    for index, event in enumerate(trace):
        if isinstance(event, Entered):
            stack.append(index)
        elif isinstance(event, (Left, Failed)) and stack:
            began[index] = stack.pop()
    return began


def cause_of(trace: Trace, failed: int) -> Cause:
    """The cause of the failure that event `failed` of `trace` reports.

    A function passes on what its last call reported, so the chain goes down through the last call
    before undoing began. At the border between the worlds an error comes back as a value: there the
    chain goes on inside the call that crossed, if that failed on the far side.
    """
    began, worlds = openings(trace), lanes(trace)
    while (deeper := _deeper(trace, failed, began, worlds)) is not None:
        failed = deeper
    event, start = trace[failed], trace[began[failed]]
    assert isinstance(event, Failed)
    assert isinstance(start, Entered)
    return Cause(
        failed, event.function, event.code, event.why, event.span, worlds[failed], start.cite,
        event.injected,
    )  # fmt: skip


def _deeper(
    trace: Trace, failed: int, began: dict[int, int], worlds: list[Lane]
) -> int | None:
    """The failure just below the one that event `failed` reports, or None if it is the bottom."""
    start, event = began[failed], trace[failed]
    assert isinstance(event, Failed)
    end = next(
        (
            i
            for i in range(start, failed)
            if isinstance(e := trace[i], Unwound) and e.depth == event.depth
        ),
        failed,
    )
    last = next((i for i in range(end - 1, start, -1) if isinstance(trace[i], Left | Failed)), None)
    if last is None or event.injected:
        return None
    if isinstance(trace[last], Failed):
        return last
    far = [
        i
        for i in range(began[last], last)
        if isinstance(trace[i], Failed) and worlds[i] is not worlds[failed]
    ]
    return min(far, key=lambda i: (_depth(trace, i), -i), default=None)


def _depth(trace: Trace, index: int) -> int:
    event = trace[index]
    assert isinstance(event, Failed)
    return event.depth
