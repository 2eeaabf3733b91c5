# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/stm32_rproc.c: the platform driver of the STM32MP15's Cortex-M4.

Its mailboxes are in `stm32_rproc_mbox`.
"""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors, tolerate
from rprocbench.soc.exti import WWDG1
from rprocbench.soc.memory import Da, Pa, da_to_pa, pa_to_da

from .flow import dev_dbg, dev_err, dev_warn, undefined
from .remoteproc import (
    Firmware,
    Host,
    Rproc,
    RprocCrashType,
    RprocMemEntry,
    RprocOps,
    RprocState,
)
from .remoteproc_core import rproc_shutdown
from .remoteproc_core_carveouts import (
    rproc_add_carveout,
    rproc_mem_entry_init,
    rproc_of_resm_mem_entry_init,
)
from .remoteproc_core_device import rproc_add, rproc_alloc, rproc_del
from .remoteproc_core_recovery import rproc_report_crash
from .remoteproc_coredump import rproc_coredump_add_segment, rproc_coredump_set_elf_info
from .remoteproc_elf_loader import (
    rproc_elf_find_loaded_rsc_table,
    rproc_elf_get_boot_addr,
    rproc_elf_load_rsc_table,
    rproc_elf_load_segments,
    rproc_elf_sanity_check,
)
from .remoteproc_table import LoadedTable
from .stm32_ipcc import stm32_ipcc_probe, stm32_ipcc_remove
from .stm32_rproc_mbox import (
    DETACH,
    stm32_rproc_ask,
    stm32_rproc_free_mbox,
    stm32_rproc_kick,
    stm32_rproc_request_mbox,
    stm32_rproc_request_shutdown,
)
from .stm32_rproc_structs import M4State, Stm32Rproc
from .stm32_wires import (
    HOLD_BOOT,
    M4_STATE,
    PDDS,
    RSC_TBL,
    has_register,
    regmap_read,
    regmap_update_bits,
    regmap_write,
    reset_control_assert,
)

stm32_c = mirrors("linux:drivers/remoteproc/stm32_rproc.c")

RSC_TBL_SIZE = 1024
ELFCLASS32, EM_NONE = 1, 0


@stm32_c
def stm32_rproc_pa_to_da(rproc: Rproc, pa: Pa) -> Da:
    """Where the M4 finds what Linux finds at `pa`, by the first range that holds it."""
    da = pa_to_da(rproc.host.soc.board.dma_ranges, pa)
    if da is None:
        raise ModelledError(Errno.EINVAL, f"the M4 does not see {pa:#x}")
    return da


@stm32_c
def stm32_rproc_da_to_pa(rproc: Rproc, da: Da) -> Pa:
    """Where Linux finds what the M4 finds at `da`, by the first range that holds it."""
    pa = da_to_pa(rproc.host.soc.board.dma_ranges, da)
    if pa is None:
        dev_err(rproc, f"no range holds device address {da:#x}")
        raise ModelledError(Errno.EINVAL, f"Linux does not see the M4's {da:#x}")
    return pa


@stm32_c
def stm32_rproc_mem_alloc(rproc: Rproc, mem: RprocMemEntry) -> None:
    """Map a reserved memory."""
    dev_dbg(rproc, f"map {mem.name}: {mem.dma:#x}+{mem.len:#x}")
    mem.va = mem.dma
    mem.is_iomem = rproc.host.linux.stm32_is_iomem


@stm32_c
def stm32_rproc_mem_release(rproc: Rproc, mem: RprocMemEntry) -> None:
    """Unmap it."""
    mem.va = None


@stm32_c
def stm32_rproc_prepare(rproc: Rproc) -> None:
    """Register every reserved memory as a carveout; those that Linux maps are dumped after a crash.

    The buffers of the virtio device are not mapped: it will allocate from there itself. An entry of
    `memory-region` that leads to no memory ends the list; older kernels report `EINVAL` there.
    """
    board, linux = rproc.host.soc.board, rproc.host.linux
    for index, region in enumerate(board.linux_regions):
        da = stm32_rproc_pa_to_da(rproc, region.pa)
        if region.name.startswith("vdev0buffer"):
            size, pa = region.size, region.pa
            mem = rproc_of_resm_mem_entry_init(rproc, index, size, pa, "vdev0buffer")
            rproc_add_carveout(rproc, mem)
        else:
            mem = rproc_mem_entry_init(
                rproc,
                None,
                region.pa,
                region.size,
                da,
                stm32_rproc_mem_alloc,
                stm32_rproc_mem_release,
                "%s",
                region.name,
            )
            rproc_add_carveout(rproc, mem)
            rproc_coredump_add_segment(rproc, da, region.size)
    if board.bad_region is not None and not linux.stm32_bad_region_ends_list:
        dev_err(rproc, "a reserved memory cannot be found")
        raise ModelledError(Errno.EINVAL, board.bad_region)


@stm32_c
def stm32_rproc_parse_fw(rproc: Rproc, fw: Firmware) -> None:
    """Take the resource table from the image. An image without one is all right."""
    try:
        rproc_elf_load_rsc_table(rproc, fw)
    except ModelledError as error:
        if error.code != Errno.EINVAL and not rproc.host.linux.stm32_table_errors_swallowed:
            raise
        dev_warn(rproc, "no resource table found for this firmware")


@stm32_c
def stm32_rproc_set_hold_boot(rproc: Rproc, hold: bool) -> None:
    """Hold the M4 at its next reset, or let it go."""
    regmap_update_bits(rproc.priv, HOLD_BOOT, 0 if hold else 1)


def stm32_rproc_add_coredump_trace(rproc: Rproc) -> None:
    """Dump the trace buffers as well, each once."""
    for trace in rproc.traces:
        if all(segment.da != trace.da for segment in rproc.dump_segments):
            rproc_coredump_add_segment(rproc, trace.da, trace.len)


@stm32_c
def stm32_rproc_start(rproc: Rproc) -> None:
    """Let the M4 go, and hold it at its next reset: it runs, but does not start again by itself."""
    stm32_rproc_add_coredump_trace(rproc)
    if has_register(rproc.priv, PDDS):
        regmap_update_bits(rproc.priv, PDDS, 0)
    stm32_rproc_set_hold_boot(rproc, False)
    stm32_rproc_set_hold_boot(rproc, True)


@stm32_c
def stm32_rproc_attach(rproc: Rproc) -> None:
    """The M4 runs already: from now on it is held at its next reset."""
    stm32_rproc_add_coredump_trace(rproc)
    stm32_rproc_set_hold_boot(rproc, True)


@stm32_c
def stm32_rproc_detach(rproc: Rproc) -> None:
    """Tell the M4 that Linux leaves, and let it start again by itself."""
    stm32_rproc_ask(rproc, DETACH, "shutdown")
    stm32_rproc_set_hold_boot(rproc, False)


@stm32_c
def stm32_rproc_release(rproc: Rproc) -> None:
    """Let the power go down with Linux's, and note that the M4 is off."""
    if has_register(rproc.priv, PDDS):
        regmap_update_bits(rproc.priv, PDDS, 1)
    if has_register(rproc.priv, M4_STATE):
        regmap_write(rproc.priv, M4_STATE, M4State.OFF)


