# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: a processor comes into being and goes."""

from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors, tolerate

from .firmware_loader import release_firmware, request_firmware
from .flow import dev_err, dev_info
from .locking import mutex_lock_interruptible, mutex_unlock
from .remoteproc import Firmware, Host, Rproc, RprocOps, RprocState
from .remoteproc_core import __rproc_shutdown, rproc_boot
from .remoteproc_core_recovery import cancel_work_sync
from .remoteproc_coredump import rproc_coredump
from .remoteproc_elf_loader import (
    rproc_elf_find_loaded_rsc_table,
    rproc_elf_get_boot_addr,
    rproc_elf_load_rsc_table,
    rproc_elf_load_segments,
    rproc_elf_sanity_check,
)  # fmt: skip

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")
debugfs_c = mirrors("linux:drivers/remoteproc/remoteproc_debugfs.c")
cdev_c = mirrors("linux:drivers/remoteproc/remoteproc_cdev.c")
device_c = mirrors("linux:drivers/base/core.c")


@core_c
def rproc_alloc_ops(rproc: Rproc, ops: RprocOps) -> None:
    """Keep a copy of the driver's ops; without `load`, all five ELF ops are the defaults."""
    rproc.ops = replace(ops, coredump=ops.coredump or rproc_coredump)
    if rproc.ops.load:
        return
    rproc.ops = replace(
        rproc.ops,
        load=rproc_elf_load_segments,
        parse_fw=rproc_elf_load_rsc_table,
        find_loaded_rsc_table=rproc_elf_find_loaded_rsc_table,
        sanity_check=rproc_elf_sanity_check,
        get_boot_addr=rproc_elf_get_boot_addr,
    )


@core_c
def rproc_alloc(
    host: Host, name: str, ops: RprocOps, firmware: str | None = None, priv: Any = None
) -> Rproc:
    """A processor, OFFLINE, that nobody sees yet. Its firmware is by default `rproc-NAME-fw`."""
    index = next(n for n in count() if n not in host.indices)
    host.indices += (index,)
    rproc = Rproc(host.run, host, name, firmware or f"rproc-{name}-fw", ops, priv, index)
    rproc_alloc_ops(rproc, ops)
    return rproc


@core_c
def rproc_free(rproc: Rproc) -> None:
    """Drop the last reference, unless a vdev's platform device was leaked: it holds one."""
    if not rproc.leaked_pdevs:
        host = rproc.host
        host.indices = tuple(n for n in host.indices if n != rproc.index)
        rproc.gone()


@core_c
def rproc_validate(rproc: Rproc) -> None:
    """Whether the driver has what the state it starts in needs."""
    match rproc.state:
        case RprocState.OFFLINE:
            if rproc.ops.start is None:
                raise ModelledError(Errno.EINVAL, "OFFLINE needs a start op")
        case RprocState.DETACHED:
            if rproc.ops.attach is None:
                raise ModelledError(Errno.EINVAL, "DETACHED needs an attach op")
            if rproc.cached_table:
                raise ModelledError(Errno.EINVAL, "DETACHED goes without a cached table")
        case _:
            raise ModelledError(Errno.EINVAL, f"{rproc.state.name} is no state to start in")


@cdev_c
def rproc_char_device_add(rproc: Rproc) -> None:
    """Make /dev/remoteprocN work."""


@cdev_c
def rproc_char_device_remove(rproc: Rproc) -> None:
    """Undo it."""


@debugfs_c
def rproc_create_debug_dir(rproc: Rproc) -> None:
    """Make the directory in debugfs. Nobody asks whether that went well."""


@debugfs_c
def rproc_delete_debug_dir(rproc: Rproc) -> None:
    """Remove it."""


@device_c
def device_add(rproc: Rproc) -> None:
    """Make the device, and with it sysfs, appear."""
    rproc.registered = True


@device_c
def device_del(rproc: Rproc) -> None:
    """Make it disappear."""
    rproc.registered = False


@core_c
def rproc_attach_work(rproc: Rproc) -> None:
    """Attach to a core that ran when the device was added."""
    tolerate(rproc_boot, rproc)


@core_c
def rproc_auto_boot_callback(rproc: Rproc, fw: Firmware | None) -> None:
    """Boot, whether the image was found or not: `rproc_boot` reads the file once more."""
    tolerate(rproc_boot, rproc)
    release_firmware(rproc, fw)


def auto_boot_request(rproc: Rproc) -> None:
    """What the firmware loader's work does: look the image up, then call back."""
    fw = None
    try:
        fw = request_firmware(rproc)
    except ModelledError:
        dev_info(rproc, "the image for the automatic boot was not found")
    rproc_auto_boot_callback(rproc, fw)


@core_c
def rproc_trigger_auto_boot(rproc: Rproc) -> None:
    """Queue the boot or the attach that `rproc_add` does not wait for."""
    if rproc.state == RprocState.DETACHED:
        rproc.host.queue_work(partial(rproc_attach_work, rproc))
    else:
        rproc.host.queue_work(partial(auto_boot_request, rproc))


@core_c
def rproc_add(rproc: Rproc) -> None:
    """Show the processor to the world; with `auto_boot`, queue its boot.

    Only then do others find it: who looks it up by phandle, and the panic notifier.
    """
    rproc_validate(rproc)
    with Unwind(rproc) as unwind:
        rproc_char_device_add(rproc)
        unwind.label("rproc_remove_cdev", rproc_char_device_remove, rproc)
        device_add(rproc)
        unwind.label("rproc_remove_dev", rproc_remove_dev, rproc)
        dev_info(rproc, f"{rproc.name} is available")
        rproc_create_debug_dir(rproc)
        if rproc.auto_boot:
            rproc_trigger_auto_boot(rproc)
        rproc.host.rprocs += (rproc,)


def rproc_remove_dev(rproc: Rproc) -> None:
    """What the label of that name undoes."""
    cancel_work_sync(rproc)
    rproc_delete_debug_dir(rproc)
    device_del(rproc)


@core_c
def rproc_del(rproc: Rproc) -> None:
    """Take the processor away; whatever its users count, it is stopped, or that is tried.

    Older kernels drop one user only, and a processor with more goes on.
    """
    rproc.deleting = True
    cancel_work_sync(rproc)
    tolerate(__rproc_shutdown, rproc, rproc.host.linux.del_forces)
    rproc_delete_debug_dir(rproc)
    rproc.host.rprocs = tuple(other for other in rproc.host.rprocs if other is not rproc)
    device_del(rproc)
    rproc_char_device_remove(rproc)


@core_c
def rproc_set_firmware(rproc: Rproc, fw_name: str) -> None:
    """Name another image for the next boot; only while OFFLINE. The name ends at a newline.

    Being interrupted is reported as EINVAL.
    """
    try:
        mutex_lock_interruptible(rproc)
    except ModelledError as error:
        dev_err(rproc, "interrupted while waiting for the lock")
        raise ModelledError(Errno.EINVAL, error.why) from error
    try:
        if rproc.state != RprocState.OFFLINE:
            dev_err(rproc, f"the firmware cannot change while {rproc.name} is in use")
            raise ModelledError(Errno.EBUSY, f"{rproc.name} is {rproc.state.name}")
        name = fw_name.split("\n", 1)[0]
        if not name:
            raise ModelledError(Errno.EINVAL, "the firmware's name is empty")
        rproc.firmware = name
    finally:
        mutex_unlock(rproc)
