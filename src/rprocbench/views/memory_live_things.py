# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies in a board's memories, and from which event of a run to which."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rprocbench.base.errors import InputError
from rprocbench.base.trace import Changed, Created, Filled, Gone, Trace, Value, Wrote
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
        item = Item(
            _name(elf, segment, number), "da", segment.p_paddr, segment.p_memsz, "segment"
        )
        span = elf.content_span(segment)
        yield Thing(item, span=(span.start, span.end), problem=misfit(board, item))
    if table := elf.section(TABLE):
        item = Item(TABLE, "da", table.header.sh_addr, table.header.sh_size, "resource table")
        span = elf.content_span(table.header)
        yield Thing(item, span=(span.start, span.end), problem=misfit(board, item))


def _name(elf: ElfView, segment: Phdr, number: int) -> str:
    """The segment's number, and the first section that lies in it."""
    for section in elf.sections:
        at = section.header.sh_addr
        if section.name and section.header.sh_flags & 2 and segment.p_vaddr <= at:  # SHF_ALLOC
            if at < segment.p_vaddr + segment.p_memsz:
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
    item = thing.item
    for mapping in board.m4:
        at = item.start - mapping.base
        if at >= 0 and at + item.size <= mapping.size:
            ram, first = mapping.chip, mapping.offset + at
            break
    else:
        return
    content = image[slice(*thing.span)][: item.size]
    since = -1
    for index, event in enumerate(trace):
        if isinstance(event, Wrote | Filled) and event.ram == ram and event.offset <= first:
            data_at = first - event.offset
            if isinstance(event, Wrote):
                same = event.data[data_at : data_at + len(content)] == content
                if since < 0 and content and same:
                    since = index
            elif data_at + item.size <= event.size:
                if since < 0 and not content:
                    since = index
                elif since >= 0:
                    yield Thing(item, since, index, thing.span, thing.problem)
                    since = -1
    if since >= 0:
        yield Thing(item, since, FOREVER, thing.span, thing.problem)


def things_of_run(trace: Trace) -> list[Thing]:
    """Carveouts, vrings, buffers and trace buffers, for as long as each has a place."""
    found: list[Thing] = []
    kinds: dict[str, str] = {}
    fields: dict[str, dict[str, Value]] = {}
    open_: dict[str, tuple[Item, int]] = {}

    def place(owner: str, item: Item | None, index: int) -> None:
        before = open_.get(owner)
        if before and before[0] == item:
            return
        if before:
            found.append(Thing(before[0], before[1], index))
            del open_[owner]
        if item:
            open_[owner] = (item, index)

    for index, event in enumerate(trace):
        match event:
            case Created(owner=owner) if event.kind in PLACES:
                kinds[owner], fields[owner] = event.kind, dict(event.fields)
            case Changed(owner=owner) if owner in kinds:
                fields[owner][event.field] = event.after
            case Gone(owner=owner) if owner in kinds:
                place(owner, None, index)
                del kinds[owner]
                continue
            case _:
                continue
        place(owner, PLACES[kinds[owner]](owner, fields[owner]), index)
    found += [Thing(item, since) for item, since in open_.values()]
    return sorted(found, key=lambda thing: (thing.since, thing.item.start, thing.item.name))


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
        parts = dict(ring)  # type: ignore[arg-type,call-overload]  # whatever a file said
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
