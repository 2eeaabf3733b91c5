# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/virtio_rpmsg_bus.c: the struct of one rpmsg bus."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.formats.vring import MAX_RPMSG_BUF_SIZE
from rprocbench.soc.memory import Pa

from .virtio_device import VirtioDevice
from .virtio_ring import Virtqueue

if TYPE_CHECKING:
    from .rpmsg import RpmsgDevice, RpmsgEndpoint


@dataclass
class VirtprocInfo(Watched):
    """`struct virtproc_info`: the first half of `num_bufs` buffers receives, the other half sends.

    `last_sbuf` counts the buffers that were sent from for the first time.
    """

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"vdev"})

    run: Run
    vdev: VirtioDevice
    rvq: Virtqueue = field(init=False)
    svq: Virtqueue = field(init=False)
    num_bufs: int = 0
    buf_size: int = MAX_RPMSG_BUF_SIZE
    bufs: Pa = Pa(0)  # noqa: RUF009  a number
    last_sbuf: int = 0
    endpoints: "tuple[RpmsgEndpoint, ...]" = ()
    channels: "tuple[RpmsgDevice, ...]" = ()

    def __post_init__(self) -> None:
        self.watch(f"rpmsg bus of {self.vdev.parent.label}")

    def rbuf(self, index: int) -> Pa:
        """Receive buffer `index`."""
        return Pa(self.bufs + index * self.buf_size)

    def sbuf(self, index: int) -> Pa:
        """Send buffer `index`."""
        return self.rbuf(self.num_bufs // 2 + index)

    def find_endpoint(self, addr: int) -> "RpmsgEndpoint | None":
        """Who listens at `addr`."""
        return next((ept for ept in self.endpoints if ept.addr == addr), None)
