# SPDX-License-Identifier: GPL-2.0-or-later
"""What the TA reads of an image, and what for: the ground on which a map leaves bits out."""

from dataclasses import dataclass

from rprocbench.base.errors import Span
from rprocbench.base.trace import Entered, Failed, Fetched, Left, Trace

from .tee import merged
from .tee_machine import IMAGE

COPY = "rproc_pta_load_segment"  # reads shared memory only to copy it and to hash the copy


@dataclass(frozen=True, slots=True)
class Reads:
    """One run's reads of the image: `looked_at` in any other way than to copy a segment.

    `segments` are the copies, in order; of the last, `is_wrong` says that its hash did not match.
    """

    looked_at: tuple[Span, ...]
    segments: tuple[Span, ...]
    is_wrong: bool


def reads_of(trace: Trace) -> Reads:
    """The reads that a trace tells of."""
    looks: list[Span] = []
    segments: list[Span] = []
    stack: list[str] = []
    is_wrong = False
    for event in trace:
        match event:
            case Entered():
                stack.append(event.function)
            case Left():
                stack.pop()
            case Failed():
                is_wrong |= stack.pop() == COPY and event.code == "SECURITY"
            case Fetched(span=span) if span.buffer == IMAGE:
                (segments if stack and stack[-1] == COPY else looks).append(span)
            case _:
                pass
    return Reads(merged(looks), tuple(segments), is_wrong)


def offsets(spans: tuple[Span, ...], size: int) -> list[range]:
    """The bytes of `spans` that lie in an image of `size` bytes."""
    clipped = (range(max(0, s.start), min(size, s.end)) for s in spans)
    return [each for each in clipped if each]
