# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux's side of one vdev, by hand (reference: kernel.md 7.2 to 7.5), and the committed firmware.

Written from the layouts alone, without the product's own readers, to have a second opinion.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path

from rprocbench.base.run import Run
from rprocbench.base.trace import Lane
from rprocbench.emulator import CortexM4
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da, Pa
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

FIRMWARE = Path(__file__).parents[2] / "data" / "firmware" / "echo" / "echo.elf"
TABLE = 0x1002_0000
RINGS = (0x1004_0000, 0x1004_1000)  # the M4 sends by the first, Linux by the second
BUFFERS = 0x1004_2000
NUM, SIZE = 16, 512
AVAIL, USED = 0x100, 0x130  # of a ring of 16, aligned to 16
VQ0, VQ1, SHUTDOWN = 0, 1, 2
ME = 0x401


@dataclass
class Linux:
    """A board whose M4 runs `echo.elf`, and the host end of its rings."""

    native_meter: bool = True
    soc: Soc = field(init=False)
    core: CortexM4 = field(init=False)
    received: list[tuple[int, int, bytes]] = field(default_factory=list)
    freed: list[int] = field(default_factory=list)
    sent: int = 0
    taken: int = 0

    def __post_init__(self) -> None:
        self.soc = Soc(STM32MP157C_DK2, Run())
        self.core = CortexM4(self.soc, self.soc.run, native_meter=self.native_meter)
        self.soc.mcu.plug(self.core)
        self.soc.ipcc.listen(self.hear)

    # Memory as Linux sees it

    def write(self, pa: int, data: bytes) -> None:
        """Write."""
        self.soc.a7.write(Pa(pa), data)

    def number(self, pa: int, size: int = 4) -> int:
        """Read a number."""
        return int.from_bytes(self.soc.a7.read(Pa(pa), size), "little")

    # remoteproc

    def load(self) -> "Linux":
        """Put the segments where they belong."""
        image = FIRMWARE.read_bytes()
        at, count = struct.unpack_from("<I12xH", image, 28)[0], image[44]
        for index in range(count):
            kind, offset, _, pa, filesz, memsz = struct.unpack_from("<6I", image, at + 32 * index)
            if kind == 1:
                data = image[offset : offset + filesz] + bytes(memsz - filesz)
                self.soc.m4.write(Da(pa), data, Lane.LINUX)
        return self

    def start(self) -> "Linux":
        """Release the core."""
        self.soc.mcu.set_boot_mcu(value=True, source=Lane.LINUX)
        return self

    def entry(self, kind: int) -> int:
        """Where the table's first entry of this kind lies."""
        count = self.number(TABLE + 4)
        entries = [TABLE + self.number(TABLE + 16 + 4 * n) for n in range(count)]
        return next(entry for entry in entries if self.number(entry) == kind)

    def log(self) -> list[str]:
        """The lines of the trace buffer."""
        entry = self.entry(2)
        text = self.soc.a7.read(Pa(self.number(entry + 4)), self.number(entry + 8))
        return text[: text.index(0)].decode().splitlines()

    # virtio

    def connect(self) -> "Linux":
        """Lay the rings, offer the receive buffers, set DRIVER_OK, kick."""
        for ring in RINGS:
            self.soc.a7.fill(Pa(ring), 0x1000, 0)
        for index in range(NUM):
            self.describe(RINGS[VQ0], index, BUFFERS + SIZE * index, SIZE, flags=2)
            self.write(RINGS[VQ0] + AVAIL + 4 + 2 * index, struct.pack("<H", index))
        self.write(RINGS[VQ0] + AVAIL + 2, struct.pack("<H", NUM))
        vdev = self.entry(3)
        for index, ring in enumerate(RINGS):
            self.write(vdev + 28 + 20 * index, struct.pack("<I", ring))
            self.write(vdev + 28 + 20 * index + 12, struct.pack("<I", index))
        self.write(vdev + 16, struct.pack("<I", self.number(vdev + 12) & 1))
        self.write(vdev + 24, b"\x07")
        self.kick(VQ0)
        return self

    def describe(self, ring: int, index: int, pa: int, size: int, flags: int) -> None:
        """Fill a descriptor."""
        self.write(ring + 16 * index, struct.pack("<QIHH", pa, size, flags, 0))

    def kick(self, channel: int) -> None:
        """Ring, unless the last ring was not heard yet."""
        if not self.soc.ipcc.to_m4 >> channel & 1:
            self.soc.ipcc.send_to_m4(channel)

    def send(self, target: int, payload: bytes) -> None:
        """Send one message from `ME`."""
        index = self.sent % NUM
        buffer = BUFFERS + SIZE * (NUM + index)
        self.write(buffer, struct.pack("<IIIHH", ME, target, 0, len(payload), 0) + payload)
        self.describe(RINGS[VQ1], index, buffer, 16 + len(payload), flags=0)
        self.write(RINGS[VQ1] + AVAIL + 4 + 2 * index, struct.pack("<H", index))
        self.sent += 1
        self.write(RINGS[VQ1] + AVAIL + 2, struct.pack("<H", self.sent & 0xFFFF))
        self.kick(VQ1)

    def hear(self, kind: str, channel: int) -> None:
        """The two mailbox interrupts."""
        if kind == "free":
            self.freed.append(channel)
            return
        self.soc.ipcc.taken_by_a7(channel)
        ring = RINGS[VQ0]
        while channel == VQ0 and self.taken & 0xFFFF != self.number(ring + USED + 2, 2):
            head = self.number(ring + USED + 4 + 8 * (self.taken % NUM))
            buffer = BUFFERS + SIZE * head
            source, target, _, size, _ = struct.unpack("<IIIHH", self.soc.a7.read(Pa(buffer), 16))
            self.received.append((source, target, self.soc.a7.read(Pa(buffer + 16), size)))
            self.taken += 1
            offered = NUM + self.taken
            self.write(ring + AVAIL + 4 + 2 * ((offered - 1) % NUM), struct.pack("<H", head))
            self.write(ring + AVAIL + 2, struct.pack("<H", offered & 0xFFFF))

    def wait_for(self, messages: int, timeout_ms: int = 1000) -> bool:
        """Let the M4 run until so many messages have come."""
        return self.soc.wait(lambda: len(self.received) >= messages, timeout_ms)

    def shut_down(self) -> bool:
        """Ask for it, and wait for the channel to be free again."""
        self.soc.ipcc.send_to_m4(SHUTDOWN)
        return self.soc.wait(lambda: SHUTDOWN in self.freed, 500)


def whole_story(*, native_meter: bool = True) -> Linux:
    """Boot, announcement, one echo, shutdown, reset."""
    linux = Linux(native_meter=native_meter).load().start()
    linux.soc.wait(lambda: False, 25)
    linux.connect()
    assert linux.wait_for(1)
    linux.send(0x400, b"hello")
    assert linux.wait_for(2)
    assert linux.shut_down()
    linux.soc.mcu.set_boot_mcu(value=False, source=Lane.LINUX)
    linux.soc.mcu.assert_reset(Lane.LINUX)
    return linux
