# SPDX-License-Identifier: GPL-2.0-or-later
"""A trace, read once for all invariants: calls, TA commands, and the moments when Linux rests."""

from dataclasses import dataclass, field

from rprocbench.base.calls import Call, CallReader
from rprocbench.base.state import State
from rprocbench.base.trace import (
    Changed,
    Created,
    Event,
    Gone,
    Lane,
    Logged,
    Trace,
    Value,
)  # fmt: skip

TA_COMMANDS = {
    "remoteproc_load_fw": "LOAD",
    "remoteproc_start_fw": "START",
    "remoteproc_stop_fw": "STOP",
    "remoteproc_get_rsc_table": "GET",
    "remoteproc_release_fw": "RELEASE",
}
CROSSING = "optee_invoke_func"
CLIENT = "tee_client_invoke_func"
# What the name of a client's function says about the command that it sends; the first word counts.
WORDS = (
    ("release", "RELEASE"), ("rsc_table", "GET"), ("load", "LOAD"), ("request_firmware", "LOAD"),
    ("start", "START"), ("stop", "STOP"), ("boot", "LOAD"),
)  # fmt: skip
Objects = dict[str, dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command for the TA: what it is, the call, and the firmware's state when it arrived.

    `state` is None if the TA knows of no firmware. One that got lost on the way is not `arrived`.
    """

    what: str
    call: Call
    state: str | None
    arrived: bool

    @property
    def ok(self) -> bool:
        """Whether the TA did it."""
        return self.arrived and self.call.ok


@dataclass(frozen=True, slots=True)
class Moment:
    """All objects at one event. Linux *rests* when a user's call, or a worker, has ended."""

    index: int
    call: Call
    objects: Objects
    kinds: dict[str, str]

    def of_kind(self, kind: str) -> Objects:
        """The objects of one kind."""
        return {name: self.objects[name] for name, k in self.kinds.items() if k == kind}

    def field(self, kind: str, name: str) -> Value:
        """A field of the newest object of a kind, or None if there is none."""
        found = list(self.of_kind(kind).values())
        return found[-1].get(name) if found else None

    def word(self, kind: str, name: str) -> str | None:
        """As `field`, of a field that holds a word."""
        value = self.field(kind, name)
        return value if isinstance(value, str) else None

    @property
    def state(self) -> str | None:
        """What Linux thinks of the processor, or None while it knows none."""
        return self.word("Rproc", "state") if self.field("Rproc", "registered") else None

    @property
    def firmware(self) -> str | None:
        """What the TA thinks of the firmware, or None if it knows of none."""
        return self.word("RemoteprocContext", "state")


@dataclass
class Story:
    """What happened in a run, from its trace alone."""

    trace: Trace
    calls: list[Call] = field(default_factory=list)
    rests: list[Moment] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    injected: list[Call] = field(default_factory=list)
    moments: dict[str, list[Moment]] = field(default_factory=dict)
    farewells: list[tuple[int, str, str, dict[str, Value]]] = field(default_factory=list)
    lanes: dict[str, Lane] = field(default_factory=dict)

    def named(self, *names: str) -> list[Call]:
        """The calls of those names, in order."""
        return [call for call in self.calls if call.name in names]

    @property
    def secure(self) -> bool:
        """Whether this design asks the TEE: a session was ever wanted."""
        return any(call.name == "tee_client_open_session" for call in self.calls)

    def complaints(self, start: int, end: int) -> bool:
        """Whether anything was logged as an error or a warning between two events."""
        return any(
            isinstance(event, Logged) and event.level in ("err", "warn")
            for event in self.trace[start:end]
        )


# Calls at whose beginning some invariant wants to see the processor.
WATCHED = frozenset(
    {"rproc_resource_cleanup", "rproc_prepare_subdevices", "rproc_handle_resources"}
)


@dataclass
class Reader:
    """Reads a trace from its first event to its last."""

    story: Story
    state: State = field(default_factory=State)
    calls: CallReader = field(default_factory=CallReader)

    def read(self, index: int, event: Event) -> None:
        """Take one event into account."""
        match event:
            case Created():
                self.story.lanes[event.owner] = event.lane
                self.state.objects[event.owner] = dict(event.fields)
                self.state.kinds[event.owner] = event.kind
            case Changed():
                self.state.objects[event.owner][event.field] = event.after
            case Gone():
                fields = self.state.objects.pop(event.owner)
                kind = self.state.kinds.pop(event.owner)
                self.story.farewells.append((index, event.owner, kind, fields))
            case _:
                pass
        call = self.calls.take(index, event)
        if call and call.end < 0:
            self.enter(index, call)
        elif call:
            self.leave(index, call)

    def enter(self, index: int, call: Call) -> None:
        """A call begins."""
        self.story.calls.append(call)
        if call.lane is Lane.OPTEE and call.name in TA_COMMANDS:
            what = TA_COMMANDS[call.name]
            self.story.commands.append(Command(what, call, self.firmware(call), arrived=True))
        if call.name in WATCHED:
            self.story.moments.setdefault(call.name, []).append(self.moment(index, call))

    def leave(self, index: int, call: Call) -> None:
        """A call ends."""
        if call.failed and call.failed.injected:
            self.story.injected.append(call)
            if call.name in (CROSSING, CLIENT):
                lost = Command(wanted(call), call, self.firmware(call), arrived=False)
                self.story.commands.append(lost)
        if not call.caller:
            self.story.rests.append(self.moment(index, call))

    def firmware(self, call: Call) -> str | None:
        """The state of the TA's firmware, or None if it knows of none."""
        return Moment(0, call, self.state.objects, self.state.kinds).firmware

    def moment(self, index: int, call: Call) -> Moment:
        """All objects as they are now."""
        objects = {name: fields.copy() for name, fields in self.state.objects.items()}
        return Moment(index, call, objects, dict(self.state.kinds))


def wanted(call: Call) -> str:
    """Which command a crossing that failed would have carried, by the names of its callers."""
    caller = call.caller
    while caller:
        for word, what in WORDS:
            if word in caller.name:
                return what
        caller = caller.caller
    return "?"


def read(trace: Trace) -> Story:
    """The story that a trace tells."""
    reader = Reader(Story(trace))
    for index, event in enumerate(trace):
        reader.read(index, event)
    return reader.story
