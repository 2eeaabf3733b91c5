# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:core/drivers/remoteproc/stm32_remoteproc.c: the M4's regions, addresses, reset lines.

The prefix is the file's name: `stm32_rproc_` is what Linux's driver of the same chip uses, and a
place in a run is known by its function's name alone.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Board, Soc
from rprocbench.soc.memory import Da, Pa, Region, Window, pa_to_da

from .generations import HEAD, Generation

stm32_c = mirrors("optee_os:core/drivers/remoteproc/stm32_remoteproc.c")
rstctrl_c = mirrors("optee_os:core/include/drivers/rstctrl.h")
core_mmu_c = mirrors("optee_os:core/mm/core_mmu.c")

RPROC_ID = 0
CFG_TZSRAM_START = 0x2FFC_0000
CFG_TZSRAM_SIZE = 0x4_0000
SRAM_ALIAS = (0x1000_0000, 0x1006_0000)
SRAM_BASE = 0x3000_0000
TRIPLE = 3


@dataclass(frozen=True, slots=True)
class DeviceNode:
    """What OP-TEE's own device tree says about the M4.

    `memory_region` None: the property is missing; an entry None: no node, or no `reg` behind it.
    `dma_ranges` are cells, None without the property. `resets` are the lines that are named.
    """

    memory_region: tuple[Region | None, ...] | None
    dma_ranges: tuple[int, ...] | None
    resets: frozenset[str] = frozenset({"mcu_rst", "hold_boot"})
    is_rcc_secure: bool = True

    @classmethod
    def of(cls, board: Board) -> "DeviceNode":
        """The node of a board as it is shipped."""
        cells = [cell for w in board.dma_ranges for cell in (w.da, w.pa, w.size)]
        return cls(board.optee_regions, tuple(cells) or None)


@dataclass(frozen=True, slots=True)
class ResetLine:
    """`struct rstctrl`: one of the two lines that hold the M4."""

    run: Run
    soc: Soc
    label: str
    calls: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CarveOut:
    """`struct stm32_rproc_mem`: a region, and where each processor finds it."""

    name: str
    pa: Pa
    da: Da
    size: int


@dataclass
class Stm32Rproc(Watched):
    """`struct stm32_rproc_instance`. `calls` are the movements of the reset lines, in words."""

    LANE: ClassVar[Lane] = Lane.OPTEE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset(
        {"soc", "mcu_rst", "hold_boot", "node", "generation", "calls", "rproc_id", "cfg_insecure"}
    )

    run: Run
    soc: Soc
    regions: tuple[CarveOut, ...] = ()
    registered: bool = False
    mckprot: bool = False
    node: DeviceNode | None = None
    cfg_insecure: bool = False
    generation: Generation = HEAD
    calls: list[str] = field(default_factory=list)
    rproc_id: int = RPROC_ID
    mcu_rst: ResetLine | None = None
    hold_boot: ResetLine | None = None

    def __post_init__(self) -> None:
        self.node = self.node or DeviceNode.of(self.soc.board)
        self.watch("stm32_remoteproc")


class CorePanic(ModelledError):
    """The secure world stops for good."""


@rstctrl_c
def rstctrl_assert_to(line: ResetLine) -> None:
    """Hold the M4 at its next reset, or reset it."""
    line.calls.append(f"assert({line.label})")
    if line.label == "hold_boot":
        line.soc.mcu.set_boot_mcu(False, Lane.OPTEE)
    else:
        line.soc.mcu.assert_reset(Lane.OPTEE)


@rstctrl_c
def rstctrl_deassert_to(line: ResetLine) -> None:
    """Let the M4 go. The MCU reset ends by itself."""
    line.calls.append(f"deassert({line.label})")
    if line.label == "hold_boot":
        line.soc.mcu.set_boot_mcu(True, Lane.OPTEE)


