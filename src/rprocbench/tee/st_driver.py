# SPDX-License-Identifier: GPL-2.0-or-later
"""ST's downstream driver: memories behind the firewall, the boot address of an M33 (tee.md 7.4).

Each region has two configurations: `default` while the firmware runs, `load` while OP-TEE writes to
it. Isolated memory is the M4's (and OP-TEE's) own; in `load` nobody but OP-TEE passes.
"""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Board
from rprocbench.soc.memory import Da, Pa, Region, Window, da_to_pa

from .stm32_remoteproc import (
    CarveOut,
    DeviceNode,
    Stm32Rproc,
    core_mmu_add_mapping,
    known,
    rstctrl_assert_to,
    rstctrl_deassert_to,
    stm32_remoteproc_clean,
)

stm32_c = mirrors("optee_os:core/drivers/remoteproc/stm32_remoteproc.c")

MP1_ID, MP2_ID = 0, 1
MP1_REGIONS = (
    Region("mcusram1", Pa(0x1000_0000), 0x2_0000),
    Region("mcusram2", Pa(0x1002_0000), 0x2_0000),
    Region("retram", Pa(0x3800_0000), 0x1_0000),
    Region("mcusram3", Pa(0x1004_0000), 0x1_0000),
)
MP1_DMA_RANGES = (0, 0x3800_0000, 0x1_0000, 0x1000_0000, 0x1000_0000, 0x6_0000, 0x3000_0000,
                  0x1000_0000, 0x6_0000)  # fmt: skip
# What Linux may touch by default: the memory for messages, and what section 7.5 calls non-secure.
SHARED = (
    "mcusram3", "ipc_shmem", "cm33_cube_fw", "cm33_cube_data", "cm33_sram1", "cm33_sram2",
)  # fmt: skip
VTOR_MASK = 0x7F
OUTSIDERS = (Lane.LINUX, Lane.M4)


@dataclass
class M33Boot(Watched):
    """What starts an M33: CA35SS SYSCFG (TZEN 0x20A0, INITSVTOR 0x20A4, INITNSVTOR 0x20A8)."""

    LANE: ClassVar[Lane] = Lane.HARDWARE

    run: Run
    tzen: bool = False
    initsvtor: int = 0
    initnsvtor: int = 0

    def __post_init__(self) -> None:
        self.watch("CA35SS SYSCFG")


@dataclass
class StState(Watched):
    """What the downstream driver keeps beside the regions. `users` counts GET_MEM."""

    LANE: ClassVar[Lane] = Lane.OPTEE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"boot"})

    run: Run
    boot: M33Boot
    users: int = 0
    boot_addr: int | None = None
    boot_sec: bool | None = None

    def __post_init__(self) -> None:
        self.watch("stm32_remoteproc (ST)")


def is_mp2(board: Board) -> bool:
    """Whether the remote processor is an M33."""
    return board.core == "cortex-m33"


def st_node(board: Board) -> DeviceNode:
    """The node in ST's device tree: coarser regions on the STM32MP15, the board's own elsewhere."""
    if is_mp2(board):
        return DeviceNode.of(board)
    return DeviceNode(MP1_REGIONS, MP1_DMA_RANGES)


@stm32_c
def stm32_remoteproc_default_firewall(rproc: Stm32Rproc) -> None:
    """The configuration that firmware runs with: the M4's memories are isolated, one is shared."""
    firewall = rproc.soc.firewall
    for mem in rproc.regions:
        firewall.define(mem.name, mem.pa, mem.size)
        firewall.allow(mem.name)
        if mem.name not in SHARED:
            firewall.deny(mem.name, [Lane.LINUX])


@stm32_c
def stm32_remoteproc_get_mem(rproc: Stm32Rproc, state: StState, rproc_id: int) -> None:
    """Close the memories to everybody but OP-TEE, with the first user."""
    known(rproc, rproc_id)
    state.users += 1
    if state.users == 1:
        for mem in rproc.regions:
            rproc.soc.firewall.deny(mem.name, OUTSIDERS)


@stm32_c
def stm32_remoteproc_release_mem(rproc: Stm32Rproc, state: StState, rproc_id: int) -> None:
    """Open them again to whom they belong, with the last user."""
    known(rproc, rproc_id)
    if not state.users:
        raise ModelledError(TeeResult.BAD_STATE, "the memories were not asked for")
    state.users -= 1
    if not state.users:
        stm32_remoteproc_default_firewall(rproc)


