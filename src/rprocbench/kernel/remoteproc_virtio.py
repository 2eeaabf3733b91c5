# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_virtio.c: a vdev's life, from its table entry to its end.

How the virtio device on top of it is served is in `remoteproc_virtio_config`.
"""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors
from rprocbench.formats.resource_table import FwRscVdev
from rprocbench.soc.memory import Region

from .flow import complaining, dev_err, dev_info, dev_warn
from .remoteproc import NO_OFFSET, Rproc, RprocMemEntry, RprocSubdev, RprocVdev, RprocVdevData
from .remoteproc_core_carveouts import rproc_find_carveout_by_name
from .remoteproc_core_subdevs import rproc_add_subdev, rproc_remove_subdev
from .remoteproc_core_vrings import (
    rproc_add_rvdev,
    rproc_alloc_vring,
    rproc_free_vring,
    rproc_parse_vring,
    rproc_remove_rvdev,
)
from .remoteproc_virtio_config import rproc_virtio_config_ops
from .virtio import register_virtio_device, unregister_virtio_device
from .virtio_device import VirtioDevice

virtio_c = mirrors("linux:drivers/remoteproc/remoteproc_virtio.c")


@virtio_c
def rproc_virtio_probe(rproc: Rproc, rvdev_data: RprocVdevData) -> None:
    """Make a vdev of its table entry: read all rings, then give each memory and an id."""
    rsc_offset, rsc = rvdev_data.rsc_offset, rvdev_data.rsc
    rvdev = RprocVdev(rproc.run, rproc, rvdev_data.id, rvdev_data.index, rsc_offset)
    entry = FwRscVdev.parse(rsc.read(rsc_offset, FwRscVdev.SIZE))

    with Unwind(rproc) as unwind:
        unwind.label("devm", forget, rvdev)  # what devres frees; not a label of the C
        for i in range(entry.num_of_vrings):
            rproc_parse_vring(rvdev, rsc, i)

        for i in range(entry.num_of_vrings):
            rproc_alloc_vring(rvdev, i)
            unwind.label("unwind_vring_allocations", rproc_free_vring, rvdev.vring[i])

    rproc_add_rvdev(rproc, rvdev)
    rvdev.subdev = RprocSubdev(
        rproc.run,
        f"vdev{rvdev.index}",
        start=rproc_vdev_do_start,
        stop=rproc_vdev_do_stop,
        owner=rvdev,
    )
    rproc_add_subdev(rproc, rvdev.subdev)


@virtio_c
def rproc_virtio_remove(rvdev: RprocVdev) -> None:
    """Give everything back. Both rings are freed, even where the table had asked for fewer."""
    rproc = rvdev.rproc
    for rvring in rvdev.vring:
        if rvring.rvdev or not rproc.host.hardened:
            rproc_free_vring(rvring)
    assert rvdev.subdev
    rproc_remove_subdev(rproc, rvdev.subdev)
    rproc_remove_rvdev(rvdev)
    forget(rvdev)


def forget(rvdev: RprocVdev) -> None:
    """Free the struct and the rings in it."""
    for rvring in rvdev.vring:
        rvring.gone()
    rvdev.gone()


@virtio_c
def rproc_vdev_do_start(subdev: RprocSubdev) -> None:
    """The remote processor runs: offer its virtio device to the drivers."""
    rvdev: RprocVdev = subdev.owner
    rproc_add_virtio_dev(rvdev, rvdev.id)


@virtio_c
def rproc_vdev_do_stop(subdev: RprocSubdev, crashed: bool) -> None:
    """Take the virtio device away again, the same way after a crash as without one."""
    rvdev: RprocVdev = subdev.owner
    vdev: VirtioDevice | None = rvdev.vdev
    if vdev:
        try:
            rproc_remove_virtio_dev(vdev)
        except ModelledError as error:
            dev_warn(rvdev, f"cannot remove {vdev.name}: {error}")
        rproc_virtio_dev_release(vdev)


@virtio_c
def rproc_add_virtio_dev(rvdev: RprocVdev, id: int) -> None:  # noqa: A002  C's name
    """Register a virtio device of type `id`. Without a way to kick the remote that is EINVAL."""
    rproc = rvdev.rproc
    if rproc.ops.kick is None:
        dev_err(rproc, "the driver cannot kick the remote")
        raise ModelledError(Errno.EINVAL, "ops.kick is NULL")

    mem = rproc_find_carveout_by_name(rproc, "vdev%dbuffer", rvdev.index)
    pool = buffer_pool(rvdev, mem)
    vdev = VirtioDevice(rproc.run, rvdev, id, rproc_virtio_config_ops, pool=pool)
    with Unwind(rvdev) as unwind:
        unwind.label("out", rproc_virtio_dev_release, vdev)
        with complaining(rvdev, "failed to register vdev"):
            register_virtio_device(vdev)
        rvdev.vdev = vdev
    dev_info(rvdev, f"registered {vdev.name} (type {id})")


def buffer_pool(rvdev: RprocVdev, mem: RprocMemEntry | None) -> Region | None:
    """Where the buffers of the vdev must come from; None is anywhere.

    A carveout `vdevNbuffer` names a reserved memory, or is the memory. Without one it is the first
    reserved memory of the remote processor, whatever that is meant for.
    """
    regions = rvdev.rproc.host.soc.board.linux_regions
    if mem is None:
        return regions[0] if regions else None
    if mem.of_resm_idx != NO_OFFSET:
        if mem.of_resm_idx >= len(regions):
            dev_err(rvdev, f"there is no reserved memory {mem.of_resm_idx}")
            raise ModelledError(Errno.EINVAL, f"{mem.name} is no reserved memory")
        return regions[mem.of_resm_idx]
    if mem.va is not None:
        dev_warn(rvdev, f"vdev {rvdev.index} buffer already mapped")
    return Region(mem.name, mem.dma if mem.va is None else mem.va, mem.len)


@virtio_c
def rproc_remove_virtio_dev(vdev: VirtioDevice) -> None:
    """Unregister the virtio device."""
    unregister_virtio_device(vdev)


@virtio_c
def rproc_virtio_dev_release(vdev: VirtioDevice) -> None:
    """The last reference is gone: free the virtio device, and leave its buffer pool."""
    vdev.parent.vdev = None
    vdev.gone()
