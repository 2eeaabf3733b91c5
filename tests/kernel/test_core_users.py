# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows U of the reference: what users write into sysfs, debugfs and the character device."""

from collections.abc import Callable

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.kernel import remoteproc_sysfs as sysfs
from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.kernel.remoteproc_cdev import (
    GET_SHUTDOWN_ON_RELEASE,
    SET_SHUTDOWN_ON_RELEASE,
    rproc_cdev_release,
    rproc_cdev_write,
    rproc_device_ioctl,
)  # fmt: skip
from rprocbench.kernel.remoteproc_debugfs import (
    rproc_coredump_read,
    rproc_coredump_write,
    rproc_crash_write,
    rproc_recovery_read,
    rproc_recovery_write,
)  # fmt: skip

from . import images
from .driver import leave_table, machine


def code_of(call: Callable[..., object], *args: object) -> Errno | None:
    try:
        call(*args)
    except ModelledError as error:
        return Errno(error.code)
    return None


def state(rproc: Rproc) -> RprocState:
    return rproc.state


def running() -> Rproc:
    rproc = machine(images.GOOD)
    sysfs.write(rproc, "state", "start")
    return rproc


def crashed() -> Rproc:
    rproc = running()
    rproc.recovery_disabled = True
    rproc_crash_write(rproc, "1")
    rproc.host.run_work()
    assert state(rproc) == RprocState.CRASHED
    return rproc


@pytest.mark.parametrize("text", ["stop", "detach", "foo", "Start", "start\n\n"])
def test_u01_u02_refused_commands(text: str) -> None:
    assert code_of(sysfs.write, machine(images.GOOD), "state", text) == Errno.EINVAL


def test_u03_an_empty_write_does_nothing() -> None:
    assert sysfs.write(machine(), "state", "") == 0


def test_u04_two_starts_need_two_stops() -> None:
    rproc = running()
    sysfs.write(rproc, "state", "start\n")
    assert rproc.power == 2
    sysfs.write(rproc, "state", "stop\n")
    assert state(rproc) == RprocState.RUNNING
    sysfs.write(rproc, "state", "stop\n")
    assert state(rproc) == RprocState.OFFLINE


def test_u05_u06_firmware_names() -> None:
    rproc = machine()
    assert code_of(sysfs.write, rproc, "firmware", "\n") == Errno.EINVAL
    assert sysfs.write(rproc, "firmware", "a\nb") == 3
    assert sysfs.read(rproc, "firmware") == "a\n"


def test_u07_the_firmware_cannot_change_in_use() -> None:
    for rproc in (running(), crashed(), machine(detached=True)):
        assert code_of(sysfs.write, rproc, "firmware", "x") == Errno.EBUSY


def test_u08_coredump_words() -> None:
    rproc = machine()
    for text in ("default", "x", "Enabled"):
        assert code_of(sysfs.write, rproc, "coredump", text) == Errno.EINVAL
    for text in ("enabled", "inline", "disabled"):
        sysfs.write(rproc, "coredump", text + "\n")
        assert sysfs.read(rproc, "coredump") == text + "\n"
    assert code_of(sysfs.write, crashed(), "coredump", "x") == Errno.EBUSY


def test_u09_u10_recovery_words() -> None:
    rproc = running()
    assert code_of(sysfs.write, rproc, "recovery", "bogus") == Errno.EINVAL
    assert sysfs.write(rproc, "recovery", "recover") == 7
    sysfs.write(rproc, "recovery", "disabled")
    assert sysfs.read(rproc, "recovery") == rproc_recovery_read(rproc) == "disabled\n"


@pytest.mark.parametrize("text", ["e", "d", "r", "enabled\n", "dis", "recover"])
def test_u11_debugfs_matches_prefixes(text: str) -> None:
    assert rproc_recovery_write(machine(), text) == len(text)


@pytest.mark.parametrize("text", ["", "\n", "x", "e\n", "enabledxxxx"])
def test_u11_debugfs_refuses(text: str) -> None:
    assert code_of(rproc_recovery_write, machine(), text) == Errno.EINVAL


def test_debugfs_coredump() -> None:
    rproc = machine()
    rproc_coredump_write(rproc, "in")
    assert rproc_coredump_read(rproc) == "inline\n"
    assert code_of(rproc_coredump_write, crashed(), "in") == Errno.EBUSY


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("abc", Errno.EINVAL), ("-1", Errno.EINVAL), ("", Errno.EINVAL), ("08", Errno.EINVAL),
        ("99999999999", Errno.ERANGE), ("7", None), ("0x2\n", None), ("010", None),
    ],
)  # fmt: skip
def test_u12_numbers_of_crashes(text: str, code: Errno | None) -> None:
    assert code_of(rproc_crash_write, machine(), text) == code


def test_u13_a_crash_while_offline() -> None:
    rproc = machine()
    rproc_crash_write(rproc, "0")
    assert rproc.stay_awake
    rproc.host.run_work()
    assert (rproc.state, rproc.crash_cnt, rproc.stay_awake) == (RprocState.OFFLINE, 0, False)


@pytest.mark.parametrize("text", ["start\n", "", "x" * 11, "xyz"])
def test_u14_the_character_device_refuses(text: str) -> None:
    assert code_of(rproc_cdev_write, machine(images.GOOD), text) == Errno.EINVAL


def test_u15_the_character_device_matches_prefixes() -> None:
    rproc = machine(images.GOOD)
    rproc_cdev_write(rproc, "s")
    assert state(rproc) == RprocState.RUNNING
    rproc_cdev_write(rproc, "sto")
    assert state(rproc) == RprocState.OFFLINE
    rproc_cdev_write(rproc, "start\0")
    assert code_of(rproc_cdev_write, rproc, "d") == Errno.EINVAL


def test_u16_u17_closing_the_character_device() -> None:
    rproc = running()
    assert code_of(rproc_device_ioctl, rproc, 1) == Errno.EINVAL
    rproc_cdev_release(rproc)
    assert state(rproc) == RprocState.RUNNING
    rproc_device_ioctl(rproc, SET_SHUTDOWN_ON_RELEASE, 5)
    assert rproc_device_ioctl(rproc, GET_SHUTDOWN_ON_RELEASE) == 1
    rproc_cdev_release(rproc)
    assert state(rproc) == RprocState.OFFLINE


def test_u18_u19_read_only_files() -> None:
    rproc = machine()
    assert code_of(sysfs.write, rproc, "name", "x") == Errno.EACCES
    rproc.sysfs_read_only = True
    assert {sysfs.mode(rproc, name) for name in sysfs.SHOW} == {0o444}


def test_x14_nobody_knows_what_an_attached_core_runs() -> None:
    rproc = machine(detached=True)
    leave_table(rproc, images.RPMSG)
    sysfs.write(rproc, "state", "start")
    assert sysfs.read(rproc, "firmware") == "unknown\n"
    assert sysfs.read(rproc, "state") == "attached\n"
