# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/virtio/virtio_ring.c: the driver's side of a split ring.

What the device wrote is judged before it is used; one bad entry, and the queue is broken for good.
"""

from typing import Any

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors
from rprocbench.base.trace import Lane, Passed
from rprocbench.formats.vring import (
    VRING_AVAIL_F_NO_INTERRUPT,
    VRING_USED_F_NO_NOTIFY,
    Feature,
    SplitRing,
    VringDesc,
    VringDescFlags,
    VringUsedElem,
    vring_need_event,
)
from rprocbench.soc.memory import Pa

from .virtio_device import VirtioDevice, virtio_has_feature
from .virtqueue import COUNTER, Callback, Notify, Virtqueue

ring_c = mirrors("linux:drivers/virtio/virtio_ring.c")

IRQ_NONE, IRQ_HANDLED = 0, 1
MAX_STATE = 4 * 1024 * 1024 // 12  # entries whose bookkeeping one kernel allocation can hold
IN, OUT = int(VringDescFlags.WRITE), 0
DESC, ELEM = VringDesc.FORMAT, VringUsedElem.FORMAT


@ring_c
def vring_new_virtqueue(
    vdev: VirtioDevice,
    index: int,
    ring: SplitRing,
    notify: Notify,
    info: tuple[str, Callback | None],
) -> Virtqueue | None:
    """Make a queue of the ring that lies, zeroed, at `ring.base`; None is NULL: no memory."""
    if ring.num > MAX_STATE:
        return None
    name, callback = info
    vq = Virtqueue(vdev.run, vdev, index, name, ring, callback, notify)
    vq.event = virtio_has_feature(vdev, Feature.RING_EVENT_IDX)
    if callback is None:
        vq.avail_flags |= VRING_AVAIL_F_NO_INTERRUPT
        if not vq.event:
            vq.memory.put_u16(vq.avail, vq.avail_flags)
    vdev.vqs += (vq,)
    return vq


def vring_del_virtqueue(vq: Virtqueue) -> None:
    """Forget the queue. Its memory keeps what it holds."""
    vq.vdev.vqs = tuple(other for other in vq.vdev.vqs if other is not vq)
    vq.gone()


def virtqueue_add(
    vq: Virtqueue, buffer: tuple[Pa, int], token: Any, flags: int, message: int = 0
) -> None:
    """Lend one buffer (address, size) to the device, with the message of that id in it.

    Raises `EIO` on a broken queue, `ENOSPC` when no descriptor is free.
    """
    if vq.broken:
        raise ModelledError(Errno.EIO, f"{vq.name} is broken")
    if vq.num_lent >= vq.ring.num:
        raise ModelledError(Errno.ENOSPC, f"no descriptor of {vq.name} is free")
    head, follower = vq.take_head(token)
    if message:
        vq.away[head] = message
        vq.unkicked.append(message)
    memory, avail, avail_idx, quiet = vq.memory, vq.avail, vq.avail_idx, vq.run.is_quiet
    memory.write(16 * head, DESC.pack(buffer[0], buffer[1], flags, follower & COUNTER))
    if not quiet:
        vq.tell("described" if message else "lent", head, message)
    memory.put_u16(avail + 4 + 2 * (avail_idx & vq.mask), head)
    # A write barrier stands here: the index must not be seen before the entry.
    vq.avail_idx = avail_idx = (avail_idx + 1) & COUNTER
    memory.put_u16(avail + 2, avail_idx)
    vq.num_added += 1
    if message and not quiet:
        vq.tell("published", head, message, avail_idx)


def virtqueue_add_inbuf(vq: Virtqueue, buffer: tuple[Pa, int], token: Any) -> None:
    """Lend a buffer that the device may fill."""
    virtqueue_add(vq, buffer, token, IN)


@ring_c
def virtqueue_add_outbuf(vq: Virtqueue, buffer: tuple[Pa, int], token: Any, message: int) -> None:
    """Lend a buffer that the device may read."""
    virtqueue_add(vq, buffer, token, OUT, message)


def virtqueue_kick_prepare(vq: Virtqueue) -> bool:
    """Whether the device wants to hear of what was added since the last call."""
    old, vq.num_added = (vq.avail_idx - vq.num_added) & COUNTER, 0
    if vq.event:
        event = vq.memory.u16(vq.used + 4 + 8 * vq.ring.num)
        return vring_need_event(event, vq.avail_idx, old)
    return not vq.memory.u16(vq.used) & VRING_USED_F_NO_NOTIFY


def virtqueue_notify(vq: Virtqueue) -> bool:
    """Ring the doorbell. False when the queue is broken or becomes so."""
    if vq.broken:
        return False
    vq.tell_all("kicked")
    if not vq.notify(vq):
        vq.broken = True
        return False
    return True


def virtqueue_kick(vq: Virtqueue) -> bool:
    """Ring the doorbell if the device wants that."""
    if virtqueue_kick_prepare(vq):
        return virtqueue_notify(vq)
    vq.tell_all("spared")
    return True


def virtqueue_disable_cb(vq: Virtqueue) -> None:
    """Ask the device for no more signals. With event indices one is named that will not come."""
    if not vq.avail_flags & VRING_AVAIL_F_NO_INTERRUPT:
        vq.avail_flags |= VRING_AVAIL_F_NO_INTERRUPT
        if vq.event:
            vq.memory.put_u16(vq.used_event, 0)
        else:
            vq.memory.put_u16(vq.avail, vq.avail_flags)


def virtqueue_enable_cb(vq: Virtqueue) -> bool:
    """Ask for signals again. False when there is something already, of which none may come."""
    if vq.avail_flags & VRING_AVAIL_F_NO_INTERRUPT:
        vq.avail_flags &= ~VRING_AVAIL_F_NO_INTERRUPT
        if not vq.event:
            vq.memory.put_u16(vq.avail, vq.avail_flags)
    vq.memory.put_u16(vq.used_event, vq.last_used_idx)
    return not more_used(vq)


def more_used(vq: Virtqueue) -> bool:
    """Whether the device gave something back."""
    return vq.last_used_idx != vq.memory.u16(vq.used + 2)


def virtqueue_get_buf(vq: Virtqueue) -> tuple[Any, int, int] | None:
    """The next buffer that the device gave back, and how much it says it wrote; None when none.

    A number that is no descriptor, or one that was not lent, breaks the queue. A hardened kernel
    gives up as soon as the device claims to have given back more than it has. With the buffer comes
    the id of the message in it.
    """
    memory, last, quiet = vq.memory, vq.last_used_idx, vq.run.is_quiet
    used_idx = memory.u16(vq.used + 2)
    if vq.broken or last == used_idx:
        return None
    if vq.is_hardened and (used_idx - last) & COUNTER > vq.num_lent:
        claimed = (used_idx - last) & COUNTER
        vq.run.log(Lane.LINUX, f"{vq.name}: {claimed} used of {vq.num_lent} that are lent", "err")
        vq.broken = True
        return None
    if not quiet:
        vq.look()
    # A read barrier stands here: the entry must not be read before the index.
    head, size = ELEM.unpack(memory.read(vq.used + 4 + 8 * (last & vq.mask), 8))
    if head >= vq.ring.num or not vq.is_lent(head):
        what = "is out of range" if head >= vq.ring.num else "was not lent"
        vq.run.log(Lane.LINUX, f"{vq.name}: descriptor {head} {what}", "err")
        vq.broken = True
        return None
    message = vq.take_message(head)
    token = vq.detach(head)
    vq.last_used_idx = last = (last + 1) & COUNTER
    if vq.event and not vq.avail_flags & VRING_AVAIL_F_NO_INTERRUPT:
        memory.put_u16(vq.used_event, last)
    if not quiet:
        vq.tell("taken", head, message, last)
    return token, size, message


def vring_interrupt(vq: Virtqueue) -> int:
    """Take the device's signal: `IRQ_NONE` if it gave nothing back."""
    if not more_used(vq):
        return IRQ_NONE
    if vq.broken:
        return IRQ_HANDLED
    if vq.callback:
        if not vq.run.is_quiet:
            vq.look()
            vq.run.record(Passed("interrupted", Lane.LINUX, tuple(vq.back.values()), vq.label))
        vq.callback(vq)
    return IRQ_HANDLED
