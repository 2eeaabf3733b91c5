# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages between the modelled Linux and a scripted remote."""

import json
import struct

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.state import check, fold
from rprocbench.base.trace import Lane, Logged, Message, Signalled
from rprocbench.base.tracefile import decode_trace, encode_event
from rprocbench.formats.resource_table_build import vdev, vring
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_shutdown
from rprocbench.kernel.rpmsg import RpmsgChannelInfo, RpmsgEndpoint
from rprocbench.kernel.rpmsg_char import (
    RpmsgEptdev,
    rpmsg_eptdev_read_iter,
    rpmsg_eptdev_write_iter,
)
from rprocbench.kernel.rpmsg_core import rpmsg_create_channel, rpmsg_sendto, rpmsg_trysendto
from rprocbench.kernel.virtio_rpmsg_bus import rpmsg_channels
from rprocbench.kernel.virtproc import VirtprocInfo

from .scripted_m4 import Machine, ScriptedM4, image, machine, table_of

BUFFERS = 0x1004_2000


def connected(**m4: object) -> Machine:
    bench = machine(**m4)  # type: ignore[arg-type]
    rproc_boot(bench.rproc)
    bench.turn()
    return bench


def bus(bench: Machine) -> VirtprocInfo:
    found: VirtprocInfo = bench.rproc.rvdevs[0].vdev.priv
    return found


def eptdev(bench: Machine) -> RpmsgEptdev:
    found: RpmsgEptdev = rpmsg_channels(bench.rproc)[0].drvdata
    return found


def endpoint(bench: Machine) -> RpmsgEndpoint:
    ept = eptdev(bench).ept
    assert ept
    return ept


def logs(bench: Machine) -> list[str]:
    return [e.text for e in bench.run.trace if isinstance(e, Logged) and e.level != "debug"]


def test_the_remote_announces_itself_and_echoes() -> None:
    bench = connected()
    (channel,) = rpmsg_channels(bench.rproc)
    assert (channel.name, channel.dst, channel.src) == ("rpmsg-raw", 0x400, 0x400)
    assert channel.label == "virtio0.rpmsg-raw.-1.1024"

    rpmsg_eptdev_write_iter(eptdev(bench), b"hello")
    bench.turn()

    assert bench.m4.heard == [(0x400, 0x400, b"hello")]
    assert rpmsg_eptdev_read_iter(eptdev(bench)) == b"hello"
    crossed = [e for e in bench.run.trace if isinstance(e, Message)]
    assert [(e.direction, e.source, e.target) for e in crossed] == [
        ("received", 0x400, 53),
        ("sent", 0x400, 0x400),
        ("received", 0x400, 0x400),
    ]


def test_an_early_announcement_waits_until_the_boot_has_given_up_the_lock() -> None:
    bench = machine()
    rproc_boot(bench.rproc)
    assert rpmsg_channels(bench.rproc) == ()
    bench.turn()
    assert len(rpmsg_channels(bench.rproc)) == 1


def test_a_message_lies_in_memory_as_the_remote_expects_it() -> None:
    bench = connected(lazy=True)
    rpmsg_sendto(endpoint(bench), b"hi", 0x99)
    sent = bench.soc.m4.read(BUFFERS + 16 * 512, 18)  # type: ignore[arg-type]
    assert sent == struct.pack("<IIIHH", 0x400, 0x99, 0, 2, 0) + b"hi"


@pytest.mark.parametrize(
    ("payload", "dst", "code"),
    [(bytes(497), 0x400, Errno.EMSGSIZE), (b"", 0xFFFF_FFFF, Errno.EINVAL)],
)
def test_what_cannot_be_sent(payload: bytes, dst: int, code: Errno) -> None:
    bench = connected()
    with pytest.raises(ModelledError) as caught:
        rpmsg_sendto(endpoint(bench), payload, dst)
    assert caught.value.code == code


@pytest.mark.parametrize("size", [0, 496])
def test_the_smallest_and_the_largest_message_pass(size: int) -> None:
    bench = connected()
    rpmsg_sendto(endpoint(bench), bytes(size), 0x400)
    bench.turn()
    assert eptdev(bench).queue == (bytes(size),)


def test_the_seventeenth_unacknowledged_message_finds_no_buffer() -> None:
    bench = connected(lazy=True)
    for _ in range(16):
        rpmsg_trysendto(endpoint(bench), b"x", 0x400)
    with pytest.raises(ModelledError) as caught:
        rpmsg_trysendto(endpoint(bench), b"x", 0x400)
    assert caught.value.code == Errno.ENOMEM
    with pytest.raises(ModelledError) as caught:
        rpmsg_eptdev_write_iter(eptdev(bench), b"x", nonblock=True)
    assert caught.value.code == Errno.EAGAIN

    before = bench.m4.cycles
    with pytest.raises(ModelledError) as caught:
        rpmsg_sendto(endpoint(bench), b"x", 0x400)
    assert caught.value.code == Errno.ERESTARTSYS
    assert bench.m4.cycles - before == 15 * bench.soc.board.m4_hz


