# SPDX-License-Identifier: GPL-2.0-or-later
"""What differs between kernels on the bus: callbacks of the sending queue, poll, off-channel."""

import struct
from dataclasses import replace

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.trace import Entered, Lane, Signalled
from rprocbench.formats.resource_table_build import vdev, vring
from rprocbench.kernel.remoteproc_core import rproc_boot
from rprocbench.kernel.rpmsg import EPOLLERR, EPOLLIN, EPOLLOUT
from rprocbench.kernel.rpmsg_char import (
    rpmsg_eptdev_poll,
    rpmsg_eptdev_read_iter,
    rpmsg_eptdev_write_iter,
)
from rprocbench.kernel.rpmsg_core import (
    rpmsg_get_mtu,
    rpmsg_send_offchannel,
    rpmsg_sendto,
    rpmsg_trysend_offchannel,
    rpmsg_trysendto,
)
from rprocbench.kernel.versions import V6_1, V6_12, V7_3, LinuxVersion
from rprocbench.soc.memory import Da

from .scripted_m4 import Machine, image, machine, table_of
from .test_rpmsg import bus, endpoint, eptdev, kicks, logs

AVAIL_1 = Da(0x1004_1100)  # of ring 1: flags, index
EVENT_IDX = 0x2000_0001


def connected(linux: LinuxVersion = V7_3, **more: object) -> Machine:
    bench = machine(linux=linux, **more)  # type: ignore[arg-type]
    rproc_boot(bench.rproc)
    bench.turn()
    return bench


def rung(bench: Machine, channel: int) -> int:
    """How often the M4 rang a channel."""
    line = f"ipcc channel {channel}"
    return sum(
        isinstance(e, Signalled) and (e.line, e.what, e.source) == (line, "rung", Lane.M4)
        for e in bench.run.trace
    )


@pytest.mark.parametrize(("linux", "flags"), [(V6_1, 1), (V6_12, 1), (V7_3, 0)])
def test_the_sending_ring_begins_as_the_kernel_has_it(linux: LinuxVersion, flags: int) -> None:
    bench = connected(linux)
    assert bench.m4.u16(AVAIL_1) == flags


@pytest.mark.parametrize(("linux", "rings"), [(V6_12, 0), (V7_3, 3)])
def test_a_polite_remote_rings_for_what_it_gives_back_where_linux_wants_it(
    linux: LinuxVersion, rings: int
) -> None:
    bench = connected(linux, polite=True)
    for number in range(3):
        rpmsg_sendto(endpoint(bench), bytes([number]), 0x400)
        bench.turn()
    assert rung(bench, 1) == rings
    assert eptdev(bench).queue == (b"\0", b"\1", b"\2")


@pytest.mark.parametrize("linux", [V6_1, V6_12])
def test_an_older_kernel_wants_signals_while_somebody_waits(linux: LinuxVersion) -> None:
    bench = connected(linux, polite=True, lazy=True)
    seen: list[int] = []
    for _ in range(16):
        rpmsg_trysendto(endpoint(bench), b"x", 0x400)
    bench.m4.lazy = False
    original = bench.m4.receive

    def receive() -> None:
        seen.append(bench.m4.u16(AVAIL_1))
        original()

    bench.m4.receive = receive  # type: ignore[method-assign]
    before = bench.m4.cycles
    rpmsg_sendto(endpoint(bench), b"last", 0x400)
    assert seen[0] == 0
    assert bench.m4.u16(AVAIL_1) == 1
    assert bench.m4.cycles - before < bench.soc.board.m4_hz // 10
    called = [e.function for e in bench.run.trace if isinstance(e, Entered)]
    assert called.count("rpmsg_upref_sleepers") == called.count("rpmsg_downref_sleepers") == 1


def test_the_newest_kernel_counts_no_sleepers() -> None:
    bench = connected(lazy=True)
    for _ in range(16):
        rpmsg_trysendto(endpoint(bench), b"x", 0x400)
    bench.m4.lazy = False
    rpmsg_sendto(endpoint(bench), b"last", 0x400)
    assert "rpmsg_upref_sleepers" not in [
        e.function for e in bench.run.trace if isinstance(e, Entered)
    ]


def test_who_sleeps_is_woken_by_a_signal_only() -> None:
    bench = connected(lazy=True)
    for _ in range(16):
        rpmsg_trysendto(endpoint(bench), b"x", 0x400)

    def receive() -> None:  # it gives everything back, and rings for none of it
        while (head := bench.m4.head(bench.m4.rx)) is not None:
            bench.m4.used(bench.m4.rx, head, 512)

    bench.m4.receive = receive  # type: ignore[method-assign]
    bench.m4.lazy = False
    before = bench.m4.cycles
    rpmsg_sendto(endpoint(bench), b"last", 0x400)
    assert bench.m4.cycles - before == 15 * bench.soc.board.m4_hz


