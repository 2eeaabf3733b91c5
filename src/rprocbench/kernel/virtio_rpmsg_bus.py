# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/virtio_rpmsg_bus.c: the bus begins and ends; the receiving half of it.

Queue 0 is where Linux receives, queue 1 where it sends, whatever the remote calls them.
"""

from rprocbench.base.errors import Crash, Errno, ModelledError, Undefined
from rprocbench.base.run import Unwind, mirrors, tolerate
from rprocbench.base.trace import Lane, Message, Passed
from rprocbench.formats.vring import (
    RPMSG_NS_ADDR,
    VIRTIO_ID_RPMSG,
    Feature,
    RpmsgHdr,
)
from rprocbench.soc.memory import Pa

from .flow import dev_err, dev_info, dev_warn
from .mapped import Window
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
    virtqueue_add_inbuf,
    virtqueue_disable_cb,
    virtqueue_get_buf,
    virtqueue_kick,
    virtqueue_kick_prepare,
    virtqueue_notify,
)
from .virtio_rpmsg_channels import DRIVERS, virtio_rpmsg_ops
from .virtio_rpmsg_send import rpmsg_xmit_done
from .virtproc import VirtprocInfo
from .virtqueue import Virtqueue

bus_c = mirrors("linux:drivers/rpmsg/virtio_rpmsg_bus.c")

MAX_RPMSG_NUM_BUFS = 512
HEADER = RpmsgHdr.FORMAT


@bus_c
def rpmsg_recv_single(vrp: VirtprocInfo, buffer: Pa, length: int, message: int) -> None:
    """Deliver one message, and lend its buffer to the remote again.

    `EINVAL`, and a buffer less, when the lengths do not fit: the remote claims more than a buffer,
    or the header more than the remote. The subtraction is unsigned, so fewer bytes than a header
    pass with any length. A hardened kernel sees that, drops the message and keeps the buffer.
    """
    at = buffer - vrp.bufs
    src, dst, _reserved, size, _flags = HEADER.unpack(vrp.memory.read(at, HEADER.size))
    hardened = vrp.vdev.parent.rproc.host.hardened
    if length > vrp.rbuf_size or size > (length - HEADER.size) & 0xFFFF_FFFF:
        dev_warn(vrp, f"a message of {size} bytes cannot lie in the {length} that were written")
        if not hardened:
            vrp.run.record(Passed("lost", Lane.LINUX, (message,), vrp.rvq.label))
            raise ModelledError(Errno.EINVAL, "the lengths of a message do not fit")
    elif hardened and (length < HEADER.size or size > vrp.rbuf_size - HEADER.size):
        dev_warn(vrp, f"a message of {size} bytes, of which {length} with the header were written")
    else:
        deliver(vrp, (src, dst), read_payload(vrp, at + HEADER.size, size), message)

    try:
        virtqueue_add_inbuf(vrp.rvq, (buffer, vrp.rbuf_size), buffer)
    except ModelledError as error:
        dev_err(vrp, f"cannot lend a receive buffer again: {error}")
        raise


def read_payload(vrp: VirtprocInfo, at: int, size: int) -> bytes:
    """The bytes that the callback is shown. They may lie past their buffer, if the remote lies."""
    pool = vrp.vdev.pool
    end = pool.pa + pool.size - vrp.bufs if pool else vrp.size
    if at + size > end:
        why = f"a message of {size} bytes is read past the end of the buffers' memory"
        raise Crash(Undefined.OOPS, why)
    return vrp.memory.read(at, size)


def deliver(vrp: VirtprocInfo, route: tuple[int, int], payload: bytes, message: int) -> None:
    """Hand a message to who listens at its address."""
    src, dst = route
    vrp.run.record(Message("received", src, dst, payload, message))
    ept = vrp.find_endpoint(dst)
    if ept is None:
        dev_warn(vrp, f"nobody listens at {dst:#x}")
    elif ept.cb:
        if not vrp.run.is_quiet:
            vrp.run.record(Passed("delivered", Lane.LINUX, (message,), ept.label))
        ept.arriving = message
        tolerate(ept.cb, ept.rpdev, payload, ept.priv, src)
        ept.arriving = 0


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

    The callbacks of the sending queue stay on, so its `avail.flags` is 0. Kernels before 7 turn
    them off until somebody waits for a buffer: `vring1_no_interrupt`.
    """
    linux = vdev.parent.rproc.host.linux
    with Unwind(vdev) as unwind:
        vrp = VirtprocInfo(vdev.run, vdev)
        unwind.label("free_vrp", forget, vrp)

        vqs_info = (
            VirtqueueInfo("input", rpmsg_recv_done),
            VirtqueueInfo("output", rpmsg_xmit_done),
        )
        vrp.rvq, vrp.svq = vdev.config.find_vqs(vdev, vqs_info)
        unwind.label("vqs_del", vdev.config.del_vqs, vdev)
        vrp.rvq.identify = vrp.identify

        if vrp.rvq.ring.num != vrp.svq.ring.num:
            dev_warn(vdev, f"rings of {vrp.rvq.ring.num} and of {vrp.svq.ring.num} buffers")
        vrp.num_bufs = min(2 * vrp.rvq.ring.num, MAX_RPMSG_NUM_BUFS)
        read_buffer_sizes(vrp)
        bufs = dma_alloc_coherent(vdev, vrp.size)
        if bufs is None:
            raise ModelledError(Errno.ENOMEM, f"no memory for {vrp.num_bufs} buffers")
        unwind.label("free_coherent", dma_free_coherent, vdev)
        vrp.bufs = bufs
        vrp.memory = Window(vdev.soc, bufs, vrp.size)

        for index in range(vrp.num_bufs // 2):
            buffer = vrp.rbuf(index)
            tolerate(virtqueue_add_inbuf, vrp.rvq, (buffer, vrp.rbuf_size), buffer)
        if linux.vring1_no_interrupt:
            virtqueue_disable_cb(vrp.svq)
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


def read_buffer_sizes(vrp: VirtprocInfo) -> None:
    """Let the configuration space say how big buffers are, in a kernel that knows such a feature.

    The patch (proposed in 2019, in no kernel here) has two numbers, named as the remote sees them.
    """
    vdev, linux = vrp.vdev, vrp.vdev.parent.rproc.host.linux
    if linux.rpmsg_buffer_size_feature and virtio_has_feature(vdev, Feature.RPMSG_BUFSZ):
        sizes = [vdev.config.get(vdev, at, 4) or bytes(4) for at in (0, 4)]
        rbuf_size, sbuf_size = (int.from_bytes(size, "little") for size in sizes)
        if min(rbuf_size, sbuf_size) <= HEADER.size:
            raise ModelledError(Errno.EINVAL, f"buffers of {rbuf_size} and {sbuf_size} bytes")
        vrp.rbuf_size, vrp.sbuf_size = rbuf_size, sbuf_size


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
    feature_switches=(("rpmsg_buffer_size_feature", Feature.RPMSG_BUFSZ),),
    probe=rpmsg_probe,
    remove=rpmsg_remove,
)


def rpmsg_channels(rproc: Rproc) -> tuple[RpmsgDevice, ...]:
    """The channels that the remote has announced, or a user made, oldest first."""
    buses = [rvdev.vdev.priv for rvdev in rproc.rvdevs if rvdev.vdev and rvdev.vdev.priv]
    own = ("rpmsg_ctrl", "rpmsg_ns")
    return tuple(channel for bus in buses for channel in bus.channels if channel.name not in own)
