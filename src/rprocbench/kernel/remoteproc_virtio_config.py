# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_virtio.c: how virtio reaches the remote: through the table.

The remote reads the same bytes: features, status and ring addresses are written where it looks.
"""

from dataclasses import replace

from rprocbench.base.errors import Crash, Errno, ModelledError, Undefined
from rprocbench.base.run import Unwind, mirrors
from rprocbench.formats.resource_table import FwRscVdev, FwRscVdevVring
from rprocbench.formats.vring import Feature, SplitRing, vring_size

from . import mapped
from .flow import dev_err, undefined
from .remoteproc import RVDEV_NUM_VRINGS, Rproc, RprocVring
from .remoteproc_core_carveouts import rproc_find_carveout_by_name
from .remoteproc_core_vrings import rproc_free_vring, table_of, vring_at
from .remoteproc_table import Table
from .virtio_device import VirtioConfigOps, VirtioDevice, VirtqueueInfo
from .virtio_ring import (
    IRQ_NONE,
    vring_del_virtqueue,
    vring_interrupt,
    vring_new_virtqueue,
)
from .virtqueue import Virtqueue

virtio_c = mirrors("linux:drivers/remoteproc/remoteproc_virtio.c")


def at(vdev: VirtioDevice, field: str) -> int:
    """Where in the table `field` of this vdev lies."""
    return vdev.parent.rsc_offset + FwRscVdev.SPANS[field][0]


def table(vdev: VirtioDevice) -> Table:
    """The table that the vdev's entry is in now."""
    return table_of(vdev.parent.rproc)


@virtio_c
def rproc_virtio_get_status(vdev: VirtioDevice) -> int:
    """Read the status from the table."""
    return table(vdev).read(at(vdev, "status"), 1)[0]


@virtio_c
def rproc_virtio_set_status(vdev: VirtioDevice, status: int) -> None:
    """Write the status into the table."""
    table(vdev).write(at(vdev, "status"), bytes([status & 0xFF]))


@virtio_c
def rproc_virtio_reset(vdev: VirtioDevice) -> None:
    """Write status 0. The remote has to look."""
    table(vdev).write(at(vdev, "status"), b"\0")


@virtio_c
def rproc_virtio_get_features(vdev: VirtioDevice) -> int:
    """What the remote offers."""
    return table(vdev).u32(at(vdev, "dfeatures"))


@virtio_c
def rproc_transport_features(vdev: VirtioDevice) -> None:
    """Drop the transport's bits that the ring code does not understand, and packed rings."""
    understood = 1 << Feature.RING_INDIRECT_DESC | 1 << Feature.RING_EVENT_IDX
    understood |= 1 << Feature.VERSION_1
    drivers_own = (1 << Feature.RING_INDIRECT_DESC) - 1
    vdev.features &= drivers_own | understood


@virtio_c
def rproc_virtio_finalize_features(vdev: VirtioDevice) -> None:
    """Tell the remote what was agreed on."""
    rproc_transport_features(vdev)
    if vdev.features >> 32:
        raise Crash(Undefined.OOPS, f"features {vdev.features:#x} do not fit the table: BUG")
    table(vdev).put_u32(at(vdev, "gfeatures"), vdev.features)


def config_space(vdev: VirtioDevice, offset: int, length: int) -> int | None:
    """Where in the table these bytes of the configuration lie; None, and a log line, if nowhere."""
    entry = FwRscVdev.parse(table(vdev).read(vdev.parent.rsc_offset, FwRscVdev.SIZE))
    if (offset + length) & 0xFFFF_FFFF > entry.config_len or offset + length > 0xFFFF_FFFF:
        dev_err(
            vdev, f"configuration {offset:#x}+{length:#x} is not in {entry.config_len:#x} bytes"
        )
        return None
    return vring_at(vdev.parent.rsc_offset, entry.num_of_vrings) + offset


@virtio_c
def rproc_virtio_get(vdev: VirtioDevice, offset: int, length: int) -> bytes | None:
    """Bytes of the configuration space; None is a buffer that stays as it was."""
    where = config_space(vdev, offset, length)
    return None if where is None else table(vdev).read(where, length)


@virtio_c
def rproc_virtio_set(vdev: VirtioDevice, offset: int, data: bytes) -> None:
    """Write into the configuration space."""
    where = config_space(vdev, offset, len(data))
    if where is not None:
        table(vdev).write(where, data)


