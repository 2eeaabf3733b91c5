# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtio device of a remote processor: what is written where, and what is called when."""

import struct

import pytest

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.base.run import At, Fail
from rprocbench.base.state import check
from rprocbench.base.trace import Entered, Event, Logged, Unwound, Wrote
from rprocbench.formats.resource_table_build import vdev, vring
from rprocbench.kernel.remoteproc import RprocState
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_shutdown
from rprocbench.kernel.remoteproc_virtio_config import (
    rproc_virtio_get,
    rproc_virtio_set,
    rproc_vq_interrupt,
)
from rprocbench.soc.memory import Da

from .scripted_m4 import TABLE_DA, VDEV, Machine, image, machine, table_of

START = """
rproc_start_subdevices
  rproc_vdev_do_start
    rproc_add_virtio_dev
      rproc_find_carveout_by_name
      register_virtio_device
        rproc_virtio_reset
        rproc_virtio_get_status
        rproc_virtio_set_status
        virtio_dev_probe
          rproc_virtio_get_status
          rproc_virtio_set_status
          rproc_virtio_get_features
          rproc_virtio_finalize_features
            rproc_transport_features
          rpmsg_probe
            rproc_virtio_find_vqs
              rp_find_vq
                rproc_find_carveout_by_name
              rp_find_vq
                rproc_find_carveout_by_name
            rpmsg_ns_probe
            rproc_virtio_get_status
            rproc_virtio_set_status
            rproc_virtio_notify
              stm32_rproc_kick
          rproc_virtio_get_status
"""
PROBE = """
platform_device_register_full
  rproc_virtio_probe
    rproc_parse_vring
    rproc_parse_vring
    rproc_alloc_vring
      rproc_find_carveout_by_name
      rproc_check_carveout_da
    rproc_alloc_vring
      rproc_find_carveout_by_name
      rproc_check_carveout_da
    rproc_add_rvdev
    rproc_add_subdev
"""
STOP = """
rproc_vdev_do_stop
  rproc_remove_virtio_dev
    unregister_virtio_device
      virtio_dev_remove
        rpmsg_remove
          rproc_virtio_reset
          rproc_virtio_del_vqs
            __rproc_virtio_del_vqs
        rproc_virtio_get_status
        rproc_virtio_get_status
        rproc_virtio_set_status
  rproc_virtio_dev_release
"""
REMOVE = """
platform_device_unregister
  rproc_virtio_remove
    rproc_free_vring
    rproc_free_vring
    rproc_remove_subdev
    rproc_remove_rvdev
"""
# Calls whose result the C tests, and which the recording did not trace.
UNTRACED = {
    "dma_alloc_coherent", "mbox_send_message", "rpmsg_ns_register_device", "stm32_ipcc_send_data",
    "rpmsg_virtio_add_ctrl_dev", "virtio_rpmsg_announce_create", "vring_new_virtqueue",
    "virtio_rpmsg_announce_destroy",
}  # fmt: skip


def booted(*entries: bytes, script: dict[At, Fail] | None = None) -> Machine:
    bench = machine(image(table_of(*entries)), script=dict(script or {}))
    rproc_boot(bench.rproc)
    return bench


def tree(events: list[Event], first: str) -> str:
    """The call of `first` and everything in it, indented as the recording is."""
    lines: list[str] = []
    depths: list[int] = []
    for event in events:
        if not isinstance(event, Entered):
            continue
        if not lines and event.function != first:
            continue
        while depths and event.depth <= depths[-1]:
            depths.pop()
        if lines and not depths:
            break
        if event.function not in UNTRACED:
            lines.append("  " * len(depths) + event.function)
            depths.append(event.depth)
    return "\n" + "\n".join(lines) + "\n"


def table_writes(bench: Machine, field: int, size: int) -> list[int]:
    """What was written to one field of the vdev's entry in the loaded table, in order."""
    at = TABLE_DA + VDEV + field - 0x1000_0000
    return [
        int.from_bytes(e.data, "little")
        for e in bench.run.trace
        if isinstance(e, Wrote)
        and (e.ram, e.offset, len(e.data)) == ("mcusram", at, size)
        and e.lane == "Linux"
    ]


