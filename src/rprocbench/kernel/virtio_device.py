# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:include/linux/virtio.h: a virtio device, its driver, and the transport between them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.formats.vring import Feature, VirtioStatus
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Pa, Region

if TYPE_CHECKING:
    from .remoteproc import RprocVdev
    from .virtqueue import Virtqueue


@dataclass(frozen=True, slots=True)
class VirtqueueInfo:
    """`struct virtqueue_info`: a queue that a driver wants."""

    name: str
    callback: "Callable[[Virtqueue], None] | None"


@dataclass(frozen=True)
class VirtioConfigOps:
    """`struct virtio_config_ops`: what a transport provides. Each takes the device first."""

    get: Callable[["VirtioDevice", int, int], bytes | None]
    set: Callable[["VirtioDevice", int, bytes], None]
    get_status: Callable[["VirtioDevice"], int]
    set_status: Callable[["VirtioDevice", int], None]
    reset: Callable[["VirtioDevice"], None]
    find_vqs: "Callable[[VirtioDevice, tuple[VirtqueueInfo, ...]], tuple[Virtqueue, ...]]"
    del_vqs: Callable[["VirtioDevice"], None]
    get_features: Callable[["VirtioDevice"], int]
    finalize_features: Callable[["VirtioDevice"], None]


@dataclass(frozen=True)
class VirtioDriver:
    """`struct virtio_driver`: `ids` it serves, feature bits it understands.

    `feature_switches` are bits that only a kernel with that switch understands.
    """

    name: str
    ids: tuple[int, ...]
    feature_table: tuple[int, ...]
    probe: Callable[["VirtioDevice"], None]
    remove: Callable[["VirtioDevice"], None]
    feature_switches: tuple[tuple[str, int], ...] = ()

    @property
    def label(self) -> str:
        """How the trace calls it."""
        return self.name


@dataclass
class VirtioDevice(Watched):
    """`struct virtio_device`

    `pool` is where its buffers must come from (None: anywhere), `block` what it took.
    """

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"parent", "config", "priv"})

    run: Run
    parent: "RprocVdev"
    id: int
    config: VirtioConfigOps
    index: int = -1
    features: int = 0
    driver: VirtioDriver | None = None
    vqs: "tuple[Virtqueue, ...]" = ()
    pool: Region | None = None
    block: tuple[int, int] | None = None
    priv: Any = None

    def __post_init__(self) -> None:
        self.watch(f"virtio of {self.parent.label}")

    @property
    def soc(self) -> Soc:
        """The silicon it is on."""
        return self.parent.rproc.host.soc

    @property
    def name(self) -> str:
        """`dev_name()`"""
        return f"virtio{self.index}"


def virtio_has_feature(vdev: VirtioDevice, bit: Feature) -> bool:
    """Whether both sides agreed on feature `bit`."""
    return bool(vdev.features >> bit & 1)


def virtio_add_status(vdev: VirtioDevice, status: VirtioStatus) -> None:
    """Raise one more bit of the status."""
    vdev.config.set_status(vdev, vdev.config.get_status(vdev) | status)


def virtio_device_ready(vdev: VirtioDevice) -> None:
    """Tell the device that its driver is there."""
    virtio_add_status(vdev, VirtioStatus.DRIVER_OK)


mapping_c = mirrors("linux:kernel/dma/mapping.c")
PAGE_SIZE = 4096


@mapping_c
def dma_alloc_coherent(vdev: VirtioDevice, size: int) -> Pa | None:
    """Zeroed memory for the buffers of `vdev`: from its pool if it has one, else from anywhere.

    A pool gives blocks of 2^n pages at multiples of that size, and is not left when it is full.
    """
    pa = vdev.soc.dma_alloc(size) if vdev.pool is None else _from_pool(vdev, vdev.pool, size)
    if pa is not None:
        vdev.block = (pa, size)
    return pa


def _from_pool(vdev: VirtioDevice, pool: Region, size: int) -> Pa | None:
    step = PAGE_SIZE
    while step < size:
        step *= 2
    siblings = [rvdev.vdev for rvdev in vdev.parent.rproc.rvdevs if rvdev.vdev]
    taken = [v.block for v in siblings if v.pool == pool and v.block]
    for pa in range(pool.pa, pool.pa + pool.size - step + 1, step):
        if all(pa + step <= base or base + length <= pa for base, length in taken):
            vdev.soc.a7.fill(Pa(pa), size, 0)
            return Pa(pa)
    return None


def dma_free_coherent(vdev: VirtioDevice) -> None:
    """Give the block back."""
    assert vdev.block
    if vdev.pool is None:
        vdev.soc.dma_free(Pa(vdev.block[0]))
    vdev.block = None
