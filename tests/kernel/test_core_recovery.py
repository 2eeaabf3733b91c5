# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows X of the reference: crash, recovery, attach, detach, deletion."""

from dataclasses import replace
from typing import Any

import pytest

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.base.state import check
from rprocbench.base.trace import Failed
from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.kernel.remoteproc_core_device import rproc_add, rproc_del, rproc_free
from rprocbench.kernel.remoteproc_debugfs import rproc_crash_write
from rprocbench.kernel.remoteproc_sysfs import write
from rprocbench.soc.memory import Pa

from . import images
from .driver import OPS, TABLE, calls, leave_table, machine
from .images import CODE, GOOD, RPMSG, Segment, elf, table

S = RprocState


def running(image: bytes = GOOD, **options: Any) -> Rproc:
    rproc = machine(image, **options)
    write(rproc, "state", "start")
    return rproc


def attached(*, recover: bool = False, **options: Any) -> Rproc:
    rproc = machine(GOOD, detached=True, **options)
    rproc.attach_on_recovery = recover
    leave_table(rproc, RPMSG)
    write(rproc, "state", "start")
    assert rproc.state == S.ATTACHED
    return rproc


def crash(rproc: Rproc) -> None:
    rproc_crash_write(rproc, "2")
    rproc.host.run_work()


def code(rproc: Rproc, text: str) -> Errno | None:
    try:
        write(rproc, "state", text)
    except ModelledError as error:
        return Errno(error.code)
    return None


def test_x01_recovery() -> None:
    rproc = running()
    crash(rproc)
    assert (rproc.state, rproc.crash_cnt, rproc.power) == (S.RUNNING, 1, 1)
    assert not rproc.stay_awake


def test_x02_without_recovery() -> None:
    rproc = running()
    write(rproc, "recovery", "disabled")
    crash(rproc)
    assert code(rproc, "start") is None
    assert (rproc.state, rproc.power) == (S.CRASHED, 2)
    assert code(rproc, "detach") == Errno.EINVAL
    assert code(rproc, "stop") is None
    assert (rproc.state, rproc.power) == (S.CRASHED, 1)
    rproc.priv.seen.clear()
    assert code(rproc, "stop") is None
    assert rproc.state == S.OFFLINE
    assert "sub1.subdev.stop(True)" in rproc.priv.seen


def test_x03_x04_recovery_inside_the_write() -> None:
    rproc = running()
    write(rproc, "recovery", "disabled")
    crash(rproc)
    crash(rproc)
    assert (rproc.crash_cnt, rproc.stay_awake) == (1, True)
    write(rproc, "recovery", "enabled")
    assert rproc.state == S.RUNNING


def dead_end(rproc: Rproc, state: RprocState) -> None:
    assert (rproc.state, rproc.power) == (state, 1)
    assert code(rproc, "start") is None
    assert rproc.state == state
    assert code(rproc, "stop") == Errno.EINVAL
    assert code(rproc, "detach") == Errno.EINVAL


def test_x05_the_file_is_gone() -> None:
    rproc = running()
    rproc.host.files.clear()
    crash(rproc)
    dead_end(rproc, S.OFFLINE)
    rproc_del(rproc)
    assert len(rproc.carveouts) == 5


def test_x06_x07_nothing_is_checked_again() -> None:
    rproc = running()
    rproc.host.files["fw"] = elf(RPMSG, magic=0, entry=0x2222)
    crash(rproc)
    assert (rproc.state, rproc.bootaddr) == (S.RUNNING, 0x1000_0101)


def test_x08_the_old_table_overwrites_what_follows_the_new() -> None:
    rproc = running()
    small = table()
    after = Segment(images.TABLE_AT + 16, b"\xee" * 64)
    rproc.host.files["fw"] = elf(small, (*CODE, after))
    crash(rproc)
    assert rproc.state == S.RUNNING
    assert rproc.host.soc.a7.read(Pa(images.TABLE_AT + 16), 4) == RPMSG[16:20]


