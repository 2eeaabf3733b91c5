# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults of signals, and of a Linux that lays nonsense into a ring, met by the firmware `echo`."""

import struct
from collections.abc import Callable

from rprocbench.base.run import Modelled, Skip
from rprocbench.base.trace import Lane
from rprocbench.kernel.stm32_rproc_mbox import stm32_rproc_kick
from rprocbench.soc.memory import Pa

from .wire_stage import Stage, WireFault

OUTSIDE = 0x4000_0000  # registers, to the M4
NEXT, WRITE = 1, 2


def lost_kick(stage: Stage) -> None:
    """Linux rings, and nobody hears it."""
    stage.next("stm32_rproc_kick", Skip())
    stage.say()


def early_kick(stage: Stage) -> None:
    """The doorbell is rung, and heard, before the index says what for; then not again."""

    def ring(_subject: Modelled) -> None:
        assert stage.machine.rproc
        stm32_rproc_kick(stage.machine.rproc, 1)
        stage.turn(1)
        stage.next("stm32_rproc_kick", Skip())

    stage.next("virtqueue_add_outbuf", ring)
    stage.say()


def duplicated_kick(stage: Stage) -> None:
    """The doorbell is rung twice for one message."""

    def ring(_subject: Modelled) -> None:
        assert stage.machine.rproc
        stm32_rproc_kick(stage.machine.rproc, 1)

    stage.next("virtqueue_add_outbuf", ring)
    stage.say()


def kick_storm(stage: Stage) -> None:
    """Linux rings thirty times, while the mailbox takes one and twenty more."""
    assert stage.machine.rproc
    for _ in range(30):
        stm32_rproc_kick(stage.machine.rproc, 1)
    stage.turn()
    stage.say()


def lost_interrupt(stage: Stage) -> None:
    """The M4 rings for its answer, the mailbox's interrupt comes, and its work is never done."""
    stage.next("stm32_rproc_mb_callback", Skip())
    stage.say()


def stuck_channel(stage: Stage) -> None:
    """The interrupt is lost as a whole: Linux never clears the channel, so the M4 cannot ring."""
    stage.next("stm32_ipcc_rx_irq", Skip())
    stage.say()


def spurious_interrupt(stage: Stage) -> None:
    """The M4's doorbell is rung for nothing, on every channel."""
    for channel in range(6):
        stage.machine.soc.ipcc.send_to_a7(channel)
    stage.turn()
    stage.say()


def avail_ahead(stage: Stage) -> None:
    """The available index says that there is more than the ring holds."""
    corrupt(stage, lambda: put(stage, stage.bus.svq.avail + 2, stage.bus.svq.avail_idx + 100))


def avail_behind(stage: Stage) -> None:
    """The available index goes back by one."""
    corrupt(stage, lambda: put(stage, stage.bus.svq.avail + 2, stage.bus.svq.avail_idx - 2))


def avail_entry(stage: Stage) -> None:
    """The entry of the available ring names a descriptor that there is not."""
    vq = stage.bus.svq
    corrupt(stage, lambda: put(stage, vq.avail + 4 + 2 * ((vq.avail_idx - 1) & vq.mask), 0x4D))


def hostile_descriptor(
    addr: int | None = None, size: int | None = None, flags: int = 0
) -> Callable[[Stage], None]:
    """Linux's descriptor of the next message says something else."""

    def play_it(stage: Stage) -> None:
        vq = stage.bus.svq

        def write() -> None:
            entry = vq.avail + 4 + 2 * ((vq.avail_idx - 1) & vq.mask)
            head = vq.memory.u16(entry)
            old = struct.unpack("<QIHH", vq.memory.read(16 * head, 16))
            new = (
                old[0] if addr is None else addr,
                old[1] if size is None else size,
                flags,
                head if flags & NEXT else old[3],
            )
            vq.memory.write(16 * head, struct.pack("<QIHH", *new))

        corrupt(stage, write)

    return play_it


def corrupt(stage: Stage, write: Callable[[], None]) -> None:
    """Write into Linux's output ring after the next message is in it, before the doorbell."""
    stage.next("rproc_virtio_notify", lambda _subject: write())
    stage.say()


def put(stage: Stage, offset: int, number: int) -> None:
    """A number into Linux's output ring."""
    stage.bus.svq.memory.put_u16(offset, number)


def hung_core(stage: Stage) -> None:
    """The M4 hangs: it takes no signal and returns no buffer any more."""
    core = stage.machine.soc.mcu.core
    assert core
    core.halt()
    for _ in range(20):
        stage.say(nonblock=True)


def header_lies(stage: Stage) -> None:
    """The header of Linux's message claims more bytes than the buffer has."""
    vq, bus = stage.bus.svq, stage.bus

    def write() -> None:
        head = vq.memory.u16(vq.avail + 4 + 2 * ((vq.avail_idx - 1) & vq.mask))
        addr = struct.unpack("<Q", vq.memory.read(16 * head, 8))[0]
        bus.vdev.soc.a7.write(Pa(addr + 12), struct.pack("<H", 400), Lane.LINUX)

    corrupt(stage, write)


LINUX, M4, HARDWARE = Lane.LINUX, Lane.M4, Lane.HARDWARE
SIGNALS = (
    WireFault("lost-kick", "a doorbell of Linux is lost", HARDWARE, lost_kick),
    WireFault("early-kick", "the doorbell comes before the index", LINUX, early_kick),
    WireFault("double-kick", "the doorbell is rung twice", LINUX, duplicated_kick),
    WireFault("kick-storm", "more doorbells than the mailbox queues", LINUX, kick_storm),
    WireFault("lost-interrupt", "the work for a signal is never done", HARDWARE, lost_interrupt),
    WireFault("stuck-channel", "a signal is never acknowledged", HARDWARE, stuck_channel),
    WireFault("spurious-interrupt", "the M4 rings for nothing", M4, spurious_interrupt),
    WireFault("avail-ahead", "avail.idx is 100 too far", LINUX, avail_ahead),
    WireFault("avail-behind", "avail.idx goes back", LINUX, avail_behind),
    WireFault("avail-entry", "an available entry names no descriptor", LINUX, avail_entry),
    WireFault(
        "desc-outside", "a descriptor points outside", LINUX, hostile_descriptor(addr=OUTSIDE)
    ),
    WireFault(
        "desc-wraps", "a descriptor wraps the address space", LINUX,
        hostile_descriptor(addr=0xFFFF_FFF0, size=64),
    ),
    WireFault("desc-long", "a descriptor is too long", LINUX, hostile_descriptor(size=0xFFFF_0000)),
    WireFault("desc-empty", "a descriptor has no bytes", LINUX, hostile_descriptor(size=0)),
    WireFault("desc-loop", "a chain leads to itself", LINUX, hostile_descriptor(flags=NEXT)),
    WireFault(
        "desc-write", "a request may only be written", LINUX, hostile_descriptor(flags=WRITE)
    ),
    WireFault("header-lies", "a header claims 400 bytes of 9", LINUX, header_lies),
    WireFault("hung-core", "the remote never answers any more", M4, hung_core),
)  # fmt: skip
