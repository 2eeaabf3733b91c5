# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/virtio/virtio_ring.c: one queue, and which message is in which buffer.

The ids of messages are ours: the kernel has none. They let a message be followed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Lane, Passed
from rprocbench.formats.vring import SplitRing, VringUsedElem

from .mapped import Window
from .virtio_device import VirtioDevice

COUNTER = 0xFFFF
Callback = Callable[["Virtqueue"], None]
Notify = Callable[["Virtqueue"], bool]


@dataclass
class Virtqueue(Watched):
    """`struct vring_virtqueue`: `ring` says where it lies; the counters are Linux's own.

    Which buffer a descriptor stands for, and the list of free descriptors, are kept in the kernel's
    memory, where the device cannot reach them. `memory` is the ring, `ram` and `at` where that is;
    `avail`, `used` and `used_event` are offsets in it. Of a descriptor, `away` has the message that
    the device was given, `back` the one that it gave back. `identify` tells which message the
    device put in, `looked` is the used index up to which the trace was told.
    """

    UNWATCHED: ClassVar[frozenset[str]] = frozenset(
        {"vdev", "callback", "notify", "priv", "memory", "away", "back", "unkicked", "identify"}
        | {"avail", "used", "used_event", "mask", "is_hardened", "looked"}
    )

    run: Run
    vdev: VirtioDevice
    index: int
    name: str
    ring: SplitRing
    callback: Callback | None
    notify: Notify
    priv: Any = None
    event: bool = False
    free_head: int = 0
    avail_flags: int = 0
    avail_idx: int = 0
    num_added: int = 0
    last_used_idx: int = 0
    broken: bool = False
    ram: str = ""
    at: int = 0
    away: dict[int, int] = field(default_factory=dict, repr=False)
    back: dict[int, int] = field(default_factory=dict, repr=False)
    unkicked: list[int] = field(default_factory=list, repr=False)
    identify: Callable[[Any], int] | None = field(default=None, repr=False)
    _next: list[int] = field(default_factory=list, repr=False)
    _state: dict[int, Any] = field(default_factory=dict, repr=False)
    looked: int = 0

    def __post_init__(self) -> None:
        ring = self.ring
        self._next = [*range(1, ring.num), 0]
        self.memory = Window(self.vdev.soc, ring.base, ring.end - ring.base)
        self.ram, self.at = self.memory.place
        self.avail, self.used = ring.avail - ring.base, ring.used - ring.base
        self.used_event = ring.used_event - ring.base
        self.mask = ring.num - 1  # wrong for sizes that are no power of two, as in C
        self.is_hardened = self.vdev.parent.rproc.host.hardened
        self.watch(f"{self.vdev.parent.label}.{self.name}")

    def take_head(self, token: Any) -> tuple[int, int]:
        """The first free descriptor, now lent for `token`, and the one that was next after it."""
        head = self.free_head
        self.free_head = follower = self._next[head]
        self._state[head] = token
        return head, follower

    @property
    def num_free(self) -> int:
        """How many descriptors are free."""
        return self.ring.num - len(self._state)

    @property
    def num_lent(self) -> int:
        """How many buffers the device has."""
        return len(self._state)

    def is_lent(self, head: int) -> bool:
        """Whether the device has the buffer that begins with descriptor `head`."""
        return head in self._state

    def detach(self, head: int) -> Any:
        """Descriptor `head` is free again, and the first to be used; whose it was."""
        self._next[head] = self.free_head
        self.free_head = head
        return self._state.pop(head)

    def take_message(self, head: int) -> int:
        """The id of the message in the buffer that the device gave back."""
        sent, answered = self.away.pop(head, 0), self.back.pop(head, 0)
        return answered or sent or (self.identify(self._state[head]) if self.identify else 0)

    # What the trace is told

    def tell(self, step: str, head: int, message: int, index: int = -1) -> None:
        """Linux takes a step with one descriptor."""
        messages = (message,) if message else ()
        self.run.record(Passed(step, Lane.LINUX, messages, self.label, head, index))

    def tell_all(self, step: str) -> None:
        """Linux takes a step with all that it has added since the last one of this kind."""
        messages = tuple(self.unkicked)
        self.unkicked.clear()
        if not self.run.is_quiet and (messages or step == "kicked"):
            passed = Passed(step, Lane.LINUX, messages, self.label, index=self.avail_idx)
            self.run.record(passed)

    def look(self) -> None:
        """Tell what the device has given back since the last look, as a debugger would see it.

        Linux does not look, and what makes no sense is passed over: Linux will say what it is.
        """
        used_idx = self.memory.u16(self.used + 2)
        if (self.looked - self.last_used_idx) & COUNTER > self.ring.num:
            self.looked = self.last_used_idx  # a quiet stretch lies behind us
        if (used_idx - self.looked) & COUNTER > self.ring.num:
            return
        while self.looked != used_idx:
            where = self.used + 4 + 8 * (self.looked & self.mask)
            elem = VringUsedElem.parse(self.memory.read(where, VringUsedElem.SIZE))
            self.looked = (self.looked + 1) & COUNTER
            if not self.is_lent(elem.id) or elem.id in self.back:
                continue
            if self.identify:
                message, step = self.identify(self._state[elem.id]), "answered"
            else:
                message, step = self.away.pop(elem.id, 0), "used"
            self.back[elem.id] = message
            told = (message,) if message else ()
            self.run.record(Passed(step, Lane.M4, told, self.label, elem.id, self.looked))
