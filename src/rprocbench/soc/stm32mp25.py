# SPDX-License-Identifier: GPL-2.0-or-later
"""The STM32MP25 and its board (reference: tee.md sections 7.4, 7.5: of ST's own trees).

Its remote processor is a Cortex-M33, an Armv8-M core: no code of it runs here, and a machine that
should execute it is refused. What can be done is to load for it and to judge images, as the driver
of the `st,stm32mp2-m33` node does, which is ST's and not upstream.

Derived, since the reference does not have it: which memories that node lists. Linux is given those
that the reference calls non-secure, and the first SRAM; OP-TEE, which may touch secure ones, is
given all. Vrings have no region of their own: Linux allocates them where it does for DMA. The boot
loader's choice of the vector table (TLV BOOTADDR) is not modelled.
"""

from .description import Board
from .memory import MIB, Chip, Da, Mapping, Pa, Region, Window
from .silicon import POOL_SIZE, Silicon

STM32MP25 = Silicon(
    name="STM32MP25",
    compatibles=("st,stm32mp2-m33", "st,stm32mp2-m33-tee"),
    core="cortex-m33",
    bits=64,
    m4_hz=209_000_000,  # no code runs: this only says how long Linux waits for an answer
    chips=(),
    a7=(),
    m4=(),
    # Derived: any place in DRAM that no region of the reference takes.
    dma_pool=Region("linux,cma", Pa(0x8800_0000), POOL_SIZE),
    mailbox_channels=16,
)

DMA_RANGES = (
    Window(Da(0x0000_0000), Pa(0x8000_0000), 0x0800_0000),
    Window(Da(0x0800_0000), Pa(0x0800_0000), 0x0800_0000),
    Window(Da(0x1000_0000), Pa(0x8000_0000), 0x1000_0000),
    Window(Da(0x2000_0000), Pa(0x2000_0000), 0xD000_0000),
)
TFM_CODE = Region("tfm_code", Pa(0x8000_0000), 1 * MIB)
CUBE_FW = Region("cm33_cube_fw", Pa(0x8010_0000), 8 * MIB)
TFM_DATA = Region("tfm_data", Pa(0x8090_0000), 1 * MIB)
CUBE_DATA = Region("cm33_cube_data", Pa(0x80A0_0000), 8 * MIB)
IPC_SHMEM = Region("ipc_shmem", Pa(0x8120_0000), 1 * MIB)
SRAM1 = Region("cm33_sram1", Pa(0x0A04_1000), 0x1_F000)
SRAM2 = Region("cm33_sram2", Pa(0x0A06_0000), 0x2_0000)
RETRAM = Region("cm33_retram", Pa(0x0A08_0000), 0x1_F000)

LINUX_REGIONS = (CUBE_FW, CUBE_DATA, IPC_SHMEM, SRAM1, SRAM2)
OPTEE_REGIONS = (TFM_CODE, CUBE_FW, TFM_DATA, CUBE_DATA, IPC_SHMEM, SRAM1, SRAM2, RETRAM)


def seen_by_m33(region: Region) -> list[Mapping[Da]]:
    """Where the M33 finds a region: DRAM at three places, of which two are aliases."""
    return [
        Mapping(Da(region.pa - window.pa + window.da), region.name, region.size)
        for window in DMA_RANGES
        if window.pa <= region.pa and region.pa + region.size <= window.pa + window.size
    ]


STM32MP257F_EV1 = Board(
    name="stm32mp257f-ev1",
    node="m33",
    chips=tuple(Chip(region.name, region.size) for region in OPTEE_REGIONS),
    a7=tuple(Mapping(region.pa, region.name, region.size) for region in OPTEE_REGIONS),
    m4=tuple(mapping for region in OPTEE_REGIONS for mapping in seen_by_m33(region)),
    dma_ranges=DMA_RANGES,
    linux_regions=LINUX_REGIONS,
    optee_regions=OPTEE_REGIONS,
    dma_pool=STM32MP25.dma_pool,
    m4_hz=STM32MP25.m4_hz,
    syscons=frozenset(),
    core=STM32MP25.core,
    bits=STM32MP25.bits,
)

BOARDS = {STM32MP257F_EV1.name: STM32MP257F_EV1}