@stm32_c
def stm32_rproc_stop(rproc: Rproc) -> None:
    """Ask the M4 to stop, and stop it whatever it says."""
    stm32_rproc_request_shutdown(rproc)
    stm32_rproc_set_hold_boot(rproc, True)
    reset_control_assert(rproc.priv)
    stm32_rproc_release(rproc)


@stm32_c
def stm32_rproc_get_loaded_rsc_table(rproc: Rproc) -> LoadedTable:
    """The table that a boot loader left, always 1024 bytes of it. `ENOENT`: it left none.

    It is mapped once: a core that publishes another one later is not noticed.
    """
    ddata: Stm32Rproc = rproc.priv
    if ddata.rsc_va is None:
        if not has_register(ddata, RSC_TBL):
            raise undefined(rproc.host, "the device tree has no st,syscfg-rsc-tbl to read it from")
        da = Da(regmap_read(ddata, RSC_TBL))
        if not da:
            raise ModelledError(Errno.ENOENT, "no boot loader left a resource table")
        pa = stm32_rproc_da_to_pa(rproc, da)
        if rproc.host.hardened and ddata.soc.a7.locate(pa, RSC_TBL_SIZE) is None:
            raise undefined(rproc.host, f"there is no memory for a table at {pa:#x}")
        ddata.rsc_va = LoadedTable(rproc.run, ddata.soc, pa, RSC_TBL_SIZE)
    return ddata.rsc_va


