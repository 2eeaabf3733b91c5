# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows E, S and B of the reference: what the firmware and ELF loaders say about an image."""

import pytest

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.kernel.remoteproc_sysfs import state_store, write
from rprocbench.soc.memory import Pa

from . import images
from .driver import OPS, STRICT, machine
from .images import CODE, GOOD, RPMSG, Segment, elf, table, trace


def boot(image: bytes | None, *, bits: int = 32, strict: bool = False) -> Rproc:
    rproc = machine(image, word_bits=bits, ops=STRICT if strict else OPS)
    state_store(rproc, "start")
    return rproc


def refusal(image: bytes | None, bits: int = 32) -> ModelledError:
    rproc = machine(image, word_bits=bits)
    with pytest.raises(ModelledError) as caught:
        state_store(rproc, "start")
    assert (rproc.state, rproc.power) == (RprocState.OFFLINE, 0)
    assert rproc.cached_table is None
    assert not rproc.lock_held
    return caught.value


NOTE = Segment(0x2000_0000, b"note", kind=4)
EVIL = 0xFFFF_FFFF_FFFF_FFF8

REFUSED = {
    "E01": (None, Errno.ENOENT),
    "E02": (b"", Errno.EINVAL),
    "E05 44": (GOOD[:44], Errno.EINVAL),
    "E05 51": (GOOD[:51], Errno.EINVAL),
    "E06": (GOOD[:52], Errno.EINVAL),
    "E07": (elf(RPMSG, magic=0x474C457F), Errno.EINVAL),
    "E08 0": (elf(RPMSG, cls=0), Errno.EINVAL),
    "E08 3": (elf(RPMSG, cls=3), Errno.EINVAL),
    "E09": (elf(RPMSG, cls=2)[:60], Errno.EINVAL),
    "E10": (elf(RPMSG, data=2), Errno.EINVAL),
    "E11": (elf(RPMSG, shoff=0x7FFF_FFFF), Errno.EINVAL),
    "E12": (elf(RPMSG, shnum=500), Errno.EINVAL),
    "E13": (elf(RPMSG, shstrndx=0xFF00), Errno.EINVAL),
    "E14": (elf(RPMSG, phnum=0), Errno.EINVAL),
    "E15": (elf(RPMSG, phoff=0x7FFF_FFFF), Errno.EINVAL),
    "S01": (elf(RPMSG, (Segment(0, bytes(0x200), 0x100),)), Errno.EINVAL),
    "S02": (elf(RPMSG, (Segment(0, bytes(16), offset=0x10_0000),)), Errno.EINVAL),
    "S03": (elf(RPMSG, (Segment(0x2000_0000, bytes(16)),)), Errno.EINVAL),
    "S04": (elf(RPMSG, (Segment(0xFFF0, bytes(0x20)),)), Errno.EINVAL),
    "S05": (elf(RPMSG, (Segment(0xFFFF_FFF0, bytes(16)),)), Errno.EINVAL),
    "B01": (
        elf(RPMSG, (Segment(0x1000_0000, b"x", 0x1_0000_0010),), bits=64),
        Errno.EOVERFLOW,
    ),
    "B03": (elf(RPMSG, (Segment(0x1000_0000, b"x", 0xFFFF_FFF8),)), Errno.EINVAL),
    "B04": (elf(RPMSG, (Segment(0x1000_0000, bytes(16), offset=0xFFFF_FFF8),)), Errno.EINVAL),
}
NO_TABLE = {
    "E16": elf(None, sections=False),
    "E17": elf(None),
    "E18 short": elf(RPMSG, section=b".resource_tabl"),
    "E18 long": elf(RPMSG, section=b".resource_table_x"),
    "E19": elf(None, (NOTE,)),
    "T01 2": elf(table(trace(), ver=2)),
    "T01 0": elf(table(trace(), ver=0)),
    "T02 0": elf(table(trace(), r0=1)),
    "T02 1": elf(table(trace(), r1=1)),
    "T03": elf(RPMSG, sh_size=12),
    "T04": elf(table(bytes(12), num=100)),
    "T05": elf(RPMSG, sh_size=0x10_0000),
    "B05": elf(RPMSG, bits=64, sh_size=2**32 + 140),
}
CRASHES = {
    "E21": (elf(RPMSG, phnum=0xFFF0), 32),
    "E22": (elf(RPMSG, sh_name=0x10_0000), 32),
    "S10": (elf(RPMSG, (Segment(0x1000_0000, bytes(16), offset=EVIL),), bits=64), 64),
    "B06": (elf(RPMSG, (Segment(0x1000_0000, bytes(16), offset=EVIL),), bits=64), 32),
    "B02": (elf(RPMSG, (Segment(0x1000_0010, bytes(16), 0xFFFF_FFF8),)), 32),
}
BOOTS = {
    "E20": elf(RPMSG, bits=64),
    "E23": elf(RPMSG, type=77, machine=62, phentsize=1, shentsize=2),
    "S06": elf(RPMSG, (*CODE, Segment(0x2000_0000, bytes(16), 0))),
    "S07": elf(RPMSG, (NOTE, *CODE, NOTE)),
    "good": GOOD,
}