def test_calls_come_in_the_recorded_order() -> None:
    bench = booted()
    rproc_shutdown(bench.rproc)
    trace = bench.run.trace
    assert tree(trace, "rproc_start_subdevices") == START
    assert tree(trace, "platform_device_register_full") == PROBE
    assert tree(trace, "rproc_vdev_do_stop") == STOP
    assert tree(trace, "platform_device_unregister") == REMOVE


def test_the_status_goes_its_way() -> None:
    bench = booted()
    rproc_shutdown(bench.rproc)
    assert table_writes(bench, 20, 1) == [0, 1, 3, 7, 0, 1]
    assert table_writes(bench, 12, 4) == [1]  # gfeatures
    assert table_writes(bench, 24, 4) == [0x1004_0000]
    assert table_writes(bench, 44, 4) == [0x1004_1000]


def test_rings_are_laid_out_for_the_remote() -> None:
    bench = booted()
    rings = bench.soc.m4.read(Da(0x1004_0000), 438)
    for head in range(16):
        desc = struct.unpack_from("<QIHH", rings, 16 * head)
        assert desc == (0x1004_2000 + 512 * head, 512, 2, (head + 1) % 16)
    assert struct.unpack_from("<HH16H", rings, 0x100) == (0, 16, *range(16))
    assert rings[0x124:] == bytes(438 - 0x124)
    assert bench.soc.m4.read(Da(0x1004_1000), 438) == bytes(438)  # K7.3: avail.flags 0 on both


def test_everything_that_was_made_is_gone_after_shutdown() -> None:
    bench = booted()
    rproc_shutdown(bench.rproc)
    check(bench.run.trace)
    rproc = bench.rproc
    assert (rproc.rvdevs, rproc.subdevs, rproc.notifyids) == ((), (), ())


@pytest.mark.parametrize(
    ("offered", "agreed"), [(0xFFFF_FFFF, 0x3000_0001), (0, 0), (1, 1), (0x2000_0000, 0x2000_0000)]
)
def test_features(offered: int, agreed: int) -> None:
    bench = booted(vdev((vring(), vring()), dfeatures=offered))
    assert bench.m4.u32(TABLE_DA + VDEV + 12) == agreed
    assert bench.status() == 7
    listens = [e for e in bench.run.trace if isinstance(e, Entered) and "ns_probe" in e.function]
    assert bool(listens) == bool(agreed & 1)


def test_a_device_that_nobody_drives_stays_acknowledged() -> None:
    bench = booted(vdev((vring(), vring()), id_=77))
    assert bench.status() == 1
    rproc_shutdown(bench.rproc)
    assert table_writes(bench, 20, 1) == [0, 1]


def test_one_ring_is_accepted_fails_and_oopses_in_the_end() -> None:
    bench = machine(image(table_of(vdev((vring(),)))), board=without("vdev0vring1"))
    rproc_boot(bench.rproc)
    assert bench.rproc.state == RprocState.RUNNING
    assert bench.status() == 0x83
    with pytest.raises(Crash):
        rproc_shutdown(bench.rproc)


def test_one_ring_oopses_at_once_where_a_second_has_memory() -> None:
    with pytest.raises(Crash):
        booted(vdev((vring(),)))


