# SPDX-License-Identifier: GPL-2.0-or-later
"""Each invariant is silent on a good trace and speaks on a bad one, both made by hand."""

import pytest

from rprocbench.base.trace import Failed, Gone, Trace, Unwound
from rprocbench.review.invariants import INVARIANTS, judge, reason
from rprocbench.review.story import read

from .made import (
    PROBE,
    SECURE,
    Made,
    call,
    firmware,
    load,
    mcu,
    new,
    now,
    rproc,
    start,
    stop,
    ta,
    warning,
)  # fmt: skip

RUNS = (now("state", "RUNNING"), now("power", 1))
STOPS = (now("state", "OFFLINE"), now("power", 0))
FIRM = "firmware 0"
RELEASE = ta("remoteproc_release_fw", now("state", "OFF", FIRM))
GO = ta("remoteproc_start_fw", now("state", "STARTED", FIRM))
BROKEN = call("rproc_prepare_device", fails="EIO", injected=True)
VDEV = (new("vdev0", "RprocVdev"),)
VIRTIO = (*VDEV, new("virtio0", "VirtioDevice", driver="rpmsg", block=None))
HEAP = new("cached_table", "HeapTable", data=b"table")
TABLE = (HEAP, now("cached_table", "cached_table"), now("table_ptr", "cached_table"))
OTHER = (new("cached_table~2", "HeapTable", data=b"TABLE"), now("cached_table", "cached_table~2"))
READY = call("rproc_prepare_subdevices")

# invariant: (a good story, a bad one)
CASES: dict[str, tuple[tuple[object, ...], tuple[object, ...]]] = {
    "every_successful_load_is_undone_before_linux_rests": (
        (rproc(), firmware(), PROBE, start(load(), RELEASE, fails="EIO")),
        (rproc(), firmware(), PROBE, start(load(), fails="EIO")),
    ),
    "a_parse_that_failed_has_undone_its_own_load": (
        (firmware(), start(call("rproc_parse_fw", load(), RELEASE, fails="EIO"), fails="EIO")),
        (firmware(), start(call("rproc_parse_fw", load(), fails="EIO"), RELEASE, fails="EIO")),
    ),
    "no_release_without_load": (
        (firmware(), start(load(ok=False), RELEASE, fails="EIO")),
        (firmware(), start(load(), RELEASE, RELEASE, fails="EIO")),
    ),
    "start_only_after_load": (
        (firmware(), start(load(), GO)),
        (firmware(), start(GO)),
    ),
    "one_verification_per_boot": (
        (firmware(), start(load()), start(load())),
        (firmware(), start(load(), load())),
    ),
    "no_byte_is_used_before_it_is_verified": (
        (rproc(), firmware(), SECURE, start(load(), *TABLE, call("rproc_handle_resources"))),
        (rproc(), firmware(), SECURE, start(load(verified=False))),
    ),
    "a_processor_at_rest_holds_nothing": (
        (rproc(), PROBE, start(new("c", "RprocMemEntry"), Gone("c"), BROKEN, fails="EIO")),
        (rproc(), PROBE, start(new("c", "RprocMemEntry"), BROKEN, fails="EIO")),
    ),
    "a_driver_that_left_holds_nothing": (
        (call("module"), call("stm32_rproc_probe", new("d", "Stm32Rproc"), Gone("d"), fails="EIO")),
        (call("module"), call("stm32_rproc_probe", new("d", "Stm32Rproc"), fails="EIO")),
    ),
    "every_workqueue_is_destroyed": (
        (new("d", "Stm32Rproc", workqueue=False), Gone("d")),
        (new("d", "Stm32Rproc", workqueue=True), Gone("d")),
    ),
    "every_prepare_is_undone": (
        (rproc(), start(call("rproc_prepare_device"), call("rproc_unprepare_device"))),
        (rproc(), start(call("rproc_prepare_device"))),
    ),
    "every_iommu_is_disabled": (
        (rproc(), start(call("rproc_enable_iommu"), call("rproc_disable_iommu"))),
        (rproc(), start(call("rproc_enable_iommu"))),
    ),
    "every_subdevice_is_unprepared": (
        (rproc(), start(READY, call("rproc_unprepare_subdevices"))),
        (rproc(), start(READY)),
    ),
    "every_ring_id_belongs_to_a_ring": (
        (rproc(notifyids=(0,)), new("r", "RprocVring", notifyid=0), PROBE),
        (rproc(notifyids=(0,)), PROBE),
    ),
    "every_mapping_of_the_table_is_undone": (
        (rproc(), start(call("ioremap_wc"), call("iounmap"))),
        (rproc(), start(call("ioremap_wc"))),
    ),
    "every_firmware_image_is_released": (
        (start(call("request_firmware"), call("release_firmware")),),
        (start(call("request_firmware"), fails="EIO"),),
    ),
    "every_virtio_buffer_is_freed": (
        (new("v", "VirtioDevice", block=None), Gone("v")),
        (new("v", "VirtioDevice", block=(1, 2)), Gone("v")),
    ),
    "no_lock_is_held_at_rest": (
        (rproc(), start(now("lock_held", True), now("lock_held", False))),
        (rproc(), start(now("lock_held", True))),
    ),
    "no_memory_stays_shared": (
        (start(new("shm", "TeeShm"), Gone("shm")),),
        (start(new("shm", "TeeShm")),),
    ),
    "linux_and_the_ta_agree_on_who_runs": (
        (rproc(), firmware(), SECURE, start(load(), GO, *RUNS)),
        (rproc(), firmware(), SECURE, start(load(), GO)),
    ),
    "linux_and_the_silicon_agree_on_who_runs": (
        (rproc(), mcu(), start(now("running", True, "MCU"), *RUNS)),
        (rproc(), mcu(), start(now("running", True, "MCU"))),
    ),
    "power_and_state_agree": (
        (rproc(), start(*RUNS), stop(*STOPS)),
        (rproc(), start(now("power", 1))),
    ),
    "the_table_is_a_private_copy_when_resources_go": (
        (rproc(), start(*TABLE, call("rproc_resource_cleanup"))),
        (rproc(table_ptr="loaded_table@0x1"), start(call("rproc_resource_cleanup"))),
    ),
    "recovery_reapplies_the_same_resource_data": (
        (rproc(), start(*TABLE, READY), call("rproc_boot_recovery", READY)),
        (rproc(), start(*TABLE, READY), call("rproc_boot_recovery", *OTHER, READY)),
    ),
    "nothing_oopses": (
        (start(fails="EIO"),),
        (start(fails="OOPS"),),
    ),
    "an_injected_error_reaches_the_caller": (
        (start(BROKEN, warning()),),
        (start(BROKEN),),
    ),
    "a_running_processor_has_all_its_devices": (
        (rproc(), start(*VIRTIO, *RUNS)),
        (rproc(), start(*VDEV, *RUNS)),
    ),
    "after_the_fault_is_gone_boot_and_shutdown_work_again": (
        (rproc(), start(BROKEN, fails="EIO"), start(*RUNS), stop(*STOPS)),
        (rproc(), start(BROKEN, fails="EIO"), start()),
    ),
    "a_driver_that_gives_up_says_so": (
        (call("virtio_dev_probe", call("rpmsg_probe", fails="EIO"),
              Unwound("virtio_dev_probe", "err", 0), call("rproc_virtio_set_status"),
              fails="EIO"),),
        (call("virtio_dev_probe", call("rpmsg_probe", fails="EIO"), fails="EIO"),),
    ),
}  # fmt: skip


