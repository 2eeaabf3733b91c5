# SPDX-License-Identifier: GPL-2.0-or-later
"""A signed image in a terminal: a bar of what covers what, the hash rows, the parts."""

from . import render
from .signed_image_view import COVERS, Cover, Group, Link, SignedImageView
from .terminal import Terminal
from .wording import clean, columns, shorten, size, value

GLYPHS: dict[Cover, str] = {
    "signed": "█", "signature": "▓", "hashed": "▒", "broken": "x", "nothing": "·",
}  # fmt: skip
ROLES: dict[Cover, str] = {
    "signed": "OP-TEE", "signature": "Linux", "hashed": "M4", "broken": "error", "nothing": "dim",
}  # fmt: skip
FEW_LEAVES = 8


@render.text.register
def signed_image_text(view: SignedImageView, terminal: Terminal) -> str:
    """Coverage, hash rows, parts, findings."""
    width = terminal.width
    head = f"{clean(view.title)}  {size(view.size)}"
    lines = [terminal.paint(shorten(head, width), "strong"), "", *_bar(view, terminal), ""]
    for cover, words in COVERS.items():
        if total := view.total(cover):
            mark = terminal.paint(GLYPHS[cover] * 2, ROLES[cover])
            share = f"{size(total):>10}  {100 * total / view.size:5.1f} %"
            lines.append(f"  {mark} {share}  {shorten(words, width - 29)}")
    lines += ["", terminal.paint("What covers what", "strong")]
    for part in view.stretches:
        mark = terminal.paint(GLYPHS[part.cover], ROLES[part.cover])
        place = f"{part.start:#8x} {size(part.end - part.start):>10}"
        lines.append(
            f"  {place} {mark} {shorten(f'{COVERS[part.cover]}: {part.label}', width - 24)}"
        )
    lines += ["", terminal.paint("Hash table", "strong")]
    lines += [line for link in view.links for line in _link(link, terminal)] or ["  no row"]
    lines += ["", terminal.paint("Parts", "strong")]
    for group in view.groups:
        lines += _group(group, terminal)
    if view.findings:
        lines += ["", terminal.paint("Findings", "strong")]
        lines += [terminal.paint(shorten(f"  ✗ {clean(f)}", width), "error") for f in view.findings]
    return terminal.finish(lines)


def _bar(view: SignedImageView, terminal: Terminal) -> list[str]:
    """The file from its first byte to its last, to scale, though nothing is too small to see."""
    room = terminal.width - 4
    cells = [max(1, (s.end - s.start) * room // max(view.size, 1)) for s in view.stretches]
    while sum(cells) > room and max(cells) > 1:
        cells[cells.index(max(cells))] -= 1
    bar = "".join(
        terminal.paint(GLYPHS[part.cover] * count, ROLES[part.cover])
        for part, count in zip(view.stretches, cells, strict=True)
    )
    left, right = "0x0", f"{view.size:#x}"
    drawn = min(sum(cells), room)
    return [f"  {bar}", terminal.paint(f"  {left}{right:>{max(drawn - len(left), 1)}}", "dim")]


def _link(link: Link, terminal: Terminal) -> list[str]:
    mark = terminal.paint("✓" if link.good else "✗", "ok" if link.good else "error")
    segment = clean(link.segment or "–")
    text = f"row {link.row:<3} {link.offset:#7x}  da {link.address:#010x} {size(link.filesz):>10}"
    rest = f"{segment}: {link.verdict}  {link.hash[:16]}…"
    if columns(text) + 24 > terminal.width:  # the verdict goes below
        lines = [f"  {mark} {shorten(text, terminal.width - 4)}"]
        return [*lines, f"      {shorten(rest, terminal.width - 6)}"]
    return [f"  {mark} {text}  {shorten(rest, terminal.width - columns(text) - 6)}"]


def _group(group: Group, terminal: Terminal) -> list[str]:
    few = len(group.leaves) <= FEW_LEAVES
    count = "" if few else f"  {len(group.leaves)} fields"
    text = f"{group.start:#8x} {size(group.end - group.start):>10}  {group.name}{count}"
    lines = [f"  {shorten(text, terminal.width - 2)}"]
    for leaf in group.leaves if few else ():
        name = clean(leaf.path.removeprefix(group.name).lstrip(".")) or "value"
        if name != "padding":
            held = value(leaf.value) if leaf.value != b"" else ""
            text = f"{leaf.span.start:#8x}   {shorten(name, 20):<20} {held}  {clean(leaf.doc)}"
            lines.append(terminal.paint(" " * 13 + shorten(text, terminal.width - 14), "dim"))
    return lines
