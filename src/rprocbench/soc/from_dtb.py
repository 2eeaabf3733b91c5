# SPDX-License-Identifier: GPL-2.0-or-later
"""A board from its compiled device tree: what the remote processor's node says, and points to."""

from pathlib import Path

from rprocbench.base.errors import InputCode
from rprocbench.base.files import read_file
from rprocbench.formats.devicetree import MAX_SIZE, DeviceTree
from rprocbench.formats.devicetree_node import DeviceTreeError, Node

from .catalogue import SILICON
from .description import SYSCONS, Board
from .dtb_memory import memories_of, pool_of, region_of
from .memory import Da, Pa, Region, Window
from .silicon import Silicon

REMOTES = tuple(name for silicon in SILICON for name in silicon.compatibles)


def board_from_dtb(path: Path) -> Board:
    """See `Board.from_dtb`."""
    return board_of_tree(DeviceTree.parse(read_file(path, MAX_SIZE), path.name), path.stem)


def board_of_tree(tree: DeviceTree, stem: str) -> Board:
    """The board that a tree describes, called by the tree's own name for it, else `stem`."""
    node = remote_node(tree)
    silicon = next(s for s in SILICON if set(s.compatibles) & set(node.strings("compatible")))
    windows = dma_ranges(node)
    regions, bad_region = memory_regions(node)
    mailboxes, channels = mailboxes_of(node, silicon)
    check_lines(node)
    vendor, name = name_of(tree, stem)
    chips, a7, m4 = memories_of(silicon, windows, node, regions)
    names = node.strings("firmware-name")
    return Board(
        name=name,
        node=node.name.split("@", 1)[0],
        chips=chips,
        a7=a7,
        m4=m4,
        dma_ranges=windows,
        linux_regions=tuple(region for region, _node in regions),
        optee_regions=optee_regions(tree, silicon, vendor, regions),
        dma_pool=pool_of(tree, silicon),
        mailboxes=mailboxes,
        channels=() if channels == tuple(range(len(channels))) else channels,
        m4_hz=silicon.m4_hz,
        auto_boot="st,auto-boot" in node.props,
        wakeup_source="wakeup-source" in node.props,
        watchdog=bool({"interrupts", "interrupts-extended"} & set(node.props)),
        syscons=frozenset(syscons_of(node)),
        bad_region=bad_region,
        rproc_tee=rproc_tee(node),
        firmware=names[0] if names else None,
        core=silicon.core,
        bits=silicon.bits,
    )


def remote_node(tree: DeviceTree) -> Node:
    """The first remote processor that is enabled."""
    nodes = tree.compatible(*REMOTES)
    enabled = next((node for node in nodes if node.is_enabled), None)
    if enabled is not None:
        return enabled
    if nodes:
        off = nodes[0].disabled_by or nodes[0]
        raise off.wrong("status", f"is {off.status!r}: {nodes[0].path} is not enabled")
    why = f"{tree.name}: no node below / has {REMOTES[0]!r} or its like in property compatible"
    raise DeviceTreeError(InputCode.NOT_FOUND, why, node="/", prop="compatible")


def dma_ranges(node: Node) -> tuple[Window, ...]:
    """The bus's `dma-ranges`: where the remote processor finds Linux's addresses, and how much."""
    bus = node.parent or node
    above = bus.parent or bus
    widths = (
        bus.width("#address-cells", 2), above.width("#address-cells", 2),
        bus.width("#size-cells", 1),
    )  # fmt: skip
    rows = bus.rows("dma-ranges", *widths)
    if not rows:
        raise bus.wrong("dma-ranges", "is empty: the driver does not come up without a range")
    return tuple(Window(Da(da), Pa(pa), size) for da, pa, size in rows)


def memory_regions(node: Node) -> tuple[list[tuple[Region, Node]], str | None]:
    """`memory-region` in order, and what is wrong with the first entry that is no memory.

    That is no error here: kernels differ in what they do about it.
    """
    regions: list[tuple[Region, Node]] = []
    for phandle in node.cells("memory-region"):
        target = node.tree.by_phandle(phandle)
        if target is None:
            return regions, f"memory-region points to phandle {phandle:#x}, which no node has"
        region = region_of(target)
        if region is None:
            return regions, f"memory-region points to {target.path}, which has no usable reg"
        regions.append((region, target))
    return regions, None


