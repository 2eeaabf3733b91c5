# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things lie: each memory of a board, with what Linux, OP-TEE and an image put into it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from rprocbench.soc.board import Board
from rprocbench.soc.memory import Da, Pa, da_to_pa, pa_to_da

from .wording import clean, size

Space = Literal["pa", "da"]
WORLDS = {"pa": "Linux", "da": "M4"}


@dataclass(frozen=True, slots=True)
class Item:
    """Something to place: `size` bytes at `start` as Linux (`pa`) or the M4 (`da`) counts.

    `kind` is a word such as `segment`, `vring`, `trace` or `table`; things of a kind share a track.
    """

    name: str
    space: Space
    start: int
    size: int
    kind: str


@dataclass(frozen=True, slots=True)
class Alias:
    """`size` bytes of a memory, from `offset`, as `world` finds them at `base`."""

    world: Literal["Linux", "M4"]
    base: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Block:
    """`size` bytes from `start` of a memory, that were placed by `address` of `space`.

    `other` is where the other world finds it by the board's `dma-ranges`, if it does.
    `overlaps` names the things of its track that claim some of its addresses, `shares` those that
    reach some of its bytes by other addresses.
    """

    name: str
    kind: str
    start: int
    size: int
    space: Space = "pa"
    address: int = -1
    other: int | None = None
    overlaps: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.start + self.size

    @property
    def is_thing(self) -> bool:
        """Whether it was placed; a gap was not."""
        return self.address >= 0

    @property
    def note(self) -> str:
        """What else lies there, in words: `✗` where that is wrong, `≡` where it is an alias."""
        wrong = [f"✗ overlaps {', '.join(self.overlaps)}"] if self.overlaps else []
        alias = [f"≡ same bytes as {', '.join(self.shares)}"] if self.shares else []
        return "; ".join(wrong + alias)


@dataclass(frozen=True, slots=True)
class Track:
    """Things of one kind in one memory, in address order; `gaps` is what they leave free."""

    kind: str
    blocks: tuple[Block, ...]
    gaps: tuple[tuple[int, int], ...]

    @property
    def with_gaps(self) -> list[Block]:
        """Its things and, named `free`, its gaps, in the order they lie."""
        free = [Block("free", self.kind, start, end - start) for start, end in self.gaps]
        return sorted([*self.blocks, *free], key=lambda block: (block.start, block.end))


@dataclass(frozen=True, slots=True)
class Bank:
    """One memory, and where each world finds it."""

    name: str
    size: int
    aliases: tuple[Alias, ...]
    tracks: tuple[Track, ...]

    def address(self, world: str, block: Block) -> int | None:
        """Where `world` finds `block`: as placed, else by `dma-ranges`, else by the first alias."""
        if block.is_thing and world == WORLDS[block.space]:
            return block.address
        if block.is_thing and block.other is not None:
            return block.other
        offset = block.start
        for alias in self.aliases:
            if alias.world == world and alias.offset <= offset < alias.offset + alias.size:
                return alias.base + offset - alias.offset
        return None

    def bases(self, world: str) -> str:
        """All the places where `world` finds the memory."""
        found = [f"{a.base:#010x}" for a in self.aliases if a.world == world]
        return ", ".join(found) or "not mapped"


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """The description of the view. `strays` lie in no memory of the board."""

    title: str
    banks: tuple[Bank, ...]
    strays: tuple[Item, ...]

    @property
    def alt(self) -> str:
        """The whole view in sentences, for who does not see it."""
        parts = [f"{self.title}."]
        for bank in self.banks:
            names = "; ".join(
                f"{track.kind}: {', '.join(block.name for block in track.blocks)}"
                for track in bank.tracks
            )
            parts.append(f"{bank.name}, {size(bank.size)}. {names or 'empty'}.")
        if self.strays:
            parts.append(
                "In no memory: " + ", ".join(clean(item.name) for item in self.strays) + "."
            )
        return " ".join(parts)


def memory_map(board: Board, items: Iterable[Item] = (), title: str = "") -> MemoryMap:
    """Describe the memories of `board`, its reserved regions in both worlds, and `items`.

    Things are compared where they are stored, so two that reach the same bytes by different
    addresses overlap.
    """
    regions = [
        Item(region.name, "pa", region.pa, region.size, kind)
        for kind, all_ in (
            ("Linux region", board.linux_regions),
            ("OP-TEE region", board.optee_regions),
        )
        for region in all_
    ]
    wanted = [*regions, *items]
    banks, placed = [], set()
    for name, length, aliases in _memories(board):
        here = [(index, block) for index, item in enumerate(wanted)
                if (block := _place(board, item, aliases))]  # fmt: skip
        placed |= {index for index, _block in here}
        kinds = dict.fromkeys(block.kind for _index, block in here)
        tracks = tuple(
            _track(kind, [block for _index, block in here if block.kind == kind], length)
            for kind in kinds
        )
        banks.append(Bank(name, length, aliases, tracks))
    strays = tuple(item for index, item in enumerate(wanted) if index not in placed)
    return MemoryMap(title or f"Memory of {board.name}", tuple(banks), strays)


def _memories(board: Board) -> Iterator[tuple[str, int, tuple[Alias, ...]]]:
    for chip in board.chips:
        linux = [Alias("Linux", m.base, m.offset, m.size) for m in board.a7 if m.chip == chip.name]
        m4 = [Alias("M4", m.base, m.offset, m.size) for m in board.m4 if m.chip == chip.name]
        yield chip.name, chip.size, (*linux, *m4)
    pool = board.dma_pool
    yield f"{pool.name} (DDR)", pool.size, (Alias("Linux", pool.pa, 0, pool.size),)


def _place(board: Board, item: Item, aliases: tuple[Alias, ...]) -> Block | None:
    world = WORLDS[item.space]
    other: int | None
    if item.space == "pa":
        other = pa_to_da(board.dma_ranges, Pa(item.start), item.size)
    else:
        other = da_to_pa(board.dma_ranges, Da(item.start), item.size)
    for alias in aliases:
        at = item.start - alias.base
        if alias.world == world and at >= 0 and at + item.size <= alias.size:
            name, kind = clean(item.name), clean(item.kind)
            return Block(name, kind, alias.offset + at, item.size, item.space, item.start, other)
    return None


def _track(kind: str, blocks: list[Block], length: int) -> Track:
    """Regions tell all that they leave free, other things only what lies between them."""
    blocks.sort(key=lambda block: (block.start, block.end, block.name))
    is_region = kind.endswith("region")
    told, gaps, at = [], [], 0 if is_region else blocks[0].start
    for block in blocks:
        others = [
            other for other in blocks
            if other is not block and other.start < block.end and block.start < other.end
        ]  # fmt: skip
        shares = tuple(other.name for other in others if _is_elsewhere(block, other))
        overlaps = tuple(other.name for other in others if not _is_elsewhere(block, other))
        told.append(replace(block, overlaps=overlaps, shares=shares))
        if block.start > at:
            gaps.append((at, block.start))
        at = max(at, block.end)
    if at < length and is_region:
        gaps.append((at, length))
    return Track(kind, tuple(told), tuple(gaps))


def _is_elsewhere(block: Block, other: Block) -> bool:
    """Whether two things that share bytes were placed at addresses that do not meet."""
    apart = (
        block.address + block.size <= other.address or other.address + other.size <= block.address
    )
    return block.space == other.space and apart
