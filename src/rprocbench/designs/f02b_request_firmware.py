# SPDX-License-Identifier: GPL-2.0-or-later
"""lore:152d982d: the maintainer's answer of January 2024, two requests in a row (family F2b).

Where the core has requested the image from the file system, it requests it from the TEE as well, if
the processor has an interface to one: in a boot and in a recovery, so neither a flag nor a load in
an odd place is needed. The helpers get the names of their ELF counterparts. It was described in
mails, and never posted as a patch; the code is ours.
"""

from dataclasses import dataclass
from itertools import count
from typing import Any

from rprocbench.base.errors import Cite, Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors, tolerate
from rprocbench.formats.tee_params import TaCmd
from rprocbench.kernel import remoteproc
from rprocbench.kernel.firmware_loader import release_firmware, request_firmware
from rprocbench.kernel.flow import complaining, dev_info, then
from rprocbench.kernel.locking import locked_interruptible
from rprocbench.kernel.remoteproc import Firmware, Host, RprocOps, RprocState
from rprocbench.kernel.remoteproc_core import (
    drop_power,
    rproc_fw_boot,
    rproc_shutdown,
    rproc_start,
    rproc_stop,
)  # fmt: skip
from rprocbench.kernel.remoteproc_core_attach import rproc_attach
from rprocbench.kernel.remoteproc_core_device import rproc_add, rproc_alloc_ops, rproc_del
from rprocbench.kernel.remoteproc_coredump import rproc_coredump_set_elf_info
from rprocbench.kernel.remoteproc_table import LoadedTable, kmemdup
from rprocbench.kernel.stm32_ipcc import stm32_ipcc_probe
from rprocbench.kernel.stm32_rproc import (
    ELFCLASS32,
    EM_NONE,
    stm32_rproc_destroy_workqueue,
    stm32_rproc_get_loaded_rsc_table,
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
from .f01_flag import STM32_MP1_M4_PROC_ID, free_rproc
from .f01_tee_remoteproc import (
    SHARED,
    TeeEntry,
    invoke,
    ioremap_wc,
    iounmap,
    load,
    open_session,
    tee_rproc_probe,
    tee_rproc_remove,
    tee_rproc_unregister,
    where_table,
)  # fmt: skip

core_c = mirrors("lore:152d982d/drivers/remoteproc/remoteproc_core.c")
stm32_c = mirrors("lore:152d982d/drivers/remoteproc/stm32_rproc.c")
tee_c = mirrors("lore:152d982d/drivers/remoteproc/tee_remoteproc.c")


@dataclass
class RprocTeeInterface(TeeEntry):
    """`struct rproc_tee_interface`: v2's `struct tee_rproc`, renamed and without `rsc_va`."""

    @property
    def name(self) -> str:
        return "rproc_tee_interface"


@dataclass
class Rproc(remoteproc.Rproc):
    """`struct rproc` with what the answer folds into it."""

    tee_interface: RprocTeeInterface | None = None


def tee_of(rproc: Rproc) -> RprocTeeInterface:
    """`rproc->tee_interface`, where the C follows the pointer without asking."""
    assert rproc.tee_interface
    return rproc.tee_interface


@core_c
def rproc_alloc(
    host: Host, name: str, ops: RprocOps, firmware: str | None = None, priv: Any = None
) -> Rproc:
    """A processor whose struct has room for an interface to the TEE."""
    index = next(n for n in count() if n not in host.indices)
    host.indices += (index,)
    # [seed-request-fw] `struct rproc` below is the one above
    rproc = Rproc(host.run, host, name, firmware or f"rproc-{name}-fw", ops, priv, index)
    rproc_alloc_ops(rproc, ops)
    return rproc


@core_c
def rproc_boot(rproc: Rproc) -> None:
    """Boot what the file system has and, where there is a TEE, what the TEE has accepted."""
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
                    if rproc.tee_interface:  # [seed-request-fw]
                        tee_rproc_request_firmware(rproc, fw)  # [seed-request-fw]
                    rproc_fw_boot(rproc, fw)


@core_c
def rproc_boot_recovery(rproc: Rproc) -> None:
    """Recover with what the file system has now and, where there is a TEE, the TEE accepts."""
    rproc_stop(rproc, crashed=True)
    if rproc.ops.coredump:
        rproc.ops.coredump(rproc)
    with complaining(rproc, "request_firmware failed"):
        fw = request_firmware(rproc)
    with then(release_firmware, rproc, fw):
        if rproc.tee_interface:  # [seed-request-fw]
            tee_rproc_request_firmware(rproc, fw)  # [seed-request-fw]
        rproc_start(rproc, fw)


@tee_c
def tee_rproc_request_firmware(rproc: Rproc, fw: Firmware) -> None:
    """`tee_rproc_load_fw` renamed: the TA authenticates and loads the image."""
    load(tee_of(rproc), fw)


@tee_c
def rproc_tee_get_loaded_rsc_table(rproc: Rproc) -> LoadedTable | None:
    """Ask the TA where the table is, each time, and map it. None: the image has none."""
    pa, size = where_table(tee_of(rproc))
    return ioremap_wc(tee_of(rproc), pa, size) if size else None


@tee_c
def rproc_tee_elf_load_rsc_table(rproc: Rproc, fw: Firmware) -> None:
    """`rproc_tee_get_rsc_table` renamed: keep a copy of the table, and unmap it again.

    That nothing is loaded is an error, which the TA reports. An image without a table is all right.
    """
    table = rproc_tee_get_loaded_rsc_table(rproc)
    if table is None:
        return
    rproc.cached_table = kmemdup(table, table.size, "cached_table")
    rproc.table_ptr = rproc.cached_table
    rproc.table_sz = table.size
    iounmap(tee_of(rproc), table)


@tee_c
def tee_rproc_start(rproc: Rproc) -> None:
    """Let the TA start the core."""
    invoke(tee_of(rproc), TaCmd.START_FW)


@tee_c
def tee_rproc_stop(rproc: Rproc) -> None:
    """Let the TA stop the core."""
    invoke(tee_of(rproc), TaCmd.STOP_FW)


@tee_c
def tee_rproc_register(host: Host, rproc_id: int) -> RprocTeeInterface:
    """Open a session for a processor that does not exist yet, and put it on the list."""
    ctx, session = open_session(host, rproc_id)
    interface = RprocTeeInterface(host.run, host, rproc_id, session)
    ctx.sessions += (interface,)
    return interface


@stm32_c
def stm32_rproc_tee_elf_load(rproc: Rproc, fw: Firmware) -> None:
    """Nothing: the image was requested. Without this op the core would install those for ELF."""


@stm32_c
def stm32_rproc_tee_elf_find_loaded_rsc_table(rproc: Rproc, fw: Firmware) -> LoadedTable | None:
    """Where the remote will look for its table; whatever goes wrong, the answer is none."""
    try:
        return rproc_tee_get_loaded_rsc_table(rproc)
    except ModelledError:
        return None


@stm32_c
def stm32_rproc_tee_start(rproc: Rproc) -> None:
    """Let the TA start the M4."""
    tee_rproc_start(rproc)


@stm32_c
def stm32_rproc_tee_attach(rproc: Rproc) -> None:
    """Nothing: the M4 runs already."""


@stm32_c
def stm32_rproc_tee_stop(rproc: Rproc) -> None:
    """Ask the M4 to stop, then let the TA stop it."""
    stm32_rproc_request_shutdown(rproc)
    tee_rproc_stop(rproc)
    stm32_rproc_release(rproc)


st_rproc_tee_ops = RprocOps(
    prepare=stm32_rproc_prepare,
    start=stm32_rproc_tee_start,
    stop=stm32_rproc_tee_stop,
    attach=stm32_rproc_tee_attach,
    kick=stm32_rproc_kick,
    parse_fw=rproc_tee_elf_load_rsc_table,
    find_loaded_rsc_table=stm32_rproc_tee_elf_find_loaded_rsc_table,
    get_loaded_rsc_table=stm32_rproc_get_loaded_rsc_table,
    load=stm32_rproc_tee_elf_load,
)


@stm32_c
def stm32_rproc_probe(host: Host) -> Rproc:
    """As in v2: the session first; the processor itself knows of it, not the driver."""
    with Unwind(host) as unwind:  # [seed-request-fw]
        interface = tee_rproc_register(host, STM32_MP1_M4_PROC_ID)  # [seed-request-fw]
        unwind.label("free_tee", tee_rproc_unregister, interface)  # [seed-request-fw]
        rproc = rproc_alloc(host, host.soc.board.node, st_rproc_tee_ops)  # [seed-request-fw]
        ipcc = stm32_ipcc_probe(host.soc)  # [seed-request-fw]
        rproc.priv = Stm32Rproc(host.run, host.soc, ipcc)  # [seed-request-fw]
        rproc.tee_interface = interface  # [seed-request-fw]
        interface.rproc = rproc  # [seed-request-fw]
        unwind.label("free_rproc", free_rproc, rproc)  # [seed-request-fw]
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
    interface = tee_of(rproc)  # [seed-request-fw]
    free_rproc(rproc)  # [seed-request-fw]
    tee_rproc_unregister(interface)  # [seed-request-fw]


SEED_REQUEST_FW = Design(
    name="seed-request-fw",
    family="F2b",
    title="Two requests in a row: from the file system, then from the TEE",
    date="2024-01-31",
    thread=Cite("lore", "152d982d"),
    why="The core asks the TEE for the firmware right after request_firmware, in boot and "
    "recovery; the TEE path then looks like the ELF path: no flag, no cached mapping.",
    signed=True,
    patches=(
        rproc_alloc, rproc_boot, rproc_boot_recovery, tee_rproc_request_firmware,
        rproc_tee_get_loaded_rsc_table, rproc_tee_elf_load_rsc_table, tee_rproc_start,
        tee_rproc_stop, tee_rproc_register, stm32_rproc_tee_elf_load,
        stm32_rproc_tee_elf_find_loaded_rsc_table, stm32_rproc_tee_start, stm32_rproc_tee_attach,
        stm32_rproc_tee_stop, stm32_rproc_probe, stm32_rproc_remove, *SHARED,
    ),
    modules=(tee_rproc_probe,),
    exits=(tee_rproc_remove,),
    caveats=(
        "Described in mails, never posted as a patch; the code is rprocbench's.",
        (
            "Nothing undoes the request: after a boot or a recovery that failed, the TA keeps "
            "the image."
        ),
        (
            "It relies on a TA that ignores a redundant LOAD. Before OP-TEE ad50321f4 the boot "
            "after one that failed got BAD_STATE, for ever; today's TA starts the old image, "
            "even if the file is another by now."
        ),
        (
            "The load op does nothing, and must be there: without one the core installs those "
            "for ELF."
        ),
        "The core and struct rproc know of the TEE.",
        (
            "Nobody said who unmaps the table that find_loaded maps: each start leaves a "
            "mapping behind."
        ),
        "An attached core cannot be stopped: the TA never loaded it, and refuses STOP.",
    ),
)  # fmt: skip
