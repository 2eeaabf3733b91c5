# SPDX-License-Identifier: GPL-2.0-or-later
"""Each switch of a kernel makes the difference that its row tells of."""

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import rprocbench.kernel
from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_shutdown
from rprocbench.kernel.remoteproc_core_device import rproc_del
from rprocbench.kernel.remoteproc_core_recovery import rproc_report_crash
from rprocbench.kernel.remoteproc_sysfs import state_store
from rprocbench.kernel.version_differences import COLUMNS, VERSION_DIFFERENCES
from rprocbench.kernel.versions import LINUX, V5_10, V6_1, V6_12, V7_3, LinuxVersion, switches

from . import images
from .driver import leave_table, machine

KERNEL = Path(rprocbench.kernel.__file__).parent


def on(linux: LinuxVersion, image: bytes | None = images.GOOD, **options: Any) -> Rproc:
    rproc = machine(image, **options)
    rproc.host.linux = linux
    return rproc


def refused(rproc: Rproc, word: str) -> object:
    try:
        state_store(rproc, word)
    except ModelledError as error:
        return error.code
    return None


def test_each_switch_has_a_row_and_each_row_a_switch() -> None:
    assert [row.switch for row in VERSION_DIFFERENCES] == list(
        dict.fromkeys(row.switch for row in VERSION_DIFFERENCES)
    )
    assert {row.switch for row in VERSION_DIFFERENCES} == switches(V7_3).keys()


@pytest.mark.parametrize("row", VERSION_DIFFERENCES, ids=lambda row: row.switch)
def test_a_row_says_the_same_of_kernels_whose_switch_is_the_same(row: Any) -> None:
    told = {(switches(each)[row.switch], row.of(each)) for each in COLUMNS}
    assert len(told) == len({value for value, _ in told}) == len({text for _, text in told})


@pytest.mark.parametrize("row", VERSION_DIFFERENCES, ids=lambda row: row.switch)
def test_the_function_that_a_row_names_exists_and_the_switch_is_asked_for(row: Any) -> None:
    sources = {path: path.read_text() for path in KERNEL.glob("*.py")}
    names = {
        node.name
        for text in sources.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }
    assert row.function in names
    asked = [p.name for p, text in sources.items() if f".{row.switch}" in text or
             f'"{row.switch}"' in text]  # fmt: skip
    assert set(asked) - {"versions.py", "version_differences.py"}, row.switch


def test_only_recorded_kernels_can_be_asked_for() -> None:
    assert list(LINUX) == ["6.1", "6.12", "7.3"]
    assert V5_10.name not in LINUX


@pytest.mark.parametrize("linux", [V5_10, V7_3])
def test_a_second_start(linux: LinuxVersion) -> None:
    rproc = on(linux)
    state_store(rproc, "start")
    assert refused(rproc, "start") == (Errno.EBUSY if linux is V5_10 else None)


@pytest.mark.parametrize("linux", [V5_10, V7_3])
def test_what_a_stop_reports(linux: LinuxVersion) -> None:
    rproc = on(linux, fail={"ops.stop": Errno.EIO})
    state_store(rproc, "start")
    assert refused(rproc, "stop") == (None if linux is V5_10 else Errno.EIO)
    assert refused(on(linux), "stop") == Errno.EINVAL


@pytest.mark.parametrize("linux", [V5_10, V7_3])
def test_stopping_one_that_crashed(linux: LinuxVersion) -> None:
    rproc = on(linux)
    rproc_boot(rproc)
    rproc.recovery_disabled = True
    rproc_report_crash(rproc, 2)
    rproc.host.run_work()
    if linux is V5_10:
        with pytest.raises(ModelledError):
            rproc_shutdown(rproc)
    else:
        rproc_shutdown(rproc)
    assert rproc.state == (RprocState.CRASHED if linux is V5_10 else RprocState.OFFLINE)


@pytest.mark.parametrize("linux", [V5_10, V7_3])
def test_an_attached_core_is_called(linux: LinuxVersion) -> None:
    rproc = on(linux, None, detached=True)
    leave_table(rproc, images.RPMSG)
    state_store(rproc, "start")
    assert rproc.state == (RprocState.RUNNING if linux is V5_10 else RprocState.ATTACHED)
    if linux is V5_10:
        assert refused(rproc, "detach") == Errno.EINVAL


@pytest.mark.parametrize("linux", [V5_10, V6_1, V6_12, V7_3])
def test_a_vdev_whose_probe_fails(linux: LinuxVersion) -> None:
    rproc = on(
        linux, images.elf(images.table(images.vdev([(images.ANY, 16, 0), (images.ANY, 16, 16)])))
    )
    assert refused(rproc, "start") == (Errno.EINVAL if linux is V5_10 else None)
    assert rproc.leaked_pdevs == (linux is not V5_10)


def test_a_signed_offset_may_point_before_the_table() -> None:
    wild = images.elf(images.table(images.vdev(images.RINGS), offset=0xFFFF_FFF0))
    assert refused(on(V6_1, wild), "start") == Errno.EINVAL
    with pytest.raises(Crash, match="past its end"):
        state_store(on(V5_10, wild), "start")


@pytest.mark.parametrize(("linux", "stops"), [(V6_1, 2), (V6_12, 1), (V7_3, 1)])
def test_a_stop_that_is_tried_again(linux: LinuxVersion, stops: int) -> None:
    rproc = on(linux, fail={"ops.stop": Errno.EIO})
    state_store(rproc, "start")
    assert refused(rproc, "stop") == Errno.EIO
    rproc.priv.fail = {}
    rproc.priv.seen.clear()
    state_store(rproc, "stop")
    seen = [word for word in rproc.priv.seen if word.startswith("sub1.subdev.stop")]
    assert len(seen) == stops - 1


@pytest.mark.parametrize("linux", [V6_1, V6_12, V7_3])
def test_attach_recovery(linux: LinuxVersion) -> None:
    rproc = on(linux, None, detached=True)
    rproc.attach_on_recovery = True
    leave_table(rproc, images.RPMSG)
    state_store(rproc, "start")
    rproc_report_crash(rproc, 2)
    rproc.host.run_work()
    assert rproc.state == RprocState.ATTACHED
    anew = rproc.table_ptr is rproc.priv.table
    assert anew == (linux is not V6_1)
    assert rproc.run.calls["rproc_attach"] == (2 if anew else 1)


@pytest.mark.parametrize("linux", [V6_1, V6_12, V7_3])
def test_the_size_of_the_table_after_a_shutdown(linux: LinuxVersion) -> None:
    rproc = on(linux)
    state_store(rproc, "start")
    size = rproc.table_sz
    state_store(rproc, "stop")
    assert rproc.table_sz == (size if linux is V7_3 else 0)


@pytest.mark.parametrize("linux", [V6_1, V6_12, V7_3])
def test_deleting_one_with_two_users(linux: LinuxVersion) -> None:
    rproc = on(linux)
    state_store(rproc, "start")
    state_store(rproc, "start")
    rproc_del(rproc)
    assert rproc.power == 1
    assert rproc.state == (RprocState.OFFLINE if linux is V7_3 else RprocState.RUNNING)


@pytest.mark.parametrize("field", list(switches(V7_3)))
def test_a_kernel_of_ones_own_is_one_replace_away(field: str) -> None:
    value = getattr(V7_3, field)
    changed: dict[str, Any] = {field: "debug" if isinstance(value, str) else not value}
    other = replace(V7_3, name="mine", **changed)
    rproc = on(other)
    state_store(rproc, "start")
    assert rproc.state == RprocState.RUNNING
