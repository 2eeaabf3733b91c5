# SPDX-License-Identifier: GPL-2.0-or-later
"""The STM32MP15 and its boards (reference: kernel.md section 5.2, tee.md section 5.2).

The reference has one table for the ED1, EV1 and DKx boards; its Cortex-M4 and memories are the same
in every chip of the family, which differ in what else is in them (a second Cortex-A7 from the
STM32MP153 on, a GPU in the STM32MP157). So the boards here differ by name, and one in its secure
memories.
"""

from dataclasses import replace

from .description import Board
from .memory import KIB, Chip, Da, Mapping, Pa, Region, Window
from .silicon import POOL_SIZE, Silicon

RETRAM = 64 * KIB
MCUSRAM = 384 * KIB

STM32MP15 = Silicon(
    name="STM32MP15",
    # the second is that of the first TEE series and of OP-TEE's own tree
    compatibles=("st,stm32mp1-m4", "st,stm32mp1-m4-tee", "st,stm32mp15-m4-tee"),
    core="cortex-m4",
    bits=32,
    m4_hz=209_000_000,
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
    dma_pool=Region("linux,cma", Pa(0xDC00_0000), POOL_SIZE),
    mailbox_channels=6,
    ipc_shmem=Region("ipc_shmem", Pa(0x1004_8000), 0x8000),
)

LINUX_REGIONS = (
    Region("retram", Pa(0x3800_0000), 0x1_0000),
    Region("mcuram", Pa(0x3000_0000), 0x4_0000),
    Region("mcuram2", Pa(0x1000_0000), 0x4_0000),
    Region("vdev0vring0", Pa(0x1004_0000), 0x1000),
    Region("vdev0vring1", Pa(0x1004_1000), 0x1000),
    Region("vdev0buffer", Pa(0x1004_2000), 0x4000),
)
OPTEE_REGIONS = (*LINUX_REGIONS, Region("ipc_shmem", Pa(0x1004_8000), 0x8000))

STM32MP157C_DK2 = Board(
    name="stm32mp157c-dk2",
    node="m4",
    chips=STM32MP15.chips,
    a7=STM32MP15.a7,
    m4=STM32MP15.m4,
    dma_ranges=(
        Window(Da(0x0000_0000), Pa(0x3800_0000), 0x1_0000),
        Window(Da(0x1000_0000), Pa(0x1000_0000), 0x6_0000),
        Window(Da(0x3000_0000), Pa(0x3000_0000), 0x6_0000),
    ),
    linux_regions=LINUX_REGIONS,
    optee_regions=OPTEE_REGIONS,
    dma_pool=STM32MP15.dma_pool,
)
STM32MP157C_EV1 = replace(STM32MP157C_DK2, name="stm32mp157c-ev1")
STM32MP157C_ED1 = replace(STM32MP157C_EV1, name="stm32mp157c-ed1")
STM32MP157A_DK1 = replace(STM32MP157C_DK2, name="stm32mp157a-dk1")
# Derived: the reference has no table of a board with one of the smaller chips, and says of DH's
# boards only that they lack the memory that ST's give to OP-TEE alone.
STM32MP153C = replace(STM32MP157C_DK2, name="stm32mp153c")
STM32MP151A = replace(STM32MP157C_DK2, name="stm32mp151a")
STM32MP153C_DHCOM = replace(STM32MP157C_DK2, name="stm32mp153c-dhcom", optee_regions=LINUX_REGIONS)

BOARDS = {
    board.name: board
    for board in (
        STM32MP157C_DK2, STM32MP157C_EV1, STM32MP157C_ED1, STM32MP157A_DK1, STM32MP153C,
        STM32MP151A, STM32MP153C_DHCOM,
    )
}  # fmt: skip
