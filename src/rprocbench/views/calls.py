# SPDX-License-Identifier: GPL-2.0-or-later
"""The call tree of a trace, and which of its calls and errors a story tells."""

from dataclasses import dataclass, field

from rprocbench.base.trace import Entered, Event, Failed, Lane, Left, Trace, Unwound, lanes


@dataclass(slots=True, eq=False)
class Call:
    """One call: where it lies in the trace, and how deep it is since control entered its realm.

    A realm is a source tree and its top directory: Linux drivers, OP-TEE's `ta`, OP-TEE's `core`.
    Between realms lies a border: of worlds, or of privilege.
    """

    event: Entered
    index: int
    lane: Lane
    realm: tuple[str, str]
    parent: "Call | None"
    local: int
    end: int
    failed: Failed | None = None
    children: list["Call"] = field(default_factory=list)
    unwinds: bool = False

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
        if callee.lane != self.lane:
            return False
        fills = callee.index == self.index + 1 and callee.end == self.end - 1
        return fills and not callee.is_empty

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
            case _:
                pass
        tree.inside.append(here)
        here = after
    return tree


def _call(event: Entered, index: int, lane: Lane, parent: Call | None, end: int) -> Call:
    realm = (event.cite.tree, event.cite.path.split("/", 1)[0])
    local = parent.local + 1 if parent and parent.realm == realm else 0
    call = Call(event, index, lane, realm, parent, local, end)
    if parent:
        parent.children.append(call)
    return call


def is_told(call: Call, depth: int) -> bool:
    """Whether a story that looks `depth` calls into each realm tells of `call`.

    It tells of: calls across a border, always; calls up to `depth` below the border, if anything
    happened in them; where an error arises; who unwinds.
    """
    if call.is_border or call.is_origin or call.unwinds:
        return True
    return call.local <= depth and not call.is_empty


def told_calls(tree: CallTree, depth: int) -> dict[int, tuple[str, ...]]:
    """The calls that a story tells of, by event index, each with those that it stands for.

    A call across a border that does nothing but hand control on, within its world, is told through
    the one that does the work.
    """
    told: dict[int, tuple[str, ...]] = {}
    for call in tree.calls:
        if is_told(call, depth):
            through: tuple[str, ...] = ()
            worker = call
            while worker.parent and worker.hands_on:
                through += (worker.event.function,)
                (worker,) = worker.children
            told.setdefault(worker.index, through)
    return told


def is_told_failure(call: Call) -> bool:
    """Whether a story tells that `call` failed: not where it only hands up the error of a callee.

    Where the error leaves a world, or the outermost call, it is told again.
    """
    return call.is_origin or call.parent is None or call.parent.lane != call.lane


def is_event_of_story(event: Event, call: Call | None) -> bool:
    """Whether a story tells of an event other than a call and its end.

    Signals, messages, what the M4 ran, unwinding and console lines (not debug) always; a changed
    field if it is a state: a name or a truth value before and after; objects only while no call
    is open, for then they are the scenery.
    """
    match type(event).__name__:
        case "Changed":
            before, after = event.before, event.after  # type: ignore[union-attr]
            return type(before) is type(after) and isinstance(after, str | bool)
        case "Created" | "Gone":
            return call is None
        case "Logged":
            return event.level != "debug"  # type: ignore[union-attr]
        case name:
            return name not in {"Fetched", "Entered", "Left", "Failed"}
