# SPDX-License-Identifier: GPL-2.0-or-later
"""What a board's device trees say: a `Board` is data, from this package or from a .dtb file."""

from dataclasses import dataclass
from pathlib import Path

from .memory import Chip, Da, Mapping, Pa, Region, Window

MAILBOXES = ("vq0", "vq1", "shutdown", "detach")
SYSCONS = frozenset({"st,syscfg-holdboot", "st,syscfg-pdds", "st,syscfg-rsc-tbl",
                     "st,syscfg-m4-state"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Board:
    """A board as data. Addresses and sizes in bytes; each world has a device tree of its own.

    - `linux_regions` is the remote processor's `memory-region` in order, up to `bad_region`, which
      says what is wrong with the first entry that leads to no memory;
    - `channels` are the IPCC channels of `mailboxes`, in the same order; empty means 0, 1, 2, ...;
    - `syscons` are the `st,syscfg-*` properties that there are;
    - `rproc_tee` is the processor's number in `st,rproc-tee`, `firmware` is `firmware-name`;
    - `bits` is the size of a pointer of its Linux, `core` the remote processor. Only a cortex-m4 is
      executed here.
    """

    name: str
    node: str
    chips: tuple[Chip, ...]
    a7: tuple[Mapping[Pa], ...]
    m4: tuple[Mapping[Da], ...]
    dma_ranges: tuple[Window, ...]
    linux_regions: tuple[Region, ...]
    optee_regions: tuple[Region, ...]
    dma_pool: Region
    mailboxes: tuple[str, ...] = MAILBOXES
    channels: tuple[int, ...] = ()
    m4_hz: int = 209_000_000
    fill: int = 0
    auto_boot: bool = False
    wakeup_source: bool = False
    watchdog: bool = True
    syscons: frozenset[str] = SYSCONS
    bad_region: str | None = None
    rproc_tee: int | None = None
    firmware: str | None = None
    core: str = "cortex-m4"
    bits: int = 32

    @classmethod
    def from_dtb(cls, path: Path | str) -> "Board":
        """The board that a compiled device tree describes.

        What no device tree says (where a chip is soldered to, how fast it runs) is known by the
        remote processor's `compatible`. Raises `InputError` for a file that cannot be read or is no
        device tree, and where pylibfdt is missing; `DeviceTreeError` with the node and the property
        where the tree lacks what the remote processor needs, and for an overlay.
        """
        from .from_dtb import board_from_dtb  # noqa: PLC0415  that module makes boards

        return board_from_dtb(Path(path))

    def channel(self, mailbox: str) -> int | None:
        """The IPCC channel that the device tree calls so, or None."""
        channels = self.channels or range(len(self.mailboxes))
        return dict(zip(self.mailboxes, channels, strict=False)).get(mailbox)
