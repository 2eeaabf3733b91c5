# SPDX-License-Identifier: GPL-2.0-or-later
"""Error exits, first half: users, boot, stop, attach, detach, recovery (kernel.md 1, 2)."""

from contextlib import suppress
from dataclasses import replace

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import At, Fail
from rprocbench.kernel import remoteproc_debugfs, remoteproc_sysfs
from rprocbench.kernel.firmware_loader import NAME_MAX, PATH_MAX
from rprocbench.kernel.remoteproc import RprocState as S
from rprocbench.kernel.remoteproc_cdev import rproc_cdev_read, rproc_device_ioctl
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_shutdown
from rprocbench.kernel.remoteproc_core_attach import rproc_detach
from rprocbench.kernel.remoteproc_core_device import rproc_add, rproc_set_firmware
from rprocbench.kernel.remoteproc_table import HeapTable
from rprocbench.kernel.versions import V5_10

from . import images
from .driver import OPS, STRICT, machine
from .provoke import (
    Exit,
    added,
    attach,
    cdev,
    command,
    crash,
    debugfs,
    deleting,
    failing_call,
    failing_op,
    in_state,
    interrupted,
    recover,
    recovered,
    start,
    sysfs,
    table,
)

E = Errno
ONE_VDEV = images.table(images.vdev(images.RINGS))


def dead_end(state: S) -> object:
    """After a recovery that failed half way, nothing but `start` is taken, and it does nothing."""
    if state is S.OFFLINE:
        rproc = recover(fail={"ops.start": E.EIO})
    else:
        rproc = recover(fail={"ops.attach": E.EIO}, state=S.ATTACHED)
        rproc.attach_on_recovery = True
    with suppress(ModelledError):
        recovered(rproc)
    assert rproc.state is state
    remoteproc_sysfs.state_store(rproc, "start")
    return remoteproc_sysfs.state_store(rproc, "stop")


def named(name: str) -> object:
    rproc = machine(images.GOOD)
    rproc.firmware = name
    return rproc_boot(rproc)


def with_file(data: bytes) -> object:
    rproc = machine(data)
    return rproc_boot(rproc)


def detached_without_copy() -> object:
    """A driver that gets its detach op after it was attached: no pristine copy was kept."""
    rproc = attach(ops=replace(OPS, detach=None))
    rproc.ops = replace(rproc.ops, detach=OPS.detach)
    return rproc_detach(rproc)


def detached_with_table() -> object:
    rproc = machine()
    rproc.state = S.DETACHED
    rproc.cached_table = HeapTable(rproc.run, "cached_table", images.RPMSG)
    return rproc_add(rproc)


def no_load() -> object:
    """The core fills in a loader where there is none; a driver that takes it away again."""
    rproc = machine(images.GOOD)
    rproc.ops = replace(rproc.ops, load=None)
    return rproc_boot(rproc)


def no_iommu() -> object:
    rproc = machine(images.GOOD)
    rproc.has_iommu = True
    return rproc_boot(rproc)


def failing_script(function: str, code: Errno) -> dict[At, Fail]:
    return {At(function): Fail(code)}


def without_file() -> object:
    rproc = recover()
    rproc.host.files.clear()
    return recovered(rproc)


def reattached(fail: str = "", **ops: None) -> object:
    rproc = in_state(S.ATTACHED, ops=replace(OPS, **ops))
    rproc.attach_on_recovery = rproc.recovery_disabled = True
    crash(rproc)
    if fail:
        rproc.priv.fail = {fail: E.EIO}
    return recovered(rproc)


