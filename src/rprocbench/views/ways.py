# SPDX-License-Identifier: GPL-2.0-or-later
"""The way of one message: every step with its id, from a program's write to the M4 and back."""

from dataclasses import dataclass

from rprocbench.base.trace import STEPS, Lane, Message, Passed, Ran, Trace

from .wording import clean, step

SHOWN = 4  # messages of a run whose way is told below it


@dataclass(frozen=True, slots=True)
class Stride:
    """One step: event `index` of the trace, by whom, in the M4's time, in words."""

    index: int
    lane: Lane
    cycles: int
    what: str
    where: str
    meaning: str


def way_of(trace: Trace, message: int) -> tuple[Stride, ...]:
    """The steps of one message in order; none for an id that the trace does not have."""
    strides: list[Stride] = []
    cycles = 0
    for index, event in enumerate(trace):
        if isinstance(event, Ran):
            cycles = event.end
        elif isinstance(event, Passed) and message in event.messages:
            meaning = STEPS.get(event.step, "")
            told = Stride(index, event.lane, cycles, step(event), clean(event.queue), meaning)
            strides.append(told)
        elif isinstance(event, Message) and event.id == message:
            route = f"{event.source:#x} → {event.target:#x}"
            where = f"{len(event.payload)} bytes, {route}"
            meaning = "Linux has queued it" if event.direction == "sent" else "Linux looks into it"
            strides.append(Stride(index, Lane.LINUX, cycles, event.direction, where, meaning))
    return tuple(strides)


def way_lines(trace: Trace, message: int) -> tuple[str, ...]:
    """The same as lines of text, all columns aligned."""
    strides = way_of(trace, message)
    wide = max((len(stride.what) for stride in strides), default=0)
    names = max((len(stride.where) for stride in strides), default=0)
    return tuple(
        f"{one.index:>6}  {one.cycles:>12,}  {one.lane:<5}  {one.what:<{wide}}"
        f"  {one.where:<{names}}  {one.meaning}"
        for one in strides
    )
