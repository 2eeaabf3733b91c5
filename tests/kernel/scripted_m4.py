# SPDX-License-Identifier: GPL-2.0-or-later
"""A remote written in Python, after kernel.md 7.4: it plays the M4 on memory and mailbox alone."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rprocbench.base.run import At, Disturbance, Run
from rprocbench.base.trace import Lane
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.resource_table_build import build_table, trace, vdev, vring
from rprocbench.kernel.remoteproc import Host, Rproc
from rprocbench.kernel.stm32_rproc import stm32_rproc_probe
from rprocbench.kernel.versions import V7_3, LinuxVersion
from rprocbench.soc.board import Board, Soc
from rprocbench.soc.memory import Da
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

TABLE_DA = 0x1002_0000
VDEV = 16 + 8 + 4  # where the vdev's payload lies in the table built below
MS = STM32MP157C_DK2.m4_hz // 1000
VRINGS = (vring(), vring())


def image(table: bytes | None = None) -> bytes:
    """An ELF with vectors, a table, and nothing to execute."""
    table = table if table is not None else table_of()
    segments = [Seg(0, bytes(16)), Seg(0x1000_0000, b"code"), Seg(TABLE_DA, table)]
    return build_elf(segments, [Sec(".resource_table", segment=2)])


def table_of(*entries: bytes) -> bytes:
    """A table of two entries: a vdev of two rings of 16, or what is given, and a trace."""
    usual = (vdev(VRINGS), trace("cm4_log", 0x1000_0400, 0x100))
    return build_table((*entries, *usual[len(entries) :]))


@dataclass
class Ring:
    """One ring as the remote computes it."""

    da: int
    align: int
    num: int
    seen: int = 0

    @property
    def avail(self) -> int:
        return self.da + 16 * self.num

    @property
    def used(self) -> int:
        end = self.avail + 2 * (3 + self.num)
        return -(-end // self.align) * self.align


@dataclass
class ScriptedM4:
    """The M4. `echo` answers each message; `lazy` returns no buffer; `deaf` takes no signal.

    `polite` rings for what it gives back only if Linux wants that.
    """

    soc: Soc
    echo: bool = True
    lazy: bool = False
    deaf: bool = False
    polite: bool = False
    name: bytes = b"rpmsg-raw"
    cycles: int = 0
    running: bool = False
    connected: bool = False
    heard: list[tuple[int, int, bytes]] = field(default_factory=list)
    on_connect: Callable[["ScriptedM4"], None] | None = None

    def reset(self) -> None:
        self.running, self.connected = True, False

    def halt(self) -> None:
        self.running = False

    def run_until(self, cycles: int) -> bool:
        if not self.running:
            return False
        self.cycles = min(self.cycles + MS, cycles)
        if not self.deaf:
            for channel in range(6):
                if self.soc.ipcc.to_m4 >> channel & 1:
                    self.soc.ipcc.taken_by_m4(channel)
        if not self.connected and self.u32(TABLE_DA + VDEV + 20) & 4:
            self.connect()
        if self.connected and not self.lazy:
            self.receive()
        return True

    def u16(self, da: int) -> int:
        return int.from_bytes(self.soc.m4.read(Da(da), 2), "little")

    def u32(self, da: int) -> int:
        return int.from_bytes(self.soc.m4.read(Da(da), 4), "little")

    def put(self, da: int, data: bytes) -> None:
        self.soc.m4.write(Da(da), data, Lane.M4)

    def connect(self) -> None:
        at = TABLE_DA + VDEV + 24
        rings = [
            Ring(*struct.unpack("<III", self.soc.m4.read(Da(at + 20 * i), 12))) for i in (0, 1)
        ]
        self.tx, self.rx = rings
        self.put(self.tx.used, b"\x01\0")
        self.connected = True
        if self.on_connect:
            self.on_connect(self)
        elif self.u32(TABLE_DA + VDEV + 12) & 1:
            self.announce(self.name, 0x400)

    def announce(self, name: bytes, addr: int, flags: int = 0) -> None:
        self.send(addr, 53, struct.pack("<32sII", name, addr, flags))

    def head(self, ring: Ring) -> int | None:
        if self.u16(ring.avail + 2) == ring.seen:
            return None
        entry = self.u16(ring.avail + 4 + 2 * (ring.seen % ring.num))
        ring.seen = (ring.seen + 1) % 2**16
        return entry

    def used(self, ring: Ring, head: int, length: int) -> None:
        idx = self.u16(ring.used + 2)
        at = ring.used + 4 + 8 * (idx % ring.num)
        self.put(at, struct.pack("<II", head, length))
        self.put(ring.used + 2, struct.pack("<H", (idx + 1) % 2**16))

    def send(
        self, src: int, dst: int, payload: bytes, hdr_len: int | None = None, used_len: int = 512
    ) -> None:
        head = self.head(self.tx)
        assert head is not None, "Linux lends no buffer"
        addr, size, _flags, _next = struct.unpack(
            "<QIHH", self.soc.m4.read(Da(self.tx.da + 16 * head), 16)
        )
        assert size == 512
        length = len(payload) if hdr_len is None else hdr_len
        self.put(addr, struct.pack("<IIIHH", src, dst, 0, length, 0) + payload)
        self.used(self.tx, head, used_len)
        self.soc.ipcc.send_to_a7(0)

    def receive(self) -> None:
        while (head := self.head(self.rx)) is not None:
            addr, size, _flags, _next = struct.unpack(
                "<QIHH", self.soc.m4.read(Da(self.rx.da + 16 * head), 16)
            )
            src, dst, _res, length, _f = struct.unpack("<IIIHH", self.soc.m4.read(Da(addr), 16))
            payload = self.soc.m4.read(Da(addr + 16), length)
            self.heard.append((src, dst, payload))
            self.used(self.rx, head, size)
            if not (self.polite and self.u16(self.rx.avail) & 1):
                self.soc.ipcc.send_to_a7(1)
            if self.echo and dst != 53:
                self.send(dst, src, payload)


@dataclass
class Machine:
    """Linux, its silicon, and a scripted M4."""

    soc: Soc
    host: Host
    rproc: Rproc
    m4: ScriptedM4

    @property
    def run(self) -> Run:
        return self.host.run

    def status(self) -> int:
        return self.m4.u32(TABLE_DA + VDEV + 20) & 0xFF

    def turn(self, ms: int = 5) -> None:
        """Let the M4 and Linux's interrupts and work have `ms` milliseconds."""
        self.soc.wait(self.work, ms)

    def work(self) -> bool:
        self.host.run_work()
        return False


def machine(
    elf: bytes | None = None,
    script: dict[At, Disturbance] | None = None,
    board: Board = STM32MP157C_DK2,
    linux: LinuxVersion = V7_3,
    *,
    hardened: bool = False,
    **m4: object,
) -> Machine:
    """A board with the driver probed, the firmware in its file, and a scripted M4."""
    run = Run(script=script or {})
    soc = Soc(replace(board), run)
    host = Host(run, soc, files={"rproc-m4-fw": image() if elf is None else elf},
                linux=linux, hardened=hardened)  # fmt: skip
    core = ScriptedM4(soc, **m4)  # type: ignore[arg-type]
    soc.mcu.plug(core)
    return Machine(soc, host, stm32_rproc_probe(host), core)
