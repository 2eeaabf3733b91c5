# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies in a board's memories, and from which event of a run to which."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rprocbench.base.errors import InputError
from rprocbench.base.trace import Changed, Created, Event, Filled, Gone, Trace, Value, Wrote
from rprocbench.formats.elf import PT_LOAD, ElfView
from rprocbench.formats.elf_records import Phdr
from rprocbench.formats.signed_image import MAGIC, SignedImage
from rprocbench.formats.vring import SplitRing
from rprocbench.kernel.remoteproc import FW_RSC_ADDR_ANY
from rprocbench.soc.board import Board
from rprocbench.soc.memory import Da, Region, da_to_pa

from .memory_map import Item

Fields = Mapping[str, Value]
NOWHERE = (-1, -1)
FOREVER = 1 << 31
TABLE = ".resource_table"
MOST_SEGMENTS = 64
WIDEST = 1 << 40
SHF_ALLOC = 2


@dataclass(frozen=True, slots=True)
class Thing:
    """An item that exists from event `since` up to, not including, event `until`.

    `span` is where its bytes lie in the image. `problem` says why it does not fit.
    """

    item: Item
    since: int = -1
    until: int = FOREVER
    span: tuple[int, int] = NOWHERE
    problem: str = ""

    def exists(self, index: int) -> bool:
        """Whether it is there just after event `index`."""
        return self.since <= index < self.until


def windows(board: Board) -> list[Thing]:
    """The `dma-ranges`: where Linux and OP-TEE think that the M4 finds what."""
    return [
        Thing(Item(f"M4 {window.da:#010x}", "pa", window.pa, window.size, "dma-ranges"))
        for window in board.dma_ranges
    ]


def elves_of(image: bytes) -> list[ElfView]:
    """The ELF files in an image, as far as it has any."""
    try:
        if image[:4] == MAGIC.to_bytes(4, "little"):
            return [p.elf for p in SignedImage.parse(image).images if p.elf is not None]
        return [ElfView.parse(image)]
    except InputError:
        return []


def things_of_image(board: Board, image: bytes) -> list[Thing]:
    """The loadable segments, and the resource table, as the file has them."""
    return [thing for elf in elves_of(image) for thing in _of_elf(board, elf)]


def _of_elf(board: Board, elf: ElfView) -> Iterator[Thing]:
    loads = [s for s in elf.segments if s.p_type == PT_LOAD and s.p_memsz][:MOST_SEGMENTS]
    for number, segment in enumerate(loads):
        item = Item(_name(elf, segment, number), "da", segment.p_paddr, segment.p_memsz, "segment")
        span = elf.content_span(segment)
        yield Thing(item, span=(span.start, span.end), problem=misfit(board, item))
    if table := elf.section(TABLE):
        item = Item(TABLE, "da", table.header.sh_addr, table.header.sh_size, "resource table")
        span = elf.content_span(table.header)
        yield Thing(item, span=(span.start, span.end), problem=misfit(board, item))


def _name(elf: ElfView, segment: Phdr, number: int) -> str:
    """The segment's number, and the first section that lies in it."""
    for section in elf.sections:
        inside = 0 <= section.header.sh_addr - segment.p_vaddr < segment.p_memsz
        if section.name and inside and section.header.sh_flags & SHF_ALLOC:
            return f"PT_LOAD {number}: {section.name}"
    return f"PT_LOAD {number}"


def misfit(board: Board, item: Item) -> str:
    """Why the M4, Linux or OP-TEE could not take `item`; empty if all can."""
    start, size = item.start, item.size
    if not any(m.base <= start and start + size <= m.base + m.size for m in board.m4):
        return "the M4 has no memory there"
    pa = da_to_pa(board.dma_ranges, Da(start), size)
    if pa is None:
        return "not in one window of dma-ranges"
    problems = [
        f"{world}: {why}"
        for world, regions in (("Linux", board.linux_regions), ("OP-TEE", board.optee_regions))
        if (why := _outside(regions, pa, size))
    ]
    return "; ".join(problems)


def _outside(regions: Iterable[Region], pa: int, size: int) -> str:
    touched = [r for r in regions if r.pa < pa + size and pa < r.pa + r.size]
    if rings := [r.name for r in touched if "vring" in r.name]:
        return f"lies over {', '.join(rings)}"
    if not touched:
        return "in no region"
    whole = any(r.pa <= pa and pa + size <= r.pa + r.size for r in touched)
    return "" if whole else f"reaches beyond {', '.join(r.name for r in touched)}"