@stm32_c
def stm32_remoteproc_set_boot_address(rproc: Stm32Rproc, state: StState, address: int) -> None:
    """Where an M33 finds its vectors. GENERIC the second time (D-2)."""
    if state.boot_addr is not None:
        raise ModelledError(TeeResult.GENERIC, "the boot address is set already")
    state.boot_addr = address


@stm32_c
def stm32_remoteproc_enable_sec_boot(rproc: Stm32Rproc, state: StState, *, value: bool) -> None:
    """Boot in the secure state. GENERIC the second time."""
    if state.boot_sec is not None:
        raise ModelledError(TeeResult.GENERIC, "secure boot is set already")
    state.boot_sec = value


@stm32_c
def st_remoteproc_da_to_pa(rproc: Stm32Rproc, rproc_id: int, da: Da, size: int) -> Pa:
    """By `dma-ranges`, aliases included; whether a region is there is asked when it is mapped."""
    known(rproc, rproc_id)
    cells = (rproc.node.dma_ranges if rproc.node else None) or ()
    triples = zip(cells[::3], cells[1::3], cells[2::3], strict=True)
    windows = tuple(Window(Da(a), Pa(b), c) for a, b, c in triples)
    found = da_to_pa(windows, da, size) if size else None
    if found is None:
        why = f"no window shows device address {da:#x}, {size:#x} bytes"
        raise ModelledError(TeeResult.ACCESS_DENIED, why)
    return found


@stm32_c
def st_remoteproc_map(rproc: Stm32Rproc, rproc_id: int, pa: Pa, size: int) -> Pa:
    """Map as secure RAM; only regions."""
    known(rproc, rproc_id)
    st_remoteproc_region(rproc, pa, size)
    return core_mmu_add_mapping(rproc, pa, size)


def st_remoteproc_region(rproc: Stm32Rproc, pa: Pa, size: int) -> CarveOut:
    """The region that has all of `[pa, pa + size)`, or ACCESS_DENIED."""
    for mem in rproc.regions:
        if mem.pa <= pa and pa + size <= mem.pa + mem.size:
            return mem
    raise ModelledError(TeeResult.ACCESS_DENIED, f"no region holds {pa:#x}, {size:#x} bytes")


@stm32_c
def st_remoteproc_start(rproc: Stm32Rproc, state: StState, rproc_id: int) -> None:
    """Tell an M33 where to begin, and let the core go."""
    known(rproc, rproc_id, TeeResult.GENERIC)
    if is_mp2(rproc.soc.board):
        if state.boot_addr is None:
            raise ModelledError(TeeResult.GENERIC, "no boot address was set")
        pa = st_remoteproc_da_to_pa(rproc, rproc_id, Da(state.boot_addr), 4)
        st_remoteproc_region(rproc, pa, 4)
        if state.boot_sec:
            state.boot.initsvtor = pa & ~VTOR_MASK
            state.boot.tzen = True
        else:
            state.boot.initnsvtor = pa & ~VTOR_MASK
    if rproc.hold_boot is None:
        raise ModelledError(TeeResult.GENERIC, "there is no line hold_boot")
    rstctrl_deassert_to(rproc.hold_boot)
    rstctrl_assert_to(rproc.hold_boot)


@stm32_c
def st_remoteproc_stop(rproc: Stm32Rproc, state: StState, rproc_id: int) -> None:
    """Stop the core, and forget how it was started."""
    known(rproc, rproc_id)
    if rproc.hold_boot is None or rproc.mcu_rst is None:
        raise ModelledError(TeeResult.GENERIC, "a reset line is missing")
    rstctrl_assert_to(rproc.hold_boot)
    rstctrl_assert_to(rproc.mcu_rst)
    if is_mp2(rproc.soc.board):
        state.boot.tzen = False
        state.boot_addr = state.boot_sec = None


@stm32_c
def st_remoteproc_clean(rproc: Stm32Rproc, state: StState, rproc_id: int) -> None:
    """Zero the regions, and forget the boot parameters (93ee5c059)."""
    stm32_remoteproc_clean(rproc, rproc_id)
    state.boot_addr = state.boot_sec = None
