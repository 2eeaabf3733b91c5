# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/virtio_rpmsg_bus.c: the struct of one rpmsg bus."""

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.formats.vring import MAX_RPMSG_BUF_SIZE
from rprocbench.soc.memory import Pa

from .mapped import Window
from .virtio_device import VirtioDevice
from .virtqueue import Virtqueue

if TYPE_CHECKING:
    from .rpmsg import RpmsgDevice, RpmsgEndpoint

ADDRESSES = struct.Struct("<II")  # of a message's header: from where, to where


@dataclass
class VirtprocInfo(Watched):
    """`struct virtproc_info`: the first half of `num_bufs` buffers receives, the other half sends.

    `last_sbuf` counts the buffers that were sent from for the first time, `sleepers` who waits for
    one. `memory` is all buffers. `asked` are the messages to the remote that it may still answer:
    id and both addresses; which of them a message answers is our guess, the kernel has no ids.
    """

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"vdev", "memory", "woken", "asked"})

    run: Run
    vdev: VirtioDevice
    rvq: Virtqueue = field(init=False)
    svq: Virtqueue = field(init=False)
    num_bufs: int = 0
    rbuf_size: int = MAX_RPMSG_BUF_SIZE
    sbuf_size: int = MAX_RPMSG_BUF_SIZE
    bufs: Pa = Pa(0)  # noqa: RUF009  a number
    last_sbuf: int = 0
    sleepers: int = 0
    endpoints: "tuple[RpmsgEndpoint, ...]" = ()
    channels: "tuple[RpmsgDevice, ...]" = ()
    memory: Window = field(init=False)
    woken: bool = False
    asked: list[tuple[int, int, int]] = field(default_factory=list, repr=False)
    _listening: "dict[int, RpmsgEndpoint]" = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.watch(f"rpmsg bus of {self.vdev.parent.label}")

    @property
    def size(self) -> int:
        """Bytes of all buffers."""
        return self.num_bufs // 2 * (self.rbuf_size + self.sbuf_size)

    def rbuf(self, index: int) -> Pa:
        """Receive buffer `index`."""
        return Pa(self.bufs + index * self.rbuf_size)

    def sbuf(self, index: int) -> Pa:
        """Send buffer `index`."""
        return Pa(self.rbuf(self.num_bufs // 2) + index * self.sbuf_size)

    def add_endpoint(self, ept: "RpmsgEndpoint") -> None:
        """Somebody listens at an address."""
        self._listening[ept.addr] = ept
        self.endpoints += (ept,)

    def remove_endpoint(self, ept: "RpmsgEndpoint") -> None:
        """Nobody listens there any more."""
        self._listening.pop(ept.addr, None)
        self.endpoints = tuple(other for other in self.endpoints if other is not ept)

    def find_endpoint(self, addr: int) -> "RpmsgEndpoint | None":
        """Who listens at `addr`."""
        return self._listening.get(addr)

    def ask(self, message: int, src: int, dst: int) -> None:
        """A message leaves for the remote. Only so many can be unanswered as there are buffers."""
        self.asked.append((message, src, dst))
        if len(self.asked) > self.num_bufs:
            del self.asked[0]

    def identify(self, buffer: Pa) -> int:
        """The id of the message that the remote put into `buffer`.

        It is an answer if both addresses of one that was sent are exchanged: the oldest of those
        that the remote has at hand, else of those that it has given back. Otherwise it is new.
        """
        src, dst = ADDRESSES.unpack(self.memory.read(buffer - self.bufs, ADDRESSES.size))
        chosen = None
        for asked in self.asked:
            if asked[1] == dst and asked[2] == src:
                chosen = chosen or asked
                if self.run.is_quiet or asked[0] in self.svq.away.values():
                    chosen = asked
                    break
        if chosen is None:
            return self.run.next_message()
        self.asked.remove(chosen)
        return chosen[0]
