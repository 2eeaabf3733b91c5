# SPDX-License-Identifier: GPL-2.0-or-later
"""Moments of an M4, kept while it runs, to start from when somebody wants to see an earlier one.

They lie so close that running on from one to any place takes a few milliseconds. When they get too
many, every second one of the older half goes; what is visited there gets new ones.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rprocbench.base.run import Watched
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Ram
from rprocbench.soc.twin import PAGE

from .machine import CortexM4
from .pages import Image, Pages

SPACING = 300_000  # instructions, or what takes as long
SLICE, ACCESS = 4_000, 200  # instructions that take as long as one slice, one register access
MOST, MOST_BYTES = 4096, 64 << 20
FLAGS = ("cycles", "entries", "is_running", "is_asleep", "waits_for_event", "slept_at")


@dataclass(frozen=True, slots=True, order=True)
class Snapshot:
    """The M4 after `cycles` instructions, when the first `index` events of the trace had come."""

    cycles: int
    index: int
    flags: tuple[int, ...] = field(compare=False)
    event: bool = field(compare=False)
    registers: tuple[int, ...] = field(compare=False)
    monitor: tuple[int, int] = field(compare=False)
    peripherals: dict[str, Any] = field(compare=False)
    stored: dict[int, int] = field(compare=False)
    wires: dict[str, dict[str, Any]] = field(compare=False)
    memories: dict[str, Image] = field(compare=False)


class Camera:
    """Takes snapshots of one core, and puts it back into them."""

    def __init__(self, core: CortexM4) -> None:
        self.core = core
        self.pages = {
            name: Pages(core.soc.rams[name].buffer)
            for name in {mapping.chip for mapping in core.soc.m4.mappings}
        }
        self._stored: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def take(self, index: int) -> Snapshot:
        """The core as it is now, `index` events into the trace."""
        core = self.core
        return Snapshot(
            cycles=core.cycles,
            index=index,
            flags=tuple(getattr(core, name) for name in FLAGS),
            event=core.exceptions.event,
            registers=core.engine.save(),
            monitor=core.engine.monitor.state,
            peripherals={name: each.save() for name, each in core.peripherals.items()},
            stored=dict(core.bus.stored),
            wires=wires(core.soc),
            memories={name: pages.image() for name, pages in self.pages.items()},
        )

    def put(self, snapshot: Snapshot) -> None:
        """Let the core be as it was."""
        core = self.core
        for name, pages in self.pages.items():
            pages.become(snapshot.memories[name], self._forget(name))
        for name, value in zip(FLAGS, snapshot.flags, strict=True):
            setattr(core, name, value)
        for label, each in objects(core.soc).items():
            rewire(each, snapshot.wires.get(label, {}))
        core.exceptions.event = snapshot.event
        for name, state in snapshot.peripherals.items():
            core.peripherals[name].restore(state)
        core.bus.stored = dict(snapshot.stored)
        core.engine.put(snapshot.registers)
        core.engine.monitor.state = snapshot.monitor

    def _forget(self, chip: str) -> Any:
        core = self.core
        bases = [m.base - m.offset for m in core.soc.m4.mappings if m.chip == chip]

        def forget(offset: int, size: int) -> None:
            for base in bases:
                core.engine.forget_code(base + offset, size)

        return forget


class Album:
    """The snapshots of one run, in order."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._snapshots: list[Snapshot] = []
        self.most, self.most_bytes = most, most_bytes
        self._fresh = 0

    def __len__(self) -> int:
        return len(self._snapshots)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self._snapshots)

    def add(self, snapshot: Snapshot) -> None:
        """Keep one more, and drop others if they get too many."""
        at = bisect_right(self._snapshots, snapshot)
        if at and self._snapshots[at - 1] == snapshot:
            return
        insort(self._snapshots, snapshot)
        self._fresh += 1
        too_many = len(self._snapshots) > self.most
        if too_many or (self._fresh >= 64 and self.size > self.most_bytes):
            self.thin()
        if self._fresh >= 64:
            self._fresh = 0

    def before(self, cycles: int, index: int) -> Snapshot | None:
        """The last one that is not behind that moment, and had not seen more events."""
        at = bisect_right(self._snapshots, (cycles, index), key=lambda s: (s.cycles, s.index))
        while at and self._snapshots[at - 1].index > index:
            at -= 1
        return self._snapshots[at - 1] if at else None

    def thin(self) -> None:
        """Drop every second one of the older three quarters; the first stays."""
        old = len(self._snapshots) * 3 // 4
        self._snapshots[1:old] = self._snapshots[2:old:2]

    @property
    def size(self) -> int:
        """Bytes of pages that are kept."""
        chunks = {id(c): c for s in self._snapshots for i in s.memories.values() for c in i}
        pages = {id(page) for chunk in chunks.values() for page in chunk}
        return len(pages) * PAGE


class Keeper:
    """Fills an album while the machine runs."""

    def __init__(self, core: CortexM4, album: Album, spacing: int = SPACING) -> None:
        self.core, self.album, self.spacing = core, album, spacing
        self._camera = Camera(core)
        self._due = 0
        self._was_quiet = False
        core.between = self.look
        core.longest_slice = min(core.longest_slice, spacing)

    def look(self) -> None:
        """Between two stretches: take a snapshot if one is due."""
        core = self.core
        cost = cost_of(core)
        if core.run.is_quiet:
            self._was_quiet = True  # the trace will not tell how it came to what follows
        elif (cost >= self._due or self._was_quiet) and not core.entries:
            self.album.add(self._camera.take(len(core.run.trace)))
            self._due, self._was_quiet = cost + self.spacing, False


def cost_of(core: CortexM4) -> int:
    """What the core has done so far, in instructions that take as long."""
    return core.cycles + SLICE * core.slices + ACCESS * core.accesses


def objects(soc: Soc) -> dict[str, Watched]:
    """The silicon's own objects by name, memories left out."""
    found = (each for each in vars(soc).values() if isinstance(each, Watched))
    return {each.label: each for each in found if not isinstance(each, Ram)}


def wires(soc: Soc) -> dict[str, dict[str, Any]]:
    """Their fields."""
    return {
        label: {name: value for name, value in vars(each).items() if is_state(name)}
        for label, each in objects(soc).items()
    }


def is_state(name: str) -> bool:
    """Whether the field is state that an assignment can bring back."""
    return name[0] != "_" and name not in ("run", "label", "listeners", "regions")


def rewire(each: Watched, state: dict[str, Any]) -> None:
    """Let the object be as it was."""
    is_new = False
    for name, value in state.items():
        if getattr(each, name) != value:
            setattr(each, name, value)
            is_new = True
    if is_new:
        for listener in getattr(each, "listeners", ()):
            listener()
