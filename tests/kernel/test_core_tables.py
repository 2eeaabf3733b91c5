# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows T, C, D, R and V of the reference: what a resource table may ask for."""

from dataclasses import replace

import pytest

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.kernel.remoteproc_debugfs import rproc_rsc_table_show, rproc_trace_read
from rprocbench.kernel.remoteproc_sysfs import state_store
from rprocbench.soc.memory import Pa

from .driver import OPS, handle_rsc, machine
from .images import (
    ANY,
    CODE,
    RINGS,
    RPMSG,
    TABLE_AT,
    Segment,
    carveout,
    elf,
    entry,
    table,
    trace,
    vdev,
)  # fmt: skip


def boot(rsc: bytes, **options: object) -> Rproc:
    rproc = machine(elf(rsc), **options)  # type: ignore[arg-type]
    state_store(rproc, "start")
    assert rproc.state == RprocState.RUNNING
    return rproc


def loaded(rproc: Rproc, offset: int) -> int:
    """A word of the table that the core sees."""
    return int.from_bytes(rproc.host.soc.a7.read(Pa(TABLE_AT + offset), 4), "little")


FIXED = [(0x1004_0000, 16, 16), (0x1004_1000, 16, 16)]
REFUSED = {
    "T07": (table(trace(), offset=4), Errno.EINVAL),
    "T08": (table(trace(), offset=0x1000), Errno.EINVAL),
    "T09": (table(trace(), offset=0xFFFF_FFF0), Errno.EINVAL),
    "T10": (table(trace(), offset=20 + len(trace()) - 3), Errno.EINVAL),
    "C01": (table(carveout(b"x")[:-1]), Errno.EINVAL),
    "C02": (table(carveout(b"x", reserved=5)), Errno.EINVAL),
    "C05": (table(carveout(b"x"), carveout(b"x")), Errno.ENOMEM),
    "C06": (table(carveout(b""), carveout(b"")), Errno.ENOMEM),
    "C10": (table(carveout(b"mcuram", length=0x5_0000)), Errno.ENOMEM),
    "C11": (table(carveout(b"mcuram", 0x0FFF_F000)), Errno.ENOMEM),
    "C12": (table(carveout(b"mcuram", 0x1003_F800)), Errno.ENOMEM),
    "C13": (table(carveout(b"x", length=0x7FFF_F000)), Errno.ENOMEM),
    "C14": (table(carveout(b"x", length=0)), Errno.ENOMEM),
    "D01": (table(carveout(b"uart", kind=1)), Errno.EINVAL),
    "R01": (table(trace()[:-1]), Errno.EINVAL),
    "R02": (table(trace(reserved=1)), Errno.EINVAL),
    "V01": (table(vdev(RINGS)[:-1]), Errno.EINVAL),
    "V02 0": (table(vdev(RINGS, r0=1)), Errno.EINVAL),
    "V02 1": (table(vdev(RINGS, r1=1)), Errno.EINVAL),
    "V03": (table(vdev([*RINGS, RINGS[0]])), Errno.EINVAL),
    "V04": (table(vdev(RINGS, num=255)), Errno.EINVAL),
    "V05": (table(vdev(RINGS, config_len=0xFFFF_FFFF)), Errno.EINVAL),
}
BOOTS = {
    "T06": table(),
    "T11": table(trace(), offset=16),
    "T12 4": table(entry(4)),
    "T12 127": table(entry(127)),
    "T12 513": table(entry(513)),
    "T15": table(entry(200)),
    "C07": table(carveout(b"mcuram", 0x1000_0000, 0x4_0000)),
    "C15": table(carveout(b"n" * 32)),
    "V11": table(vdev(FIXED)),
    "V18": table(vdev([(ANY, 16, 16), (ANY, 16, 8)])),
    "V06": table(vdev(RINGS, config_len=8) + bytes(8)),
    "V15": table(vdev(RINGS, id=77)),
}
VDEV_MISSING = {
    "V07": table(vdev([(ANY, 16, 0), (ANY, 16, 16)])),
    "V08": table(vdev([(ANY, 16, 16), (ANY, 0, 16)])),
    "V10": table(vdev([(ANY, 4096, 16), (ANY, 4096, 16)])),
    "V12": table(vdev([FIXED[1], FIXED[0]])),
}


@pytest.mark.parametrize("row", REFUSED)
def test_a_refused_table(row: str) -> None:
    rsc, code = REFUSED[row]
    rproc = machine(elf(rsc))
    with pytest.raises(ModelledError) as caught:
        state_store(rproc, "start")
    assert caught.value.code == code
    assert (rproc.state, rproc.power, rproc.carveouts) == (RprocState.OFFLINE, 0, ())
    assert (rproc.table_ptr, rproc.cached_table) == (None, None)


@pytest.mark.parametrize("row", BOOTS)
def test_a_table_that_boots(row: str) -> None:
    rproc = boot(BOOTS[row])
    assert not rproc.leaked_pdevs
    assert rproc_rsc_table_show(rproc) or row == "T06"
    state_store(rproc, "stop")
    assert (rproc.carveouts, rproc.rvdevs, rproc.notifyids) == ((), (), ())


@pytest.mark.parametrize("row", VDEV_MISSING)
def test_a_vdev_that_silently_goes_missing(row: str) -> None:
    rproc = boot(VDEV_MISSING[row])
    assert (rproc.rvdevs, rproc.leaked_pdevs, rproc.notifyids) == ((), 1, ())


