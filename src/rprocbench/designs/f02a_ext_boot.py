# SPDX-License-Identifier: GPL-2.0-or-later
"""lore:4cbb89d1: the author's sketch of 1 February 2024, a boot op of the driver's (family F2a).

The core fetches the image, as ever, and hands it to `ops->boot`, which loads and starts. Only then
does the core prepare the device and take the table. It was an example in a mail, marked as not
tested, and was never posted as a patch: the driver's half is ours, the least that makes it run.
"""

from dataclasses import dataclass

from rprocbench.base.errors import Cite, Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors, tolerate
from rprocbench.kernel.firmware_loader import release_firmware, request_firmware
from rprocbench.kernel.flow import called, complaining, dev_dbg, dev_info, then
from rprocbench.kernel.locking import locked_interruptible
from rprocbench.kernel.remoteproc import Firmware, Host, Op, Rproc, RprocOps, RprocState
from rprocbench.kernel.remoteproc_core import drop_power, rproc_fw_boot, rproc_shutdown
from rprocbench.kernel.remoteproc_core_attach import rproc_attach, rproc_set_rsc_table
from rprocbench.kernel.remoteproc_core_carveouts import rproc_alloc_registered_carveouts
from rprocbench.kernel.remoteproc_core_device import rproc_add, rproc_alloc, rproc_del
from rprocbench.kernel.remoteproc_core_iommu import rproc_disable_iommu, rproc_enable_iommu
from rprocbench.kernel.remoteproc_core_resources import (
    rproc_handle_resources,
    rproc_resource_cleanup,
)  # fmt: skip
from rprocbench.kernel.remoteproc_coredump import rproc_coredump_set_elf_info
from rprocbench.kernel.remoteproc_internal import rproc_prepare_device, rproc_unprepare_device
from rprocbench.kernel.remoteproc_table import LoadedTable
from rprocbench.kernel.stm32_ipcc import stm32_ipcc_probe
from rprocbench.kernel.stm32_rproc import (
    ELFCLASS32,
    EM_NONE,
    stm32_rproc_destroy_workqueue,
    stm32_rproc_get_m4_state,
    stm32_rproc_of_memory_translations,
    stm32_rproc_parse_dt,
    stm32_rproc_prepare,
    stm32_rproc_release,
)  # fmt: skip
from rprocbench.kernel.stm32_rproc_mbox import (
    stm32_rproc_free_mbox,
    stm32_rproc_kick,
    stm32_rproc_request_mbox,
    stm32_rproc_request_shutdown,
)  # fmt: skip
from rprocbench.kernel.stm32_rproc_structs import M4State

from .design import Design
from .f01_flag import STM32_MP1_M4_PROC_ID, Stm32Rproc, free_rproc, tee_of
from .f01_tee_remoteproc import (
    SHARED,
    TeeRproc,
    ioremap_wc,
    tee_rproc_load_fw,
    tee_rproc_probe,
    tee_rproc_register,
    tee_rproc_remove,
    tee_rproc_start,
    tee_rproc_stop,
    tee_rproc_unregister,
    where_table,
)  # fmt: skip

core_c = mirrors("lore:4cbb89d1/drivers/remoteproc/remoteproc_core.c")
stm32_c = mirrors("lore:4cbb89d1/drivers/remoteproc/stm32_rproc.c")
tee_c = mirrors("lore:4cbb89d1/drivers/remoteproc/tee_remoteproc.c")


@dataclass(frozen=True)
class BootingOps(RprocOps):
    """`struct rproc_ops` with the op that the sketch adds."""

    boot: Op = None


