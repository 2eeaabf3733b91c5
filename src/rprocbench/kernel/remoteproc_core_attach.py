# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: taking a core that runs, and letting it go."""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors

from .flow import called, complaining, dev_info, dev_warn
from .locking import locked_interruptible
from .remoteproc import Rproc, RprocState
from .remoteproc_core_carveouts import rproc_alloc_registered_carveouts
from .remoteproc_core_iommu import rproc_disable_iommu, rproc_enable_iommu
from .remoteproc_core_resources import rproc_handle_resources, rproc_resource_cleanup
from .remoteproc_core_subdevs import (
    rproc_prepare_subdevices,
    rproc_start_subdevices,
    rproc_stop_subdevices,
    rproc_unprepare_subdevices,
)  # fmt: skip
from .remoteproc_internal import (
    rproc_attach_device,
    rproc_get_loaded_rsc_table,
    rproc_prepare_device,
    rproc_unprepare_device,
)  # fmt: skip
from .remoteproc_table import kfree, kmemdup

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")


@core_c
def rproc_set_rsc_table(rproc: Rproc) -> None:
    """Point at the table that the booter left; keep a pristine copy if it will be restored."""
    with complaining(rproc, "no table from the running core"):
        table = rproc_get_loaded_rsc_table(rproc)
    if table is None:
        return
    if rproc.ops.detach:
        rproc.clean_table = kmemdup(table, table.size, "clean_table")
    else:
        rproc.clean_table = None
    rproc.cached_table = None
    rproc.table_ptr = table
    rproc.table_sz = table.size


@core_c
def rproc_reset_rsc_table_on_detach(rproc: Rproc) -> None:
    """Restore the table that the booter left, and go on with a copy of what it was until now."""
    table = rproc.table_ptr
    if table is None:
        return
    if rproc.host.hardened and table is rproc.cached_table:
        return  # it was restored, and the driver's detach failed: the copy is gone
    if rproc.clean_table is None:
        dev_warn(rproc, "no pristine table to restore")
        raise ModelledError(Errno.EINVAL, "there is no clean_table")
    rproc.cached_table = kmemdup(table, rproc.table_sz, "cached_table")
    rproc.table_ptr = rproc.cached_table
    table.write(0, rproc.clean_table.read(0, rproc.table_sz))
    free_clean_table(rproc)


@core_c
def rproc_reset_rsc_table_on_stop(rproc: Rproc) -> None:
    """Go on with the cached table: the remote's memory will not be there much longer."""
    if rproc.table_ptr is None:
        return
    if rproc.cached_table is None:
        rproc.cached_table = kmemdup(rproc.table_ptr, rproc.table_sz, "cached_table")
        free_clean_table(rproc)
    rproc.table_ptr = rproc.cached_table


@core_c
def __rproc_attach(rproc: Rproc) -> None:
    """Connect to the core, and start what belongs to it."""
    name = rproc.name
    with Unwind(rproc) as unwind:
        with complaining(rproc, f"failed to prepare subdevices for {name}"):
            rproc_prepare_subdevices(rproc)
        unwind.label("unprepare_subdevices", rproc_unprepare_subdevices, rproc)

        with complaining(rproc, f"can't attach to {name}"):
            rproc_attach_device(rproc)
        unwind.label("stop_rproc", stop_device, rproc)

        with complaining(rproc, f"failed to start subdevices for {name}"):
            rproc_start_subdevices(rproc)
        known = rproc.host.linux.attached_state
        rproc.state = RprocState.ATTACHED if known else RprocState.RUNNING
        dev_info(rproc, f"remote processor {name} is now attached")


@core_c
def rproc_attach(rproc: Rproc) -> None:
    """Take a core that runs: like a boot, but on its live table, and without an image."""
    with Unwind(rproc) as unwind:
        with complaining(rproc, "can't enable the iommu"):
            rproc_enable_iommu(rproc)
        unwind.label("disable_iommu", rproc_disable_iommu, rproc)

        with complaining(rproc, f"can't prepare {rproc.name}"):
            rproc_prepare_device(rproc)
        unwind.label("unprepare_device", unprepare_device, rproc)
        unwind.label("clean_up_resources", rproc_resource_cleanup, rproc)

        with complaining(rproc, "can't take the resource table"):
            rproc_set_rsc_table(rproc)
        rproc.max_notifyid = -1
        rproc.nb_vdev = 0
        with complaining(rproc, "Failed to process resources"):
            rproc_handle_resources(rproc)
        with complaining(rproc, "Failed to allocate associated carveouts"):
            rproc_alloc_registered_carveouts(rproc)
        __rproc_attach(rproc)


@core_c
def __rproc_detach(rproc: Rproc) -> None:
    """Let the core go: stop what belongs to it, restore its table."""
    if rproc.ops.detach is None:
        raise ModelledError(Errno.EINVAL, "the driver cannot detach")
    rproc_stop_subdevices(rproc, crashed=False)
    with complaining(rproc, "can't restore the resource table"):
        rproc_reset_rsc_table_on_detach(rproc)
    with complaining(rproc, f"can't detach from {rproc.name}"):
        rproc.ops.detach(rproc)
    rproc_unprepare_subdevices(rproc)
    rproc.state = RprocState.DETACHED
    dev_info(rproc, f"remote processor {rproc.name} is now detached")


@core_c
def rproc_detach(rproc: Rproc) -> None:
    """One user less; the last one lets the core go."""
    with locked_interruptible(rproc):
        if rproc.state != RprocState.ATTACHED:
            raise ModelledError(Errno.EINVAL, f"{rproc.name} is {rproc.state.name}, not ATTACHED")
        rproc.power -= 1
        if rproc.power:
            return
        try:
            __rproc_detach(rproc)
        except ModelledError:
            rproc.power += 1
            raise
        release_session(rproc)


def release_session(rproc: Rproc) -> None:
    """What shutdown, detach and attach recovery do alike once the core is stopped or let go."""
    rproc_resource_cleanup(rproc)
    rproc_unprepare_device(rproc)
    rproc_disable_iommu(rproc)
    kfree(rproc.cached_table)
    rproc.cached_table = None
    rproc.table_ptr = None


def stop_device(rproc: Rproc) -> None:
    """Stop the core, without asking whether the driver can."""
    called(rproc.host, rproc.ops.stop, "stop")(rproc)


def unprepare_device(rproc: Rproc) -> None:
    """Release what `prepare` took, and the pristine copy of the table."""
    rproc_unprepare_device(rproc)
    free_clean_table(rproc)


def free_clean_table(rproc: Rproc) -> None:
    """Free the pristine copy of the table. The pointer to it stays, and may be followed again."""
    kfree(rproc.clean_table)
    if rproc.host.hardened:
        rproc.clean_table = None
