# SPDX-License-Identifier: GPL-2.0-or-later
"""lore:20260414152904.1679724-1: v22, the TEE as a back end of stm32_rproc (family F14).

Authentication is loading, and it happens in `parse_fw`, since the resource table cannot be trusted
before. `load` loads once more: the TA ignores it after a boot's first load, and recovery, which
never parses, needs it. `release_fw` is the way back from LOADED.
"""

from dataclasses import dataclass

from rprocbench.base.errors import Cite, Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors, tolerate
from rprocbench.kernel.firmware_loader import release_firmware, request_firmware
from rprocbench.kernel.flow import complaining, dev_info, then
from rprocbench.kernel.locking import locked_interruptible
from rprocbench.kernel.remoteproc import Host, Op, Rproc, RprocOps, RprocState
from rprocbench.kernel.remoteproc_core import (
    can_stop,
    drop_power,
    forget_table_sz,
    rproc_fw_boot,
    rproc_shutdown,
    rproc_start,
    rproc_stop,
)  # fmt: skip
from rprocbench.kernel.remoteproc_core_attach import rproc_attach
from rprocbench.kernel.remoteproc_core_device import rproc_alloc
from rprocbench.kernel.remoteproc_core_iommu import rproc_disable_iommu
from rprocbench.kernel.remoteproc_core_resources import rproc_resource_cleanup
from rprocbench.kernel.remoteproc_coredump import rproc_coredump_set_elf_info
from rprocbench.kernel.remoteproc_internal import rproc_unprepare_device
from rprocbench.kernel.remoteproc_table import kfree
from rprocbench.kernel.stm32_ipcc import stm32_ipcc_probe
from rprocbench.kernel.stm32_rproc import (
    ELFCLASS32,
    EM_NONE,
    stm32_rproc_destroy_workqueue,
    stm32_rproc_free,
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
from rprocbench.kernel.stm32_rproc_structs import M4State, Stm32Rproc

from .design import Design
from .f14_remoteproc_tee import (
    TEE_FUNCTIONS,
    rproc_tee_find_loaded_rsc_table,
    rproc_tee_load_fw,
    rproc_tee_parse_fw,
    rproc_tee_probe,
    rproc_tee_register,
    rproc_tee_release_fw,
    rproc_tee_remove,
    rproc_tee_start,
    rproc_tee_stop,
    rproc_tee_unregister,
)  # fmt: skip

core_c = mirrors("lore:20260414152904.1679724-1/drivers/remoteproc/remoteproc_core.c")
stm32_c = mirrors("lore:20260414152904.1679724-1/drivers/remoteproc/stm32_rproc.c")


@dataclass(frozen=True)
class ReleasingOps(RprocOps):
    """`struct rproc_ops` with the op that the series adds."""

    release_fw: Op = None


@core_c
def rproc_release_fw(rproc: Rproc) -> None:
    """Let the driver undo what loading the image took."""
    if isinstance(rproc.ops, ReleasingOps) and rproc.ops.release_fw:
        tolerate(rproc.ops.release_fw, rproc)


@core_c
def rproc_boot(rproc: Rproc) -> None:
    """Boot, and release the image if that fails, however far it came."""
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
                with then(release_firmware, rproc, fw), Unwind(rproc) as booted:  # [v22]
                    booted.label("release_fw", rproc_release_fw, rproc)  # [v22]
                    rproc_fw_boot(rproc, fw)


@core_c
def rproc_boot_recovery(rproc: Rproc) -> None:
    """Recover, and release the image if the start fails."""
    rproc_stop(rproc, crashed=True)
    if rproc.ops.coredump:
        rproc.ops.coredump(rproc)
    with complaining(rproc, "request_firmware failed"):
        fw = request_firmware(rproc)
    with then(release_firmware, rproc, fw), Unwind(rproc) as started:  # [v22]
        started.label("release_fw", rproc_release_fw, rproc)  # [v22]
        rproc_start(rproc, fw)


@core_c
def __rproc_shutdown(rproc: Rproc, force: bool) -> None:
    """Stop the processor, and release the image once nothing of it is in use."""
    with locked_interruptible(rproc):
        if not can_stop(rproc):
            raise ModelledError(Errno.EINVAL, f"{rproc.name} is {rproc.state.name}")
        crashed = rproc.state == RprocState.CRASHED
        rproc.power -= 1
        if rproc.power and not force:
            return
        try:
            rproc_stop(rproc, crashed)
        except ModelledError:
            rproc.power += 1
            raise
        rproc_resource_cleanup(rproc)  # [v22] release_session(), taken apart: it stays in detach
        rproc_unprepare_device(rproc)  # [v22]
        rproc_disable_iommu(rproc)  # [v22]
        rproc_release_fw(rproc)  # [v22] new
        kfree(rproc.cached_table)  # [v22]
        rproc.cached_table = None  # [v22]
        rproc.table_ptr = None  # [v22]
        forget_table_sz(rproc)


@stm32_c
def stm32_rproc_tee_stop(rproc: Rproc) -> None:
    """Ask the M4 to stop, then let the TA stop it."""
    stm32_rproc_request_shutdown(rproc)
    rproc_tee_stop(rproc)
    stm32_rproc_release(rproc)


st_rproc_tee_ops = ReleasingOps(
    prepare=stm32_rproc_prepare,
    start=rproc_tee_start,
    stop=stm32_rproc_tee_stop,
    kick=stm32_rproc_kick,
    load=rproc_tee_load_fw,
    parse_fw=rproc_tee_parse_fw,
    find_loaded_rsc_table=rproc_tee_find_loaded_rsc_table,
    release_fw=rproc_tee_release_fw,
)


@stm32_c
def stm32_rproc_probe(host: Host) -> Rproc:
    """Set up one M4 that the TEE loads; a core that runs already is refused."""
    rproc = rproc_alloc(host, host.soc.board.node, st_rproc_tee_ops)  # [v22]
    rproc.priv = Stm32Rproc(host.run, host.soc, stm32_ipcc_probe(host.soc))
    with Unwind(rproc) as unwind:
        unwind.label("free_rproc", stm32_rproc_free, rproc)
        rproc_coredump_set_elf_info(rproc, ELFCLASS32, EM_NONE)
        stm32_rproc_parse_dt(rproc)
        stm32_rproc_of_memory_translations(rproc)

        if stm32_rproc_get_m4_state(rproc) == M4State.CRUN:
            raise ModelledError(Errno.EINVAL, "attach is not supported")  # [v22]

        rproc.priv.workqueue = True
        unwind.label("free_resources", stm32_rproc_destroy_workqueue, rproc)

        stm32_rproc_request_mbox(rproc)
        unwind.label("free_mb", stm32_rproc_free_mbox, rproc)

        rproc_tee_register(rproc)  # [v22]
    return rproc


@stm32_c
def stm32_rproc_remove(rproc: Rproc) -> None:
    """The driver leaves: mailboxes first, and the TEE's entry takes the processor along."""
    if rproc.power > 0:
        tolerate(rproc_shutdown, rproc)
    # [v22] rproc_del() comes with the entry, below
    stm32_rproc_free_mbox(rproc)
    stm32_rproc_destroy_workqueue(rproc)
    tolerate(rproc_tee_unregister, rproc)  # [v22]
    stm32_rproc_free(rproc)


V22 = Design(
    name="v22",
    family="F14",
    title="The TEE as a back end of stm32_rproc; release_fw undoes the load",
    date="2026-04-14",
    thread=Cite("lore", "20260414152904.1679724-1-arnaud.pouliquen@foss.st.com"),
    why="parse_fw authenticates and loads; load repeats it for recovery's sake; whoever called "
    "rproc_fw_boot or rproc_start releases when that fails.",
    signed=True,
    patches=(
        rproc_boot, rproc_boot_recovery, __rproc_shutdown, rproc_release_fw, stm32_rproc_tee_stop,
        stm32_rproc_probe, stm32_rproc_remove, *TEE_FUNCTIONS,
    ),
    modules=(rproc_tee_probe,),
    exits=(rproc_tee_remove,),
    caveats=(
        (
            "A boot that fails before its LOAD sends RELEASE all the same; one that fails in "
            "parse_fw after its LOAD sends RELEASE twice."
        ),
        "Every boot loads twice; the second LOAD succeeds without a look at the image.",
        "A core that runs already is refused: there is no attach.",
        "A signal while a lock is waited for can keep unregister from closing the session.",
    ),
)  # fmt: skip
