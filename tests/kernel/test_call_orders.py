# SPDX-License-Identifier: GPL-2.0-or-later
"""The call graphs of the reference (section 9) beyond the recorded ones, read off traces."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.kernel.remoteproc import Rproc, RprocOps, RprocSubdev
from rprocbench.kernel.remoteproc import RprocState as S
from rprocbench.kernel.remoteproc_core_subdevs import rproc_add_subdev
from rprocbench.kernel.remoteproc_sysfs import state_store
from rprocbench.kernel.remoteproc_table import HeapTable, LoadedTable

from .driver import OPS, calls, leave_table, machine
from .images import ANY, GOOD, RINGS, RPMSG, carveout, elf, table, vdev
from .provoke import attach, crash, in_state, start

E = Errno
CLEANUP = ["carveout.release"] * 5
RECOVERY_SKIPS = {
    "rproc_fw_boot", "ops.sanity_check", "rproc_enable_iommu", "ops.prepare", "ops.get_boot_addr",
    "ops.parse_fw", "rproc_handle_resources", "rproc_alloc_registered_carveouts",
    "rproc_resource_cleanup", "ops.unprepare",
}  # fmt: skip
ATTACH_SKIPS = {
    "request_firmware", "ops.sanity_check", "ops.get_boot_addr", "ops.parse_fw", "ops.load",
    "ops.find_loaded_rsc_table", "ops.start", "release_firmware",
}  # fmt: skip
REATTACH_SKIPS = {"ops.coredump", "ops.stop", "ops.start", "request_firmware"}


def in_order(names: Iterable[str], trace: list[str]) -> None:
    """Each name comes after the one before it."""
    at = 0
    for name in names:
        assert name in trace[at:], (name, trace[at:])
        at = trace.index(name, at) + 1


def seen(rproc: Rproc) -> list[str]:
    """What the driver was asked, each run of equal calls once, without those to load."""
    quiet = ("ops.sanity_check", "ops.get_boot_addr", "ops.load", "ops.find_loaded_rsc_table",
             "carveout.alloc", "ops.kick")  # fmt: skip
    return [name for name in rproc.priv.seen if name not in quiet]


def test_9_1_a_boot_with_the_helpers_that_a_tracer_does_not_see() -> None:
    rproc = start(elf(table(vdev(RINGS), carveout(b"mine"), carveout(b"mcuram"))))
    in_order(
        [
            "state_store", "rproc_boot", "request_firmware", "rproc_fw_boot",
            "rproc_fw_sanity_check", "ops.sanity_check", "rproc_elf_sanity_check",
            "rproc_enable_iommu", "rproc_prepare_device", "ops.prepare", "rproc_get_boot_addr",
            "ops.get_boot_addr", "rproc_elf_get_boot_addr", "rproc_parse_fw", "ops.parse_fw",
            "rproc_elf_load_rsc_table", "find_table", "rproc_handle_resources",
            "rproc_handle_rsc_entry", "rproc_handle_vdev", "platform_device_register_full",
            "rproc_virtio_probe", "rproc_parse_vring", "rproc_parse_vring", "rproc_alloc_vring",
            "rproc_alloc_vring", "rproc_add_rvdev", "rproc_add_subdev", "rproc_handle_rsc_entry",
            "rproc_handle_carveout", "rproc_find_carveout_by_name", "rproc_mem_entry_init",
            "rproc_add_carveout", "rproc_handle_rsc_entry", "rproc_handle_carveout",
            "rproc_find_carveout_by_name", "rproc_check_carveout_da",
            "rproc_alloc_registered_carveouts", "carveout.alloc", "rproc_alloc_carveout",
            "rproc_start", "rproc_load_segments", "ops.load", "rproc_elf_load_segments",
            "rproc_da_to_va", "rproc_find_loaded_rsc_table", "ops.find_loaded_rsc_table",
            "rproc_elf_find_loaded_rsc_table", "find_table", "rproc_da_to_va",
            "rproc_prepare_subdevices", "ops.start", "rproc_start_subdevices",
            "rproc_vdev_do_start", "rproc_add_virtio_dev", "register_virtio_device",
            "release_firmware",
        ],
        calls(rproc),
    )  # fmt: skip


def test_9_1_a_ring_without_a_region_gets_a_carveout() -> None:
    rproc = start(elf(table(vdev(RINGS))), regions=2)
    trace = calls(rproc)
    at = trace.index("rproc_alloc_vring")
    assert trace[at + 1 : at + 4] == [
        "rproc_find_carveout_by_name", "rproc_mem_entry_init", "rproc_add_carveout",
    ]  # fmt: skip


def test_9_2_an_attach_does_without_an_image() -> None:
    rproc = attach()
    assert not ATTACH_SKIPS & set(calls(rproc))
    in_order(
        ["rproc_boot", "rproc_attach", "rproc_enable_iommu", "ops.prepare", "rproc_set_rsc_table",
         "ops.get_loaded_rsc_table", "rproc_handle_resources", "rproc_alloc_registered_carveouts",
         "__rproc_attach", "rproc_prepare_subdevices", "rproc_attach_device", "ops.attach",
         "rproc_start_subdevices"],
        calls(rproc),
    )  # fmt: skip


@pytest.mark.parametrize("word", ["detach", "stop"])
def test_9_3_9_5_the_end_of_an_attachment(word: str) -> None:
    rproc = in_state(S.ATTACHED)
    since = len(rproc.run.trace)
    state_store(rproc, word)
    way = {
        "detach": ["rproc_detach", "__rproc_detach", "rproc_stop_subdevices",
                   "rproc_reset_rsc_table_on_detach", "ops.detach"],
        "stop": ["rproc_shutdown", "__rproc_shutdown", "rproc_stop", "rproc_stop_subdevices",
                 "rproc_reset_rsc_table_on_stop", "ops.stop"],
    }[word]  # fmt: skip
    in_order(
        [*way, "rproc_unprepare_subdevices", "rproc_resource_cleanup", "ops.unprepare",
         "rproc_disable_iommu"],
        calls(rproc, since),
    )  # fmt: skip


def test_9_4_a_cleanup_with_an_iommu() -> None:
    rproc = start(elf(table(carveout(b"uart", kind=1), vdev(RINGS))), iommu=True)
    since = len(rproc.run.trace)
    state_store(rproc, "stop")
    in_order(
        ["rproc_resource_cleanup", "iommu_unmap", "carveout.release", "platform_device_unregister",
         "rproc_virtio_remove", "rproc_free_vring", "rproc_free_vring", "rproc_remove_subdev",
         "rproc_remove_rvdev", "rproc_coredump_cleanup", "ops.unprepare", "rproc_disable_iommu",
         "iommu_domain_free"],
        calls(rproc, since),
    )  # fmt: skip


def test_9_6_a_recovery_skips_what_a_boot_does() -> None:
    rproc = start()
    since = len(rproc.run.trace)
    crash(rproc)
    assert not RECOVERY_SKIPS & set(calls(rproc, since))


def test_9_7_an_attach_recovery_touches_neither_core_nor_file() -> None:
    rproc = in_state(S.ATTACHED)
    rproc.attach_on_recovery = True
    since = len(rproc.run.trace)
    crash(rproc)
    trace = calls(rproc, since)
    assert not REATTACH_SKIPS & set(trace)
    in_order(["rproc_attach_recovery", "__rproc_detach", "rproc_resource_cleanup", "ops.unprepare",
              "rproc_attach", "ops.prepare", "ops.attach"], trace)  # fmt: skip


UP = ["sub1.subdev.prepare", "sub2.subdev.prepare"]
DOWN = ["sub2.subdev.unprepare", "sub1.subdev.unprepare"]
END = [*CLEANUP, "ops.unprepare"]
FOUND = ["ops.prepare", "ops.get_loaded_rsc_table"]
UNWINDS: dict[str, tuple[str, bool, list[str]]] = {
    "ops.start": ("ops.start", False,
        ["ops.prepare", "ops.parse_fw", *UP, "ops.start err", *DOWN, *END]),
    "subdev 2 of 2 start": ("sub2.subdev.start", False,
        ["ops.prepare", "ops.parse_fw", *UP, "ops.start", "sub1.subdev.start",
         "sub2.subdev.start err", "sub1.subdev.stop(True)", "ops.stop", *DOWN, *END]),
    "subdev 2 of 2 prepare": ("sub2.subdev.prepare", False,
        ["ops.prepare", "ops.parse_fw", UP[0], UP[1] + " err", DOWN[1], *END]),
    "parse_fw": ("ops.parse_fw", False, ["ops.prepare", "ops.parse_fw err", "ops.unprepare"]),
    "prepare": ("ops.prepare", False, ["ops.prepare err"]),
    "attach op": ("ops.attach", True, [*FOUND, *UP, "ops.attach err", *DOWN, *END]),
    "subdev start in attach": ("sub1.subdev.start", True,
        [*FOUND, *UP, "ops.attach", "sub1.subdev.start err", "ops.stop", *DOWN, *END]),
}  # fmt: skip


@pytest.mark.parametrize("row", UNWINDS)
def test_9_8_an_error_unwinds_in_this_order(row: str) -> None:
    place, attaching, expected = UNWINDS[row]
    rproc = machine(GOOD, detached=attaching, fail={place: E.EIO})
    if attaching:
        leave_table(rproc, RPMSG)
    with pytest.raises(ModelledError):
        state_store(rproc, "start")
    assert seen(rproc) == expected


def test_9_8_a_vdev_that_nobody_can_kick() -> None:
    rproc = machine(GOOD, subdevs=0, ops=replace(OPS, kick=None))
    with pytest.raises(ModelledError):
        state_store(rproc, "start")
    assert seen(rproc) == ["ops.prepare", "ops.parse_fw", "ops.start", "ops.stop", *END]


Noted = list[tuple[str, str, int]]


def noting(**options: Any) -> tuple[Rproc, Noted]:
    """A processor whose driver notes, at each op, where `table_ptr` points and the power count."""
    log: Noted = []

    def wrap(name: str, op: Any) -> Any:
        def step(rproc: Rproc, *args: Any) -> Any:
            log.append((name, kind(rproc), rproc.power))
            return op(rproc, *args)

        return step

    ops = {f.name: getattr(OPS, f.name) for f in fields(RprocOps)}
    wrapped = RprocOps(**{name: op and wrap(name, op) for name, op in ops.items()})
    rproc = machine(GOOD, ops=wrapped, subdevs=0, **options)

    def told(what: str) -> Any:
        return lambda _subdev, *_args: log.append((what, kind(rproc), rproc.power))

    rproc_add_subdev(rproc, RprocSubdev(
        rproc.run, "own", told("sub.prepare"), told("sub.start"), told("sub.stop"),
        told("sub.unprepare"), owner=rproc,
    ))  # fmt: skip
    return rproc, log


def kind(rproc: Rproc) -> str:
    table_ptr = rproc.table_ptr
    if isinstance(table_ptr, HeapTable):
        return "cached"
    if isinstance(table_ptr, LoadedTable):
        return "live" if rproc.cached_table is None else "loaded"
    return "NULL"


def tables(log: Noted) -> dict[str, str]:
    return {name: where for name, where, _ in log}


def test_9_9_4_where_the_table_is_at_each_op_of_a_boot() -> None:
    rproc, log = noting()
    state_store(rproc, "start")
    at = tables(log)
    assert (at["parse_fw"], at["load"], at["find_loaded_rsc_table"]) == ("NULL", "cached", "cached")
    assert (at["sub.prepare"], at["start"], at["sub.start"]) == ("loaded",) * 3
    log.clear()
    state_store(rproc, "stop")
    at = tables(log)
    assert at["sub.stop"] == "loaded"
    assert (at["stop"], at["sub.unprepare"], at["unprepare"]) == ("cached",) * 3
    assert [power for name, _, power in log if name == "stop"] == [0]


def test_9_9_4_where_it_is_when_a_start_fails() -> None:
    rproc, log = noting(fail={"subdev.start": E.EIO})
    rproc_add_subdev(rproc, RprocSubdev(rproc.run, "bad", start=refusing, owner=rproc))
    with pytest.raises(ModelledError):
        state_store(rproc, "start")
    at = tables(log)
    assert (at["stop"], at["sub.unprepare"], at["unprepare"]) == ("loaded", "loaded", "NULL")
    assert [power for name, _, power in log if name == "stop"] == [1]


def refusing(_subdev: RprocSubdev) -> None:
    raise ModelledError(E.EIO, "a test wants it")


def test_9_9_4_where_it_is_in_an_attachment() -> None:
    rproc, log = noting(detached=True)
    leave_table(rproc, RPMSG)
    state_store(rproc, "start")
    at = tables(log)
    assert (at["get_loaded_rsc_table"], at["attach"]) == ("NULL", "live")
    log.clear()
    state_store(rproc, "detach")
    at = tables(log)
    assert (at["detach"], at["unprepare"]) == ("cached", "cached")


def test_9_9_4_where_it_is_when_an_attach_fails() -> None:
    rproc, log = noting(detached=True, fail={"ops.attach": E.EIO})
    leave_table(rproc, RPMSG)
    with pytest.raises(ModelledError):
        state_store(rproc, "start")
    assert tables(log)["unprepare"] == "live"
    with suppress(ModelledError):
        state_store(rproc, "start")
    assert tables(log)["get_loaded_rsc_table"] == "live"


@pytest.mark.parametrize("state", [S.RUNNING, S.DETACHED])
def test_9_9_5_power_during_the_stop_of_a_recovery(state: S) -> None:
    rproc, log = noting(detached=state is S.DETACHED)
    if state is S.RUNNING:
        state_store(rproc, "start")
    crash(rproc)
    assert [power for name, _, power in log if name == "stop"] == [state is S.RUNNING]


@pytest.mark.parametrize("fail", ["", "ops.parse_fw", "carveout.alloc", "ops.start"])
def test_9_9_1_prepare_and_unprepare_balance(fail: str) -> None:
    rproc = machine(GOOD, fail={fail: E.EIO} if fail else {})
    with suppress(ModelledError):
        state_store(rproc, "start")
        crash(rproc)
        state_store(rproc, "stop")
    assert rproc.priv.seen.count("ops.prepare") == rproc.priv.seen.count("ops.unprepare") == 1


def test_9_9_3_what_starts_first_stops_last() -> None:
    rproc = start(elf(table(vdev(RINGS), vdev([(ANY, 16, 16)] * 2))))
    since = len(rproc.run.trace)
    state_store(rproc, "stop")
    stops = [name for name in calls(rproc, since) if name in ("rproc_vdev_do_stop", "subdev.stop")]
    assert stops == ["rproc_vdev_do_stop"] * 2 + ["subdev.stop"] * 2
    names = [name for name in rproc.priv.seen if "subdev.stop" in name]
    assert names == ["sub2.subdev.stop(False)", "sub1.subdev.stop(False)"]