@pytest.mark.parametrize("size", [44, 5])
def test_x09_a_file_too_short_crashes(size: int) -> None:
    rproc = running()
    rproc.host.files["fw"] = b"\x7fELF\1".ljust(size, b"\0")
    with pytest.raises(Crash):
        crash(rproc)


def test_x10_a_core_that_does_not_start_again() -> None:
    rproc = running()
    rproc.priv.fail["ops.start"] = Errno.EIO
    crash(rproc)
    dead_end(rproc, S.OFFLINE)


def test_x11_a_core_that_does_not_stop() -> None:
    rproc = running()
    rproc.priv.fail["ops.stop"] = Errno.EBUSY
    crash(rproc)
    states = [rproc.state]
    rproc.priv.fail.clear()
    write(rproc, "recovery", "recover")
    assert [*states, rproc.state] == [S.CRASHED, S.RUNNING]


def test_x12_a_stale_size_and_no_table() -> None:
    rproc = running()
    write(rproc, "state", "stop")
    rproc.host.files["fw"] = elf(None)
    write(rproc, "state", "start")
    rproc.host.files["fw"] = GOOD
    with pytest.raises(Crash, match="NULL"):
        crash(rproc)


def test_x13_attach_and_detach() -> None:
    rproc = attached()
    soc = rproc.host.soc
    assert soc.a7.read(TABLE, len(RPMSG)) != RPMSG
    write(rproc, "state", "detach")
    states = [rproc.state]
    assert soc.a7.read(TABLE, len(RPMSG)) == RPMSG
    write(rproc, "state", "start")
    write(rproc, "state", "stop")
    assert [*states, rproc.state] == [S.DETACHED, S.OFFLINE]
    write(rproc, "state", "start")
    assert (rproc.state, rproc.power, len(rproc.rvdevs)) == (S.RUNNING, 1, 1)
    check(rproc.run.trace)


def test_x15_no_table_in_the_running_core() -> None:
    rproc = machine(detached=True)
    write(rproc, "state", "start")
    assert (rproc.state, rproc.table_ptr) == (S.ATTACHED, None)
    rproc = machine(detached=True, fail={"ops.get_loaded_rsc_table": Errno.ENOENT})
    assert code(rproc, "start") == Errno.ENOENT


def test_x16_a_live_table_is_not_checked() -> None:
    rproc = machine(detached=True)
    leave_table(rproc, table(images.vdev(images.RINGS), ver=9, r0=1))
    write(rproc, "state", "start")
    assert (rproc.state, len(rproc.rvdevs)) == (S.ATTACHED, 1)


def test_x17_a_live_table_with_a_wild_offset() -> None:
    rproc = machine(detached=True)
    leave_table(rproc, table(images.trace(), offset=1022))
    assert code(rproc, "start") == Errno.EINVAL
    assert rproc.table_ptr is rproc.priv.table


def test_x18_a_failed_attach_spoils_the_live_table() -> None:
    rproc = machine(detached=True, fail={"ops.attach": Errno.EIO})
    leave_table(rproc, RPMSG)
    assert code(rproc, "start") == Errno.EIO
    rproc.priv.fail.clear()
    assert code(rproc, "start") is None
    assert (rproc.state, rproc.rvdevs, rproc.leaked_pdevs) == (S.ATTACHED, (), 1)


def test_x21_no_detach_op() -> None:
    rproc = attached(ops=replace(OPS, detach=None))
    assert code(rproc, "detach") == Errno.EINVAL
    assert rproc.power == 1
    assert code(rproc, "stop") is None
    assert rproc.state == S.OFFLINE


def test_x22_no_stop_op_in_an_unwind() -> None:
    rproc = machine(
        detached=True, ops=replace(OPS, stop=None), fail={"sub1.subdev.start": Errno.EIO}
    )
    with pytest.raises(Crash, match="NULL"):
        write(rproc, "state", "start")


def test_x23_a_detach_that_is_tried_again_frees_twice() -> None:
    rproc = attached()
    rproc.priv.fail["ops.detach"] = Errno.EIO
    assert code(rproc, "detach") == Errno.EIO
    rproc.priv.fail.clear()
    with pytest.raises(Crash):
        write(rproc, "state", "detach")


