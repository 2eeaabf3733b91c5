# SPDX-License-Identifier: GPL-2.0-or-later
"""A hostile remote: what it writes into used rings, headers and the name service, met by Linux."""

import struct
from collections.abc import Callable

from rprocbench.base.trace import Lane
from rprocbench.formats.vring import RPMSG_ADDR_ANY

from .wire_remote import ADDRESS
from .wire_stage import LIE, Stage, WireFault

OURS = 0x400  # Linux's end of the channel


def sending(**lies: int) -> Callable[[Stage], None]:
    """One message to the channel, with lies about it."""

    def play_it(stage: Stage) -> None:
        stage.remote.send(ADDRESS, OURS, LIE, **lies)
        stage.turn()

    return play_it


def used_ahead(stage: Stage) -> None:
    """The used index says that a hundred more came back than did."""
    stage.remote.move_used_index(stage.bus.rvq, 100)
    stage.remote.ring(0)
    stage.turn()
    stage.remote.move_used_index(stage.bus.rvq, 0)


def used_behind(stage: Stage) -> None:
    """The used index goes back by one: to Linux 65535 buffers came back."""
    stage.remote.move_used_index(stage.bus.rvq, -1)
    stage.remote.ring(0)
    stage.turn()


def used_twice(stage: Stage) -> None:
    """The same buffer is given back twice."""
    lent = stage.remote.take(stage.bus.rvq)
    assert lent
    vq = stage.bus.rvq
    for _ in range(2):
        stage.remote.give_back(vq, lent[0], 16)
    stage.remote.ring(0)
    stage.turn()


def bad_send_ring(stage: Stage) -> None:
    """What comes back in Linux's output is no descriptor: Linux looks when it needs a buffer."""
    stage.remote.give_back(stage.bus.svq, 77, 512)
    stage.remote.ring(1)
    stage.remote.keeps = True
    for _ in range(17):
        stage.say(nonblock=True)
    stage.remote.keeps = False


def deaf_by_lies(stage: Stage) -> None:
    """A lie about the length for each buffer: every one is lost, until there is none."""
    for _ in range(stage.bus.rvq.ring.num):
        stage.remote.send(ADDRESS, OURS, LIE, used_len=513)
        stage.turn(5)


def descriptors_rewritten(stage: Stage) -> None:
    """The remote rewrites the descriptors that Linux has laid: Linux has a copy of its own."""
    vq = stage.bus.rvq
    stage.remote.remember()
    for index in range(vq.ring.num):
        entry = struct.pack("<QIHH", 0xDEAD_BEE0, 0xFFFF_FFFF, 7, index)
        stage.remote.write(vq.ring.desc(index), entry)
    stage.say()


def keeps_everything(stage: Stage) -> None:
    """The remote returns no buffer: the seventeenth sender waits 15 s."""
    stage.remote.keeps = True
    for _ in range(16):
        stage.say(nonblock=True)
    stage.say()


def silent_return(stage: Stage) -> None:
    """The remote returns its buffers and does not ring: who waits for one sleeps for 15 s."""
    stage.remote.keeps = True
    for _ in range(16):
        stage.say(nonblock=True)
    stage.remote.keeps, stage.remote.is_silent = False, True
    stage.say()
    stage.remote.is_silent = False


def dies_in_send(stage: Stage) -> None:
    """The watchdog bites while a sender waits for a buffer: Linux recovers when it has given up."""
    stage.remote.keeps = True
    for _ in range(16):
        stage.say(nonblock=True)
    stage.remote.dies_at = stage.remote.cycles + stage.machine.soc.board.m4_hz // 10
    stage.say()
    stage.remote.keeps = False
    stage.turn()
    stage.open()


def to_nobody(stage: Stage) -> None:
    """A message to an address where nobody listens."""
    stage.remote.send(ADDRESS, 0x777, b"x")
    stage.turn()


