# SPDX-License-Identifier: GPL-2.0-or-later
"""A memory map in a terminal: one line a thing, a bar for where it lies where there is room."""

from . import render
from .memory_map import Bank, Block, MemoryMap, Track
from .terminal import Terminal
from .wording import clean, columns, shorten, size

BAR_FROM = 92
ONE_LINE_FROM = 80
SHORTEST_BAR = 12
ROLES = {"Linux region": "Linux", "OP-TEE region": "OP-TEE"}


@render.text.register
def memory_map_text(view: MemoryMap, terminal: Terminal) -> str:
    """Each memory in turn: its addresses, then its tracks with the gaps between."""
    lines = [terminal.paint(shorten(clean(view.title), terminal.width), "strong")]
    names = [b.name for bank in view.banks for track in bank.tracks for b in track.blocks]
    name_room = min(max(map(columns, [*names, "free"])), 24)
    for bank in view.banks:
        lines += ["", terminal.paint(f"{clean(bank.name)}  {size(bank.size)}", "strong")]
        lines += [
            terminal.paint(f"  {world:<6}{bank.bases(world)}", "dim") for world in ("Linux", "M4")
        ]
        for track in bank.tracks:
            lines += _track(bank, track, name_room, terminal)
        if not bank.tracks:
            lines.append("  nothing lies here")
    if view.strays:
        lines += ["", terminal.paint("✗ in no memory of the board", "error")]
        lines += [
            shorten(
                f"  {item.space} {item.start:#010x} +{item.size:#x}  {clean(item.name)}",
                terminal.width,
            )
            for item in view.strays
        ]
    return terminal.finish(lines)


def _track(bank: Bank, track: Track, name_room: int, terminal: Terminal) -> list[str]:
    lines = [f"  {terminal.paint(track.kind, ROLES.get(track.kind, 'strong'))}"]
    for block in track.with_gaps:
        linux, m4 = (_address(bank, world, block) for world in ("Linux", "M4"))
        name = shorten(block.name, name_room)
        name += " " * (name_room - columns(name))
        line = f"    {block.start:#8x}  {size(block.size):>9}  pa {linux}  da {m4}  {name}"
        if terminal.width < ONE_LINE_FROM:
            lines.append(f"    {shorten(block.name, terminal.width - 4)}")
            line = f"      {block.start:#8x}  {size(block.size):>9}  pa {linux}  da {m4}"
        room = min(terminal.width - columns(line) - 2, 32)
        if terminal.width >= BAR_FROM and room >= SHORTEST_BAR:
            line += "  " + _bar(block, bank.size, room)
        line = shorten(line.rstrip(), terminal.width)
        lines.append(terminal.paint(line, "" if block.is_thing else "dim"))
        if block.note:
            note = " " * 25 + shorten(block.note, terminal.width - 25)
            lines.append(terminal.paint(note, "error" if block.overlaps else "dim"))
    return lines


def _address(bank: Bank, world: str, block: Block) -> str:
    address = bank.address(world, block)
    return f"{'–':<10}" if address is None else f"{address:#010x}"


def _bar(block: Block, total: int, room: int) -> str:
    first = min(block.start * room // total, room - 1)
    last = max(first + 1, -(-block.end * room // total))
    return "·" * first + ("█" if block.is_thing else "░") * (last - first) + "·" * (room - last)