@pytest.mark.parametrize("how", ["failed attach", "detach", "stop"])
def test_x24_the_pristine_copy_is_freed_twice(how: str) -> None:
    if how == "failed attach":
        rproc = machine(detached=True, fail={"ops.attach": Errno.EIO})
        leave_table(rproc, RPMSG)
        assert code(rproc, "start") == Errno.EIO
    else:
        rproc = attached()
        write(rproc, "state", how)
        rproc.state = S.DETACHED
    rproc.priv.fail = {"ops.get_loaded_rsc_table": Errno.ENOENT}
    with pytest.raises(Crash, match="twice"):
        write(rproc, "state", "start")


def test_x25_attach_recovery() -> None:
    rproc = attached(recover=True)
    rproc.dump_conf = "enabled"
    since = len(rproc.run.trace)
    crash(rproc)
    assert (rproc.state, rproc.power) == (S.ATTACHED, 1)
    absent = {"ops.coredump", "ops.stop", "ops.start", "request_firmware"}
    assert not absent & set(calls(rproc, since))


def test_x26_attach_recovery_that_fails() -> None:
    rproc = attached(recover=True)
    rproc.priv.fail["ops.attach"] = Errno.EIO
    crash(rproc)
    dead_end(rproc, S.DETACHED)


def test_x27_attach_recovery_without_detach() -> None:
    rproc = attached(recover=True, ops=replace(OPS, detach=None))
    crash(rproc)
    assert rproc.state == S.CRASHED
    assert code(rproc, "stop") is None


def test_x28_an_attached_core_is_booted_from_the_file() -> None:
    rproc = attached()
    rproc.host.soc.a7.write(Pa(images.TABLE_AT), b"\xee" * 2048)
    crash(rproc)
    assert (rproc.state, rproc.table_sz) == (S.RUNNING, 1024)
    memory = rproc.host.soc.a7.read(Pa(images.TABLE_AT), 2048)
    assert memory[len(RPMSG) : 1024] == bytes(1024 - len(RPMSG))
    assert memory[1024:] == b"\xee" * 1024


def test_x29_a_crash_while_detached() -> None:
    rproc = machine(GOOD, detached=True)
    crash(rproc)
    assert (rproc.state, rproc.power) == (S.OFFLINE, 0)
    assert "ops.stop" in rproc.priv.seen
    codes = [e.code for e in rproc.run.trace if isinstance(e, Failed) and e.function == "ops.load"]
    assert codes == ["EINVAL"]


def test_x30_an_automatic_boot_looks_twice() -> None:
    rproc = machine()
    rproc.auto_boot = True
    rproc_add(rproc)
    rproc.host.run_work()
    assert rproc.run.calls["request_firmware"] == 2
    assert (rproc.state, rproc.power) == (S.OFFLINE, 0)
    rproc.host.files["fw"] = GOOD
    rproc_add(rproc)
    rproc.host.run_work()
    assert rproc.state == S.RUNNING


def test_x31_x32_deletion() -> None:
    rproc = running()
    write(rproc, "state", "start")
    rproc_del(rproc)
    assert (rproc.state, rproc.power) == (S.OFFLINE, 1)
    rproc = attached()
    rproc_del(rproc)
    assert rproc.state == S.OFFLINE
    rproc_free(rproc)
    assert rproc.host.indices == ()


def test_the_work_of_a_deleted_processor_does_nothing() -> None:
    rproc = running()
    rproc_crash_write(rproc, "0")
    rproc_del(rproc)
    rproc.host.run_work()
    assert (rproc.state, rproc.crash_cnt) == (S.OFFLINE, 0)


def test_a_leaked_vdev_pins_the_index() -> None:
    rproc = running(elf(table(images.vdev([(images.ANY, 16, 0)] * 2))))
    rproc_del(rproc)
    rproc_free(rproc)
    assert rproc.host.indices == (0,)


def test_a_trace_of_all_this_folds() -> None:
    rproc = running()
    crash(rproc)
    write(rproc, "state", "stop")
    rproc_del(rproc)
    check(rproc.run.trace)
