# SPDX-License-Identifier: GPL-2.0-or-later
"""Who owns which buffer: both rings of a vdev at a moment of a run, as their bytes say."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from rprocbench.base.state import MemoryImage, State, state_at
from rprocbench.base.trace import Passed, Trace, Value
from rprocbench.formats.vring import RpmsgHdr, SplitRing, VringDesc

from .wording import clean

FREE, WITH_M4, COMING = "Linux's", "the M4's", "given back"
OWNERS = {
    FREE: "Linux has it: no descriptor lends it",
    WITH_M4: "the M4 has it: it is available, and not given back",
    COMING: "the M4 has given it back, and Linux has not taken it yet",
}
COUNTER = 0xFFFF


@dataclass(frozen=True, slots=True)
class Slot:
    """One descriptor: the buffer, whose it is, where a ring names it, the message in it."""

    head: int
    addr: int
    size: int
    flags: int
    owner: str
    place: str
    message: int
    content: str


@dataclass(frozen=True, slots=True)
class Queue:
    """One virtqueue. Indices are as the memory has them; `last_used_idx` is how far Linux looked.

    `oddity` says what is wrong with them, if something is: then owners are not told.
    """

    name: str
    role: str
    num: int
    base: int
    avail_flags: int
    avail_idx: int
    used_flags: int
    used_idx: int
    last_used_idx: int
    slots: tuple[Slot, ...]
    oddity: str = ""

    @property
    def owners(self) -> dict[str, int]:
        """How many buffers each has."""
        counted = Counter(slot.owner for slot in self.slots)
        return {owner: counted[owner] for owner in OWNERS}

    @property
    def indices(self) -> str:
        """The indices and flags in a line."""
        told = {0: "", 1: ", wants no signal"}
        avail = f"avail.idx {self.avail_idx}{told.get(self.avail_flags, '')}"
        used = f"used.idx {self.used_idx}{told.get(self.used_flags, '')}"
        return f"Linux: {avail}; M4: {used}; Linux looked up to {self.last_used_idx}"


@dataclass(frozen=True, slots=True)
class Rings:
    """The description of the view: every virtqueue that exists just after event `index`."""

    title: str
    index: int
    queues: tuple[Queue, ...]

    @property
    def alt(self) -> str:
        """The whole view in a sentence or two, for who does not see it."""
        if not self.queues:
            return f"{self.title}: there is no ring at event {self.index}."
        told = (
            f"{one.name} has {one.num} descriptors, "
            + ", ".join(f"{count} {owner}" for owner, count in one.owners.items() if count)
            for one in self.queues
        )
        return f"{self.title}, at event {self.index}: {'; '.join(told)}."


def rings(trace: Trace, index: int | None = None, title: str = "Rings") -> Rings:
    """Describe the rings just after event `index` of `trace`; by default, after the last.

    Owners are told for a device that gives buffers back in their order, as firmware mostly does.
    """
    at = len(trace) - 1 if index is None else index
    state = state_at(trace, at)
    names = [name for name, kind in state.kinds.items() if kind == "Virtqueue"]
    inside = _messages(trace, at)
    queues = tuple(_queue(state, name, inside.get(name, {})) for name in names)
    return Rings(title, at, queues)


def busiest(trace: Trace) -> int:
    """The first event at which a program's message is on its way to the M4; else the last one."""
    for index, event in enumerate(trace):
        if isinstance(event, Passed) and event.step in ("kicked", "spared") and event.messages:
            return index
    return len(trace) - 1


def _messages(trace: Trace, at: int) -> dict[str, dict[int, int]]:
    """Which message is in the buffer of each descriptor, by queue."""
    inside: dict[str, dict[int, int]] = {}
    for event in trace[: at + 1]:
        if isinstance(event, Passed) and event.head >= 0:
            held = inside.setdefault(event.queue, {})
            if event.step in ("described", "answered") and event.messages:
                held[event.head] = event.messages[0]
            elif event.step == "lent":
                held.pop(event.head, None)
    return inside


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _queue(state: State, name: str, inside: dict[int, int]) -> Queue:
    fields = state.objects[name]
    laid = fields["ring"]
    layout: dict[Any, Any] = dict(cast("Any", laid))  # a frozen `SplitRing`: fields and values
    ring = SplitRing(**{key: _number(value) for key, value in layout.items()})
    memory = state.memories.get(str(fields["ram"]), MemoryImage(0))
    start = _number(fields["at"]) - ring.base  # what turns an address into an offset

    def u16(address: int) -> int:
        return int.from_bytes(memory.read(start + address, 2), "little")

    avail_idx, used_idx = u16(ring.avail + 2), u16(ring.used + 2)
    looked = _number(fields["last_used_idx"])
    places, oddity = _places(ring, (avail_idx, used_idx, looked), u16)
    slots = tuple(
        _slot(memory, start, ring, head, (places.get(head, (FREE, "")), inside.get(head, 0)))
        for head in range(ring.num)
    )
    role = "the M4 sends, Linux hears" if name.endswith("input") else "Linux sends, the M4 hears"
    return Queue(
        clean(name), role, ring.num, ring.base, u16(ring.avail), avail_idx, u16(ring.used),
        used_idx, looked, slots, oddity,
    )  # fmt: skip


def _places(
    ring: SplitRing, indices: tuple[int, int, int], u16: Callable[[int], int]
) -> tuple[dict[int, tuple[str, str]], str]:
    """Where each descriptor that is lent or given back stands; and what is odd."""
    avail_idx, used_idx, looked = indices
    places: dict[int, tuple[str, str]] = {}
    lent, back = (avail_idx - used_idx) & COUNTER, (used_idx - looked) & COUNTER
    if lent > ring.num:
        return places, f"avail.idx {avail_idx} and used.idx {used_idx} are {lent} apart"
    if back > ring.num:
        return places, f"used.idx {used_idx} is {back} from what Linux has taken, {looked}"
    for step in range(lent):
        slot = (used_idx + step) % ring.num
        places[u16(ring.avail_ring(slot))] = (WITH_M4, f"avail[{slot}]")
    for step in range(back):
        slot = (looked + step) % ring.num
        places[u16(ring.used_ring(slot))] = (COMING, f"used[{slot}]")
    return places, ""


def _slot(
    memory: MemoryImage, start: int, ring: SplitRing, head: int, held: tuple[tuple[str, str], int]
) -> Slot:
    (owner, place), message = held
    raw = memory.read(start + ring.desc(head), VringDesc.SIZE).ljust(VringDesc.SIZE, b"\0")
    addr, size, flags, _next = VringDesc.FORMAT.unpack(raw)
    content = ""
    if start + addr >= 0 and message and (owner != FREE or not flags):
        header = memory.read(start + addr, RpmsgHdr.SIZE)
        if len(header) == RpmsgHdr.SIZE:
            src, dst, _reserved, length, _flags = RpmsgHdr.FORMAT.unpack(header)
            content = f"{src:#x} → {dst:#x}, {length} bytes"
    return Slot(head, addr, size, flags, owner, place, message if content else 0, content)