@core_c
def rproc_fw_ext_boot(rproc: Rproc, fw: Firmware) -> None:
    """Let the driver load and start, then prepare what the core should have had before.

    The sketch jumps to a label `unprepare_device` it does not have; `unprepare_rproc` is meant.
    No error stops what the driver has started, and success leaves `state` as it was.
    """
    assert isinstance(rproc.ops, BootingOps)
    dev_info(rproc, f"booting {fw.name}, {len(fw.data)} bytes")
    called(rproc.host, rproc.ops.boot, "boot")(rproc, fw)
    with Unwind(rproc) as unwind:
        with complaining(rproc, "can't enable the iommu"):
            rproc_enable_iommu(rproc)
        unwind.label("disable_iommu", rproc_disable_iommu, rproc)

        with complaining(rproc, f"can't prepare {rproc.name}"):
            rproc_prepare_device(rproc)
        unwind.label("unprepare_rproc", rproc_unprepare_device, rproc)

        with complaining(rproc, "can't take the resource table"):
            rproc_set_rsc_table(rproc)
        unwind.label("clean_up_resources", rproc_resource_cleanup, rproc)

        rproc.max_notifyid = -1
        rproc.nb_vdev = 0
        with complaining(rproc, "Failed to process resources"):
            rproc_handle_resources(rproc)
        with complaining(rproc, "Failed to allocate associated carveouts"):
            rproc_alloc_registered_carveouts(rproc)
    dev_dbg(rproc, f"success, but {rproc.name} is {rproc.state.name}, and no subdevice was started")


@core_c
def rproc_boot(rproc: Rproc) -> None:
    """Boot through the driver's own op, if it has one."""
    with locked_interruptible(rproc):
        if rproc.deleting:
            raise ModelledError(Errno.ENODEV, f"{rproc.name} is being deleted")
        rproc.power += 1
        if rproc.power > 1:
            return
        with Unwind(rproc) as unwind:
            unwind.label("downref_rproc", drop_power, rproc)
            if rproc.state == RprocState.DETACHED:
                dev_info(rproc, f"attaching to {rproc.name}")
                rproc_attach(rproc)
            else:
                dev_info(rproc, f"powering up {rproc.name}")
                with complaining(rproc, "request_firmware failed"):
                    fw = request_firmware(rproc)
                with then(release_firmware, rproc, fw):
                    if isinstance(rproc.ops, BootingOps) and rproc.ops.boot:  # [seed-ext-boot]
                        rproc_fw_ext_boot(rproc, fw)  # [seed-ext-boot]
                    else:  # [seed-ext-boot]
                        rproc_fw_boot(rproc, fw)  # [seed-ext-boot]


@tee_c
def tee_rproc_get_loaded_rsc_table(trproc: TeeRproc) -> LoadedTable | None:
    """Ask the TA where the table of the loaded image lies, and map it. None: it has none."""
    pa, size = where_table(trproc)
    if size:
        trproc.rsc_va = ioremap_wc(trproc, pa, size)
    return trproc.rsc_va


@stm32_c
def stm32_rproc_tee_boot(rproc: Rproc, fw: Firmware) -> None:
    """Load and start. If the start fails, the image stays loaded."""
    tee_rproc_load_fw(tee_of(rproc), fw)
    tee_rproc_start(tee_of(rproc))


@stm32_c
def stm32_rproc_tee_get_loaded_rsc_table(rproc: Rproc) -> LoadedTable | None:
    """The table in the remote's memory, from the TA, whoever booted the remote."""
    return tee_rproc_get_loaded_rsc_table(tee_of(rproc))


@stm32_c
def stm32_rproc_tee_start(rproc: Rproc) -> None:
    """Let the TA start the M4. Without a start op the core would not take the processor."""
    tee_rproc_start(tee_of(rproc))


@stm32_c
def stm32_rproc_tee_attach(rproc: Rproc) -> None:
    """Nothing: the M4 runs already."""


@stm32_c
def stm32_rproc_tee_stop(rproc: Rproc) -> None:
    """Ask the M4 to stop, then let the TA stop it."""
    stm32_rproc_request_shutdown(rproc)
    tee_rproc_stop(tee_of(rproc))
    stm32_rproc_release(rproc)


