# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:core/drivers/remoteproc/stm32_remoteproc.c: the M4's regions, addresses, reset lines.

The prefix is the file's name: `stm32_rproc_` is what Linux's driver of the same chip uses, and a
place in a run is known by its function's name alone.
"""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da, Pa, Region, pa_to_da

stm32_c = mirrors("optee_os:core/drivers/remoteproc/stm32_remoteproc.c")
rstctrl_c = mirrors("optee_os:core/include/drivers/rstctrl.h")

RPROC_ID = 0
CFG_TZSRAM_START = 0x2FFC_0000
CFG_TZSRAM_SIZE = 0x4_0000
SRAM_ALIAS = (0x1000_0000, 0x1006_0000)
SRAM_BASE = 0x3000_0000


@dataclass(frozen=True, slots=True)
class ResetLine:
    """`struct rstctrl`: one of the two lines that hold the M4."""

    run: Run
    soc: Soc
    label: str


@dataclass(frozen=True, slots=True)
class CarveOut:
    """`struct stm32_rproc_mem`: a region, and where each processor finds it."""

    name: str
    pa: Pa
    da: Da
    size: int


@dataclass
class Stm32Rproc(Watched):
    """`struct stm32_rproc_instance`"""

    LANE: ClassVar[Lane] = Lane.OPTEE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"soc", "mcu_rst", "hold_boot"})

    run: Run
    soc: Soc
    regions: tuple[CarveOut, ...] = ()
    registered: bool = False

    def __post_init__(self) -> None:
        self.mcu_rst = ResetLine(self.run, self.soc, "mcu_rst")
        self.hold_boot = ResetLine(self.run, self.soc, "hold_boot")
        self.watch("stm32_remoteproc")


@rstctrl_c
def rstctrl_assert_to(line: ResetLine) -> None:
    """Hold the M4 at its next reset, or reset it."""
    if line.label == "hold_boot":
        line.soc.mcu.set_boot_mcu(False, Lane.OPTEE)
    else:
        line.soc.mcu.assert_reset(Lane.OPTEE)


@rstctrl_c
def rstctrl_deassert_to(line: ResetLine) -> None:
    """Let the M4 go. The MCU reset ends by itself."""
    if line.label == "hold_boot":
        line.soc.mcu.set_boot_mcu(True, Lane.OPTEE)


@stm32_c
def stm32_remoteproc_probe(rproc: Stm32Rproc) -> None:
    """Read the regions from the device tree, stop the M4, register.

    Not modelled: missing reset lines, a non-secure RCC (both are wrong builds, not wrong images).
    """
    stm32_remoteproc_parse_mems(rproc)
    stm32_remoteproc_halt(rproc)
    rproc.run.log(Lane.OPTEE, "remoteproc memories are open to the normal world", "warn")
    rproc.registered = True


@stm32_c
def stm32_remoteproc_parse_mems(rproc: Stm32Rproc) -> None:
    """`memory-region`, in order, each with its device address by `dma-ranges`.

    - a region that meets the pager's SRAM, directly or through its alias: GENERIC
    - address or size 0, or no `dma-ranges` triple that holds the region: BAD_PARAMETERS
    """
    for region in rproc.soc.board.optee_regions:
        if overlaps_pager(region):
            raise ModelledError(TeeResult.GENERIC, f"{region.name} meets the pager's SRAM")
        if not region.pa or not region.size:
            raise ModelledError(TeeResult.BAD_PARAMETERS, f"{region.name} has no address or size")
        windows = rproc.soc.board.dma_ranges
        da = pa_to_da(windows, region.pa, region.size) if windows else Da(region.pa)
        if da is None:
            raise ModelledError(TeeResult.BAD_PARAMETERS, f"the M4 cannot see {region.name}")
        rproc.regions += (CarveOut(region.name, region.pa, da, region.size),)


def overlaps_pager(region: Region) -> bool:
    """Whether a region shares a byte with the SRAM that OP-TEE's pager uses."""
    pa: int = region.pa
    if SRAM_ALIAS[0] <= pa < SRAM_ALIAS[1]:
        pa = pa - SRAM_ALIAS[0] + SRAM_BASE
    return pa < CFG_TZSRAM_START + CFG_TZSRAM_SIZE and pa + region.size > CFG_TZSRAM_START


def stm32_remoteproc_get(rproc: Stm32Rproc, rproc_id: int) -> Stm32Rproc | None:
    """The processor called `rproc_id`, or NULL."""
    return rproc if rproc.registered and rproc_id == RPROC_ID else None


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


@stm32_c
def stm32_remoteproc_map(rproc: Stm32Rproc, rproc_id: int, pa: Pa, size: int) -> Pa:
    """Map `[pa, pa + size)` as non-secure RAM. The model's core sees physical memory as it is."""
    known(rproc, rproc_id)
    if not any(m.pa <= pa and pa + size <= m.pa + m.size for m in rproc.regions):
        raise ModelledError(TeeResult.ACCESS_DENIED, f"no region holds {pa:#x}, {size:#x} bytes")
    if rproc.soc.a7.locate(pa, size) is None:
        raise ModelledError(TeeResult.GENERIC, f"{pa:#x} cannot be mapped")
    return pa


@stm32_c
def stm32_remoteproc_unmap(rproc: Stm32Rproc, rproc_id: int, _va: Pa, _size: int) -> None:
    """Clean the data cache, and unmap."""
    known(rproc, rproc_id)


@stm32_c
def stm32_remoteproc_start(rproc: Stm32Rproc, rproc_id: int) -> None:
    """Release hold-boot, and hold it again at once: a crash must not restart the M4 by itself."""
    known(rproc, rproc_id, TeeResult.GENERIC)
    rstctrl_deassert_to(rproc.hold_boot)
    rstctrl_assert_to(rproc.hold_boot)


@stm32_c
def stm32_remoteproc_stop(rproc: Stm32Rproc, rproc_id: int) -> None:
    """Hold the M4 at its next reset, and reset it."""
    known(rproc, rproc_id)
    stm32_remoteproc_halt(rproc)


def stm32_remoteproc_halt(rproc: Stm32Rproc) -> None:
    """Both lines, in this order; the first that fails ends it."""
    rstctrl_assert_to(rproc.hold_boot)
    rstctrl_assert_to(rproc.mcu_rst)


@stm32_c
def stm32_remoteproc_clean(rproc: Stm32Rproc, rproc_id: int) -> None:
    """Zero every region, in order; the first error ends it."""
    known(rproc, rproc_id)
    for mem in rproc.regions:
        va = stm32_remoteproc_map(rproc, rproc_id, mem.pa, mem.size)
        rproc.soc.a7.fill(va, mem.size, 0, Lane.OPTEE)
        stm32_remoteproc_unmap(rproc, rproc_id, va, mem.size)
