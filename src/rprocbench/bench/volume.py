# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages in bulk: a board with room for 512 buffers, and an exchange of thousands of messages."""

from collections.abc import Sequence
from dataclasses import replace

from rprocbench.designs import MAINLINE
from rprocbench.formats.elf import ElfView
from rprocbench.formats.resource_table import FwRscVdev, FwRscVdevVring
from rprocbench.formats.vring import Feature
from rprocbench.resources import resource
from rprocbench.soc.memory import Pa, Region
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from . import Bench
from .machine import Machine
from .rpmsg_user import Port

REGIONS = (
    Region("retram", Pa(0x3800_0000), 0x1_0000),
    Region("mcuram", Pa(0x3000_0000), 0x1_0000),
    Region("mcuram2", Pa(0x1000_0000), 0x1_0000),
    Region("vdev0vring0", Pa(0x1001_0000), 0x4000),
    Region("vdev0vring1", Pa(0x1001_4000), 0x4000),
    Region("vdev0buffer", Pa(0x1001_8000), 0x4_0000),
)
BOARD = replace(
    STM32MP157C_DK2,
    name="stm32mp157c-volume",
    linux_regions=REGIONS,
    optee_regions=REGIONS,
)
CHANNEL = "rpmsg-raw"
PATIENCE_MS = 15_000


def volume_elf(ring: int = 16, *, coalesce: bool = True) -> bytes:
    """The firmware `volume` with rings of `ring` entries, and few doorbells or one per buffer."""
    image = bytearray(resource("data", "firmware", "volume", "volume.elf").read_bytes())
    table = ElfView.parse(bytes(image)).section(".resource_table")
    assert table
    vdev = table.header.sh_offset + 24 + 48 + 4
    num = FwRscVdevVring.SPANS["num"][0]
    for index in (0, 1):
        at = vdev + FwRscVdev.SIZE + index * FwRscVdevVring.SIZE + num
        image[at : at + 4] = ring.to_bytes(4, "little")
    if not coalesce:
        features = vdev + FwRscVdev.SPANS["dfeatures"][0]
        image[features : features + 4] = (1 << Feature.RPMSG_NS).to_bytes(4, "little")
    config = vdev + FwRscVdev.SIZE + 2 * FwRscVdevVring.SIZE
    image[config : config + 4] = int(coalesce).to_bytes(4, "little")
    return bytes(image)


def volume_machine(ring: int = 16, *, coalesce: bool = True, linux: str = "7.3") -> Machine:
    """A machine on which that firmware runs, and has announced its channel."""
    bench = Bench(board=BOARD, design=MAINLINE, linux=linux)
    machine = bench.machine(volume_elf(ring, coalesce=coalesce))
    machine.probe()
    machine.write_state("start")
    machine.linux.rpmsg.wait_for(CHANNEL)
    machine.settle()
    return machine


def exchange(port: Port, payloads: Sequence[bytes], batch: int = 16) -> list[bytes]:
    """Send all, `batch` at a time, and hear the answers; they end where no more came in time.

    A sender waits where there is no buffer left, as write(2) does, and the M4 goes on meanwhile.
    """
    heard: list[bytes] = []
    for start in range(0, len(payloads), batch):
        for payload in payloads[start : start + batch]:
            port.write(payload)
        wanted = min(start + batch, len(payloads)) - len(heard)
        if not port.machine.wait(lambda: port.waiting >= wanted, PATIENCE_MS):  # noqa: B023  now
            break
        heard += [port.read() for _ in range(port.waiting)]
    return heard
