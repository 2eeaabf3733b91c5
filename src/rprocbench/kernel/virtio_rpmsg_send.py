# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/virtio_rpmsg_bus.c: the sending half of the bus."""

from rprocbench.base.errors import Crash, Errno, ModelledError, Undefined
from rprocbench.base.run import mirrors
from rprocbench.base.trace import Lane, Message, Passed
from rprocbench.formats.vring import RPMSG_ADDR_ANY, RpmsgHdr
from rprocbench.soc.memory import Pa

from .flow import dev_err
from .rpmsg import EPOLLOUT, RpmsgDevice, RpmsgEndpoint, RpmsgEndpointOps
from .virtio_ring import (
    more_used,
    virtqueue_add_outbuf,
    virtqueue_disable_cb,
    virtqueue_enable_cb,
    virtqueue_get_buf,
    virtqueue_kick,
)
from .virtproc import VirtprocInfo
from .virtqueue import Virtqueue

bus_c = mirrors("linux:drivers/rpmsg/virtio_rpmsg_bus.c")

TX_WAIT_MS = 15_000
HEADER = RpmsgHdr.FORMAT


def get_a_tx_buf(vrp: VirtprocInfo) -> Pa | None:
    """A buffer to send from: each once, in order, and then what the remote gave back."""
    if vrp.last_sbuf < vrp.num_bufs // 2:
        vrp.last_sbuf += 1
        return vrp.sbuf(vrp.last_sbuf - 1)
    found = virtqueue_get_buf(vrp.svq)
    return found[0] if found else None


@bus_c
def wait_for_a_tx_buf(vrp: VirtprocInfo) -> Pa:
    """Sleep until the remote gives a buffer back and says so, for 15 s at most.

    A buffer that comes back without a signal is only found when time is up. The real wait is a
    macro inside its caller. That it ends with ERESTARTSYS, which a system call must not let out, is
    how the real one behaves.
    """
    rproc = vrp.vdev.parent.rproc
    older = rproc.host.linux.vring1_no_interrupt
    if older:
        rpmsg_upref_sleepers(vrp)
    found: list[Pa] = []
    vrp.woken = True

    def look() -> bool:
        # Whoever recovers takes the lock, and in it waits for this sender to let its file go. So
        # nobody looks into the rings any more, and the sender sleeps to the end of its time.
        if not rproc.lock_held and not rproc.crash_pending:
            rproc.host.run_work()
        if vrp.woken and not found:
            vrp.woken = False
            if (buffer := get_a_tx_buf(vrp)) is not None:
                found.append(buffer)
        return bool(found)

    vrp.vdev.soc.wait(look, TX_WAIT_MS)
    vrp.woken = True
    look()
    if older:
        rpmsg_downref_sleepers(vrp)
    if not found:
        dev_err(vrp, "no buffer to send from came back within 15 s")
        raise ModelledError(Errno.ERESTARTSYS, "the remote keeps every buffer")
    return found[0]


@bus_c
def rpmsg_upref_sleepers(vrp: VirtprocInfo) -> None:
    """The first who sleeps wants the remote's signals. (Before 7; later they are always on.)"""
    vrp.sleepers += 1
    if vrp.sleepers == 1:
        virtqueue_enable_cb(vrp.svq)


@bus_c
def rpmsg_downref_sleepers(vrp: VirtprocInfo) -> None:
    """The last who slept wants them no more."""
    vrp.sleepers -= 1
    if not vrp.sleepers:
        virtqueue_disable_cb(vrp.svq)


