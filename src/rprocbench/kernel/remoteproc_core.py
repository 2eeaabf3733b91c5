# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: boot, start, stop, shutdown.

The rest of that file lies in `remoteproc_core_*.py`, one idea each.
"""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors

from .firmware_loader import release_firmware, request_firmware
from .flow import called, complaining, dev_info, then, undefined
from .locking import locked_interruptible
from .remoteproc import Firmware, Rproc, RprocState
from .remoteproc_core_attach import (
    release_session,
    rproc_attach,
    rproc_reset_rsc_table_on_stop,
    stop_device,
)  # fmt: skip
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
    rproc_find_loaded_rsc_table,
    rproc_fw_sanity_check,
    rproc_get_boot_addr,
    rproc_load_segments,
    rproc_parse_fw,
    rproc_prepare_device,
    rproc_unprepare_device,
)  # fmt: skip
from .remoteproc_table import Table, kfree

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")

STOPPABLE = (RprocState.RUNNING, RprocState.ATTACHED, RprocState.CRASHED)


@core_c
def rproc_start(rproc: Rproc, fw: Firmware) -> None:
    """Load the image, hand the table over, start the core and what belongs to it."""
    name = rproc.name
    with Unwind(rproc) as unwind:
        with complaining(rproc, "Failed to load program segments"):
            rproc_load_segments(rproc, fw)

        loaded_table = rproc_find_loaded_rsc_table(rproc, fw)
        if loaded_table:
            copy_table(rproc, loaded_table)
            rproc.table_ptr = loaded_table
        unwind.label("reset_table_ptr", reset_table_ptr, rproc)

        with complaining(rproc, f"failed to prepare subdevices for {name}"):
            rproc_prepare_subdevices(rproc)
        unwind.label("unprepare_subdevices", rproc_unprepare_subdevices, rproc)

        with complaining(rproc, f"can't start rproc {name}"):
            called(rproc.host, rproc.ops.start, "start")(rproc)
        unwind.label("stop_rproc", stop_device, rproc)

        with complaining(rproc, f"failed to start subdevices for {name}"):
            rproc_start_subdevices(rproc)

        rproc.state = RprocState.RUNNING
        dev_info(rproc, f"remote processor {name} is now up")


@core_c
def rproc_fw_boot(rproc: Rproc, fw: Firmware) -> None:
    """Take a firmware and boot a remote processor with it."""
    with Unwind(rproc) as unwind:
        rproc_fw_sanity_check(rproc, fw)
        dev_info(rproc, f"booting {fw.name}, {len(fw.data)} bytes")

        with complaining(rproc, "can't enable the iommu"):
            rproc_enable_iommu(rproc)
        unwind.label("disable_iommu", rproc_disable_iommu, rproc)

        with complaining(rproc, f"can't prepare {rproc.name}"):
            rproc_prepare_device(rproc)
        unwind.label("unprepare_rproc", rproc_unprepare_device, rproc)

        rproc.bootaddr = rproc_get_boot_addr(rproc, fw)
        rproc_parse_fw(rproc, fw)
        unwind.label("clean_up_resources", clean_up_resources, rproc)

        rproc.max_notifyid = -1
        rproc.nb_vdev = 0
        with complaining(rproc, "Failed to process resources"):
            rproc_handle_resources(rproc)
        with complaining(rproc, "Failed to allocate associated carveouts"):
            rproc_alloc_registered_carveouts(rproc)
        rproc_start(rproc, fw)


@core_c
def rproc_boot(rproc: Rproc) -> None:
    """One user more; the first one boots the processor, or attaches to it if it runs already.

    Whoever is not the first gets success at once, whatever state the processor is in.
    """
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
                    rproc_fw_boot(rproc, fw)


@core_c
def rproc_stop(rproc: Rproc, crashed: bool) -> None:
    """Stop what belongs to the core, then the core. `table_ptr` goes back to the cached table."""
    if rproc.ops.stop is None:
        raise ModelledError(Errno.EINVAL, "the driver cannot stop")
    rproc_stop_subdevices(rproc, crashed)
    with complaining(rproc, "can't keep the resource table"):
        rproc_reset_rsc_table_on_stop(rproc)
    with complaining(rproc, f"can't stop rproc {rproc.name}"):
        rproc.ops.stop(rproc)
    rproc_unprepare_subdevices(rproc)
    rproc.state = RprocState.OFFLINE
    dev_info(rproc, f"stopped remote processor {rproc.name}")


@core_c
def __rproc_shutdown(rproc: Rproc, force: bool) -> None:
    """One user less; the last one (or `force`) stops the processor and gives everything back."""
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
        release_session(rproc)
        forget_table_sz(rproc)


@core_c
def rproc_shutdown(rproc: Rproc) -> None:
    """What undoes one `rproc_boot`."""
    __rproc_shutdown(rproc, force=False)


def can_stop(rproc: Rproc) -> bool:
    """Whether the state allows a shutdown. Older kernels refuse one of a core that crashed."""
    if rproc.state == RprocState.CRASHED:
        return rproc.host.linux.stop_when_crashed
    return rproc.state in STOPPABLE


def forget_table_sz(rproc: Rproc) -> None:
    """The table is gone: some kernels clear its size as well, others keep it."""
    if rproc.host.linux.table_sz_cleared:
        rproc.table_sz = 0


def copy_table(rproc: Rproc, loaded: Table) -> None:
    """`memcpy` of `table_sz` bytes to where the remote will look for its table."""
    if not rproc.table_sz:
        return
    if rproc.cached_table is None:
        why = f"{rproc.table_sz} bytes are copied from cached_table, which is NULL"
        raise undefined(rproc.host, why)
    loaded.write(0, rproc.cached_table.read(0, rproc.table_sz))


def reset_table_ptr(rproc: Rproc) -> None:
    """Point at the cached table again."""
    rproc.table_ptr = rproc.cached_table


def clean_up_resources(rproc: Rproc) -> None:
    """Give all resources back, and the cached table; `table_sz` keeps its value."""
    rproc_resource_cleanup(rproc)
    kfree(rproc.cached_table)
    rproc.cached_table = None
    rproc.table_ptr = None


def drop_power(rproc: Rproc) -> None:
    """One user less."""
    rproc.power -= 1
