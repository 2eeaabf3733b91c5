# SPDX-License-Identifier: GPL-2.0-or-later
"""What channels bring: /dev/rpmsgN, /dev/rpmsg_ctrl0, /dev/ttyRPMSGn, and how they are misused."""

from typing import Any

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.state import fold
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_shutdown
from rprocbench.kernel.rpmsg_char import (
    RPMSG_DESTROY_EPT_IOCTL,
    RPMSG_GET_OUTGOING_FLOWCONTROL,
    RPMSG_SET_INCOMING_FLOWCONTROL,
    RpmsgEptdev,
    rpmsg_eptdev_ioctl,
    rpmsg_eptdev_open,
    rpmsg_eptdev_read_iter,
    rpmsg_eptdev_release,
    rpmsg_eptdev_write_iter,
)
from rprocbench.kernel.rpmsg_ctrl import (
    ENDPOINT_INFO,
    RPMSG_CREATE_DEV_IOCTL,
    RPMSG_CREATE_EPT_IOCTL,
    RPMSG_RELEASE_DEV_IOCTL,
    RpmsgCtrldev,
    rpmsg_ctrldev_ioctl,
)
from rprocbench.kernel.rpmsg_tty import (
    MAX_TTY_RPMSG,
    RpmsgTtyPort,
    n_tty_read,
    n_tty_write,
    rpmsg_tty_write_room,
)
from rprocbench.kernel.versions import V6_1, V7_3, LinuxVersion
from rprocbench.kernel.virtio_rpmsg_bus import rpmsg_channels

from .scripted_m4 import Machine, machine
from .test_rpmsg import bus, eptdev, logs


def connected(name: bytes = b"rpmsg-raw", linux: LinuxVersion = V7_3, **more: object) -> Machine:
    bench = machine(linux=linux, name=name, **more)  # type: ignore[arg-type]
    rproc_boot(bench.rproc)
    bench.turn()
    return bench


def ctrl(bench: Machine) -> RpmsgCtrldev:
    """The bus's control file."""
    found = next(c.drvdata for c in bus(bench).channels if c.name == "rpmsg_ctrl")
    assert isinstance(found, RpmsgCtrldev)
    return found


def port(bench: Machine) -> RpmsgTtyPort:
    """The first terminal."""
    found = rpmsg_channels(bench.rproc)[0].drvdata
    assert isinstance(found, RpmsgTtyPort)
    return found


def info(name: bytes, src: int = 0xFFFF_FFFF, dst: int = 0x400) -> bytes:
    return ENDPOINT_INFO.pack(name, src, dst)


def refused(code: Errno, call: Any, *args: Any, **keywords: Any) -> None:
    with pytest.raises(ModelledError) as caught:
        call(*args, **keywords)
    assert caught.value.code == code


# /dev/rpmsgN


def test_a_file_is_open_once() -> None:
    device = eptdev(connected())
    rpmsg_eptdev_open(device)
    refused(Errno.EBUSY, rpmsg_eptdev_open, device)
    rpmsg_eptdev_release(device)
    rpmsg_eptdev_open(device)


def test_closing_forgets_what_nobody_read() -> None:
    bench = connected()
    device = eptdev(bench)
    rpmsg_eptdev_open(device)
    rpmsg_eptdev_write_iter(device, b"unread")
    bench.turn()
    assert device.waiting == 1
    rpmsg_eptdev_release(device)
    refused(Errno.EAGAIN, rpmsg_eptdev_read_iter, device)


def test_a_read_takes_one_message_and_cuts_it() -> None:
    bench = connected()
    device = eptdev(bench)
    for payload in (b"a long message", b"next"):
        rpmsg_eptdev_write_iter(device, payload)
    bench.turn()
    assert rpmsg_eptdev_read_iter(device, 6) == b"a long"
    assert rpmsg_eptdev_read_iter(device) == b"next"


def test_a_channels_own_file_cannot_be_destroyed_by_its_user() -> None:
    refused(Errno.EINVAL, rpmsg_eptdev_ioctl, eptdev(connected()), RPMSG_DESTROY_EPT_IOCTL)


