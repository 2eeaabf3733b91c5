# SPDX-License-Identifier: GPL-2.0-or-later
"""Boards with an STM32MP15 (reference: kernel.md section 5.2, tee.md section 5.2)."""

from .board import Board
from .memory import KIB, MIB, Chip, Da, Mapping, Pa, Region, Window

RETRAM = 64 * KIB
MCUSRAM = 384 * KIB

LINUX_REGIONS = (
    Region("retram", Pa(0x3800_0000), 0x1_0000),
    Region("mcuram", Pa(0x3000_0000), 0x4_0000),
    Region("mcuram2", Pa(0x1000_0000), 0x4_0000),
    Region("vdev0vring0", Pa(0x1004_0000), 0x1000),
    Region("vdev0vring1", Pa(0x1004_1000), 0x1000),
    Region("vdev0buffer", Pa(0x1004_2000), 0x4000),
)

STM32MP157C_DK2 = Board(
    name="stm32mp157c-dk2",
    node="m4",
    chips=(Chip("retram", RETRAM), Chip("mcusram", MCUSRAM)),
    a7=(
        Mapping(Pa(0x3800_0000), "retram", RETRAM),
        Mapping(Pa(0x3000_0000), "mcusram", MCUSRAM),
        Mapping(Pa(0x1000_0000), "mcusram", MCUSRAM),
    ),
    m4=(
        Mapping(Da(0x0000_0000), "retram", RETRAM),
        Mapping(Da(0x3800_0000), "retram", RETRAM),
        Mapping(Da(0x1000_0000), "mcusram", MCUSRAM),
        Mapping(Da(0x2000_0000), "mcusram", MCUSRAM),
        Mapping(Da(0x3000_0000), "mcusram", MCUSRAM),
    ),
    dma_ranges=(
        Window(Da(0x0000_0000), Pa(0x3800_0000), 0x1_0000),
        Window(Da(0x1000_0000), Pa(0x1000_0000), 0x6_0000),
        Window(Da(0x3000_0000), Pa(0x3000_0000), 0x6_0000),
    ),
    linux_regions=LINUX_REGIONS,
    optee_regions=(*LINUX_REGIONS, Region("ipc_shmem", Pa(0x1004_8000), 0x8000)),
    dma_pool=Region("linux,cma", Pa(0xDC00_0000), 64 * MIB),
)

BOARDS = {STM32MP157C_DK2.name: STM32MP157C_DK2}