st_rproc_ops = RprocOps(
    prepare=stm32_rproc_prepare,
    start=stm32_rproc_start,
    stop=stm32_rproc_stop,
    attach=stm32_rproc_attach,
    detach=stm32_rproc_detach,
    kick=stm32_rproc_kick,
    load=rproc_elf_load_segments,
    parse_fw=stm32_rproc_parse_fw,
    find_loaded_rsc_table=rproc_elf_find_loaded_rsc_table,
    get_loaded_rsc_table=stm32_rproc_get_loaded_rsc_table,
    sanity_check=rproc_elf_sanity_check,
    get_boot_addr=rproc_elf_get_boot_addr,
)


@stm32_c
def stm32_rproc_wdg(rproc: Rproc) -> None:
    """The M4's watchdog bit: it has crashed."""
    rproc_report_crash(rproc, RprocCrashType.WATCHDOG)


@stm32_c
def stm32_rproc_parse_dt(rproc: Rproc) -> None:
    """What the device tree says about booting by itself; the watchdog's interrupt is asked for."""
    soc = rproc.host.soc
    if soc.board.watchdog:
        soc.exti.listen(WWDG1, lambda: stm32_rproc_wdg(rproc))
    rproc.auto_boot = soc.board.auto_boot


@stm32_c
def stm32_rproc_of_memory_translations(rproc: Rproc) -> None:
    """How the M4's addresses map to Linux's. `EINVAL`: the device tree does not say."""
    if not rproc.host.soc.board.dma_ranges:
        raise ModelledError(Errno.EINVAL, "the device tree has no dma-ranges")


@stm32_c
def stm32_rproc_get_m4_state(rproc: Rproc) -> M4State | int:
    """What the M4 was doing when Linux came up: off, if there is no register that tells."""
    if not has_register(rproc.priv, M4_STATE):
        return M4State.OFF
    return regmap_read(rproc.priv, M4_STATE)


@stm32_c
def stm32_rproc_probe(host: Host) -> Rproc:
    """Set everything up for one M4, and give it to the core."""
    board = host.soc.board
    firmware = board.firmware if host.linux.stm32_firmware_name else None
    rproc = rproc_alloc(host, board.node, st_rproc_ops, firmware)
    rproc.priv = Stm32Rproc(host.run, host.soc, stm32_ipcc_probe(host.soc))
    with Unwind(rproc) as unwind:
        unwind.label("free_rproc", stm32_rproc_free, rproc)
        rproc_coredump_set_elf_info(rproc, ELFCLASS32, EM_NONE)
        stm32_rproc_parse_dt(rproc)
        stm32_rproc_of_memory_translations(rproc)

        if stm32_rproc_get_m4_state(rproc) == M4State.CRUN:
            rproc.state = RprocState.DETACHED

        rproc.priv.workqueue = True
        unwind.label("free_resources", stm32_rproc_destroy_workqueue, rproc)

        stm32_rproc_request_mbox(rproc)
        unwind.label("free_mb", stm32_rproc_free_mbox, rproc)

        rproc_add(rproc)
    return rproc


@stm32_c
def stm32_rproc_remove(rproc: Rproc) -> None:
    """The driver leaves: stop the M4 if it is used, and take everything down."""
    if rproc.power > 0:
        tolerate(rproc_shutdown, rproc)
    rproc_del(rproc)
    stm32_rproc_free_mbox(rproc)
    stm32_rproc_destroy_workqueue(rproc)
    stm32_rproc_free(rproc)


def stm32_rproc_destroy_workqueue(rproc: Rproc) -> None:
    """Finish what is queued, and queue no more."""
    rproc.host.run_work()
    rproc.priv.workqueue = False


def stm32_rproc_free(rproc: Rproc) -> None:
    """What devres frees after the driver is gone."""
    rproc.host.soc.exti.listen(WWDG1, None)
    stm32_ipcc_remove(rproc.priv.ipcc)
    rproc.priv.gone()