@pytest.mark.parametrize("row", REFUSED)
def test_a_refused_image(row: str) -> None:
    image, code = REFUSED[row]
    error = refusal(image)
    assert error.code == code
    assert error.span or row in ("E01", "E02")


@pytest.mark.parametrize("row", NO_TABLE)
def test_a_table_that_is_ignored(row: str) -> None:
    rproc = boot(NO_TABLE[row])
    assert (rproc.state, rproc.table_ptr, rproc.rvdevs) == (RprocState.RUNNING, None, ())
    with pytest.raises(ModelledError) as caught:
        boot(NO_TABLE[row], strict=True)
    assert caught.value.code == Errno.EINVAL


@pytest.mark.parametrize("row", BOOTS)
def test_an_image_that_boots(row: str) -> None:
    rproc = boot(BOOTS[row])
    assert rproc.state == RprocState.RUNNING
    assert len(rproc.rvdevs) == 1
    assert rproc.host.soc.a7.read(Pa(0x3800_0000), 64) == CODE[0].data


@pytest.mark.parametrize("row", CRASHES)
def test_an_image_that_crashes_the_kernel(row: str) -> None:
    image, bits = CRASHES[row]
    rproc = machine(image, word_bits=bits)
    with pytest.raises(Crash):
        state_store(rproc, "start")
    assert rproc.lock_held  # nothing unwinds


@pytest.mark.parametrize("name", ["../../x", "a/../b", "..", "x" * 4000, "a/" * 2100, ""])
def test_e03_e04_names_that_are_refused(name: str) -> None:
    rproc = machine(GOOD)
    rproc.firmware = name
    with pytest.raises(ModelledError) as caught:
        state_store(rproc, "start")
    assert caught.value.code == (Errno.ENAMETOOLONG if len(name) > 9 else Errno.EINVAL)


def test_two_dots_inside_a_name_are_fine() -> None:
    rproc = machine()
    rproc.host.files["a..b"] = GOOD
    rproc.firmware = "a..b"
    assert write(rproc, "state", "start\n") == 6


def test_s08_the_tail_is_cleared_and_nothing_else() -> None:
    rproc = machine(elf(None, (Segment(0x1000_0000, b"ab", 4),)))
    rproc.host.soc.a7.write(Pa(0x1000_0000), b"\xee" * 8)
    state_store(rproc, "start")
    assert rproc.host.soc.a7.read(Pa(0x1000_0000), 8) == b"ab\0\0\xee\xee\xee\xee"


def test_s09_addresses_are_cut_to_32_bits() -> None:
    rproc = boot(elf(None, (Segment(0x1_1000_0000, b"here"),), bits=64), bits=64)
    assert rproc.host.soc.a7.read(Pa(0x1000_0000), 4) == b"here"


def test_s11_a_64_bit_kernel_has_room_for_the_size() -> None:
    error = refusal(REFUSED["B01"][0], bits=64)
    assert error.code == Errno.EINVAL


def test_s12_a_segment_error_leaves_a_stale_table_size() -> None:
    rproc = machine(REFUSED["S03"][0])
    with pytest.raises(ModelledError):
        state_store(rproc, "start")
    assert (rproc.carveouts, rproc.table_ptr) == ((), None)
    assert rproc.table_sz == len(RPMSG)


def test_t16_a_table_out_of_reach_stays_with_linux() -> None:
    rproc = boot(elf(RPMSG, vma=0x2000_0000))
    assert rproc.table_ptr is rproc.cached_table
    assert rproc.cached_table
    assert len(rproc.rvdevs) == 1


def test_t17_an_unallocated_table_overwrites_the_vectors() -> None:
    rproc = boot(elf(RPMSG, vma=0, loaded=False))
    assert rproc.host.soc.a7.read(Pa(0x3800_0000), 8) == RPMSG[:8]


def test_t18_load_and_run_addresses_may_differ() -> None:
    rproc = boot(elf(RPMSG, lma=0x1000_2000, vma=0x1002_0000))
    soc = rproc.host.soc
    assert soc.a7.read(Pa(0x1000_2000), len(RPMSG)) == RPMSG
    live = soc.a7.read(Pa(0x1002_0000), len(RPMSG))
    assert live != RPMSG
    assert live[:16] == RPMSG[:16]


def test_the_boot_address_is_the_entry() -> None:
    assert boot(images.GOOD).bootaddr == 0x1000_0101
