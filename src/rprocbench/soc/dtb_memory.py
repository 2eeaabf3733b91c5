# SPDX-License-Identifier: GPL-2.0-or-later
"""The memories that a device tree gives to a remote processor: on the chip, and outside it."""

from rprocbench.formats.devicetree import DeviceTree
from rprocbench.formats.devicetree_node import Node

from .memory import MIB, Chip, Da, Mapping, Pa, Region, Window
from .silicon import POOL_SIZE, Silicon

PAGE = 4096
ALIGN = 4 * MIB  # of a memory that Linux places
MOST = 128 * MIB  # of DRAM that is really allocated here

Memories = tuple[tuple[Chip, ...], tuple[Mapping[Pa], ...], tuple[Mapping[Da], ...]]


def region_of(node: Node) -> Region | None:
    """The memory that a node reserves, or None if Linux finds none there.

    A node without `reg` is placed by Linux, which cannot be told from the tree.
    """
    if not node.is_enabled or "reg" not in node.props:
        return None
    rows = node.reg()
    if not rows or not rows[0][1]:
        return None
    pa, size = rows[0]
    return Region(node.name.split("@", 1)[0], Pa(pa), size)


def memories_of(
    silicon: Silicon, windows: tuple[Window, ...], node: Node, regions: list[tuple[Region, Node]]
) -> Memories:
    """The chip's memories, and one for each region that lies outside them.

    The remote processor finds the latter wherever a window of `dma-ranges` shows them.
    """
    chips, a7, m4 = list(silicon.chips), list(silicon.a7), list(silicon.m4)
    for region, where in regions:
        if is_inside(a7, region):
            continue
        check_outside(a7, region, where)
        chips.append(Chip(region.name, region.size))
        a7.append(Mapping(region.pa, region.name, region.size))
        m4 += [m for m in seen(windows, region) if not any(clash(m, other) for other in m4)]
    names = [chip.name for chip in chips]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise node.wrong("memory-region", f"has two memories called {twice!r}")
    outside = sum(chip.size for chip in chips[len(silicon.chips) :])
    if outside > MOST:
        raise node.wrong(
            "memory-region", f"names {outside >> 20} MiB of DRAM: at most {MOST >> 20} are modelled"
        )
    return tuple(chips), tuple(a7), tuple(m4)


def is_inside(mappings: list[Mapping[Pa]], region: Region) -> bool:
    """Whether one mapping holds all of a region."""
    return any(m.base <= region.pa and region.pa + region.size <= m.base + m.size for m in mappings)


def check_outside(mappings: list[Mapping[Pa]], region: Region, node: Node) -> None:
    """Raise `DeviceTreeError` for a region that is partly in a memory, or cuts a page."""
    if region.pa % PAGE or region.size % PAGE:
        raise node.wrong("reg", f"does not begin and end on a page of {PAGE} bytes")
    end = region.pa + region.size
    for mapping in mappings:
        if region.pa < mapping.base + mapping.size and mapping.base < end:
            raise node.wrong("reg", f"lies only partly in {mapping.chip} at {mapping.base:#x}")


def seen(windows: tuple[Window, ...], region: Region) -> list[Mapping[Da]]:
    """Where the remote processor finds a region: once for each window that shows all of it."""
    return [
        Mapping(Da(region.pa - window.pa + window.da), region.name, region.size)
        for window in windows
        if window.pa <= region.pa and region.pa + region.size <= window.pa + window.size
    ]


def clash(one: Mapping[Da], other: Mapping[Da]) -> bool:
    """Whether two mappings share an address."""
    return one.base < other.base + other.size and other.base < one.base + one.size


def pool_of(tree: DeviceTree, silicon: Silicon) -> Region:
    """Where Linux allocates for DMA: the default CMA region, else the last 64 MiB of DRAM.

    A CMA region that Linux places itself is taken to be at the end of DRAM, where it places it,
    below what is reserved there.
    """
    reserved = tree.find("/reserved-memory")
    size = POOL_SIZE
    for node in reserved.children if reserved else []:
        if "linux,cma-default" in node.props or node.name.startswith("linux,cma"):
            if region := region_of(node):
                return Region("linux,cma", region.pa, region.size)
            size = size_of(node) or size
    memory = [n for n in tree.nodes if n.props.get("device_type") == b"memory\0"]
    ends = [pa + length for node in memory if node.is_enabled for pa, length in node.reg()]
    if not ends or ends[0] < size:
        return Region("linux,cma", silicon.dma_pool.pa, size)
    base = min(ends[0], 1 << 32) - size
    taken = (
        [region for node in reserved.children if (region := region_of(node))] if reserved else []
    )
    for region in sorted(taken, key=lambda region: -region.pa):
        if region.pa < base + size and base < region.pa + region.size:
            base = max(0, region.pa - size) // ALIGN * ALIGN
    return Region("linux,cma", Pa(base), size)


def size_of(node: Node) -> int:
    """The `size` that a node asks for; 0 without one."""
    if "size" not in node.props:
        return 0
    width = (node.parent or node).width("#size-cells", 1)
    rows = node.rows("size", width)
    return rows[0][0] if rows else 0