INTERFACES = [
    Exit("1.2", "OFFLINE without a start op", E.EINVAL, added(S.OFFLINE, start=None)),
    Exit("1.2", "DETACHED without an attach op", E.EINVAL, added(S.DETACHED, attach=None)),
    Exit("1.4", "added RUNNING", E.EINVAL, added(S.RUNNING)),
    Exit("1.4", "DETACHED with a cached table", E.EINVAL, detached_with_table),
    Exit("1.2", "a vdev and no kick", E.EINVAL, table(ONE_VDEV, ops=replace(OPS, kick=None))),
    Exit("1.2", "no load op", E.EINVAL, no_load),
    Exit("1.5", "a word that state does not know", E.EINVAL, command(S.OFFLINE, "foo")),
    Exit("1.5", "two newlines", E.EINVAL, command(S.OFFLINE, "start\n\n")),
    Exit("1.5", "another case", E.EINVAL, command(S.OFFLINE, "Start")),
    Exit("1.5", "stop while OFFLINE", E.EINVAL, command(S.OFFLINE, "stop")),
    Exit("1.5", "detach while OFFLINE", E.EINVAL, command(S.OFFLINE, "detach")),
    Exit("1.5", "detach while RUNNING", E.EINVAL, command(S.RUNNING, "detach")),
    Exit("1.5", "stop while DETACHED", E.EINVAL, command(S.DETACHED, "stop")),
    Exit("1.5", "detach while DETACHED", E.EINVAL, command(S.DETACHED, "detach")),
    Exit("1.5", "detach while CRASHED", E.EINVAL, command(S.CRASHED, "detach")),
    Exit("1.5", "stop after a failed recovery", E.EINVAL, lambda: dead_end(S.OFFLINE)),
    Exit("1.5", "stop after a failed attach recovery", E.EINVAL, lambda: dead_end(S.DETACHED)),
    Exit("1.5", "5.10: start while RUNNING", E.EBUSY, command(S.RUNNING, "start", linux=V5_10)),
    Exit("1.5", "5.10: stop while OFFLINE", E.EINVAL, command(S.OFFLINE, "stop", linux=V5_10)),
    Exit("1.5", "firmware: interrupted", E.EINVAL,
         interrupted(lambda r: rproc_set_firmware(r, "x"), S.OFFLINE)),
    Exit("1.5", "firmware while RUNNING", E.EBUSY, sysfs(S.RUNNING, "firmware", "x")),
    Exit("1.5", "firmware while CRASHED", E.EBUSY, sysfs(S.CRASHED, "firmware", "x")),
    Exit("1.5", "firmware while DETACHED", E.EBUSY, sysfs(S.DETACHED, "firmware", "x")),
    Exit("1.5", "an empty firmware", E.EINVAL, sysfs(S.OFFLINE, "firmware", "\n")),
    Exit("1.5", "a word that recovery does not know", E.EINVAL, sysfs(S.OFFLINE, "recovery", "on")),
    Exit("1.5", "a word that coredump does not know", E.EINVAL,
         sysfs(S.OFFLINE, "coredump", "default")),
    Exit("1.5", "coredump while CRASHED", E.EBUSY, sysfs(S.CRASHED, "coredump", "inline")),
    Exit("1.5", "writing name", E.EACCES, sysfs(S.OFFLINE, "name", "x")),
    Exit("1.5", "writing a file that is not there", E.ENOENT, sysfs(S.OFFLINE, "nothing", "x")),
    Exit("1.5", "reading a file that is not there", E.ENOENT,
         lambda: remoteproc_sysfs.read(machine(), "nothing")),
    Exit("1.6", "recovery: nothing", E.EINVAL, debugfs(S.OFFLINE, "recovery", "")),
    Exit("1.6", "recovery: 11 bytes", E.EINVAL, debugfs(S.OFFLINE, "recovery", "e" * 11)),
    Exit("1.6", "recovery: no prefix", E.EINVAL, debugfs(S.OFFLINE, "recovery", "x")),
    Exit("1.6", "crash: no number", E.EINVAL, debugfs(S.OFFLINE, "crash", "abc")),
    Exit("1.6", "crash: negative", E.EINVAL, debugfs(S.OFFLINE, "crash", "-1")),
    Exit("1.6", "crash: too big", E.ERANGE, debugfs(S.OFFLINE, "crash", "99999999999")),
    Exit("1.6", "coredump while CRASHED", E.EBUSY, debugfs(S.CRASHED, "coredump", "inline")),
    Exit("1.6", "coredump: 21 bytes", E.EINVAL, debugfs(S.OFFLINE, "coredump", "e" * 21)),
    Exit("1.6", "writing name", E.EINVAL, debugfs(S.OFFLINE, "name", "x")),
    Exit("1.6", "writing a file that is not there", E.ENOENT, debugfs(S.OFFLINE, "trace0", "x")),
    Exit("1.6", "reading crash", E.EINVAL, lambda: remoteproc_debugfs.read(machine(), "crash")),
    Exit("1.6", "reading a file that is not there", E.ENOENT,
         lambda: remoteproc_debugfs.read(machine(), "trace0")),
    Exit("1.7", "nothing", E.EINVAL, cdev("")),
    Exit("1.7", "11 bytes", E.EINVAL, cdev("s" * 11)),
    Exit("1.7", "a newline", E.EINVAL, cdev("start\n")),
    Exit("1.7", "an ioctl that is unknown", E.EINVAL, lambda: rproc_device_ioctl(machine(), 0)),
    Exit("1.7", "reading", E.EINVAL, lambda: rproc_cdev_read(machine())),
]  # fmt: skip


