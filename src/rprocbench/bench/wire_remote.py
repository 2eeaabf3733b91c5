# SPDX-License-Identifier: GPL-2.0-or-later
"""A remote that can be made to misbehave: it plays the M4 on memories and mailbox alone.

It does as kernel.md 7.4 says: announces itself, echoes, returns what it took, and rings for it. Who
plays tricks with it calls its pieces with other values than it would use itself.
"""

import struct
from typing import TYPE_CHECKING

from rprocbench.base.trace import Lane
from rprocbench.formats.vring import RPMSG_NS_ADDR, RpmsgHdr, RpmsgNsMsg
from rprocbench.kernel.stm32_rproc import stm32_rproc_wdg
from rprocbench.soc.memory import Pa

if TYPE_CHECKING:
    from rprocbench.kernel.virtproc import VirtprocInfo
    from rprocbench.kernel.virtqueue import Virtqueue

    from .machine import Machine

STEP_MS = 1
NAME, ADDRESS = b"rpmsg-raw", 0x400
NO_INTERRUPT = 1  # avail.flags: Linux wants no signal for what comes back


class Remote:
    """A core with no instructions. `keeps`: it returns no buffer. `is_silent`: it does not ring."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine
        self.soc = machine.soc
        self.cycles = 0
        self.is_running = self.is_connected = False
        self.is_silent = self.keeps = False
        self.seen = [0, 0]  # available entries taken, by ring
        self.dies_at: int | None = None  # the cycle at which its watchdog bites
        self.remembered: dict[int, tuple[int, int]] = {}

    # What the board asks of a core

    def reset(self) -> None:
        """Begin anew."""
        self.is_running, self.is_connected, self.seen = True, False, [0, 0]

    def halt(self) -> None:
        """Do nothing any more."""
        self.is_running = False

    def run_until(self, cycles: int) -> bool:
        """One millisecond of work, or less. Where Linux leads it to no memory, it locks up."""
        if not self.is_running:
            return False
        try:
            self._work(cycles)
        except IndexError as error:
            self.is_running = False
            self.machine.run.log(Lane.M4, f"lockup: bus fault, {error}", "err")
        return self.is_running

    def _work(self, cycles: int) -> None:
        step = STEP_MS * self.soc.board.m4_hz // 1000
        self.cycles = min(self.cycles + step, cycles)
        if self.dies_at is not None and self.cycles >= self.dies_at and self.machine.rproc:
            self.dies_at = None
            stm32_rproc_wdg(self.machine.rproc)
        for channel in range(6):
            if self.soc.ipcc.to_m4 >> channel & 1:
                self.soc.ipcc.taken_by_m4(channel)
        if not self.is_connected and self.machine.buses:
            self.is_connected = True
            self.put_u16(self.bus.rvq, self.bus.rvq.used, 1)
            self.announce(NAME, ADDRESS)
        if self.is_connected and self.machine.buses and not self.keeps:
            self.echo()

    # Rings

    @property
    def bus(self) -> "VirtprocInfo":
        """Where the rings are: in place of the table, which says the same."""
        return self.machine.buses[0]

    def read(self, pa: int, size: int) -> bytes:
        """Bytes of the shared memory."""
        return self.soc.a7.read(Pa(pa), size, Lane.M4)

    def write(self, pa: int, data: bytes) -> None:
        """Write to the shared memory."""
        self.soc.a7.write(Pa(pa), data, Lane.M4)

    def u16(self, vq: "Virtqueue", offset: int) -> int:
        """A number in a ring."""
        return int.from_bytes(self.read(vq.ring.base + offset, 2), "little")

    def put_u16(self, vq: "Virtqueue", offset: int, number: int) -> None:
        """Write a number into a ring."""
        self.write(vq.ring.base + offset, (number & 0xFFFF).to_bytes(2, "little"))

    def take(self, vq: "Virtqueue") -> tuple[int, int, int] | None:
        """The next buffer that Linux lends: descriptor, address, size."""
        seen = self.seen[vq.index]
        if self.u16(vq, vq.avail + 2) == seen & 0xFFFF:
            return None
        head = self.u16(vq, vq.avail + 4 + 2 * (seen % vq.ring.num))
        self.seen[vq.index] += 1
        if vq is self.bus.rvq and head in self.remembered:
            return head, *self.remembered[head]
        addr, size, _flags, _next = struct.unpack("<QIHH", self.read(vq.ring.desc(head), 16))
        return head, addr, size

    def remember(self) -> None:
        """Note which buffers Linux lends, so that the descriptors are not needed any more."""
        vq = self.bus.rvq
        for head in range(vq.ring.num):
            addr, size, _flags, _next = struct.unpack("<QIHH", self.read(vq.ring.desc(head), 16))
            self.remembered[head] = addr, size

    def give_back(self, vq: "Virtqueue", head: int, length: int) -> None:
        """An entry in the used ring, and the index after it."""
        index = self.u16(vq, vq.used + 2)
        at = vq.ring.base + vq.used + 4 + 8 * (index % vq.ring.num)
        self.write(at, struct.pack("<II", head & 0xFFFF_FFFF, length & 0xFFFF_FFFF))
        self.put_u16(vq, vq.used + 2, index + 1)

    def move_used_index(self, vq: "Virtqueue", by: int) -> None:
        """Claim to have given back so many more, or fewer, than was done."""
        self.put_u16(vq, vq.used + 2, self.u16(vq, vq.used + 2) + by)

    def ring(self, channel: int) -> None:
        """Ring Linux's doorbell."""
        self.soc.ipcc.send_to_a7(channel)

    # Messages

    def send(  # noqa: PLR0913  each of them may be a lie
        self,
        src: int,
        dst: int,
        payload: bytes,
        *,
        says: int | None = None,
        used_len: int | None = None,
        used_id: int | None = None,
    ) -> bool:
        """Send a message; the header may say another length, the used entry other values.

        False when Linux lends no buffer.
        """
        lent = self.take(self.bus.rvq)
        if lent is None:
            return False
        head, addr, size = lent
        length = len(payload) if says is None else says
        header = RpmsgHdr(src=src, dst=dst, reserved=0, len=length, flags=0)
        self.write(addr, header.pack() + payload)
        self.give_back(
            self.bus.rvq,
            head if used_id is None else used_id,
            size if used_len is None else used_len,
        )
        self.ring(0)
        return True

    def announce(self, name: bytes, address: int, flags: int = 0) -> None:
        """Send a message of the name service."""
        message = RpmsgNsMsg(name=name[:32], addr=address, flags=flags)
        self.send(address, RPMSG_NS_ADDR, message.pack())

    def echo(self) -> None:
        """Answer everything that Linux has sent, to our address or to any other but 53."""
        while (lent := self.take(self.bus.svq)) is not None:
            head, addr, size = lent
            src, dst, _reserved, length, _flags = RpmsgHdr.FORMAT.unpack(self.read(addr, 16))
            payload = self.read(addr + 16, length)
            if dst != RPMSG_NS_ADDR:
                self.send(dst, src, payload)
            self.give_back(self.bus.svq, head, size)
            if not self.is_silent and not self.u16(self.bus.svq, self.bus.svq.avail) & NO_INTERRUPT:
                self.ring(1)
