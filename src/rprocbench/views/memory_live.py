# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things lie at any event of a run: the memory map, with times, problems and bytes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rprocbench.base.trace import Trace
from rprocbench.bench import Recording
from rprocbench.soc.board import Board
from rprocbench.soc.boards import BOARDS
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .memory_live_things import FOREVER, Thing, loaded, things_of_image, things_of_run, windows
from .memory_map import Bank, Item, MemoryMap, memory_map
from .wording import clean


@dataclass(frozen=True, slots=True)
class LiveMemory:
    """The description of the view: `things` come and go; the board's own regions are always there.

    `misfits` are what the image asks for and cannot have, each with its problem.
    """

    title: str
    board: Board
    things: tuple[Thing, ...]
    misfits: tuple[Thing, ...]
    events: int

    def at(self, index: int) -> MemoryMap:
        """The memory map just after event `index`."""
        items = [thing.item for thing in self.things if thing.exists(index)]
        return memory_map(self.board, items, self.title)

    @property
    def fullest(self) -> int:
        """The first event after which most things exist; -1 where there is no run."""
        starts = sorted({thing.since for thing in self.things})
        counts = [(sum(t.exists(s) for t in self.things), -s) for s in starts]
        return -max(counts)[1] if counts else -1


def live_memory(
    board: Board, image: bytes = b"", trace: Trace | None = None, title: str = ""
) -> LiveMemory:
    """Describe `board`'s memories with what `image` brings, and over a run what `trace` tells.

    Without a trace the image's segments count as loaded.
    """
    from_image = things_of_image(board, image)
    misfits = tuple(thing for thing in from_image if thing.problem)
    things = windows(board)
    if trace is None:
        things += from_image
    else:
        for thing in from_image:
            things += loaded(board, thing, image, trace)
        things += things_of_run(trace)
    title = title or f"Memory of {board.name}"
    return LiveMemory(title, board, tuple(things), misfits, len(trace or ()))


def memory_of(recording: Recording) -> LiveMemory:
    """Describe the memories of a finished run."""
    board = BOARDS.get(recording.board, STM32MP157C_DK2)
    return live_memory(board, recording.image, recording.trace)


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing where it is stored: `start` bytes into bank number `bank` (-1: nowhere)."""

    thing: Thing
    bank: int
    start: int
    note: str = ""
    is_gap: bool = False


def place_all(view: LiveMemory) -> tuple[tuple[Bank, ...], list[Placed]]:
    """The banks, and everything that is ever in them, with what overlaps and what is free."""
    whole = memory_map(view.board)
    placed: list[Placed] = []
    for number, bank in enumerate(whole.banks):
        for track in bank.tracks:
            for block in track.with_gaps:
                item = _item_of(block.name, block.address, block.size, track.kind)
                note = "" if block.is_thing else "free"
                thing = Thing(item)
                placed.append(
                    Placed(thing, number, block.start, block.note or note, not block.is_thing)
                )
    there = [_place(whole.banks, thing) for thing in view.things]
    placed += [replace(one, note=_note(one, there)) for one in there]
    return whole.banks, placed


def _item_of(name: str, address: int, size: int, kind: str) -> Item:
    return Item(name, "pa", max(address, 0), size, kind)


def _place(banks: Iterable[Bank], thing: Thing) -> Placed:
    item = thing.item
    world = "Linux" if item.space == "pa" else "M4"
    for number, bank in enumerate(banks):
        for alias in bank.aliases:
            at = item.start - alias.base
            if alias.world == world and at >= 0 and at + item.size <= alias.size:
                return Placed(thing, number, alias.offset + at)
    return Placed(thing, -1, 0)


def _note(one: Placed, others: Iterable[Placed]) -> str:
    """Which things of its kind it meets while both exist."""
    mine, notes = one.thing, []
    if mine.problem:
        notes.append(f"✗ {mine.problem}")
    if one.bank < 0:
        notes.append("✗ in no memory of the board")
        return "; ".join(notes)
    for other in others:
        its = other.thing
        if (
            other is one
            or other.bank != one.bank
            or its.item.kind != mine.item.kind
            or its.since >= mine.until
            or mine.since >= its.until
            or other.start >= one.start + mine.item.size
            or one.start >= other.start + its.item.size
        ):
            continue
        apart = mine.item.space == its.item.space and (
            mine.item.start + mine.item.size <= its.item.start
            or its.item.start + its.item.size <= mine.item.start
        )
        notes.append(f"{'≡ same bytes as' if apart else '✗ overlaps'} {clean(its.item.name)}")
    return "; ".join(dict.fromkeys(notes))


def when(thing: Thing, events: int) -> str:
    """The time of a thing in words."""
    if thing.since < 0 and thing.until == FOREVER:
        return "always" if events else ""
    start = "from the start" if thing.since < 0 else f"from event {thing.since}"
    return start if thing.until == FOREVER else f"{start} to {thing.until}"