@bus_c
def rpmsg_send_offchannel_raw(
    rpdev: RpmsgDevice, route: tuple[int, int], payload: bytes, *, wait: bool
) -> None:
    """Send `payload` from and to the two addresses of `route`.

    - EINVAL: one of them is no address;
    - EMSGSIZE: more bytes than a buffer leaves beside the header, usually 496;
    - ENOMEM: no buffer is free and the sender does not wait;
    - ERESTARTSYS: none came back within 15 s.
    """
    vrp = rpdev.vrp
    src, dst = route
    if RPMSG_ADDR_ANY in route:
        dev_err(rpdev, f"cannot send from {src:#x} to {dst:#x}")
        raise ModelledError(Errno.EINVAL, "any address is no address")
    size = len(payload)
    if size > vrp.sbuf_size - HEADER.size:
        dev_err(rpdev, f"{size} bytes are too much for one message")
        raise ModelledError(Errno.EMSGSIZE, f"{size} bytes")

    run = rpdev.run
    message = run.next_message()
    if not run.is_quiet:
        run.record(Passed("written", Lane.LINUX, (message,), rpdev.label))
    buffer = get_a_tx_buf(vrp)
    if buffer is None:
        if not wait:
            raise ModelledError(Errno.ENOMEM, "no buffer to send from")
        buffer = wait_for_a_tx_buf(vrp)

    vrp.memory.write(buffer - vrp.bufs, HEADER.pack(src, dst, 0, size, 0) + payload)
    if not run.is_quiet:
        run.record(Passed("buffered", Lane.LINUX, (message,), vrp.label))
    try:
        virtqueue_add_outbuf(vrp.svq, (buffer, HEADER.size + size), buffer, message)
    except ModelledError as error:  # the buffer is lost
        dev_err(rpdev, f"cannot queue a message: -{error.code.value}")
        raise
    vrp.ask(message, src, dst)
    run.record(Message("sent", src, dst, payload, message))
    virtqueue_kick(vrp.svq)


@bus_c
def rpmsg_xmit_done(svq: Virtqueue) -> None:
    """The remote gave buffers back: whoever waits for one looks again."""
    vrp: VirtprocInfo = svq.vdev.priv
    vrp.woken = True


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


def virtio_rpmsg_poll(ept: RpmsgEndpoint) -> int:
    """`EPOLLOUT` if there is a buffer to send from."""
    vrp = ept.rpdev.vrp
    has_buffer = vrp.last_sbuf < vrp.num_bufs // 2 or more_used(vrp.svq)
    return EPOLLOUT if has_buffer else 0


def virtio_rpmsg_get_mtu(ept: RpmsgEndpoint) -> int:
    """How many bytes one message takes."""
    return ept.rpdev.vrp.sbuf_size - HEADER.size


def virtio_rpmsg_destroy_ept(ept: RpmsgEndpoint) -> None:
    """Take the address back; messages on their way find nobody.

    From inside its own callback that waits for itself for ever: the callback's lock is held. A
    remote can bring that about by destroying the name service's own channel. (Not in the reference;
    as we know the code. Nothing says that the real one was seen to hang.)
    """
    if ept.arriving:
        raise Crash(Undefined.HANG, f"the callback of {ept.label} destroys its own endpoint")
    ept.rpdev.vrp.remove_endpoint(ept)
    ept.cb = None
    ept.gone()


def send_offchannel(ept: RpmsgEndpoint, src: int, dst: int, payload: bytes) -> None:
    """From `src` to `dst`, whatever the endpoint's own address. (Before 7.)"""
    rpmsg_send_offchannel_raw(ept.rpdev, (src, dst), payload, wait=True)


def trysend_offchannel(ept: RpmsgEndpoint, src: int, dst: int, payload: bytes) -> None:
    """The same, now or never. (Before 7.)"""
    rpmsg_send_offchannel_raw(ept.rpdev, (src, dst), payload, wait=False)


virtio_endpoint_ops = RpmsgEndpointOps(
    destroy_ept=virtio_rpmsg_destroy_ept,
    send=virtio_rpmsg_send,
    sendto=virtio_rpmsg_sendto,
    trysend=virtio_rpmsg_trysend,
    trysendto=virtio_rpmsg_trysendto,
    get_mtu=virtio_rpmsg_get_mtu,
    poll=virtio_rpmsg_poll,
    send_offchannel=send_offchannel,
    trysend_offchannel=trysend_offchannel,
)
