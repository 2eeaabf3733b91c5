# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/virtio_rpmsg_bus.c: the sending half of the bus."""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors
from rprocbench.base.trace import Message
from rprocbench.formats.vring import RPMSG_ADDR_ANY, RpmsgHdr
from rprocbench.soc.memory import Pa

from . import mapped
from .flow import complaining, dev_err
from .rpmsg import RpmsgDevice, RpmsgEndpoint, RpmsgEndpointOps
from .virtio_ring import Virtqueue, virtqueue_add_outbuf, virtqueue_get_buf, virtqueue_kick
from .virtproc import VirtprocInfo

bus_c = mirrors("linux:drivers/rpmsg/virtio_rpmsg_bus.c")

TX_WAIT_MS = 15_000


def get_a_tx_buf(vrp: VirtprocInfo) -> Pa | None:
    """A buffer to send from: each once, in order, and then what the remote gave back."""
    if vrp.last_sbuf < vrp.num_bufs // 2:
        vrp.last_sbuf += 1
        return vrp.sbuf(vrp.last_sbuf - 1)
    found = virtqueue_get_buf(vrp.svq)
    return found[0] if found else None


@bus_c
def wait_for_a_tx_buf(vrp: VirtprocInfo) -> Pa:
    """Let the remote run until it gives a buffer back, for 15 s at most.

    The real wait is a macro inside its caller. That it ends with ERESTARTSYS, which a system call
    must not let out, is how the real one behaves.
    """
    rproc = vrp.vdev.parent.rproc
    found: list[Pa] = []

    def until() -> bool:
        if not rproc.lock_held:
            rproc.host.run_work()
        if not found and (buffer := get_a_tx_buf(vrp)) is not None:
            found.append(buffer)
        return bool(found)

    if not vrp.vdev.soc.wait(until, TX_WAIT_MS):
        dev_err(vrp, "no buffer to send from came back within 15 s")
        raise ModelledError(Errno.ERESTARTSYS, "the remote keeps every buffer")
    return found[0]


@bus_c
def rpmsg_send_offchannel_raw(
    rpdev: RpmsgDevice, route: tuple[int, int], payload: bytes, *, wait: bool
) -> None:
    """Send `payload` from and to the two addresses of `route`.

    - EINVAL: one of them is no address;
    - EMSGSIZE: more than 496 bytes;
    - ENOMEM: no buffer is free and the sender does not wait;
    - ERESTARTSYS: none came back within 15 s.
    """
    vrp = rpdev.vrp
    src, dst = route
    if RPMSG_ADDR_ANY in route:
        dev_err(rpdev, f"cannot send from {src:#x} to {dst:#x}")
        raise ModelledError(Errno.EINVAL, "any address is no address")
    if len(payload) > vrp.buf_size - RpmsgHdr.SIZE:
        dev_err(rpdev, f"{len(payload)} bytes are too much for one message")
        raise ModelledError(Errno.EMSGSIZE, f"{len(payload)} bytes")

    buffer = get_a_tx_buf(vrp)
    if buffer is None:
        if not wait:
            raise ModelledError(Errno.ENOMEM, "no buffer to send from")
        buffer = wait_for_a_tx_buf(vrp)

    soc = vrp.vdev.soc
    mapped.write(
        soc, buffer, RpmsgHdr(src=src, dst=dst, reserved=0, len=len(payload), flags=0).pack()
    )
    mapped.write(soc, buffer + RpmsgHdr.SIZE, payload)
    with complaining(rpdev, "cannot queue a message"):  # the buffer is lost
        virtqueue_add_outbuf(vrp.svq, (buffer, RpmsgHdr.SIZE + len(payload)), buffer)
    rpdev.run.record(Message("sent", src, dst, payload))
    virtqueue_kick(vrp.svq)


@bus_c
def rpmsg_xmit_done(svq: Virtqueue) -> None:
    """The remote gave buffers back: whoever waits for one looks again."""


def virtio_rpmsg_send(ept: RpmsgEndpoint, payload: bytes) -> None:
    """To the channel's other end, waiting for a buffer."""
    rpmsg_send_offchannel_raw(ept.rpdev, (ept.addr, ept.rpdev.dst), payload, wait=True)


def virtio_rpmsg_sendto(ept: RpmsgEndpoint, payload: bytes, dst: int) -> None:
    """To `dst`, waiting for a buffer."""
    rpmsg_send_offchannel_raw(ept.rpdev, (ept.addr, dst), payload, wait=True)


def virtio_rpmsg_trysend(ept: RpmsgEndpoint, payload: bytes) -> None:
    """To the channel's other end, now or never."""
    rpmsg_send_offchannel_raw(ept.rpdev, (ept.addr, ept.rpdev.dst), payload, wait=False)


def virtio_rpmsg_trysendto(ept: RpmsgEndpoint, payload: bytes, dst: int) -> None:
    """To `dst`, now or never."""
    rpmsg_send_offchannel_raw(ept.rpdev, (ept.addr, dst), payload, wait=False)


def virtio_rpmsg_destroy_ept(ept: RpmsgEndpoint) -> None:
    """Take the address back; messages on their way find nobody."""
    vrp = ept.rpdev.vrp
    vrp.endpoints = tuple(other for other in vrp.endpoints if other is not ept)
    ept.cb = None
    ept.gone()


virtio_endpoint_ops = RpmsgEndpointOps(
    destroy_ept=virtio_rpmsg_destroy_ept,
    send=virtio_rpmsg_send,
    sendto=virtio_rpmsg_sendto,
    trysend=virtio_rpmsg_trysend,
    trysendto=virtio_rpmsg_trysendto,
)