@pytest.mark.parametrize(("linux", "event"), [(V6_12, 0), (V7_3, 0)])
def test_with_event_indices_callbacks_are_off_by_an_index_that_does_not_come(
    linux: LinuxVersion, event: int
) -> None:
    elf = image(table_of(vdev((vring(), vring()), dfeatures=EVENT_IDX)))
    bench = connected(linux, elf=elf)
    assert bench.m4.u16(AVAIL_1) == 0
    assert bench.m4.u16(AVAIL_1 + 4 + 2 * 16) == event
    rpmsg_sendto(endpoint(bench), b"x", 0x400)
    bench.turn()
    assert eptdev(bench).queue == (b"x",)


def test_kicks_by_index_leave_out_all_but_the_first_of_a_burst() -> None:
    bench = connected(elf=image(table_of(vdev((vring(), vring()), dfeatures=EVENT_IDX))))
    for number in range(8):  # avail_event is 0, and stays there
        rpmsg_trysendto(endpoint(bench), bytes([number]), 0x400)
    bench.turn()
    assert kicks(bench, 1) == 1
    assert eptdev(bench).queue == tuple(bytes([n]) for n in range(8))


@pytest.mark.parametrize(("linux", "free"), [(V6_1, 0), (V6_12, 0), (V7_3, EPOLLOUT)])
def test_poll_knows_of_room_only_in_the_newest_kernel(linux: LinuxVersion, free: int) -> None:
    bench = connected(linux, lazy=True)
    device = eptdev(bench)
    assert rpmsg_eptdev_poll(device) == free
    for _ in range(16):
        rpmsg_trysendto(endpoint(bench), b"x", 0x400)
    assert rpmsg_eptdev_poll(device) == 0
    bench.m4.lazy = False
    bench.turn()
    assert rpmsg_eptdev_poll(device) == EPOLLIN | free
    rpmsg_eptdev_read_iter(device)
    bench.m4.announce(b"rpmsg-raw", 0x400, 1)
    bench.turn()
    assert rpmsg_eptdev_poll(device) == EPOLLERR


def test_off_its_channel_only_an_older_kernel_sends() -> None:
    bench = connected(V6_12)
    rpmsg_send_offchannel(endpoint(bench), 0x123, 0x400, b"one")
    rpmsg_trysend_offchannel(endpoint(bench), 0x124, 0x400, b"two")
    bench.turn()
    assert bench.m4.heard == [(0x123, 0x400, b"one"), (0x124, 0x400, b"two")]
    newest = connected(V7_3)
    with pytest.raises(ModelledError) as caught:
        rpmsg_send_offchannel(endpoint(newest), 0x123, 0x400, b"one")
    assert caught.value.code == Errno.ENXIO


def sized(*sizes: int, linux: LinuxVersion, dfeatures: int = 5) -> Machine:
    """A remote whose configuration space says how big it wants buffers."""
    config = struct.pack(f"<{len(sizes)}I", *sizes)
    elf = image(table_of(vdev((vring(), vring()), dfeatures=dfeatures, config=config)))
    bench = machine(elf, linux=linux)
    rproc_boot(bench.rproc)
    return bench


PATCHED = replace(V7_3, rpmsg_buffer_size_feature=True)


def test_buffers_are_as_big_as_the_configuration_says_where_the_kernel_asks() -> None:
    bench = sized(256, 128, linux=PATCHED)
    vrp = bus(bench)
    assert (vrp.rbuf_size, vrp.sbuf_size, vrp.rbuf(1) - vrp.rbuf(0)) == (256, 128, 256)
    assert vrp.sbuf(0) - vrp.rbuf(0) == 16 * 256
    assert bench.m4.u32(0x1004_0000 + 8) == 256  # the first descriptor's length
    chosen = sized(256, 128, linux=V7_3)
    assert (bus(chosen).rbuf_size, bus(chosen).sbuf_size) == (512, 512)
    silent = sized(256, 128, linux=PATCHED, dfeatures=1)
    assert bus(silent).rbuf_size == 512


def test_smaller_buffers_take_smaller_messages() -> None:
    bench = sized(512, 64, linux=PATCHED)
    bench.turn()
    ept = endpoint(bench)
    assert rpmsg_get_mtu(ept) == 48
    assert rpmsg_eptdev_write_iter(eptdev(bench), bytes(48)) == 48
    with pytest.raises(ModelledError) as caught:
        rpmsg_eptdev_write_iter(eptdev(bench), bytes(49))
    assert caught.value.code == Errno.EMSGSIZE


def test_buffers_of_no_use_fail_the_probe_of_the_bus() -> None:
    bench = sized(16, 512, linux=PATCHED)
    assert bench.status() == 0x83
    assert any("buffers of 16 and 512 bytes" in text for text in logs(bench))