def test_every_invariant_has_a_case_and_a_reason() -> None:
    """Nobody adds one without showing that it can speak, and why it matters."""
    assert set(CASES) == set(INVARIANTS)
    assert len(INVARIANTS) >= 10
    for name in INVARIANTS:
        assert len(reason(name)) > 20, name


def ask(name: str, trace: Trace) -> list[str]:
    """What an invariant says."""
    return [breach.what for breach in INVARIANTS[name](read(trace))]


@pytest.mark.parametrize("name", CASES)
def test_an_invariant_is_silent_when_all_is_well(name: str) -> None:
    assert ask(name, Made().play(CASES[name][0])) == []


@pytest.mark.parametrize("name", CASES)
def test_an_invariant_speaks_when_it_is_broken(name: str) -> None:
    trace = Made().play(CASES[name][1])
    found = list(INVARIANTS[name](read(trace)))
    assert found
    assert all(breach.invariant == name for breach in found)
    assert all(0 <= breach.index < len(trace) for breach in found)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("start_only_after_load", (call("stm32_rproc_start"),)),
        ("start_only_after_load", (call("rproc_elf_load_segments", fails="EIO"),
                                   call("stm32_rproc_start"))),
        ("no_byte_is_used_before_it_is_verified",
         (rproc(), firmware(), SECURE, start(*TABLE, call("rproc_handle_resources")))),
        ("linux_and_the_ta_agree_on_who_runs", (rproc(), firmware(), SECURE, start(*RUNS))),
        ("linux_and_the_silicon_agree_on_who_runs", (rproc(), mcu(), start(*RUNS))),
        ("power_and_state_agree", (rproc(), start(now("state", "RUNNING")))),
        ("a_running_processor_has_all_its_devices",
         (rproc(), start(*VIRTIO, now("leaked_pdevs", 1), *RUNS))),
        ("a_running_processor_has_all_its_devices",
         (rproc(), start(*VIRTIO, now("driver", None, "virtio0"), *RUNS))),
        ("after_the_fault_is_gone_boot_and_shutdown_work_again", (rproc(), stop(fails="EINVAL"))),
        ("after_the_fault_is_gone_boot_and_shutdown_work_again",
         (rproc(), start(*RUNS), stop())),
        ("no_release_without_load", (firmware(), RELEASE)),
    ],
)  # fmt: skip
def test_other_ways_to_break_it(name: str, bad: tuple[object, ...]) -> None:
    assert ask(name, Made().play(bad))


def test_an_error_while_undoing_need_not_be_told() -> None:
    """C ignores it; the first error is the one that counts."""
    undo = call("mutex_lock_interruptible", fails="EINTR", injected=True)
    trace = Made().play([start(Unwound("rproc_boot", "x", 1), undo)])
    assert ask("an_injected_error_reaches_the_caller", trace) == []


def test_the_same_breach_is_reported_once_and_nothing_after_an_oops() -> None:
    """What follows an oops is not the kernel's doing any more."""
    trace = Made().play([rproc(), PROBE, *(start(now("power", n)) for n in (1, 2))])
    assert len([b for b in judge(trace) if b.invariant == "power_and_state_agree"]) == 1
    oops = Made().play([rproc(), start(fails="OOPS"), start(now("power", 1))])
    assert isinstance(oops[3], Failed)
    assert {breach.invariant for breach in judge(oops)} <= {
        "nothing_oopses", "after_the_fault_is_gone_boot_and_shutdown_work_again",
    }  # fmt: skip
