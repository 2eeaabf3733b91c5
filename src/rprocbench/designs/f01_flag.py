# SPDX-License-Identifier: GPL-2.0-or-later
"""lore:20240118100433.3984196-1: v2, a flag in the driver, load in sanity_check (family F1).

The core stays as it is. Since it wants the resource table before it loads, the driver loads in the
first op that sees the image, and a flag keeps the op that is meant for it from loading again. In
recovery nobody calls the first op, the flag is down, and the second one does all of it.
"""

from dataclasses import dataclass

from rprocbench.base.errors import Cite, ModelledError
from rprocbench.base.run import Unwind, mirrors, tolerate
from rprocbench.kernel.flow import dev_dbg, dev_warn
from rprocbench.kernel.remoteproc import Firmware, Host, Rproc, RprocOps, RprocState
from rprocbench.kernel.remoteproc_core import rproc_shutdown
from rprocbench.kernel.remoteproc_core_device import rproc_add, rproc_alloc, rproc_del, rproc_free
from rprocbench.kernel.remoteproc_coredump import rproc_coredump_set_elf_info
from rprocbench.kernel.remoteproc_table import LoadedTable
from rprocbench.kernel.stm32_ipcc import stm32_ipcc_probe
from rprocbench.kernel.stm32_rproc import (
    ELFCLASS32,
    EM_NONE,
    stm32_rproc_destroy_workqueue,
    stm32_rproc_free,
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
from rprocbench.kernel.stm32_rproc_structs import M4State
from rprocbench.kernel.stm32_rproc_structs import Stm32Rproc as PlainStm32Rproc

from .design import Design
from .f01_tee_remoteproc import (
    TEE_FUNCTIONS,
    TeeRproc,
    rproc_tee_get_rsc_table,
    tee_rproc_get_loaded_rsc_table,
    tee_rproc_load_fw,
    tee_rproc_probe,
    tee_rproc_register,
    tee_rproc_remove,
    tee_rproc_start,
    tee_rproc_stop,
    tee_rproc_unregister,
)  # fmt: skip

stm32_c = mirrors("lore:20240118100433.3984196-1/drivers/remoteproc/stm32_rproc.c")

STM32_MP1_M4_PROC_ID = 0


@dataclass
class Stm32Rproc(PlainStm32Rproc):
    """`struct stm32_rproc` with what the series adds: the flag, and the way to the TA."""

    fw_loaded: bool = False
    trproc: TeeRproc | None = None


def tee_of(rproc: Rproc) -> TeeRproc:
    """`ddata->trproc`, where the C follows the pointer without asking."""
    trproc: TeeRproc | None = rproc.priv.trproc
    assert trproc
    return trproc


@stm32_c
def stm32_rproc_tee_elf_sanity_check(rproc: Rproc, fw: Firmware) -> None:
    """To check a signed image is to authenticate it, and the TA authenticates what it loads."""
    if rproc.state == RprocState.DETACHED:
        return
    tee_rproc_load_fw(tee_of(rproc), fw)
    rproc.priv.fw_loaded = True


@stm32_c
def stm32_rproc_tee_elf_load(rproc: Rproc, fw: Firmware) -> None:
    """Nothing, if the image was checked. In recovery it was not: load it, and take its table anew.

    A table that cannot be had leaves the processor without one; the old copy is lost either way.
    """
    ddata: Stm32Rproc = rproc.priv
    if ddata.fw_loaded:
        return
    tee_rproc_load_fw(tee_of(rproc), fw)
    ddata.fw_loaded = True
    try:
        rproc_tee_get_rsc_table(tee_of(rproc))
    except ModelledError:
        rproc.cached_table = None
        rproc.table_ptr = None
        rproc.table_sz = 0


@stm32_c
def stm32_rproc_tee_elf_find_loaded_rsc_table(rproc: Rproc, fw: Firmware) -> LoadedTable | None:
    """Where the remote will look for its table."""
    return tee_rproc_get_loaded_rsc_table(tee_of(rproc))


@stm32_c
def stm32_rproc_tee_start(rproc: Rproc) -> None:
    """Let the TA start the M4."""
    tee_rproc_start(tee_of(rproc))


@stm32_c
def stm32_rproc_tee_attach(rproc: Rproc) -> None:
    """Nothing: the M4 runs already."""


@stm32_c
def stm32_rproc_tee_stop(rproc: Rproc) -> None:
    """Ask the M4 to stop, then let the TA stop it. If it does not, the flag stays up."""
    stm32_rproc_request_shutdown(rproc)
    tee_rproc_stop(tee_of(rproc))
    rproc.priv.fw_loaded = False
    stm32_rproc_release(rproc)


@stm32_c
def stm32_rproc_parse_fw(rproc: Rproc, fw: Firmware) -> None:
    """Take the resource table from the TA. Whatever goes wrong, there is none, and that is fine."""
    try:
        rproc_tee_get_rsc_table(tee_of(rproc))  # [v2]
    except ModelledError:  # [v2] of any kind
        dev_warn(rproc, "no resource table found for this firmware")


st_rproc_tee_ops = RprocOps(
    prepare=stm32_rproc_prepare,
    start=stm32_rproc_tee_start,
    stop=stm32_rproc_tee_stop,
    attach=stm32_rproc_tee_attach,
    kick=stm32_rproc_kick,
    parse_fw=stm32_rproc_parse_fw,
    find_loaded_rsc_table=stm32_rproc_tee_elf_find_loaded_rsc_table,
    get_loaded_rsc_table=stm32_rproc_get_loaded_rsc_table,
    sanity_check=stm32_rproc_tee_elf_sanity_check,
    load=stm32_rproc_tee_elf_load,
)


@stm32_c
def stm32_rproc_probe(host: Host) -> Rproc:
    """Open the session first, since which ops there are hangs on it; then as ever."""
    with Unwind(host) as unwind:  # [v2]
        trproc = tee_rproc_register(host, STM32_MP1_M4_PROC_ID)  # [v2]
        unwind.label("free_tee", tee_rproc_unregister, trproc)  # [v2]
        rproc = rproc_alloc(host, host.soc.board.node, st_rproc_tee_ops)  # [v2]
        rproc.priv = Stm32Rproc(host.run, host.soc, stm32_ipcc_probe(host.soc))  # [v2]
        rproc.priv.trproc = trproc  # [v2]
        trproc.rproc = rproc  # [v2]
        unwind.label("free_rproc", free_rproc, rproc)  # [v2]
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
    """The driver leaves, and the session after the processor is freed."""
    if rproc.power > 0:
        tolerate(rproc_shutdown, rproc)
    rproc_del(rproc)
    stm32_rproc_free_mbox(rproc)
    stm32_rproc_destroy_workqueue(rproc)
    trproc = tee_of(rproc)  # [v2]
    free_rproc(rproc)  # [v2]
    dev_dbg(rproc, "the C reads ddata->trproc here, after rproc_free()")  # [v2]
    tee_rproc_unregister(trproc)  # [v2]


def free_rproc(rproc: Rproc) -> None:
    """`rproc_free`, and with the processor its private part."""
    stm32_rproc_free(rproc)
    rproc_free(rproc)


V2 = Design(
    name="v2",
    family="F1",
    title="A flag in the driver, and the load in sanity_check",
    date="2024-01-18",
    thread=Cite("lore", "20240118100433.3984196-1-arnaud.pouliquen@foss.st.com"),
    why="sanity_check is the first op that sees the image, and the table is only there once the TA "
    "has loaded; fw_loaded tells load that it is done. The core is not touched.",
    signed=True,
    patches=(
        stm32_rproc_tee_elf_sanity_check, stm32_rproc_tee_elf_load,
        stm32_rproc_tee_elf_find_loaded_rsc_table, stm32_rproc_tee_start, stm32_rproc_tee_attach,
        stm32_rproc_tee_stop, stm32_rproc_parse_fw, stm32_rproc_probe, stm32_rproc_remove,
        *TEE_FUNCTIONS,
    ),
    modules=(tee_rproc_probe,),
    exits=(tee_rproc_remove,),
    caveats=(
        (
            "Nothing undoes the load: after a boot that failed, fw_loaded is still true, the TA "
            "still has the image, and the table is still mapped."
        ),
        (
            "The next boot loads again. The TA of that time answered BAD_STATE to it (before "
            "OP-TEE ad50321f4), for ever; today's ignores it, and starts the old image even if "
            "the file is another by now."
        ),
        (
            "Recovery takes a new table, forgets the old copy without freeing it, and hands the "
            "remote the table as it is in the image: what handle_resources wrote into the old "
            "one is lost."
        ),
        "If recovery cannot get the table, table_ptr is NULL, and the subdevices follow it.",
        "An attached core cannot be stopped: the TA never loaded it, and refuses STOP.",
        (
            "remove reads ddata->trproc after rproc_free(); the removal of the TEE device frees "
            "entries that devres frees again."
        ),
    ),
)  # fmt: skip
