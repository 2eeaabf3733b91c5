# SPDX-License-Identifier: GPL-2.0-or-later
"""Events: everything that happened in a run, as frozen values that compare and travel.

No event holds an exception, a model or a view of memory, so two equal runs have equal traces in
any process, and a trace read back from a file is the trace that was written.
"""

from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, StrEnum
from typing import Any

from .errors import Cite, Span
from .layout import Record

Value = None | bool | int | str | bytes | tuple["Value", ...]


class Lane(StrEnum):
    """The worlds that one run crosses, in the order they are drawn."""

    LINUX = "Linux"
    OPTEE = "OP-TEE"
    M4 = "M4"
    HARDWARE = "hardware"


@dataclass(frozen=True, slots=True)
class Source:
    """A pinned source of facts, and the world that it is about."""

    title: str
    version: str
    lane: Lane


SOURCES = {
    "linux": Source("Linux", "7.3.4", Lane.LINUX),
    "lore": Source("linux-remoteproc mailing list archive", "2023-05 to 2026-06", Lane.LINUX),
    "optee_os": Source("OP-TEE", "d5001fe0af66 (August 2026)", Lane.OPTEE),
    "armv7m": Source("Armv7-M Architecture Reference Manual", "DDI 0403E", Lane.M4),
    "rm0436": Source("STM32MP157 reference manual", "RM0436", Lane.HARDWARE),
}


@dataclass(frozen=True, slots=True)
class Entered:
    """A modelled function was called: the `nth` call of that name, `depth` calls deep."""

    function: str
    nth: int
    depth: int
    cite: Cite
    subject: str


@dataclass(frozen=True, slots=True)
class Left:
    """The function that was entered last, and is still open, returned without error."""

    function: str
    depth: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The function that was entered last, and is still open, returned an error or crashed."""

    function: str
    depth: int
    code: str
    why: str
    span: Span | None = None
    injected: bool = False


@dataclass(frozen=True, slots=True)
class Unwound:
    """`function` jumped past `label`, undoing what had been acquired there."""

    function: str
    label: str
    depth: int


@dataclass(frozen=True, slots=True)
class Created:
    """A modelled object came into being with these fields."""

    owner: str
    kind: str
    lane: Lane
    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A field of a modelled object was assigned another value."""

    owner: str
    field: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Gone:
    """A modelled object ceased to be."""

    owner: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """`lane` wrote `data` at byte `offset` of the memory called `ram`."""

    lane: Lane
    ram: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Filled:
    """`lane` set `size` bytes at byte `offset` of the memory called `ram` to `value`."""

    lane: Lane
    ram: str
    offset: int
    size: int
    value: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """`lane` read bytes that another world can change while it looks at them."""

    lane: Lane
    span: Span


@dataclass(frozen=True, slots=True)
class Logged:
    """A line on a console. `level` is one of err, warn, info, debug (debug: ours, not printed)."""

    lane: Lane
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Signalled:
    """A wire between the worlds moved: reset, hold-boot, a mailbox channel, an interrupt."""

    line: str
    what: str
    source: Lane
    target: Lane


@dataclass(frozen=True, slots=True)
class Ran:
    """The M4 executed instructions `start` (included) to `end` (excluded) and stopped at `pc`."""

    start: int
    end: int
    pc: int
    why: str


@dataclass(frozen=True, slots=True)
class Message:
    """An rpmsg payload crossed. `direction` is `sent` (to the M4) or `received`.

    `id` tells messages of a run apart, from 1 on; an answer has the id of what it answers.
    """

    direction: str
    source: int
    target: int
    payload: bytes
    id: int = 0


@dataclass(frozen=True, slots=True)
class Passed:
    """One step of messages over a virtqueue, done by `lane`; `step` is one of `STEPS`.

    `messages` are the ids of those that it takes further; there are none in an empty buffer.
    `queue` names the virtqueue, `head` the descriptor, `index` the ring's running index after the
    step; -1 where the step has none.
    """

    step: str
    lane: Lane
    messages: tuple[int, ...]
    queue: str
    head: int = -1
    index: int = -1


STEPS = {
    "written": "a program hands the message to Linux",
    "buffered": "its bytes lie in a buffer of the sender",
    "described": "a descriptor says where the buffer is",
    "published": "the available index says that it is there",
    "kicked": "the doorbell is rung for it",
    "spared": "no doorbell: the other side has said that it wants none",
    "interrupted": "the receiver takes the interrupt",
    "used": "the M4 has seen it, and gives the buffer back",
    "answered": "the M4 has filled a lent buffer, and gives it back",
    "taken": "Linux takes the buffer out of the used ring",
    "delivered": "the message is with who listens at its address",
    "lent": "an empty buffer is the M4's to fill",
    "read": "a program has it",
    "lost": "it is no more",
}


Event = (
    Entered | Left | Failed | Unwound | Created | Changed | Gone | Wrote | Filled | Fetched
    | Logged | Signalled | Ran | Message | Passed
)  # fmt: skip
Trace = list[Event]
EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Entered, Left, Failed, Unwound, Created, Changed, Gone, Wrote, Filled, Fetched,
        Logged, Signalled, Ran, Message, Passed,
    )
}  # fmt: skip


def freeze(value: Any) -> Value:  # noqa: C901, PLR0911  one case per kind of value
    """`value` as a frozen value that an event may hold.

    Enum members become their names, records their bytes, functions and watched objects their names,
    other frozen dataclasses tuples of (field, value). Raises `TypeError` for anything else: a value
    that cannot be compared across processes must not enter a trace.
    """
    match value:
        case Enum():
            return value.name
        case None | bool() | int() | str() | bytes():
            return value
        case bytearray() | memoryview():
            return bytes(value)
        case tuple() | list():
            return tuple(map(freeze, value))
        case dict():
            return tuple((freeze(k), freeze(v)) for k, v in value.items())
        case Record():
            return value.pack()
    if label := getattr(value, "label", None):
        return str(label)
    if is_dataclass(value) and not isinstance(value, type):
        return tuple((f.name, freeze(getattr(value, f.name))) for f in fields(value))
    if name := getattr(value, "__name__", None):
        return str(name)
    raise TypeError(f"a {type(value).__name__} cannot enter a trace")


def lanes(trace: Trace) -> list[Lane]:  # noqa: C901  one case per kind of event
    """The world each event belongs to, one per event.

    A call belongs to the world whose source it mirrors; what happens inside belongs to it as well,
    unless the event itself names a world.
    """
    result: list[Lane] = []
    owners: dict[str, Lane] = {}
    stack: list[Lane] = []
    for event in trace:
        here = stack[-1] if stack else Lane.LINUX
        match event:
            case Entered():
                here = SOURCES[event.cite.tree].lane
                stack.append(here)
            case Left() | Failed():
                stack.pop()
            case Created():
                owners[event.owner] = here = event.lane
            case Changed() | Gone():
                here = owners.get(event.owner, here)
            case Wrote() | Filled() | Fetched() | Logged() | Passed():
                here = event.lane
            case Signalled():
                here = Lane.HARDWARE
            case Ran():
                here = Lane.M4
            case _:
                pass
        result.append(here)
    return result