def mailboxes_of(node: Node, silicon: Silicon) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The names of the mailboxes and their channels. Without `mboxes` there is none."""
    if "mboxes" not in node.props:
        return (), ()
    names = node.strings("mbox-names")
    channels = []
    for target, arguments in node.targets("mboxes", "#mbox-cells"):
        channel = arguments[0] if arguments else 0
        if channel >= silicon.mailbox_channels:
            last = silicon.mailbox_channels - 1
            raise node.wrong("mboxes", f"asks {target.path} for channel {channel}, of 0 to {last}")
        channels.append(channel)
    if len(names) < len(channels):
        raise node.wrong("mbox-names", f"has {len(names)} names for {len(channels)} mailboxes")
    return tuple(names[: len(channels)]), tuple(channels)


def syscons_of(node: Node) -> list[str]:
    """The registers of the system controller that the node names, each as phandle, offset, mask."""
    found = []
    for prop in sorted(SYSCONS & set(node.props)):
        cells = node.cells(prop)
        if len(cells) != 3:
            raise node.wrong(prop, f"has {len(cells)} cells, not phandle, offset and mask")
        if node.tree.by_phandle(cells[0]) is None:
            raise node.wrong(prop, f"points to phandle {cells[0]:#x}, which no node has")
        found.append(prop)
    return found


def check_lines(node: Node) -> None:
    """Raise `DeviceTreeError` unless somebody can hold the core.

    With the TEE in charge it is not Linux who does. Otherwise hold-boot is a reset line of SCMI, a
    call of the secure monitor, or a register. The reset line `mcu_rst` is taken to be there.
    """
    if "st,rproc-tee" in node.props or not node.props.get("compatible", b"").startswith(
        b"st,stm32mp1-m4\0"
    ):
        return
    if "hold_boot" in node.strings("reset-names") or "st,syscfg-tz" in node.props:
        return
    node.raw("st,syscfg-holdboot")


def rproc_tee(node: Node) -> int | None:
    """The processor's number in `st,rproc-tee`: a phandle and one cell."""
    if "st,rproc-tee" not in node.props:
        return None
    cells = node.cells("st,rproc-tee")
    if len(cells) != 2:
        raise node.wrong("st,rproc-tee", f"has {len(cells)} cells, not phandle and number")
    if node.tree.by_phandle(cells[0]) is None:
        raise node.wrong("st,rproc-tee", f"points to phandle {cells[0]:#x}, which no node has")
    return cells[1]


def name_of(tree: DeviceTree, stem: str) -> tuple[str, str]:
    """Vendor and name of the board: the first of the root's `compatible`."""
    first = next(iter(tree.root.strings("compatible")), "")
    vendor, _, name = first.rpartition(",")
    return vendor, name or stem


def optee_regions(
    tree: DeviceTree, silicon: Silicon, vendor: str, regions: list[tuple[Region, Node]]
) -> tuple[Region, ...]:
    """The memories of the remote processor that OP-TEE knows; its own tree is not at hand.

    They are Linux's, and the one that the vendor's trees give to OP-TEE alone: on the vendor's
    boards, and where the tree reserves it.
    """
    shared = tuple(region for region, _node in regions)
    extra = silicon.ipc_shmem
    reserved = tree.find("/reserved-memory")
    named = [n for n in reserved.children if n.name.startswith("ipc")] if reserved else []
    for node in named:
        region = region_of(node)
        if region and region not in shared:
            return (*shared, Region("ipc_shmem", region.pa, region.size))
    if extra is None or vendor != silicon.vendor or any(meets(extra, r) for r in shared):
        return shared
    return (*shared, extra)


def meets(one: Region, other: Region) -> bool:
    """Whether two regions share a byte."""
    return one.pa < other.pa + other.size and other.pa < one.pa + one.size