def test_a_sender_waits_until_the_remote_gives_a_buffer_back() -> None:
    bench = connected(lazy=True)
    for number in range(16):
        rpmsg_trysendto(endpoint(bench), bytes([number]), 0x400)
    bench.m4.lazy = False
    rpmsg_sendto(endpoint(bench), b"last", 0x400)
    bench.turn()
    assert [payload for _, _, payload in bench.m4.heard] == [bytes([n]) for n in range(16)] + [
        b"last"
    ]


def test_buffers_are_recycled_for_ever() -> None:
    bench = connected()
    for number in range(100):
        rpmsg_sendto(endpoint(bench), bytes([number]), 0x400)
        bench.turn()
    assert eptdev(bench).queue == tuple(bytes([n]) for n in range(100))
    assert bus(bench).rvq.num_free == 0


def test_a_message_that_claims_too_much_costs_its_buffer() -> None:
    bench = connected()
    bench.m4.send(0x400, 0x400, b"x", used_len=513)
    bench.m4.send(0x400, 0x400, b"y", hdr_len=10, used_len=20)
    bench.m4.send(0x400, 0x400, b"z")
    bench.turn()
    # Each signal is served until the first bad message; the next signal goes on after it.
    assert bus(bench).rvq.num_free > 0
    while bus(bench).rvq.last_used_idx != 4:
        bench.soc.ipcc.send_to_a7(0)
        bench.turn(1)
    assert eptdev(bench).queue == (b"z",)
    assert bus(bench).rvq.num_free == 2


def test_fewer_bytes_than_a_header_defeat_the_length_check() -> None:
    bench = connected()
    bench.m4.send(0x400, 0x400, b"short", used_len=8)
    bench.turn()
    assert eptdev(bench).queue == (b"short",)


@pytest.mark.parametrize("head", [16, 77, 0xFFFF_FFFF])
def test_a_used_entry_that_is_no_descriptor_breaks_the_queue(head: int) -> None:
    bench = connected()
    bench.m4.used(bench.m4.tx, head, 512)
    bench.soc.ipcc.send_to_a7(0)
    bench.turn()
    assert bus(bench).rvq.broken


def test_a_descriptor_that_was_not_lent_breaks_the_queue() -> None:
    bench = connected(lazy=True)
    for _ in range(16):
        rpmsg_trysendto(endpoint(bench), b"x", 0x400)
    for _ in range(2):
        bench.m4.used(bench.m4.rx, 0, 512)
    rpmsg_trysendto(endpoint(bench), b"in the buffer that came back", 0x400)
    assert not bus(bench).svq.broken
    bench.m4.used(bench.m4.rx, 3, 512)
    bus(bench).svq.detach(3)
    rpmsg_trysendto(endpoint(bench), b"0 was lent again, so that is fine", 0x400)
    with pytest.raises(ModelledError) as caught:
        rpmsg_trysendto(endpoint(bench), b"3 is not", 0x400)
    assert caught.value.code == Errno.ENOMEM
    assert bus(bench).svq.broken


def test_nothing_can_be_added_to_a_broken_queue() -> None:
    bench = connected()
    bus(bench).svq.broken = True
    with pytest.raises(ModelledError) as caught:
        rpmsg_sendto(endpoint(bench), b"x", 0x400)
    assert caught.value.code == Errno.EIO


def test_a_message_to_nobody_is_noticed_and_its_buffer_lent_again() -> None:
    bench = connected()
    bench.m4.send(0x400, 0x777, b"x")
    bench.turn()
    assert "nobody listens at 0x777" in logs(bench)
    assert bus(bench).rvq.num_free == 0


def announcing(*messages: bytes) -> Machine:
    def on_connect(m4: ScriptedM4) -> None:
        for message in messages:
            m4.send(0x400, 53, message)

    return connected(on_connect=on_connect)


def ns(name: bytes, addr: int, flags: int = 0) -> bytes:
    return struct.pack("<32sII", name, addr, flags)


def test_a_malformed_announcement_is_consumed() -> None:
    bench = announcing(ns(b"rpmsg-raw", 0x400)[:39], ns(b"rpmsg-raw", 0x400))
    assert [c.name for c in rpmsg_channels(bench.rproc)] == ["rpmsg-raw"]
    assert "name service: an announcement has 40 bytes, not 39" in logs(bench)
    assert bus(bench).rvq.num_free == 0


def test_the_same_channel_twice_is_refused() -> None:
    bench = announcing(ns(b"rpmsg-raw", 0x400), ns(b"rpmsg-raw", 0x400), ns(b"rpmsg-raw", 0x401))
    assert [(c.dst, c.src) for c in rpmsg_channels(bench.rproc)] == [(0x400, 0x400), (0x401, 0x401)]
    assert "name service: cannot create channel rpmsg-raw" in logs(bench)
    assert [c.drvdata.name for c in rpmsg_channels(bench.rproc)] == ["rpmsg0", "rpmsg1"]


