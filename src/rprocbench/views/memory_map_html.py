# SPDX-License-Identifier: GPL-2.0-or-later
"""A memory map as a figure: each memory to scale, each kind a track; and the same as a table."""

from . import render
from .markup import Markup, picture, tag
from .memory_map import Bank, Block, MemoryMap, Track
from .svg import box, drawing, text_width, words
from .wording import size

WIDTH, LEFT, RIGHT = 1080, 128, 20
ROW, BAR = 24, 18
TICKS = 8
CAPTION = "What lies where. The other world's address is what dma-ranges makes of it."
HEADS = ("Memory", "Kind", "Name", "Offset", "Size", "Linux (pa)", "M4 (da)", "Remark")
NUMBERS = HEADS[3:7]
KINDS = {"Linux region": 0, "OP-TEE region": 1, "segment": 2, "vring": 3, "buffer": 4}


@render.body.register
def memory_map_body(view: MemoryMap) -> str:
    """Heading, picture with a text alternative, table."""
    table = tag(
        "table",
        tag("caption", CAPTION),
        tag("thead", tag("tr", [
            tag("th", head, scope="col", class_="rb-number" if head in NUMBERS else None)
            for head in HEADS
        ])),
        tag("tbody", _rows(view)),
        class_="rb-table rb-list",
    )  # fmt: skip
    scroll = tag("div", table, class_="rb-scroll", tabindex="0", role="region",
                 aria_label=f"{view.title}: table")  # fmt: skip
    details = tag("details", tag("summary", "The same as a table"), scroll)
    image = picture(memory_map_svg(view), view.alt, WIDTH)
    return tag("figure", tag("figcaption", view.title), image, details, class_="rb rb-memory")


def _rows(view: MemoryMap) -> list[Markup]:
    rows = []
    for bank in view.banks:
        for track in bank.tracks:
            rows += [_row(bank, block) for block in track.with_gaps]
    for item in view.strays:
        name, kind = tag("th", item.name, scope="row"), tag("td", item.kind)
        start = f"{item.start:#010x}"
        place = [tag("td", start if item.space == space else "–", class_="rb-number")
                 for space in ("pa", "da")]  # fmt: skip
        count = tag("td", size(item.size), class_="rb-number")
        remark = tag("td", "✗ in no memory of the board", class_="rb-bad")
        rows.append(tag("tr", tag("td", "–"), kind, name, tag("td", "–", class_="rb-number"), count,
                        place, remark))  # fmt: skip
    return rows


def _row(bank: Bank, block: Block) -> Markup:
    places = (bank.address(world, block) for world in ("Linux", "M4"))
    addresses = ["–" if place is None else f"{place:#010x}" for place in places]
    numbers = [f"{block.start:#x}", size(block.size), *addresses]
    return tag(
        "tr",
        tag("td", bank.name), tag("td", block.kind), tag("th", block.name, scope="row"),
        [tag("td", number, class_="rb-number") for number in numbers],
        tag("td", block.note, class_="rb-bad" if block.overlaps else None),
    )  # fmt: skip


def memory_map_svg(view: MemoryMap) -> str:
    """The picture alone."""
    parts: list[Markup] = []
    y = 14.0
    for bank in view.banks:
        if bank.tracks:
            y = _bank(bank, y, parts)
    empty = ", ".join(f"{bank.name} ({size(bank.size)})" for bank in view.banks if not bank.tracks)
    if empty:
        parts.append(words(16, y + 10, f"Nothing lies in: {empty}", "dim"))
        y += 24
    for item in view.strays:
        text = f"✗ {item.name}: {item.space} {item.start:#010x} +{item.size:#x} is in no memory"
        parts.append(words(16, y + 10, text, "bad"))
        y += 20
    return drawing(WIDTH, y + 6, parts, view.title)


def _bank(bank: Bank, y: float, parts: list[Markup]) -> float:
    scale = (WIDTH - LEFT - RIGHT) / bank.size
    parts.append(words(16, y + 8, f"{bank.name}, {size(bank.size)}", "strong"))
    where = f"Linux {bank.bases('Linux')}      M4 {bank.bases('M4')}"
    parts.append(words(WIDTH - RIGHT, y + 8, where, "mono dim", "end"))
    y += 34
    for tick in range(TICKS + 1):
        x = LEFT + tick * (WIDTH - LEFT - RIGHT) / TICKS
        anchor = "end" if tick == TICKS else "start" if not tick else "middle"
        parts.append(words(x, y - 6, f"+{bank.size * tick // TICKS:#x}", "mono dim", anchor))
        parts.append(tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=y - 3, y2=y + 2, class_="tick"))
    y += 4
    for number, track in enumerate(bank.tracks):
        y = _track(track, number, scale, y, parts)
    return y + 22


def _track(track: Track, number: int, scale: float, y: float, parts: list[Markup]) -> float:
    parts.append(words(16, y + 13, track.kind))
    lines = _pack(track, scale)
    for line in lines:
        ground = {"x": LEFT, "y": f"{y:.1f}", "width": WIDTH - LEFT - RIGHT, "height": BAR}
        parts.append(tag("rect", **ground, class_="empty"))
        for block, label_x, anchor in line:
            x, width = LEFT + block.start * scale, block.size * scale
            parts.append(box(x, y, width, BAR, KINDS.get(track.kind, number)))
            if block.overlaps:
                bad = {
                    "x": f"{x:.1f}",
                    "y": f"{y:.1f}",
                    "width": f"{max(width, 2):.1f}",
                    "height": BAR,
                }
                parts.append(tag("rect", **bad, class_="kbad"))
            parts.append(
                words(
                    label_x,
                    y + 13,
                    _label(block),
                    "label mono bad" if block.overlaps else "label mono",
                    anchor,
                )
            )
        y += ROW
    return y + 4


def _label(block: Block) -> str:
    text = block.name if len(block.name) <= 32 else block.name[:31] + "…"
    return f"✗ {text}" if block.overlaps else text


Placed = tuple[Block, float, str]


def _pack(track: Track, scale: float) -> list[list[Placed]]:
    """Blocks on as few lines as hold them and their labels side by side."""
    lines: list[tuple[float, list[Placed]]] = []
    for block in track.blocks:
        x, end = LEFT + block.start * scale, LEFT + max(block.end * scale, block.start * scale + 2)
        need = text_width(_label(block), mono=True)
        if need + 8 <= end - x:
            first, last, placed = x, end, (block, (x + end) / 2, "middle")
        elif end + 5 + need <= WIDTH - RIGHT:
            first, last, placed = x, end + 5 + need, (block, end + 5, "start")
        else:
            first, last, placed = x - 5 - need, end, (block, x - 5, "end")
        for index, (taken, line) in enumerate(lines):
            if first >= taken + 4 or (not line and first >= LEFT):
                lines[index] = (last, [*line, placed])
                break
        else:
            lines.append((last, [placed]))
    return [line for _taken, line in lines]