st_rproc_tee_ops = BootingOps(
    prepare=stm32_rproc_prepare,
    boot=stm32_rproc_tee_boot,
    start=stm32_rproc_tee_start,
    stop=stm32_rproc_tee_stop,
    attach=stm32_rproc_tee_attach,
    kick=stm32_rproc_kick,
    get_loaded_rsc_table=stm32_rproc_tee_get_loaded_rsc_table,
)


@stm32_c
def stm32_rproc_probe(host: Host) -> Rproc:
    """As in v2: the session first."""
    with Unwind(host) as unwind:  # [seed-ext-boot]
        trproc = tee_rproc_register(host, STM32_MP1_M4_PROC_ID)  # [seed-ext-boot]
        unwind.label("free_tee", tee_rproc_unregister, trproc)  # [seed-ext-boot]
        rproc = rproc_alloc(host, host.soc.board.node, st_rproc_tee_ops)  # [seed-ext-boot]
        ipcc = stm32_ipcc_probe(host.soc)  # [seed-ext-boot]
        rproc.priv = Stm32Rproc(host.run, host.soc, ipcc, trproc=trproc)  # [seed-ext-boot]
        trproc.rproc = rproc  # [seed-ext-boot]
        unwind.label("free_rproc", free_rproc, rproc)  # [seed-ext-boot]
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
    """As in v2: the session last."""
    if rproc.power > 0:
        tolerate(rproc_shutdown, rproc)
    rproc_del(rproc)
    stm32_rproc_free_mbox(rproc)
    stm32_rproc_destroy_workqueue(rproc)
    trproc = tee_of(rproc)  # [seed-ext-boot]
    free_rproc(rproc)  # [seed-ext-boot]
    tee_rproc_unregister(trproc)  # [seed-ext-boot]


SEED_EXT_BOOT = Design(
    name="seed-ext-boot",
    family="F2a",
    title="A boot op: the driver loads and starts, then the core prepares",
    date="2024-02-01",
    thread=Cite("lore", "4cbb89d1"),
    why="The core goes on fetching the image; rproc_fw_ext_boot is rproc_fw_boot for whoever loads "
    "by means of its own, and opens the framework to other formats than ELF.",
    signed=True,
    patches=(
        rproc_boot, rproc_fw_ext_boot, tee_rproc_get_loaded_rsc_table, stm32_rproc_tee_boot,
        stm32_rproc_tee_get_loaded_rsc_table, stm32_rproc_tee_start, stm32_rproc_tee_attach,
        stm32_rproc_tee_stop, stm32_rproc_probe, stm32_rproc_remove, tee_rproc_load_fw,
        tee_rproc_start, tee_rproc_stop, tee_rproc_register, *SHARED,
    ),
    modules=(tee_rproc_probe,),
    exits=(tee_rproc_remove,),
    caveats=(
        (
            "A sketch in a mail, never posted as a patch; the driver's half is rprocbench's. It "
            "does not compile: the label unprepare_device is missing, and unprepare_rproc is "
            "taken for it."
        ),
        (
            "A successful boot leaves the state OFFLINE: sysfs says offline while the M4 runs, "
            "shutdown is EINVAL, and removing the driver leaves the M4 running."
        ),
        "Subdevices are neither prepared nor started: there is no virtio device, and no rpmsg.",
        (
            "The M4 runs before prepare, before its carveouts are mapped, and before its table "
            "says where the rings are."
        ),
        "No error after boot stops the M4 or unloads it; table_ptr keeps pointing to the mapping.",
        (
            "A crash of an OFFLINE processor is ignored, so recovery never begins. It could not "
            "work: without a load op the core installs those for ELF, which take the container for "
            "an ELF; nothing sends LOAD, and the TA refuses START."
        ),
        (
            "An attach asks the TA for the table, which knows nothing of what a boot loader has "
            "started: EIO. v3 brings a flag, to_attach, to tell the two apart."
        ),
        (
            "A boot after one that failed sends LOAD to a TA that is LOADED or STARTED: "
            "BAD_STATE, in the first case only before OP-TEE ad50321f4; today's TA starts the "
            "old image."
        ),
    ),
)  # fmt: skip