FLOWS = [
    Exit("2.2", "a signal while waiting", E.EINTR, interrupted(rproc_boot, S.OFFLINE)),
    Exit("2.2", "being deleted", E.ENODEV, deleting(rproc_boot, S.OFFLINE)),
    Exit("2.2", "no such file", E.ENOENT, lambda: start(None)),
    Exit("2.2", "no name", E.EINVAL, lambda: named("")),
    Exit("2.2", "a path that leaves the directory", E.EINVAL, lambda: named("a/../b")),
    Exit("2.2", "an empty file", E.EINVAL, lambda: with_file(b"")),
    Exit("2.2", "a path that is too long", E.ENAMETOOLONG, lambda: named("a/" * (PATH_MAX // 2))),
    Exit("2.2", "a component that is too long", E.ENAMETOOLONG,
         lambda: named("a" * (NAME_MAX + 1))),
    Exit("2.3 F1", "ops.sanity_check", E.EIO, lambda: failing_op("ops.sanity_check", E.EIO)),
    Exit("2.3 F2", "an IOMMU that is not there", E.ENODEV, no_iommu),
    Exit("2.3 F2", "the IOMMU takes no device", E.EBUSY,
         lambda: start(iommu=True, fail={}, script=failing_script("iommu_attach_device", E.EBUSY))),
    Exit("2.3 F3", "ops.prepare", E.EIO, lambda: failing_op("ops.prepare", E.EIO)),
    Exit("2.3 F5", "ops.parse_fw", E.ENXIO, lambda: failing_op("ops.parse_fw", E.ENXIO)),
    Exit("2.3 F5", "a strict driver and no table", E.EINVAL,
         lambda: start(images.elf(None), ops=STRICT)),
    Exit("2.3 F8", "a carveout's alloc", E.ENOMEM,
         lambda: failing_op("carveout.alloc", E.EINVAL)),
    Exit("2.4 S1", "ops.load", E.EIO, lambda: failing_op("ops.load", E.EIO)),
    Exit("2.4 S3", "a subdevice's prepare", E.EIO,
         lambda: failing_op("sub2.subdev.prepare", E.EIO)),
    Exit("2.4 S4", "ops.start", E.ENOEXEC, lambda: failing_op("ops.start", E.ENOEXEC)),
    Exit("2.4 S5", "a subdevice's start", E.EIO, lambda: failing_op("sub2.subdev.start", E.EIO)),
    Exit("2.5", "a signal while waiting", E.EINTR, interrupted(rproc_shutdown, S.RUNNING)),
    Exit("2.5", "no stop op", E.EINVAL, command(S.RUNNING, "stop", ops=replace(OPS, stop=None))),
    Exit("2.5", "ops.stop", E.EBADF, command(S.RUNNING, "stop", fail={"ops.stop": E.EBADF})),
    Exit("2.5", "no memory for a copy of the table", E.ENOMEM,
         lambda: rproc_shutdown(failing_call("rproc_reset_rsc_table_on_stop", E.ENOMEM))),
    Exit("2.6 A2", "ops.prepare", E.EIO, lambda: attach(fail={"ops.prepare": E.EIO})),
    Exit("2.6 A3", "no table was left", E.ENOENT,
         lambda: attach(fail={"ops.get_loaded_rsc_table": E.ENOENT})),
    Exit("2.6 A3", "no memory for a copy of the table", E.ENOMEM,
         lambda: attach(script=failing_script("rproc_set_rsc_table", E.ENOMEM))),
    Exit("2.6 A5", "the live table has a wild offset", E.EINVAL,
         lambda: attach(images.table(images.trace(), offset=1022))),
    Exit("2.6 A6", "a carveout's alloc", E.ENOMEM, lambda: attach(fail={"carveout.alloc": E.EIO})),
    Exit("2.6 A7", "a subdevice's prepare", E.EIO,
         lambda: attach(fail={"sub1.subdev.prepare": E.EIO})),
    Exit("2.6 A7", "ops.attach", E.EIO, lambda: attach(fail={"ops.attach": E.EIO})),
    Exit("2.6 A7", "a subdevice's start", E.EIO,
         lambda: attach(fail={"sub1.subdev.start": E.EIO})),
    Exit("2.7", "a signal while waiting", E.EINTR, interrupted(rproc_detach, S.ATTACHED)),
    Exit("2.7", "no detach op", E.EINVAL,
         command(S.ATTACHED, "detach", ops=replace(OPS, detach=None))),
    Exit("2.7", "ops.detach", E.EIO, command(S.ATTACHED, "detach", fail={"ops.detach": E.EIO})),
    Exit("2.7", "no pristine copy to restore", E.EINVAL, detached_without_copy),
    Exit("2.8", "a signal while waiting", E.EINTR, interrupted(recovered, S.CRASHED)),
    Exit("2.8", "being deleted", E.ENODEV, deleting(recovered, S.CRASHED)),
    Exit("2.8", "ops.stop", E.EBUSY, lambda: recovered(recover(fail={"ops.stop": E.EBUSY}))),
    Exit("2.8", "the file is gone", E.ENOENT, without_file),
    Exit("2.8", "ops.start", E.EIO, lambda: recovered(recover(fail={"ops.start": E.EIO}))),
    Exit("2.8", "attach recovery without a detach op", E.EINVAL, lambda: reattached(detach=None)),
    Exit("2.8", "attach recovery: ops.attach", E.EIO, lambda: reattached(fail="ops.attach")),
]  # fmt: skip
