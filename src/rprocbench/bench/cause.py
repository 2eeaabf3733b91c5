# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a call failed: from the error it reported down to the check that first said no."""

from dataclasses import dataclass, field

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


@dataclass
class Call:
    """A call of a finished run, how it ended, and what it called before it began to undo."""

    cite: Cite
    lane: Lane
    end: int = -1
    failed: Failed | None = None
    undoing: bool = False
    calls: list["Call"] = field(default_factory=list)


def calls_of(trace: Trace) -> dict[int, Call]:
    """Every call, by the index of the event that ended it."""
    worlds = lanes(trace)
    stack: list[Call] = []
    ended: dict[int, Call] = {}
    for index, event in enumerate(trace):
        match event:
            case Entered():
                call = Call(event.cite, worlds[index])
                if stack and not stack[-1].undoing:
                    stack[-1].calls.append(call)
                stack.append(call)
            case Left() | Failed():
                call = stack.pop()
                call.end, call.failed = index, event if isinstance(event, Failed) else None
                ended[index] = call
            case Unwound():
                stack[-1].undoing = True
            case _:
                pass
    return ended


def cause_of(trace: Trace, failed: int) -> Cause:
    """The cause of the failure that event `failed` of `trace` reports.

    A function passes on what a call of its own reported, so the chain goes down through it. At the
    border between the worlds an error comes back as a value: there the chain goes on in the call
    that crossed, if the far side failed.
    """
    call = calls_of(trace)[failed]
    while (deeper := _deeper(call)) is not None:
        call = deeper
    error = call.failed
    assert error
    return Cause(
        call.end, error.function, error.code, error.why, error.span, call.lane, call.cite,
        error.injected,
    )  # fmt: skip


def _deeper(call: Call) -> Call | None:
    """The failed call that `call` failed for, or None if it failed by itself."""
    error = call.failed
    assert error
    if error.injected:
        return None
    for inner in reversed(call.calls):  # the same error, passed on
        if inner.failed and (inner.failed.code, inner.failed.why) == (error.code, error.why):
            return inner
    for inner in reversed(call.calls):  # the far side's error, as a value
        if inner.failed is None and (far := _refusal(inner, call.lane)):
            return far
    last = call.calls[-1] if call.calls else None
    return last if last and last.failed else None  # another error, made of the last one


def _refusal(call: Call, near: Lane) -> Call | None:
    """The outermost call in another world, somewhere in `call`, that failed."""
    if call.lane is not near:
        return call if call.failed else None
    return next((far for inner in call.calls if (far := _refusal(inner, near))), None)