def loaded(board: Board, thing: Thing, image: bytes, trace: Trace) -> Iterator[Thing]:
    """The times for which a thing of the image lies in memory, as the run's writes tell."""
    place = _stored(board, thing.item)
    content = image[slice(*thing.span)][: thing.item.size]
    since = -1
    for index, event in enumerate(trace):
        if not isinstance(event, Wrote | Filled) or place is None or event.ram != place[0]:
            continue
        comes, goes = _effect(event, place[1] - event.offset, content, thing.item.size)
        if since < 0 and comes:
            since = index
        elif since >= 0 and goes:
            yield replace(thing, since=since, until=index)
            since = -1
    if since >= 0:
        yield replace(thing, since=since)


def _stored(board: Board, item: Item) -> tuple[str, int] | None:
    """The memory that the M4 finds `item` in, and how far into it."""
    for mapping in board.m4:
        at = item.start - mapping.base
        if at >= 0 and at + item.size <= mapping.size:
            return mapping.chip, mapping.offset + at
    return None


def _effect(event: Wrote | Filled, at: int, content: bytes, size: int) -> tuple[bool, bool]:
    """Whether a write brings the thing that begins `at` bytes into it, and whether it ends it."""
    if isinstance(event, Wrote):
        same = event.data[at : at + len(content)] == content
        return at >= 0 and bool(content) and same, False
    whole = at >= 0 and at + size <= event.size
    return whole and not content, whole


def things_of_run(trace: Trace) -> list[Thing]:
    """Carveouts, vrings, buffers and trace buffers, for as long as each has a place."""
    seen = _Placed()
    for index, event in enumerate(trace):
        seen.take(index, event)
    found = [*seen.found, *(Thing(item, since) for item, since in seen.open.values())]
    return sorted(found, key=lambda thing: (thing.since, thing.item.start, thing.item.name))


class _Placed:
    """The objects that have a place in memory, while the events go by."""

    def __init__(self) -> None:
        self.found: list[Thing] = []
        self.open: dict[str, tuple[Item, int]] = {}
        self.kinds: dict[str, str] = {}
        self.fields: dict[str, dict[str, Value]] = {}

    def take(self, index: int, event: Event) -> None:
        """Take one more event into account."""
        match event:
            case Created(owner=owner) if event.kind in PLACES:
                self.kinds[owner], self.fields[owner] = event.kind, dict(event.fields)
            case Changed(owner=owner) if owner in self.kinds:
                self.fields[owner][event.field] = event.after
            case Gone(owner=owner) if owner in self.kinds:
                self._place(owner, None, index)
                del self.kinds[owner]
                return
            case _:
                return
        self._place(owner, PLACES[self.kinds[owner]](owner, self.fields[owner]), index)

    def _place(self, owner: str, item: Item | None, index: int) -> None:
        before = self.open.get(owner)
        if before and before[0] == item:
            return
        if before:
            self.found.append(Thing(before[0], before[1], index))
            del self.open[owner]
        if item:
            self.open[owner] = (item, index)


def _carveout(owner: str, fields: Fields) -> Item | None:
    name = str(fields.get("name", owner))
    if pa := _number(fields.get("va")) or _number(fields.get("dma")):
        return _item(name, "pa", pa, fields.get("len"), "carveout")
    da = _number(fields.get("da"))
    known = None if da == FW_RSC_ADDR_ANY else da
    return _item(name, "da", known, fields.get("len"), "carveout")


def _trace_buffer(owner: str, fields: Fields) -> Item | None:
    return _item(owner, "da", fields.get("da"), fields.get("len"), "trace buffer")


def _vring(owner: str, fields: Fields) -> Item | None:
    ring = fields.get("ring")
    try:
        parts: dict[str, Value] = dict(ring)  # type: ignore[arg-type]  # whatever a file said
        base, num, align = (_number(parts[key]) for key in ("base", "num", "align"))
    except (KeyError, TypeError, ValueError):
        return None
    if not base or not num or not align or num > 1 << 16 or align & (align - 1):
        return None
    return _item(owner, "pa", base, SplitRing(num, align, base).end - base, "vring")


def _buffers(owner: str, fields: Fields) -> Item | None:
    match fields.get("block"):
        case (pa, size):
            return _item(f"buffers of {owner.removeprefix('virtio of ')}", "pa", pa, size, "buffer")
    return None


def _number(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _item(name: str, space: str, start: Value, size: Value, kind: str) -> Item | None:
    first, length = _number(start), _number(size)
    if first is None or length is None or not 0 < length < WIDEST or not 0 <= first < WIDEST:
        return None
    return Item(name, "pa" if space == "pa" else "da", first, length, kind)


PLACES: dict[str, Callable[[str, Fields], Item | None]] = {
    "RprocMemEntry": _carveout,
    "RprocDebugTrace": _trace_buffer,
    "Virtqueue": _vring,
    "VirtioDevice": _buffers,
}
