# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a call failed: from the error it reported down to the check that first said no."""

from dataclasses import dataclass

from rprocbench.base.calls import Call, calls_of
from rprocbench.base.errors import Cite, Span, TeeResult
from rprocbench.base.trace import Lane, Trace


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


def cause_of(trace: Trace, failed: int) -> Cause:
    """The cause of the failure that event `failed` of `trace` reports.

    A function passes on what a call of its own reported, so the chain goes down through it. At the
    border between the worlds an error comes back as a value: there the chain goes on in the call
    that crossed, if the far side failed.
    """
    call = next(call for call in calls_of(trace) if call.end == failed)
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
    tried = [inner for inner in call.calls if not inner.undoing]
    for inner in reversed(tried):  # the same error, passed on
        if inner.failed and (inner.failed.code, inner.failed.why) == (error.code, error.why):
            return inner
    for inner in reversed(tried):  # the far side's error, as a value
        if inner.failed is None and (far := _refusal(inner, call.lane)):
            return far
    last = tried[-1] if tried else None
    return last if last and last.failed else None  # another error, made of the last one


def _refusal(call: Call, near: Lane) -> Call | None:
    """The outermost call in another world, somewhere in `call`, that failed.

    A TEE result that was injected on this side of the border is an answer from the other as well.
    """
    answered = call.failed and call.failed.injected and call.failed.code in TeeResult.__members__
    if call.lane is not near or answered:
        return call if call.failed else None
    return next((far for inner in call.calls if (far := _refusal(inner, near))), None)