@virtio_c
def rproc_virtio_find_vqs(
    vdev: VirtioDevice, vqs_info: tuple[VirtqueueInfo, ...]
) -> tuple[Virtqueue, ...]:
    """Make all queues of the device, or none."""
    with Unwind(vdev) as unwind:
        unwind.label("error", __rproc_virtio_del_vqs, vdev)
        return tuple(rp_find_vq(vdev, id_, info) for id_, info in enumerate(vqs_info))


@virtio_c
def rp_find_vq(vdev: VirtioDevice, id: int, info: VirtqueueInfo) -> Virtqueue:  # noqa: A002
    """Make queue `id`: clear its memory, lay a ring in it, and tell the remote where it is."""
    rvdev = vdev.parent
    if id >= RVDEV_NUM_VRINGS:
        raise ModelledError(Errno.EINVAL, f"a vdev has {RVDEV_NUM_VRINGS} rings")
    mem = rproc_find_carveout_by_name(rvdev.rproc, "vdev%dvring%d", rvdev.index, id)
    if mem is None or mem.va is None:
        raise ModelledError(Errno.ENOMEM, f"no memory for ring {id} of vdev{rvdev.index}")

    host, rvring = rvdev.rproc.host, rvdev.vring[id]
    if rvring.rvdev is None:
        raise undefined(host, f"{rvring.name} was never parsed: a ring of no entries")
    size = vring_size(rvring.num, rvring.align, host.bits)
    if size > mem.len:
        why = f"{size:#x} bytes of {mem.name} are cleared, which has {mem.len:#x}"
        raise undefined(host, why)
    mapped.fill(vdev.soc, mem.va, size)
    ring = SplitRing(rvring.num, rvring.align, mem.va, host.bits)
    vq = vring_new_virtqueue(vdev, id, ring, rproc_virtio_notify, (info.name, info.callback))
    if vq is None:
        dev_err(vdev, f"vring_new_virtqueue {info.name} failed")
        rproc_free_vring(rvring)
        raise ModelledError(Errno.ENOMEM, f"no memory for queue {info.name}")
    rvring.vq = vq
    vq.priv = rvring
    if not lies_within(ring, host.io_va(mem.va), mem.len):
        why = f"ring {id} of {rvring.num} entries aligned to {rvring.align:#x} leaves {mem.name}"
        raise undefined(host, why)

    da = vring_at(rvdev.rsc_offset, id) + FwRscVdevVring.SPANS["da"][0]
    table(vdev).put_u32(da, mem.da)
    return vq


def lies_within(ring: SplitRing, va: int, size: int) -> bool:
    """Whether all parts of a ring lie in the `size` bytes where it was put, mapped at `va`.

    The used ring begins at a multiple of the alignment, if that is a power of two. What a wild
    alignment makes of the address depends on all of its bits.
    """
    placed = replace(ring, base=va)
    return placed.used_event + 2 <= va + size and va <= placed.used <= placed.end <= va + size


@virtio_c
def __rproc_virtio_del_vqs(vdev: VirtioDevice) -> None:
    """Take every queue from its ring."""
    for vq in vdev.vqs:
        vq.priv.vq = None
        vring_del_virtqueue(vq)


@virtio_c
def rproc_virtio_del_vqs(vdev: VirtioDevice) -> None:
    """The driver needs its queues no more."""
    __rproc_virtio_del_vqs(vdev)


@virtio_c
def rproc_virtio_notify(vq: Virtqueue) -> bool:
    """Kick the remote. That this succeeds is taken for granted."""
    rvring: RprocVring = vq.priv
    rproc = vq.vdev.parent.rproc
    assert rproc.ops.kick
    rproc.ops.kick(rproc, rvring.notifyid)
    return True


@virtio_c
def rproc_vq_interrupt(rproc: Rproc, notifyid: int) -> int:
    """The remote kicked ring `notifyid`. `IRQ_NONE`: there is no such ring, or nothing in it."""
    rings = (rvring for rvdev in rproc.rvdevs for rvring in rvdev.vring if rvring.rvdev)
    rvring = next((ring for ring in rings if ring.notifyid == notifyid), None)
    if rvring is None or notifyid not in rproc.notifyids or rvring.vq is None:
        return IRQ_NONE
    return vring_interrupt(rvring.vq)


rproc_virtio_config_ops = VirtioConfigOps(
    get=rproc_virtio_get,
    set=rproc_virtio_set,
    get_status=rproc_virtio_get_status,
    set_status=rproc_virtio_set_status,
    reset=rproc_virtio_reset,
    find_vqs=rproc_virtio_find_vqs,
    del_vqs=rproc_virtio_del_vqs,
    get_features=rproc_virtio_get_features,
    finalize_features=rproc_virtio_finalize_features,
)