def without(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    from dataclasses import replace

    from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

    regions = tuple(r for r in STM32MP157C_DK2.linux_regions if r.name != name)
    return replace(STM32MP157C_DK2, linux_regions=regions)


def test_without_a_buffer_region_the_buffers_overwrite_the_vectors() -> None:
    bench = machine(image(), board=without("vdev0buffer"))
    rproc_boot(bench.rproc)
    assert bench.rproc.rvdevs[0].vdev.pool.name == "retram"
    assert bench.rproc.rvdevs[0].vdev.block == (0x3800_0000, 0x4000)


def test_a_ring_of_256_wants_more_buffers_than_there_is_room_for() -> None:
    bench = booted(vdev((vring(num=128), vring(num=128))))
    assert bench.status() == 0x83
    assert bench.rproc.rvdevs[0].vring[0].vq is None
    rproc_shutdown(bench.rproc)


@pytest.mark.parametrize(
    ("place", "labels"),
    [
        (At("rp_find_vq", 2), ["error", "free_vrp", "err"]),
        (At("vring_new_virtqueue"), ["error", "free_vrp", "err"]),
        (At("dma_alloc_coherent"), ["vqs_del", "free_vrp", "err"]),
        (At("rpmsg_virtio_add_ctrl_dev"), ["free_coherent", "vqs_del", "free_vrp", "err"]),
        (
            At("rpmsg_ns_register_device"),
            ["free_ctrldev", "free_coherent", "vqs_del", "free_vrp", "err"],
        ),
    ],
)
def test_a_probe_that_fails_leaves_a_status_and_nothing_else(place: At, labels: list[str]) -> None:
    bench = booted(script={place: Fail(Errno.ENOMEM)})
    assert [e.label for e in bench.run.trace if isinstance(e, Unwound)] == labels
    assert bench.status() == 0x83
    assert bench.rproc.state == RprocState.RUNNING
    device = bench.rproc.rvdevs[0].vdev
    assert (device.vqs, device.block, device.priv) == ((), None, None)
    rproc_shutdown(bench.rproc)
    check(bench.run.trace)


def test_a_name_service_that_does_not_start_is_no_error() -> None:
    bench = booted(script={At("rpmsg_ns_probe"): Fail(Errno.ENOMEM)})
    assert bench.status() == 7


def test_a_registration_that_fails_fails_the_boot() -> None:
    bench = machine(script={At("register_virtio_device"): Fail(Errno.ENOMEM)})
    with pytest.raises(ModelledError) as caught:
        rproc_boot(bench.rproc)
    assert caught.value.code == Errno.ENOMEM
    assert not bench.soc.mcu.running
    check(bench.run.trace)


@pytest.mark.parametrize("fields", [{"num": 0}, {"align": 0}, {"align": 4096}, {"da": 0x1004_1000}])
def test_a_vdev_that_cannot_be_probed_is_missing(fields: dict[str, int]) -> None:
    bench = booted(vdev((vring(**fields), vring())))
    assert bench.rproc.state == RprocState.RUNNING
    assert (bench.rproc.rvdevs, bench.rproc.leaked_pdevs, bench.status()) == ((), 1, 0)


def test_two_vdevs_have_four_ids_and_the_second_kicks_in_vain() -> None:
    bench = booted(*[vdev((vring(), vring()))] * 2)
    assert [ring.notifyid for dev in bench.rproc.rvdevs for ring in dev.vring] == [0, 1, 2, 3]
    assert [dev.vdev.name for dev in bench.rproc.rvdevs] == ["virtio0", "virtio1"]
    logs = [e.text for e in bench.run.trace if isinstance(e, Logged)]
    assert "ring 2 has no doorbell" in logs


def test_configuration_is_read_and_written_within_its_bounds() -> None:
    bench = booted(vdev((vring(), vring()), config=b"abcdefgh"))
    device = bench.rproc.rvdevs[0].vdev
    assert rproc_virtio_get(device, 2, 4) == b"cdef"
    rproc_virtio_set(device, 0, b"XY")
    assert rproc_virtio_get(device, 0, 8) == b"XYcdefgh"
    assert rproc_virtio_get(device, 5, 4) is None
    assert rproc_virtio_get(device, 0xFFFF_FFFF, 2) is None


def test_interrupts_of_unknown_and_of_empty_rings() -> None:
    bench = booted()
    assert rproc_vq_interrupt(bench.rproc, 9) == 0
    assert rproc_vq_interrupt(bench.rproc, 1) == 0
    bench.m4.run_until(bench.m4.cycles + 1)
    assert rproc_vq_interrupt(bench.rproc, 0) == 1