def test_t13_a_vendor_takes_its_entry() -> None:
    rproc = machine(elf(table(entry(128, b"data"))), ops=replace(OPS, handle_rsc=handle_rsc))
    rproc.priv.vendor[128] = 0
    state_store(rproc, "start")
    assert "vendor 128 at 0x18 of 0x4" in rproc.priv.seen


def test_t14_a_vendor_refuses() -> None:
    rproc = machine(elf(table(entry(129))), ops=replace(OPS, handle_rsc=handle_rsc))
    rproc.priv.vendor[129] = Errno.EPERM
    with pytest.raises(ModelledError) as caught:
        state_store(rproc, "start")
    assert caught.value.code == Errno.EPERM


def test_c03_an_unknown_carveout_gets_memory() -> None:
    rproc = boot(table(carveout(b"x", length=0x2000)))
    assert [loaded(rproc, 24 + at) for at in (0, 4, 8)] == [0xDC00_0000, 0xDC00_0000, 0x2000]


def test_c04_a_wanted_address_is_kept_though_the_memory_is_elsewhere() -> None:
    rproc = boot(table(carveout(b"x", 0x8000_0000)))
    assert [loaded(rproc, 24 + at) for at in (0, 4)] == [0x8000_0000, 0xDC00_0000]


@pytest.mark.parametrize(("da", "length"), [(0x1000_1000, 0x100), (ANY, 0x100)])
def test_c08_c09_a_part_of_a_region_becomes_the_region(da: int, length: int) -> None:
    rproc = boot(table(carveout(b"mcuram", da, length)))
    assert [loaded(rproc, 24 + at) for at in (0, 4, 8)] == [0x1000_0000, 0x1000_0000, 0x4_0000]


def test_c16_a_name_is_a_format() -> None:
    rproc = boot(table(carveout(b"a%db")))
    assert rproc.carveouts[-1].name.startswith("a")
    assert "%" not in rproc.carveouts[-1].name


def test_c17_a_name_that_wants_a_string_crashes() -> None:
    with pytest.raises(Crash):
        boot(table(carveout(b"%s%s%s%s")))


def test_c18_any_error_of_an_allocation_is_enomem() -> None:
    rproc = machine(elf(RPMSG), fail={"carveout.alloc": Errno.EIO})
    with pytest.raises(ModelledError) as caught:
        state_store(rproc, "start")
    assert caught.value.code == Errno.ENOMEM
    assert rproc.carveouts == ()


def test_r03_a_trace_out_of_reach() -> None:
    rproc = boot(table(trace(0x2000_0000)))
    assert "not available" in rproc_trace_read(rproc, rproc.traces[0])


def test_a_trace_ends_at_its_first_nul() -> None:
    rproc = boot(table(trace(0x1000_0100, 16)))
    rproc.host.soc.a7.write(Pa(0x1000_0100), b"hello\n\0rest")
    assert rproc_trace_read(rproc, rproc.traces[0]) == "hello\n"


@pytest.mark.parametrize("rings", [0, 1])
def test_v13_too_few_rings_crash_at_the_stop(rings: int) -> None:
    rproc = machine(elf(table(vdev(RINGS[:rings]))))
    rproc.priv.regions = 2 + rings
    state_store(rproc, "start")
    assert rproc.state == RprocState.RUNNING
    with pytest.raises(Crash):
        state_store(rproc, "stop")


@pytest.mark.parametrize("rings", [0, 1])
def test_v14_too_few_rings_crash_the_boot_where_the_other_has_memory(rings: int) -> None:
    with pytest.raises(Crash):
        boot(table(vdev(RINGS[:rings])))


@pytest.mark.parametrize(("dfeatures", "gfeatures"), [(0xFFFF_FFFF, 0x3000_0001), (0, 0), (1, 1)])
def test_v16_v17_features(dfeatures: int, gfeatures: int) -> None:
    rproc = boot(table(vdev(RINGS, dfeatures=dfeatures)))
    assert loaded(rproc, 20 + 4 + 12) == gfeatures


def test_v19_two_vdevs_share_the_ids() -> None:
    rproc = boot(table(vdev(RINGS), vdev(RINGS)))
    ids = [[vring.notifyid for vring in rvdev.vring] for rvdev in rproc.rvdevs]
    assert ids == [[0, 1], [2, 3]]
    assert [c.name for c in rproc.carveouts[-2:]] == ["vdev1vring0", "vdev1vring1"]


def test_v20_a_vdev_needs_a_kick() -> None:
    rproc = machine(elf(RPMSG), ops=replace(OPS, kick=None))
    with pytest.raises(ModelledError) as caught:
        state_store(rproc, "start")
    assert caught.value.code == Errno.EINVAL
    assert "ops.stop" in rproc.priv.seen


def test_v21_without_a_vdev_nobody_kicks() -> None:
    boot(table(trace()), ops=replace(OPS, kick=None))


def test_a_table_shows_in_debugfs() -> None:
    text = rproc_rsc_table_show(boot(RPMSG))
    assert "Entry 0 is of type vdev\n  ID 7\n  Notify ID 0\n  Device features 0x1\n" in text
    assert "  Status 0x7\n" in text
    assert "Entry 1 is of type trace\n  Device Address 0x10000400\n" in text
    assert "  Name cm4_log\n" in text


def test_the_segments_are_those_of_the_image() -> None:
    rproc = boot(RPMSG)
    assert isinstance(CODE[0], Segment)
    assert rproc.host.soc.a7.read(Pa(0x1000_0000), 4) == b"text"
