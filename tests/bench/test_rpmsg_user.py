# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that talk to real firmware by the channel's name."""

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.bench import Bench, Machine
from rprocbench.bench.rpmsg_user import NoChannelError
from rprocbench.designs import MAINLINE
from rprocbench.resources import resource


def running(name: str, linux: str = "7.3") -> Machine:
    """A machine on which one firmware of the suite runs."""
    elf = resource("data", "firmware", name, f"{name}.elf").read_bytes()
    machine = Bench(design=MAINLINE, linux=linux).machine(elf)
    machine.probe()
    machine.write_state("start")
    machine.wait_for_channel()
    return machine


def test_it_is_written_to_and_read_by_name() -> None:
    port = running("echo").linux.rpmsg["rpmsg-raw"]
    assert (port.path, port.is_tty, port.is_open) == ("/dev/rpmsg0", False, True)
    assert port.addresses == (0x400, 0x400)
    assert port.write("hello") == 5
    assert port.read() == b"hello"


def test_what_arrives_is_iterated_until_nothing_comes() -> None:
    port = running("echo").linux.rpmsg["rpmsg-raw"]
    for text in ("one", "two", "three"):
        port.write(text)
    assert list(port) == [b"one", b"two", b"three"]
    assert list(port) == []


def test_reading_waits_for_the_m4_and_not_for_ever() -> None:
    port = running("echo").linux.rpmsg["rpmsg-raw"]
    with pytest.raises(ModelledError) as caught:
        port.read(timeout_ms=50)
    assert caught.value.code == Errno.EAGAIN


def test_two_channels_are_told_apart() -> None:
    rpmsg = running("two_endpoints").linux.rpmsg
    assert len(rpmsg) == len(rpmsg.ports()) == 2
    assert set(rpmsg) == {"rpmsg-raw", "rpmsg-tty"}
    tty = rpmsg["rpmsg-tty"]
    assert (tty.path, tty.is_tty) == ("/dev/ttyRPMSG0", True)
    tty.write(b"help\n")
    assert tty.read()
    assert rpmsg["rpmsg-raw"].waiting == 0


def test_a_channel_that_nobody_announced_is_a_typed_error() -> None:
    rpmsg = running("echo").linux.rpmsg
    with pytest.raises(NoChannelError, match="there is no channel 'rpmsg-tty'") as caught:
        rpmsg["rpmsg-tty"]
    assert caught.value.code == Errno.ENOENT
    assert "rpmsg-tty" not in rpmsg
    assert rpmsg.get("rpmsg-tty") is None
    with pytest.raises(NoChannelError):
        rpmsg.wait_for("rpmsg-tty", timeout_ms=5)


def test_several_of_one_name_are_a_list() -> None:
    machine = running("echo")
    machine.linux.rpmsg.create_channel("rpmsg-raw", dst=0x777)
    first, second = machine.linux.rpmsg.named("rpmsg-raw")
    assert (first.addresses, second.addresses) == ((0x400, 0x400), (0x401, 0x777))
    assert machine.linux.rpmsg["rpmsg-raw"].path == first.path
    with pytest.raises(ModelledError) as caught:
        machine.linux.rpmsg.create_channel("rpmsg-raw", dst=0x777)
    assert caught.value.code == Errno.ENXIO
    machine.linux.rpmsg.release_channel("rpmsg-raw", dst=0x777)
    assert len(machine.linux.rpmsg.named("rpmsg-raw")) == 1


def test_an_endpoint_of_ones_own() -> None:
    machine = running("echo")
    port = machine.linux.rpmsg.create_endpoint("mine", src=0x700, dst=0x400).open()
    assert port.write("hello") == 5
    assert port.read() == b"hello"
    assert port.addresses == (0x700, 0x400)
    port.close()
    with pytest.raises(ModelledError) as caught:
        machine.linux.rpmsg.create_endpoint("n" * 32)
    assert caught.value.code == Errno.EINVAL


def test_after_a_stop_the_port_is_dead_and_after_a_start_there_is_a_new_one() -> None:
    machine = running("echo")
    old = machine.linux.rpmsg["rpmsg-raw"]
    machine.write_state("stop")
    assert not old.is_open
    assert old.poll() == 8
    for call in (lambda: old.write(b"x"), old.read, lambda: old.addresses):
        with pytest.raises(ModelledError) as caught:
            call()
        assert caught.value.code == Errno.EPIPE
    assert list(old) == []
    assert len(machine.linux.rpmsg) == 0
    machine.write_state("start")
    new = machine.linux.rpmsg.wait_for("rpmsg-raw")
    new.write(b"again")
    assert new.read() == b"again"


def test_without_a_bus_there_is_no_control_file() -> None:
    machine = Bench(design=MAINLINE).machine(b"")
    with pytest.raises(ModelledError) as caught:
        machine.linux.rpmsg.create_endpoint("mine")
    assert caught.value.code == Errno.ENOENT


@pytest.mark.parametrize("linux", ["6.1", "6.12", "7.3"])
def test_more_than_there_are_buffers_is_written_in_time(linux: str) -> None:
    port = running("echo", linux).linux.rpmsg["rpmsg-raw"]
    for number in range(100):
        port.write(bytes([number]) * 40)
    assert list(port) == [bytes([n]) * 40 for n in range(100)]


def test_all_of_a_long_text_goes_through_a_terminal() -> None:
    machine = running("two_endpoints")
    tty = machine.linux.rpmsg["rpmsg-tty"]
    text = b"x" * 20 * 496
    assert tty.write(text) < len(text)
    list(tty)
    tty.write_all(text)
    assert tty.is_open
