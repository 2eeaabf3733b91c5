# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows O of the reference and its error ladders: what is undone when an op fails."""

from dataclasses import replace

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import At, Fail
from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.kernel.remoteproc_core_device import rproc_add, rproc_del
from rprocbench.kernel.remoteproc_sysfs import state_store

from . import images
from .driver import OPS, STRICT, leave_table, machine

TAIL = [*["carveout.release"] * 5, "ops.unprepare"]
UNPREPARE = ["sub2.subdev.unprepare", "sub1.subdev.unprepare"]


def failing(rproc: Rproc, text: str = "start") -> Errno:
    """What a write to `state` reports."""
    with pytest.raises(ModelledError) as caught:
        state_store(rproc, text)
    assert not rproc.lock_held
    assert isinstance(caught.value.code, Errno)
    return caught.value.code


def tail(rproc: Rproc, mark: str) -> list[str]:
    """What the driver saw from the call `mark` on."""
    seen: list[str] = rproc.priv.seen
    return seen[seen.index(mark) + 1 :]


def at_rest(rproc: Rproc) -> bool:
    return (rproc.state, rproc.power, rproc.table_ptr, rproc.cached_table) == (
        RprocState.OFFLINE, 0, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("op", "code", "reported"),
    [("ops.prepare", Errno.EIO, Errno.EIO), ("ops.parse_fw", Errno.ENXIO, Errno.ENXIO)],
)
def test_o01_o02_early_failures_leave_carveouts_behind(
    op: str, code: Errno, reported: Errno
) -> None:
    rproc = machine(images.GOOD, fail={op: code})
    assert failing(rproc) == reported
    assert at_rest(rproc)
    assert ("ops.unprepare" in rproc.priv.seen) == (op == "ops.parse_fw")
    if op == "ops.parse_fw":
        assert (len(rproc.carveouts), len(rproc.dump_segments)) == (5, 5)


def test_o03_a_carveout_that_cannot_be_had() -> None:
    rproc = machine(images.GOOD, fail={"carveout.alloc": Errno.EINVAL})
    assert failing(rproc) == Errno.ENOMEM
    assert tail(rproc, "carveout.alloc err") == TAIL
    assert at_rest(rproc)


def test_o04_a_core_that_does_not_start() -> None:
    rproc = machine(images.GOOD, fail={"ops.start": Errno.ENOEXEC})
    assert failing(rproc) == Errno.ENOEXEC
    assert tail(rproc, "ops.start err") == [*UNPREPARE, *TAIL]
    assert at_rest(rproc)
    rproc.priv.fail.clear()
    state_store(rproc, "start")
    assert rproc.state == RprocState.RUNNING


def test_o05_a_core_that_does_not_stop() -> None:
    rproc = machine(images.GOOD)
    state_store(rproc, "start")
    rproc.priv.fail["ops.stop"] = Errno.EBADF
    assert failing(rproc, "stop") == Errno.EBADF
    assert (rproc.state, rproc.power) == (RprocState.RUNNING, 1)
    rproc.priv.fail.clear()
    rproc.priv.seen.clear()
    state_store(rproc, "stop")
    assert rproc.priv.seen == ["ops.stop", *UNPREPARE, *TAIL]


def test_o06_what_unprepare_reports_is_lost() -> None:
    rproc = machine(images.GOOD, fail={"ops.unprepare": Errno.EBADF})
    state_store(rproc, "start")
    assert state_store(rproc, "stop") == 4
    assert at_rest(rproc)


def test_o07_a_subdevice_that_cannot_be_prepared() -> None:
    rproc = machine(images.GOOD, fail={"sub2.subdev.prepare": Errno.EIO})
    assert failing(rproc) == Errno.EIO
    assert tail(rproc, "sub2.subdev.prepare err") == ["sub1.subdev.unprepare", *TAIL]


def test_o08_a_subdevice_that_does_not_start() -> None:
    rproc = machine(images.GOOD, fail={"sub2.subdev.start": Errno.EIO})
    assert failing(rproc) == Errno.EIO
    undone = ["sub1.subdev.stop(True)", "ops.stop", *UNPREPARE, *TAIL]
    assert tail(rproc, "sub2.subdev.start err") == undone


def test_o09_an_iommu_that_is_not_there() -> None:
    rproc = machine(images.GOOD)
    rproc.has_iommu = True
    assert failing(rproc) == Errno.ENODEV
    assert rproc.priv.seen == ["ops.sanity_check"]


def test_o10_failed_attempts_pile_up_carveouts() -> None:
    rproc = machine(images.elf(None), ops=STRICT)
    for expected in (5, 10):
        assert failing(rproc) == Errno.EINVAL
        assert len(rproc.carveouts) == expected
    rproc.host.files["fw"] = images.GOOD
    state_store(rproc, "start")
    assert len(rproc.carveouts) == 15


@pytest.mark.parametrize(
    ("state", "missing"),
    [(RprocState.OFFLINE, "start"), (RprocState.DETACHED, "attach"), (RprocState.RUNNING, "kick")],
)
def test_o11_what_cannot_be_added(state: RprocState, missing: str) -> None:
    rproc = machine()
    rproc.state = state
    rproc.ops = replace(OPS, **{missing: None})
    with pytest.raises(ModelledError) as caught:
        rproc_add(rproc)
    assert caught.value.code == Errno.EINVAL


def test_the_ladder_of_an_attach() -> None:
    rproc = machine(detached=True, fail={"ops.attach": Errno.EIO})
    leave_table(rproc, images.RPMSG)
    assert failing(rproc) == Errno.EIO
    assert tail(rproc, "ops.attach err") == [*UNPREPARE, *TAIL]
    assert rproc.state == RprocState.DETACHED


def test_x19_a_failed_attach_stops_the_core() -> None:
    rproc = machine(detached=True, fail={"sub1.subdev.start": Errno.EIO})
    leave_table(rproc, images.RPMSG)
    assert failing(rproc) == Errno.EIO
    assert tail(rproc, "sub1.subdev.start err") == ["ops.stop", *UNPREPARE, *TAIL]
    assert rproc.state == RprocState.DETACHED


def test_a_signal_while_waiting_for_the_lock() -> None:
    rproc = machine(images.GOOD)
    rproc.run.script = {At("mutex_lock_interruptible"): Fail(Errno.EINTR)}
    assert failing(rproc) == Errno.EINTR
    assert rproc.power == 0


def test_a_deleted_processor_does_not_boot() -> None:
    rproc = machine(images.GOOD)
    rproc_del(rproc)
    assert failing(rproc) == Errno.ENODEV
    assert rproc.power == 0
