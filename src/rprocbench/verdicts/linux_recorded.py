# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels whose verdicts were recorded, and the board that they ran on (our zone).

The README beside the records says what they took for granted: a board of fake memories without
aliases, and virtio's core and the rpmsg driver emulated on top of the real transport.
"""

from dataclasses import dataclass, replace

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind
from rprocbench.formats.vring import MAX_RPMSG_BUF_SIZE
from rprocbench.kernel.versions import kernel_called
from rprocbench.kernel.virtio_device import (
    VirtioDevice,
    VirtqueueInfo,
    dma_alloc_coherent,
    dma_free_coherent,
    virtio_device_ready,
)
from rprocbench.soc.memory import Chip, Mapping, Pa
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .linux import fw_load
from .linux_machine import LinuxMachine
from .linux_verdict import LinuxVerdict

UNTOUCHED = 0xA5
REGIONS = STM32MP157C_DK2.linux_regions
RECORDED_BOARD = replace(
    STM32MP157C_DK2,
    fill=UNTOUCHED,
    chips=tuple(Chip(r.name, r.size) for r in REGIONS),
    a7=tuple(Mapping(r.pa, r.name, r.size) for r in REGIONS),
    m4=(),
)
MAX_BUFFERS = 512
RINGS = (Pa(0x1004_0000), Pa(0x1004_1000))


@dataclass(frozen=True, slots=True)
class Build:
    """One of the recorded kernels: the name that `alt` has for it, its version, its width.

    `rings` are addresses at which it may have mapped the rings of vdev0: what records with wild
    alignments tell of them fits.
    """

    alt: str
    linux: str
    bits: int
    rings: tuple[int, int]


MAIN = Build("", "6.12", 32, (0xF704_0000, 0xF704_1000))
ALTERNATIVES = (
    Build("k61_32", "6.1", 32, (0xF704_0000, 0xF704_2000)),
    Build("k612_64", "6.12", 64, (0x7FFF_704C_1000, 0x7FFF_704C_3000)),
)
# What a wild alignment does depends on bits of these addresses, and they changed from run to run
# (the recording kernels were programs): images that are alike in all that matters met unlike fates.
MOVES = (0, 1 << 31, *(1 << bit for bit in range(12, 31)), 0xFFFF_F000)


def verdict_of(image: bytes, build: Build = MAIN, moved: int = 0) -> LinuxVerdict:
    """What one of the recorded kernels makes of `image`; its rings `moved` by bits of addresses."""
    machine = LinuxMachine(RECORDED_BOARD, kernel_called(build.linux), build.bits, patches=EMULATED)
    machine.host.mapped_at = {
        pa: va ^ moved for pa, va in zip(RINGS, build.rings, strict=True)
    }  # fmt: skip
    return fw_load(machine, image)


def emulated_rpmsg_probe(vdev: VirtioDevice) -> None:
    """What stood for the rpmsg driver in the recordings: queues and buffers, and it is ready."""
    wanted = (VirtqueueInfo("input", ignore), VirtqueueInfo("output", ignore))
    with Unwind(vdev) as unwind:
        vqs = vdev.config.find_vqs(vdev, wanted)
        unwind.label("vqs_del", vdev.config.del_vqs, vdev)
        buffers = min(2 * vqs[0].ring.num, MAX_BUFFERS)
        if dma_alloc_coherent(vdev, buffers * MAX_RPMSG_BUF_SIZE) is None:
            raise ModelledError(Errno.ENOMEM, f"no memory for {buffers} buffers")
        virtio_device_ready(vdev)


def emulated_rpmsg_remove(vdev: VirtioDevice) -> None:
    """Its end."""
    vdev.config.reset(vdev)
    vdev.config.del_vqs(vdev)
    dma_free_coherent(vdev)


def ignore(_vq: object) -> None:
    """A callback that nobody calls: no remote executes."""


EMULATED = {"rpmsg_probe": emulated_rpmsg_probe, "rpmsg_remove": emulated_rpmsg_remove}