def naming(*names: bytes, flags: int = 0, address: int = 0x500) -> Callable[[Stage], None]:
    """Announcements, each from an address of its own."""

    def play_it(stage: Stage) -> None:
        for index, name in enumerate(names):
            stage.remote.announce(name, (address + index) & 0xFFFF_FFFF, flags)
            stage.turn(2)

    return play_it


def short_announcement(stage: Stage) -> None:
    """An announcement of 39 bytes, and one of 41."""
    for size in (39, 41):
        stage.remote.send(ADDRESS, 53, bytes(size))
        stage.turn(2)


def destroy_in_use(stage: Stage) -> None:
    """The remote destroys the channel that a program has open, and announces it again."""
    stage.remote.announce(b"rpmsg-raw", ADDRESS, 1)
    stage.turn()
    stage.say()
    stage.remote.announce(b"rpmsg-raw", ADDRESS)
    stage.turn()
    stage.open()


def flood(name: bytes, count: int) -> Callable[[Stage], None]:
    """Announcement after announcement."""
    return naming(*[name] * count)


M4 = Lane.M4


def of_remote(name: str, title: str, play: Callable[[Stage], None]) -> WireFault:
    """A fault that a scripted remote brings about."""
    return WireFault(name, title, M4, play, remote=True)


HOSTILE = (
    of_remote("used-id-range", "used.id is no descriptor", sending(used_id=16)),
    of_remote("used-id-huge", "used.id is 0xffffffff", sending(used_id=0xFFFF_FFFF)),
    of_remote("used-twice", "a buffer is given back twice", used_twice),
    of_remote("used-ahead", "used.idx is 100 too far", used_ahead),
    WireFault("used-behind", "used.idx goes back", M4, used_behind, remote=True, quiet=True),
    of_remote("used-id-send", "used.id of Linux's output is no descriptor", bad_send_ring),
    of_remote("used-long", "used.len is more than a buffer", sending(used_len=513)),
    of_remote("used-all-long", "used.len is too long, for every buffer", deaf_by_lies),
    of_remote("used-short", "used.len is less than a header", sending(used_len=8)),
    of_remote("used-zero-leak", "used.len 8, and a header that claims 600", sending(
        used_len=8, says=600)),
    of_remote("used-zero-far", "used.len 8, and a header that claims 65535", sending(
        used_len=8, says=0xFFFF)),
    of_remote("header-long", "the header claims more than was written", sending(
        says=500, used_len=100)),
    of_remote("to-nobody", "a message to an address where nobody listens", to_nobody),
    of_remote("desc-rewritten", "the remote rewrites Linux's descriptors", descriptors_rewritten),
    of_remote("keeps-buffers", "the remote returns no buffer", keeps_everything),
    of_remote("silent-return", "buffers come back without a signal", silent_return),
    of_remote("dies-in-send", "the remote dies while a sender waits", dies_in_send),
    of_remote("ns-length", "announcements of 39 and of 41 bytes", short_announcement),
    of_remote("ns-unterminated", "a name of 32 bytes without an end", naming(b"A" * 32)),
    of_remote("ns-empty", "a name of no bytes", naming(b"")),
    of_remote("ns-slash", "a name with slashes", naming(b"../../etc/passwd")),
    of_remote("ns-format", "a name that is a format", naming(b"%s%n%d")),
    of_remote("ns-binary", "a name of control characters", naming(bytes(range(1, 32)))),
    of_remote("ns-duplicate", "the same channel again", naming(
        b"rpmsg-raw", address=ADDRESS)),
    of_remote("ns-any", "a channel at address -1", naming(b"rpmsg-raw", address=RPMSG_ADDR_ANY)),
    of_remote("ns-unknown", "an unknown channel is destroyed", naming(b"nobody", flags=1)),
    of_remote("ns-own", "Linux's own devices are destroyed", naming(
        b"rpmsg_ns", flags=1, address=53)),
    of_remote("ns-destroy", "a channel in use is destroyed", destroy_in_use),
    of_remote("ns-flood", "two hundred channels", flood(b"rpmsg-raw", 200)),
    of_remote("ns-terminals", "forty terminals, of 32", flood(b"rpmsg-tty", 40)),
)  # fmt: skip