def test_a_channel_can_be_destroyed_once() -> None:
    gone = ns(b"rpmsg-raw", 0x400, 1)
    bench = announcing(ns(b"rpmsg-raw", 0x400), gone, gone)
    assert rpmsg_channels(bench.rproc) == ()
    assert any("cannot destroy channel rpmsg-raw: EINVAL" in text for text in logs(bench))


def test_a_name_without_an_end_is_cut() -> None:
    bench = announcing(ns(b"A" * 32, 0x400))
    (channel,) = rpmsg_channels(bench.rproc)
    assert channel.name == "A" * 31
    assert channel.driver is None
    assert channel.ept is None


def test_a_channel_with_an_address_of_its_own_is_announced() -> None:
    bench = connected()
    rpdev = rpmsg_channels(bench.rproc)[0]
    rpmsg_create_channel(rpdev, RpmsgChannelInfo("rpmsg-tty", src=0x500, dst=0x600))
    bench.turn()
    assert bench.m4.heard == [(0x500, 53, ns(b"rpmsg-tty", 0x500))]
    rpmsg_create_channel(rpdev, RpmsgChannelInfo("nobody-drives-this", src=0x501, dst=0x600))
    bench.turn()
    assert len(bench.m4.heard) == 1


def test_after_shutdown_the_file_is_dead_and_everything_is_gone() -> None:
    bench = connected()
    file = eptdev(bench)
    rproc_shutdown(bench.rproc)
    with pytest.raises(ModelledError):
        rpmsg_eptdev_write_iter(file, b"x")
    with pytest.raises(ModelledError):
        rpmsg_eptdev_read_iter(file)
    assert bench.rproc.rvdevs == ()
    assert rpmsg_channels(bench.rproc) == ()


def test_a_whole_session_leaves_a_trace_that_travels_and_no_objects() -> None:
    bench = machine()
    before = fold(bench.run.trace)
    rproc_boot(bench.rproc)
    bench.turn()
    rpmsg_sendto(endpoint(bench), b"x", 0x400)
    bench.turn()
    rproc_shutdown(bench.rproc)
    trace = bench.run.trace
    assert decode_trace(json.loads(json.dumps([encode_event(e) for e in trace]))) == trace
    check(trace)
    assert fold(trace).objects.keys() == before.objects.keys()


def test_a_second_boot_starts_afresh() -> None:
    bench = connected()
    rproc_shutdown(bench.rproc)
    rproc_boot(bench.rproc)
    bench.turn()
    rpmsg_sendto(endpoint(bench), b"again", 0x400)
    bench.turn()
    assert eptdev(bench).queue == (b"again",)


def test_without_name_service_nothing_listens_at_53() -> None:
    bench = connected(elf=image(table_of(vdev((vring(), vring()), dfeatures=0))))
    assert bus(bench).endpoints == ()


def test_rings_of_different_sizes_only_warn() -> None:
    bench = machine(image(table_of(vdev((vring(num=16), vring(num=8))))))
    rproc_boot(bench.rproc)
    assert bus(bench).num_bufs == 32
    assert any("rings of 16 and of 8" in text for text in logs(bench))


def kicks(bench: Machine, channel: int) -> int:
    line = f"ipcc channel {channel}"
    return sum(
        isinstance(e, Signalled) and (e.line, e.what, e.source) == (line, "rung", Lane.LINUX)
        for e in bench.run.trace
    )


def test_a_remote_that_wants_no_kicks_gets_none() -> None:
    bench = connected()
    for _ in range(3):
        rpmsg_sendto(endpoint(bench), b"x", 0x400)
        bench.turn()
    # Ring 0: only when the driver was ready, for then the remote suppresses what it does not need.
    assert (kicks(bench, 0), kicks(bench, 1)) == (1, 3)
    bench.m4.put(bench.m4.rx.used, b"\x01\0")
    rpmsg_sendto(endpoint(bench), b"x", 0x400)
    assert kicks(bench, 1) == 3


def test_with_event_indices_the_remote_says_when_to_kick() -> None:
    bench = connected(elf=image(table_of(vdev((vring(), vring()), dfeatures=0x2000_0001))))
    bench.m4.lazy = True
    bench.m4.put(bench.m4.rx.used, b"\x01\0")  # has no meaning now
    bench.m4.put(bench.m4.rx.used + 4 + 8 * 16, b"\x02\0")  # avail_event
    seen = []
    for _ in range(5):
        rpmsg_trysendto(endpoint(bench), b"x", 0x400)
        bench.turn()
        seen.append(kicks(bench, 1))
    assert seen == [0, 0, 1, 1, 1]
    # Linux says at which used index of ring 0 it wants to hear again.
    assert bench.m4.u16(bench.m4.tx.avail + 4 + 2 * 16) == 1
