# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/virtio_rpmsg_bus.c: the bus begins and ends; the receiving half of it.

Queue 0 is where Linux receives, queue 1 where it sends, whatever the remote calls them.
"""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors, tolerate
from rprocbench.base.trace import Message
from rprocbench.formats.vring import (
    RPMSG_NS_ADDR,
    VIRTIO_ID_RPMSG,
    Feature,
    RpmsgHdr,
)
from rprocbench.soc.memory import Pa

from . import mapped
from .flow import dev_err, dev_info, dev_warn
from .remoteproc import Rproc
from .rpmsg import RpmsgDevice
from .rpmsg_core import rpmsg_register_device, rpmsg_unregister_device
from .virtio_device import (
    VirtioDevice,
    VirtioDriver,
    VirtqueueInfo,
    dma_alloc_coherent,
    dma_free_coherent,
    virtio_device_ready,
    virtio_has_feature,
)
from .virtio_ring import (
    Virtqueue,
    virtqueue_add_inbuf,
    virtqueue_get_buf,
    virtqueue_kick,
    virtqueue_kick_prepare,
    virtqueue_notify,
)
from .virtio_rpmsg_channels import DRIVERS, virtio_rpmsg_ops
from .virtio_rpmsg_send import rpmsg_xmit_done
from .virtproc import VirtprocInfo

bus_c = mirrors("linux:drivers/rpmsg/virtio_rpmsg_bus.c")

MAX_RPMSG_NUM_BUFS = 512


@bus_c
def rpmsg_recv_single(vrp: VirtprocInfo, buffer: Pa, length: int) -> None:
    """Deliver one message, and lend its buffer to the remote again.

    `EINVAL`, and a buffer less, when the lengths do not fit: the remote claims more than a buffer,
    or the header more than the remote. The subtraction is unsigned, so fewer bytes than a header
    pass with any length.
    """
    soc = vrp.vdev.soc
    hdr = RpmsgHdr.parse(mapped.read(soc, buffer, RpmsgHdr.SIZE))
    if length > vrp.buf_size or hdr.len > (length - RpmsgHdr.SIZE) & 0xFFFF_FFFF:
        dev_warn(vrp, f"a message of {hdr.len} bytes cannot lie in the {length} that were written")
        raise ModelledError(Errno.EINVAL, "the lengths of a message do not fit")

    payload = mapped.read(soc, buffer + RpmsgHdr.SIZE, hdr.len)
    vrp.run.record(Message("received", hdr.src, hdr.dst, payload))
    ept = vrp.find_endpoint(hdr.dst)
    if ept is None:
        dev_warn(vrp, f"nobody listens at {hdr.dst:#x}")
    elif ept.cb:
        tolerate(ept.cb, ept.rpdev, payload, ept.priv, hdr.src)

    try:
        virtqueue_add_inbuf(vrp.rvq, (buffer, vrp.buf_size), buffer)
    except ModelledError as error:
        dev_err(vrp, f"cannot lend a receive buffer again: {error}")
        raise


@bus_c
def rpmsg_recv_done(rvq: Virtqueue) -> None:
    """Take everything that arrived; stop at the first message that is wrong."""
    vrp: VirtprocInfo = rvq.vdev.priv
    received = 0
    found = virtqueue_get_buf(rvq)
    if found is None:
        dev_err(vrp, "a signal, but nothing arrived")
        return
    while found:
        try:
            rpmsg_recv_single(vrp, *found)
        except ModelledError:
            break
        received += 1
        found = virtqueue_get_buf(rvq)
    if received:
        virtqueue_kick(rvq)


@bus_c
def rpmsg_virtio_add_ctrl_dev(vrp: VirtprocInfo) -> RpmsgDevice:
    """`/dev/rpmsg_ctrlN`, through which a user makes endpoints and channels."""
    ctrl = RpmsgDevice(vrp.run, vrp, "rpmsg_ctrl", virtio_rpmsg_ops)
    rpmsg_register_device(ctrl, DRIVERS)
    return ctrl


@bus_c
def rpmsg_ns_register_device(vrp: VirtprocInfo) -> None:
    """The device that hears announcements. `rpmsg_ns.c` drives it."""
    ns = RpmsgDevice(vrp.run, vrp, "rpmsg_ns", virtio_rpmsg_ops, RPMSG_NS_ADDR, RPMSG_NS_ADDR)
    rpmsg_register_device(ns, DRIVERS)


@bus_c
def rpmsg_probe(vdev: VirtioDevice) -> None:
    """Set the bus up: queues, buffers, the devices on it; then tell the remote that all is ready.

    The callbacks of the sending queue stay on, so its `avail.flags` is 0.
    """
    with Unwind(vdev) as unwind:
        vrp = VirtprocInfo(vdev.run, vdev)
        unwind.label("free_vrp", forget, vrp)

        vqs_info = (
            VirtqueueInfo("input", rpmsg_recv_done),
            VirtqueueInfo("output", rpmsg_xmit_done),
        )
        vrp.rvq, vrp.svq = vdev.config.find_vqs(vdev, vqs_info)
        unwind.label("vqs_del", vdev.config.del_vqs, vdev)

        if vrp.rvq.ring.num != vrp.svq.ring.num:
            dev_warn(vdev, f"rings of {vrp.rvq.ring.num} and of {vrp.svq.ring.num} buffers")
        vrp.num_bufs = min(2 * vrp.rvq.ring.num, MAX_RPMSG_NUM_BUFS)
        bufs = dma_alloc_coherent(vdev, vrp.num_bufs * vrp.buf_size)
        if bufs is None:
            raise ModelledError(Errno.ENOMEM, f"no memory for {vrp.num_bufs} buffers")
        unwind.label("free_coherent", dma_free_coherent, vdev)
        vrp.bufs = bufs

        for index in range(vrp.num_bufs // 2):
            tolerate(virtqueue_add_inbuf, vrp.rvq, (vrp.rbuf(index), vrp.buf_size), vrp.rbuf(index))
        vdev.priv = vrp

        ctrl = rpmsg_virtio_add_ctrl_dev(vrp)
        unwind.label("free_ctrldev", rpmsg_unregister_device, ctrl)
        if virtio_has_feature(vdev, Feature.RPMSG_NS):
            rpmsg_ns_register_device(vrp)

        notify = virtqueue_kick_prepare(vrp.rvq)
        virtio_device_ready(vdev)
        if notify:
            virtqueue_notify(vrp.rvq)
        dev_info(vdev, f"{vdev.name}: the rpmsg host is online")


def forget(vrp: VirtprocInfo) -> None:
    """Free the bus."""
    vrp.vdev.priv = None
    vrp.gone()


@bus_c
def rpmsg_remove(vdev: VirtioDevice) -> None:
    """Stop the remote's side first; then everything on the bus goes, and the bus."""
    vrp: VirtprocInfo = vdev.priv
    vdev.config.reset(vdev)
    for channel in vrp.channels:
        tolerate(rpmsg_unregister_device, channel)
    vdev.config.del_vqs(vdev)
    dma_free_coherent(vdev)
    forget(vrp)


virtio_ipc_driver = VirtioDriver(
    name="virtio_rpmsg_bus",
    ids=(VIRTIO_ID_RPMSG,),
    feature_table=(Feature.RPMSG_NS,),
    probe=rpmsg_probe,
    remove=rpmsg_remove,
)


def rpmsg_channels(rproc: Rproc) -> tuple[RpmsgDevice, ...]:
    """The channels that the remote has announced, or a user made, oldest first."""
    buses = [rvdev.vdev.priv for rvdev in rproc.rvdevs if rvdev.vdev and rvdev.vdev.priv]
    own = ("rpmsg_ctrl", "rpmsg_ns")
    return tuple(channel for bus in buses for channel in bus.channels if channel.name not in own)
