# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/virtio/virtio_ring.c: the driver's side of a split ring.

What the device wrote is judged before it is used; one bad entry, and the queue is broken for good.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane
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

from . import mapped
from .virtio_device import VirtioDevice, virtio_has_feature

ring_c = mirrors("linux:drivers/virtio/virtio_ring.c")

IRQ_NONE, IRQ_HANDLED = 0, 1
COUNTER = 0xFFFF
MAX_STATE = 4 * 1024 * 1024 // 12  # entries whose bookkeeping one kernel allocation can hold


@dataclass
class Virtqueue(Watched):
    """`struct vring_virtqueue`: `ring` says where it lies; the counters are Linux's own.

    Which buffer a descriptor stands for, and the list of free descriptors, are kept in the kernel's
    memory, where the device cannot reach them.
    """

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"vdev", "callback", "notify", "priv"})

    run: Run
    vdev: VirtioDevice
    index: int
    name: str
    ring: SplitRing
    callback: Callable[["Virtqueue"], None] | None
    notify: Callable[["Virtqueue"], bool]
    priv: Any = None
    event: bool = False
    free_head: int = 0
    num_free: int = 0
    avail_flags: int = 0
    avail_idx: int = 0
    num_added: int = 0
    last_used_idx: int = 0
    broken: bool = False
    _next: list[int] = field(default_factory=list, repr=False)
    _state: dict[int, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.num_free = self.ring.num
        self._next = [*range(1, self.ring.num), 0]
        self.watch(f"{self.vdev.parent.label}.{self.name}")

    def slot(self, index: int) -> int:
        """Where a running index stands in the ring; wrong for sizes that are no power of two."""
        return index & (self.ring.num - 1)

    def take_head(self, token: Any) -> tuple[int, int]:
        """The first free descriptor, now lent for `token`, and the one that was next after it."""
        head = self.free_head
        self.num_free -= 1
        self.free_head = self._next[head]
        self._state[head] = token
        return head, self.free_head

    def is_lent(self, head: int) -> bool:
        """Whether the device has the buffer that begins with descriptor `head`."""
        return head in self._state

    def detach(self, head: int) -> Any:
        """Descriptor `head` is free again, and the first to be used; whose it was."""
        self._next[head] = self.free_head
        self.free_head = head
        self.num_free += 1
        return self._state.pop(head)


@ring_c
def vring_new_virtqueue(
    vdev: VirtioDevice,
    index: int,
    ring: SplitRing,
    notify: Callable[[Virtqueue], bool],
    info: tuple[str, Callable[[Virtqueue], None] | None],
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
            mapped.write_u16(vdev.soc, ring.avail, vq.avail_flags)
    vdev.vqs += (vq,)
    return vq


def vring_del_virtqueue(vq: Virtqueue) -> None:
    """Forget the queue. Its memory keeps what it holds."""
    vq.vdev.vqs = tuple(other for other in vq.vdev.vqs if other is not vq)
    vq.gone()


def virtqueue_add(vq: Virtqueue, buffer: tuple[Pa, int], token: Any, flags: VringDescFlags) -> None:
    """Lend one buffer (address, size) to the device.

    Raises `EIO` on a broken queue, `ENOSPC` when no descriptor is free.
    """
    if vq.broken:
        raise ModelledError(Errno.EIO, f"{vq.name} is broken")
    if vq.num_free < 1:
        raise ModelledError(Errno.ENOSPC, f"no descriptor of {vq.name} is free")
    soc, (addr, size) = vq.vdev.soc, buffer
    head, follower = vq.take_head(token)
    desc = VringDesc(addr=addr, len=size, flags=int(flags), next=follower & COUNTER)
    mapped.write(soc, vq.ring.desc(head), desc.pack())
    mapped.write_u16(soc, vq.ring.avail_ring(vq.slot(vq.avail_idx)), head)
    # A write barrier stands here: the index must not be seen before the entry.
    vq.avail_idx = (vq.avail_idx + 1) & COUNTER
    mapped.write_u16(soc, vq.ring.avail + 2, vq.avail_idx)
    vq.num_added += 1


def virtqueue_add_inbuf(vq: Virtqueue, buffer: tuple[Pa, int], token: Any) -> None:
    """Lend a buffer that the device may fill."""
    virtqueue_add(vq, buffer, token, VringDescFlags.WRITE)


@ring_c
def virtqueue_add_outbuf(vq: Virtqueue, buffer: tuple[Pa, int], token: Any) -> None:
    """Lend a buffer that the device may read."""
    virtqueue_add(vq, buffer, token, VringDescFlags(0))


def virtqueue_kick_prepare(vq: Virtqueue) -> bool:
    """Whether the device wants to hear of what was added since the last call."""
    old, vq.num_added = (vq.avail_idx - vq.num_added) & COUNTER, 0
    if vq.event:
        event = mapped.read_u16(vq.vdev.soc, vq.ring.avail_event)
        return vring_need_event(event, vq.avail_idx, old)
    return not mapped.read_u16(vq.vdev.soc, vq.ring.used) & VRING_USED_F_NO_NOTIFY


def virtqueue_notify(vq: Virtqueue) -> bool:
    """Ring the doorbell. False when the queue is broken or becomes so."""
    if vq.broken:
        return False
    if not vq.notify(vq):
        vq.broken = True
        return False
    return True


def virtqueue_kick(vq: Virtqueue) -> bool:
    """Ring the doorbell if the device wants that."""
    return virtqueue_notify(vq) if virtqueue_kick_prepare(vq) else True


def more_used(vq: Virtqueue) -> bool:
    """Whether the device gave something back."""
    return vq.last_used_idx != mapped.read_u16(vq.vdev.soc, vq.ring.used + 2)


def virtqueue_get_buf(vq: Virtqueue) -> tuple[Any, int] | None:
    """The next buffer that the device gave back, and how much it says it wrote; None when none.

    A number that is no descriptor, or one that was not lent, breaks the queue.
    """
    if vq.broken or not more_used(vq):
        return None
    # A read barrier stands here: the entry must not be read before the index.
    where = vq.ring.used_ring(vq.slot(vq.last_used_idx))
    elem = VringUsedElem.parse(mapped.read(vq.vdev.soc, where, VringUsedElem.SIZE))
    if elem.id >= vq.ring.num or not vq.is_lent(elem.id):
        what = "is out of range" if elem.id >= vq.ring.num else "was not lent"
        vq.run.log(Lane.LINUX, f"{vq.name}: descriptor {elem.id} {what}", "err")
        vq.broken = True
        return None
    token = vq.detach(elem.id)
    vq.last_used_idx = (vq.last_used_idx + 1) & COUNTER
    if vq.event and not vq.avail_flags & VRING_AVAIL_F_NO_INTERRUPT:
        mapped.write_u16(vq.vdev.soc, vq.ring.used_event, vq.last_used_idx)
    return token, elem.len


def vring_interrupt(vq: Virtqueue) -> int:
    """Take the device's signal: `IRQ_NONE` if it gave nothing back."""
    if not more_used(vq):
        return IRQ_NONE
    if vq.broken:
        return IRQ_HANDLED
    if vq.callback:
        vq.callback(vq)
    return IRQ_HANDLED