@pytest.mark.parametrize(("linux", "code"), [(V6_1, Errno.EINVAL), (V7_3, Errno.EOPNOTSUPP)])
def test_flow_control_is_known_to_newer_kernels_and_to_no_bus(
    linux: LinuxVersion, code: Errno
) -> None:
    device = eptdev(connected(linux=linux))
    refused(code, rpmsg_eptdev_ioctl, device, RPMSG_SET_INCOMING_FLOWCONTROL)
    if linux is V7_3:
        assert rpmsg_eptdev_ioctl(device, RPMSG_GET_OUTGOING_FLOWCONTROL) == 0
    refused(Errno.EINVAL, rpmsg_eptdev_ioctl, device, 0x1234)


# /dev/rpmsg_ctrl0


def made(bench: Machine, arg: bytes) -> RpmsgEptdev:
    device = rpmsg_ctrldev_ioctl(ctrl(bench), RPMSG_CREATE_EPT_IOCTL, arg)
    assert device
    return device


def test_a_user_makes_an_endpoint_with_a_file() -> None:
    bench = connected()
    device = made(bench, info(b"mine", src=0x700))
    assert (device.name, device.ept) == ("rpmsg1", None)
    refused(Errno.EPIPE, rpmsg_eptdev_write_iter, device, b"not open yet")
    rpmsg_eptdev_open(device)
    rpmsg_eptdev_write_iter(device, b"hello")
    bench.turn()
    assert bench.m4.heard == [(0x700, 0x400, b"hello")]
    assert rpmsg_eptdev_read_iter(device) == b"hello"
    rpmsg_eptdev_release(device)
    assert bus(bench).find_endpoint(0x700) is None
    rpmsg_eptdev_ioctl(device, RPMSG_DESTROY_EPT_IOCTL)
    refused(Errno.ENETRESET, rpmsg_eptdev_open, device)


def test_an_endpoint_at_an_address_that_is_taken_does_not_open() -> None:
    bench = connected()
    refused(Errno.EINVAL, rpmsg_eptdev_open, made(bench, info(b"mine", src=0x400)))
    refused(Errno.EINVAL, rpmsg_eptdev_open, made(bench, info(b"mine", src=53)))
    free = made(bench, info(b"mine"))
    rpmsg_eptdev_open(free)
    assert free.ept
    assert free.ept.addr == 0x401


def test_a_user_makes_a_channel_and_takes_it_away() -> None:
    bench = connected()
    arg = info(b"rpmsg-raw", dst=0x555)
    rpmsg_ctrldev_ioctl(ctrl(bench), RPMSG_CREATE_DEV_IOCTL, arg)
    assert [c.dst for c in rpmsg_channels(bench.rproc)] == [0x400, 0x555]
    refused(Errno.ENXIO, rpmsg_ctrldev_ioctl, ctrl(bench), RPMSG_CREATE_DEV_IOCTL, arg)
    rpmsg_ctrldev_ioctl(ctrl(bench), RPMSG_RELEASE_DEV_IOCTL, arg)
    refused(Errno.EINVAL, rpmsg_ctrldev_ioctl, ctrl(bench), RPMSG_RELEASE_DEV_IOCTL, arg)
    refused(Errno.EINVAL, rpmsg_ctrldev_ioctl, ctrl(bench), 0xB599, arg)
    refused(Errno.EFAULT, rpmsg_ctrldev_ioctl, ctrl(bench), RPMSG_CREATE_DEV_IOCTL, arg[:39])


def test_after_a_shutdown_nothing_that_a_user_made_is_left() -> None:
    bench = machine()
    before = fold(bench.run.trace).objects.keys()
    rproc_boot(bench.rproc)
    bench.turn()
    opened = made(bench, info(b"mine"))
    rpmsg_eptdev_open(opened)
    made(bench, info(b"closed"))
    rproc_shutdown(bench.rproc)
    assert fold(bench.run.trace).objects.keys() == before
    refused(Errno.EPIPE, rpmsg_eptdev_write_iter, opened, b"x")
    refused(Errno.ENETRESET, rpmsg_eptdev_open, opened)
    assert bench.host.statics["rpmsg_char"] == {}