@stm32_c
def stm32_remoteproc_probe(rproc: Stm32Rproc) -> None:
    """Read the regions from the device tree, stop the M4, see that it is isolated, register."""
    assert rproc.node
    stm32_remoteproc_parse_mems(rproc)
    for name in ("mcu_rst", "hold_boot"):
        if name in rproc.node.resets:
            setattr(rproc, name, ResetLine(rproc.run, rproc.soc, name, rproc.calls))
    if rproc.mcu_rst:
        stm32_remoteproc_halt(rproc)
    if rproc.generation.checks_isolation:
        if rproc.node.is_rcc_secure:
            rproc.mckprot = True
        elif rproc.cfg_insecure:
            rproc.run.log(Lane.OPTEE, "the RCC is not secure, the M4 not isolated", "warn")
        else:
            raise CorePanic(TeeResult.GENERIC, "panic: the RCC is not secure, the M4 not isolated")
    rproc.run.log(Lane.OPTEE, "remoteproc memories are open to the normal world", "warn")
    rproc.registered = True


@stm32_c
def stm32_remoteproc_parse_mems(rproc: Stm32Rproc) -> None:
    """`memory-region`, in order, each with its device address by `dma-ranges`.

    - no property, or an entry that leads nowhere: GENERIC
    - a region that meets the pager's SRAM, directly or through its alias: GENERIC
    - address or size 0, or no `dma-ranges` triple that holds the region: BAD_PARAMETERS
    """
    assert rproc.node
    found = rproc.node.memory_region
    if found is None:
        raise ModelledError(TeeResult.GENERIC, "the node has no memory-region")
    calloc(rproc, len(found))
    for region in found:
        if region is None:
            raise ModelledError(TeeResult.GENERIC, "a memory-region leads to no node with a reg")
        if rproc.generation.refuses_pager_sram and overlaps_pager(region):
            raise ModelledError(TeeResult.GENERIC, f"{region.name} meets the pager's SRAM")
        if not region.pa or not region.size:
            raise ModelledError(TeeResult.BAD_PARAMETERS, f"{region.name} has no address or size")
        da = stm32_remoteproc_get_da(rproc, region)
        rproc.regions += (CarveOut(region.name, region.pa, da, region.size),)


@stm32_c
def calloc(rproc: Stm32Rproc, count: int) -> None:
    """Room for the regions, of the core's heap, which is not modelled."""


def stm32_remoteproc_get_da(rproc: Stm32Rproc, region: Region) -> Da:
    """Where the M4 finds a region."""
    cells = rproc.node.dma_ranges if rproc.node else None
    if cells is None:
        return Da(region.pa)
    if len(cells) % TRIPLE:
        raise ModelledError(TeeResult.GENERIC, f"dma-ranges has {len(cells)} cells, no triples")
    triples = zip(cells[::TRIPLE], cells[1::TRIPLE], cells[2::TRIPLE], strict=True)
    windows = tuple(Window(Da(da), Pa(pa), size) for da, pa, size in triples)
    found = pa_to_da(windows, region.pa, region.size)
    if found is None:
        raise ModelledError(TeeResult.BAD_PARAMETERS, f"the M4 cannot see {region.name}")
    return found


def overlaps_pager(region: Region) -> bool:
    """Whether a region shares a byte with the SRAM that OP-TEE's pager uses."""
    pa: int = region.pa
    if SRAM_ALIAS[0] <= pa < SRAM_ALIAS[1]:
        pa = pa - SRAM_ALIAS[0] + SRAM_BASE
    return pa < CFG_TZSRAM_START + CFG_TZSRAM_SIZE and pa + region.size > CFG_TZSRAM_START


def stm32_remoteproc_get(rproc: Stm32Rproc, rproc_id: int) -> Stm32Rproc | None:
    """The processor called `rproc_id`, or NULL."""
    return rproc if rproc.registered and rproc_id == rproc.rproc_id else None


