# SPDX-License-Identifier: GPL-2.0-or-later
"""A signed image as a figure: the file to scale with what covers it; tables for rows and parts."""

from . import render
from .markup import Markup, picture, tag
from .signed_image_view import COVERS, Cover, Group, Link, SignedImageView, Stretch
from .svg import box, drawing, text_width, words
from .wording import clean, size, value

WIDTH, LEFT, RIGHT = 1080, 16, 16
BAR = 40
LINE = 19
TICKS = 8
KINDS: dict[Cover, int] = {"signed": 1, "signature": 0, "hashed": 2, "broken": 3, "nothing": 5}
LABELLED = 12


@render.body.register
def signed_image_body(view: SignedImageView) -> str:
    """Heading, picture with a text alternative, hash rows, parts that unfold."""
    image = picture(signed_image_svg(view), view.alt, WIDTH)
    findings = [tag("li", "✗ ", finding, class_="rb-bad") for finding in view.findings]
    parts = [_group(group) for group in view.groups]
    content = [
        tag("figcaption", view.title), image,
        _table("Coverage", ("Offset", "Size", "Covered by", "What it is"),
               [_stretch(part) for part in view.stretches]),
        _table("Hash table", ("Row", "Offset", "Address", "Size", "Segment", "Verdict", "SHA-256"),
               [_link(link) for link in view.links]),
        tag("details", tag("summary", f"Every byte by name: {len(parts)} parts"), parts),
        tag("ul", findings) if findings else "",
    ]  # fmt: skip
    return tag("figure", content, class_="rb rb-signed")


NUMBERS = {"Row", "Offset", "Address", "Size"}


def _table(caption: str, heads: tuple[str, ...], rows: list[Markup]) -> Markup:
    head = [tag("th", h, scope="col", class_="rb-number" if h in NUMBERS else None) for h in heads]
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", head)), tag("tbody", rows),
                class_="rb-table rb-list")  # fmt: skip
    return tag("div", table, class_="rb-scroll", tabindex="0", role="region", aria_label=caption)


def _cells(*cells: object) -> list[Markup]:
    return [tag("td", cell, class_="rb-number" if i < 2 else None) for i, cell in enumerate(cells)]


def _stretch(part: Stretch) -> Markup:
    swatch = tag("span", COVERS[part.cover], class_="rb-bad" if part.cover == "broken" else None)
    return tag("tr", _cells(f"{part.start:#x}", size(part.end - part.start), swatch, part.label))


def _link(link: Link) -> Markup:
    numbers = [str(link.row), f"{link.offset:#x}", f"{link.address:#010x}", size(link.filesz)]
    verdict = ("✓ " if link.good else "✗ ") + link.verdict
    return tag(
        "tr",
        [tag("td", number, class_="rb-number") for number in numbers],
        tag("td", link.segment or "–"),
        tag("td", verdict, class_=None if link.good else "rb-bad"),
        tag("td", f"{link.hash[:16]}…", title=link.hash, class_="rb-mono"),
    )  # fmt: skip


def _group(group: Group) -> Markup:
    count = f"{len(group.leaves)} field" + "s" * (len(group.leaves) != 1)
    head = f"{group.name}: {group.start:#x}, {size(group.end - group.start)}, {count}"
    rows = []
    for leaf in group.leaves:
        shown = value(leaf.value) if leaf.value != b"" else ""
        name = leaf.path.removeprefix(group.name).lstrip(".") or group.name
        cells = _cells(f"{leaf.span.start:#x}", size(len(leaf.span)), tag("code", name))
        rows.append(tag("tr", cells, tag("td", tag("code", shown)), tag("td", leaf.doc)))
    heads = ("Offset", "Size", "Field", "Value", "Meaning")
    return tag("details", tag("summary", tag("code", head)), _table(clean(group.name), heads, rows))


def signed_image_svg(view: SignedImageView) -> str:
    """The picture alone: the file to scale, a label for each stretch, a legend."""
    parts: list[Markup] = []
    room = WIDTH - LEFT - RIGHT
    scale = room / max(view.size, 1)
    y = 16.0
    for tick in range(TICKS + 1):
        x = LEFT + tick * room / TICKS
        anchor = "end" if tick == TICKS else "start" if not tick else "middle"
        parts.append(words(x, y, f"{view.size * tick // TICKS:#x}", "mono dim", anchor))
    y += 8
    for part in view.stretches:
        x, width = LEFT + part.start * scale, (part.end - part.start) * scale
        parts.append(box(x, y, width, BAR, KINDS[part.cover]))
    y = _labels(view, scale, y + BAR, parts)
    x = float(LEFT)
    for cover, said in COVERS.items():
        if total := view.total(cover):
            text = f"{said}: {size(total)}, {100 * total / view.size:.1f} %"
            if x + 26 + text_width(text) > WIDTH - RIGHT:
                x, y = float(LEFT), y + 26
            parts += [
                box(x, y, 20, 14, KINDS[cover]),
                words(x + 27, y + 11, text, "bad" if cover == "broken" else ""),
            ]
            x += 27 + text_width(text) + 22
    return drawing(WIDTH, y + 26, parts, view.title)


def _labels(view: SignedImageView, scale: float, y: float, parts: list[Markup]) -> float:
    """Names below the bar, each on the first line with room, joined to its stretch by a line."""
    lines: list[float] = []
    named = sorted(view.stretches, key=lambda s: s.start - s.end)[:LABELLED]
    labels: list[Markup] = []
    for part in sorted(named, key=lambda s: s.start):
        text = f"✗ {part.label}" if part.cover == "broken" else part.label
        middle = LEFT + (part.start + part.end) / 2 * scale
        need = text_width(text)
        start = min(max(middle - need / 2, LEFT), WIDTH - RIGHT - need)
        line = next((i for i, taken in enumerate(lines) if start > taken + 10), len(lines))
        lines[line : line + 1] = [start + need]
        base = y + 26 + line * LINE
        parts.append(tag("line", x1=f"{middle:.1f}", x2=f"{middle:.1f}", y1=f"{y + 1:.1f}",
                         y2=f"{base - 11:.1f}", class_="tick"))  # fmt: skip
        labels.append(words(start, base, text, "label bad" if part.cover == "broken" else "label"))
    parts += labels  # after all lines, which their halo cuts
    return y + 30 + len(lines) * LINE
