# SPDX-License-Identifier: GPL-2.0-or-later
"""A board that somebody made: what to change for one of your own.

`data/boards/example-controller.dts` describes the same board; a test holds the two equal. For a
board of your own no Python is needed: compile its device tree and give it as `--dtb`. What the
driver looks at, and what the tree must have, is told in `data/boards/README.md`.
"""

from dataclasses import replace

from .memory import MIB, Chip, Da, Mapping, Pa, Region, Window
from .stm32mp15 import LINUX_REGIONS, STM32MP15, STM32MP157C_DK2

# This one has a megabyte of DRAM for the M4, no mailbox to ask it to let go of Linux, nothing that
# a boot loader could leave a message in, and starts its firmware by itself.
M4_DRAM = Region("m4dram", Pa(0xC800_0000), 1 * MIB)

EXAMPLE_CONTROLLER = replace(
    STM32MP157C_DK2,
    name="example-controller",
    chips=(*STM32MP15.chips, Chip(M4_DRAM.name, M4_DRAM.size)),
    a7=(*STM32MP15.a7, Mapping(M4_DRAM.pa, M4_DRAM.name, M4_DRAM.size)),
    m4=(*STM32MP15.m4, Mapping(Da(M4_DRAM.pa), M4_DRAM.name, M4_DRAM.size)),
    dma_ranges=(
        *STM32MP157C_DK2.dma_ranges, Window(Da(M4_DRAM.pa), M4_DRAM.pa, M4_DRAM.size),
    ),
    linux_regions=(*LINUX_REGIONS, M4_DRAM),
    optee_regions=(*LINUX_REGIONS, M4_DRAM),
    dma_pool=Region("linux,cma", Pa(0xCC00_0000), 64 * MIB),
    mailboxes=("vq0", "vq1", "shutdown"),
    auto_boot=True,
    watchdog=False,
    syscons=frozenset({"st,syscfg-holdboot"}),
)  # fmt: skip

BOARDS = {EXAMPLE_CONTROLLER.name: EXAMPLE_CONTROLLER}