def known(rproc: Stm32Rproc, rproc_id: int, code: TeeResult = TeeResult.BAD_PARAMETERS) -> None:
    """Refuse, with `code`, a processor that the driver does not know."""
    if stm32_remoteproc_get(rproc, rproc_id) is None:
        raise ModelledError(code, f"no remote processor {rproc_id}")


@stm32_c
def stm32_remoteproc_da_to_pa(rproc: Stm32Rproc, rproc_id: int, da: Da, size: int) -> Pa:
    """Where the Cortex-A finds `[da, da + size)`: in one region, the first that holds all of it."""
    known(rproc, rproc_id)
    for mem in rproc.regions:
        if size and mem.da <= da and da + size <= mem.da + mem.size:
            return Pa(mem.pa + da - mem.da)
    raise ModelledError(
        TeeResult.ACCESS_DENIED, f"no region holds device address {da:#x}, {size:#x} bytes"
    )


@core_mmu_c
def core_mmu_add_mapping(rproc: Stm32Rproc, pa: Pa, size: int) -> Pa:
    """A mapping in the core's reserved window (10 MiB). The model sees memory where it is."""
    if rproc.soc.a7.locate(pa, size) is None:
        raise ModelledError(TeeResult.GENERIC, f"{pa:#x} cannot be mapped")
    return pa


@stm32_c
def stm32_remoteproc_map(rproc: Stm32Rproc, rproc_id: int, pa: Pa, size: int) -> Pa:
    """Map `[pa, pa + size)` as non-secure RAM."""
    known(rproc, rproc_id)
    if not any(m.pa <= pa and pa + size <= m.pa + m.size for m in rproc.regions):
        raise ModelledError(TeeResult.ACCESS_DENIED, f"no region holds {pa:#x}, {size:#x} bytes")
    return core_mmu_add_mapping(rproc, pa, size)


@stm32_c
def stm32_remoteproc_unmap(rproc: Stm32Rproc, rproc_id: int, _va: Pa, _size: int) -> None:
    """Clean the data cache, and unmap."""
    known(rproc, rproc_id)


@stm32_c
def stm32_remoteproc_start(rproc: Stm32Rproc, rproc_id: int) -> None:
    """Release hold-boot, and hold it again at once: a crash must not restart the M4 by itself."""
    known(rproc, rproc_id, TeeResult.GENERIC)
    if rproc.hold_boot is None:
        raise ModelledError(TeeResult.GENERIC, "there is no line hold_boot")
    rstctrl_deassert_to(rproc.hold_boot)
    rstctrl_assert_to(rproc.hold_boot)


@stm32_c
def stm32_remoteproc_stop(rproc: Stm32Rproc, rproc_id: int) -> None:
    """Hold the M4 at its next reset, and reset it."""
    known(rproc, rproc_id)
    stm32_remoteproc_halt(rproc)


def stm32_remoteproc_halt(rproc: Stm32Rproc) -> None:
    """Both lines, in this order; the first that fails ends it."""
    if rproc.hold_boot is None or rproc.mcu_rst is None:
        raise ModelledError(TeeResult.GENERIC, "a reset line is missing")
    rstctrl_assert_to(rproc.hold_boot)
    rstctrl_assert_to(rproc.mcu_rst)


@stm32_c
def stm32_remoteproc_is_secure(rproc: Stm32Rproc) -> bool:
    """Whether the M4 is loaded by the secure world, so that its lines are not Linux's to move."""
    return rproc.registered and rproc.generation.guards_scmi


@stm32_c
def stm32_remoteproc_clean(rproc: Stm32Rproc, rproc_id: int) -> None:
    """Zero every region, in order; the first error ends it."""
    known(rproc, rproc_id)
    for mem in rproc.regions:
        va = stm32_remoteproc_map(rproc, rproc_id, mem.pa, mem.size)
        rproc.soc.a7.fill(va, mem.size, 0, Lane.OPTEE)
        stm32_remoteproc_unmap(rproc, rproc_id, va, mem.size)