# /dev/ttyRPMSGn


def test_a_terminal_is_a_stream() -> None:
    bench = connected(b"rpmsg-tty")
    tty = port(bench)
    assert (tty.name, rpmsg_tty_write_room(tty)) == ("ttyRPMSG0", 496)
    assert n_tty_write(tty, b"hello ") == 6
    assert n_tty_write(tty, b"world\n") == 6
    bench.turn()
    assert n_tty_read(tty, 3) == b"hel"
    assert n_tty_read(tty) == b"lo world\n"
    refused(Errno.EAGAIN, n_tty_read, tty)


def test_a_long_write_becomes_messages_of_what_one_takes() -> None:
    bench = connected(b"rpmsg-tty")
    data = bytes(range(256)) * 5
    assert n_tty_write(port(bench), data) == len(data)
    bench.turn()
    assert [len(payload) for _s, _d, payload in bench.m4.heard] == [496, 496, 288]
    assert n_tty_read(port(bench), 4096) == data


def test_a_terminal_takes_what_there_are_buffers_for_and_waits_for_none() -> None:
    bench = connected(b"rpmsg-tty", lazy=True)
    assert n_tty_write(port(bench), bytes(20 * 496)) == 16 * 496
    refused(Errno.ENOMEM, n_tty_write, port(bench), b"x")


def test_an_empty_message_is_refused_by_the_terminal() -> None:
    bench = connected(b"rpmsg-tty")
    bench.m4.send(0x400, port(bench).rpdev.src, b"")  # type: ignore[union-attr]
    bench.turn()
    assert port(bench).waiting == 0
    assert bus(bench).rvq.num_free == 0


def test_a_terminal_that_nobody_reads_is_full_one_day() -> None:
    bench = connected(b"rpmsg-tty")
    for _ in range(140):
        assert n_tty_write(port(bench), bytes(496)) == 496
        bench.turn()
    assert port(bench).waiting == 64 * 1024
    assert any("there is room for" in text for text in logs(bench))


def test_a_hang_up_ends_the_stream() -> None:
    bench = connected(b"rpmsg-tty")
    tty = port(bench)
    n_tty_write(tty, b"last words")
    bench.turn()
    rproc_shutdown(bench.rproc)
    assert n_tty_read(tty) == b"last words"
    assert n_tty_read(tty) == b""
    refused(Errno.EIO, n_tty_write, tty, b"x")
    assert bench.host.statics["rpmsg_tty"] == {}


def test_there_are_thirty_two_terminals() -> None:
    bench = connected(b"rpmsg-tty")
    for address in range(0x401, 0x401 + MAX_TTY_RPMSG):
        bench.m4.announce(b"rpmsg-tty", address)
        bench.turn()
    ports = [c.drvdata.name for c in rpmsg_channels(bench.rproc) if c.drvdata]
    assert ports == [f"ttyRPMSG{n}" for n in range(MAX_TTY_RPMSG)]
    assert any("there are 32 terminals already" in text for text in logs(bench))


def test_a_name_with_slashes_is_a_device_all_the_same() -> None:
    bench = connected(b"a/../b")
    (channel,) = rpmsg_channels(bench.rproc)
    assert (channel.name, channel.label) == ("a/../b", "virtio0.a!..!b.-1.1024")


def test_the_sample_client_says_hello_a_hundred_times() -> None:
    bench = connected(b"rpmsg-client-sample")
    bench.turn(300)
    assert [payload for _s, _d, payload in bench.m4.heard] == [b"hello world!"] * 100
    assert any("that was the last one" in text for text in logs(bench))
    rproc_shutdown(bench.rproc)
    assert "rpmsg_client_sample" not in fold(bench.run.trace).objects
