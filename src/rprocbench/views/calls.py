# SPDX-License-Identifier: GPL-2.0-or-later
"""The call tree of a trace, and which of its calls and errors a story tells."""

from dataclasses import dataclass, field

from rprocbench.base.trace import Entered, Event, Failed, Lane, Left, Logged, Trace, Unwound, lanes

DEEPEST = 3


@dataclass(slots=True, eq=False)
class Call:
    """One call: where it lies in the trace, and how deep it is since control entered its realm.

    A realm is a world, and in OP-TEE a privilege: its `core` runs above its applications and their
    library. Between realms lies a border.
    """

    event: Entered
    index: int
    lane: Lane
    realm: tuple[Lane, bool]
    parent: "Call | None"
    local: int
    end: int
    failed: Failed | None = None
    children: list["Call"] = field(default_factory=list)
    unwinds: bool = False
    acts: bool = False  # it does something itself, not only what it calls

    def is_within(self, other: "Call | None") -> bool:
        """Whether this call is `other`, or was made, however far down, by it."""
        here: Call | None = self
        while here is not None and here is not other:
            here = here.parent
        return here is other

    @property
    def is_border(self) -> bool:
        """Whether the caller, if any, lives in another realm."""
        return self.parent is None or self.parent.realm != self.realm

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened between its entry and its end."""
        return self.end == self.index + 1

    @property
    def hands_on(self) -> bool:
        """Whether it crosses a border, and does nothing but call one function of its world."""
        if len(self.children) != 1 or self.is_origin or self.unwinds or not self.is_border:
            return False
        (callee,) = self.children
        return callee.lane == self.lane and not self.acts

    @property
    def weight(self) -> int:
        """How many events lie in it: more happened in a heavier call."""
        return self.end - self.index

    @property
    def is_origin(self) -> bool:
        """Whether its error arose here, rather than being handed up unchanged by a callee."""
        mine = self.failed
        if mine is None:
            return False
        return all(c.failed is None or c.failed.code != mine.code for c in self.children)


@dataclass(slots=True)
class CallTree:
    """All calls of a trace; `inside[i]` is the call that event `i` happened in, or is, or ends."""

    trace: Trace
    lanes: list[Lane]
    calls: list[Call] = field(default_factory=list)
    inside: list[Call | None] = field(default_factory=list)


def call_tree(trace: Trace) -> CallTree:
    """The calls of `trace`, in the order they were made."""
    tree = CallTree(trace, lanes(trace))
    here: Call | None = None
    for index, event in enumerate(trace):
        after = here
        match event:
            case Entered():
                after = here = _call(event, index, tree.lanes[index], here, len(trace))
                tree.calls.append(here)
            case Left() | Failed() if here:
                here.end = index
                here.failed = event if isinstance(event, Failed) else None
                after = here.parent
            case Unwound() if here:
                here.unwinds = True
            case Logged(level="debug"):
                pass
            case _ if here:
                here.acts = True
            case _:
                pass
        tree.inside.append(here)
        here = after
    return tree


def _call(event: Entered, index: int, lane: Lane, parent: Call | None, end: int) -> Call:
    realm = (lane, event.cite.path.startswith("core/"))
    local = parent.local + 1 if parent and parent.realm == realm else 0
    call = Call(event, index, lane, realm, parent, local, end)
    if parent:
        parent.children.append(call)
    return call


def is_told(call: Call, least: int) -> bool:
    """Whether a story that leaves out calls lighter than `least` tells of `call`.

    It tells of: calls across a border; where an error arises that is not shrugged off; who
    unwinds; calls not too deep below the border, and outermost ones, if enough happened in them.
    """
    if call.unwinds or (call.failed and is_told_failure(call)):
        return call.unwinds or call.is_origin or call.is_border
    if call.is_border and call.parent:
        return True
    return call.local <= DEEPEST and not call.is_empty and call.weight >= least


def told_calls(tree: CallTree, least: int) -> dict[int, tuple[str, ...]]:
    """The calls that a story tells of, by event index, each with those that it stands for.

    A call across a border that does nothing but hand control on, within its world, is told through
    the one that does the work.
    """
    told: dict[int, tuple[str, ...]] = {}
    for call in tree.calls:
        if is_told(call, least):
            through: tuple[str, ...] = ()
            worker = call
            while worker.parent and worker.hands_on:
                through += (worker.event.function,)
                (worker,) = worker.children
            told.setdefault(worker.index, through)
    return told


def is_told_failure(call: Call) -> bool:
    """Whether a story tells that `call` failed: where the error arises or leaves a world.

    Not where it is only handed up, nor where the caller shrugs it off, unless it was injected.
    """
    if call.parent is None:
        return True
    if call.parent.failed is None:
        return call.failed is not None and call.failed.injected
    return call.is_origin or call.parent.lane != call.lane


def is_event_of_story(event: Event, call: Call | None, lane: Lane) -> bool:
    """Whether a story tells of an event other than a call and its end.

    Signals, messages and their steps, what the M4 ran, unwinding and console lines (not debug)
    always; memory written, but not by the M4, for running code writes all the time; a changed field
    if it is a state, a name before and after, or a truth value of the hardware; objects only while
    no call is open, for then they are the scenery.
    """
    match type(event).__name__:
        case "Changed":
            before, after = event.before, event.after  # type: ignore[union-attr]
            names = isinstance(before, str) and isinstance(after, str)
            return names or (lane == Lane.HARDWARE and isinstance(after, bool))
        case "Created" | "Gone":
            return call is None
        case "Wrote" | "Filled":
            return lane != Lane.M4
        case "Passed":
            return bool(event.messages)  # type: ignore[union-attr]
        case "Logged":
            return event.level != "debug"  # type: ignore[union-attr]
        case name:
            return name not in {"Fetched", "Entered", "Left", "Failed"}
