# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from rprocbench.formats.vring import (
    RPMSG_MTU,
    RpmsgHdr,
    RpmsgNsMsg,
    SplitRing,
    VringDesc,
    VringUsedElem,
    vring_need_event,
    vring_size,
)


def test_a_ring_of_sixteen_lies_as_linux_lays_it() -> None:
    ring = SplitRing(16, 16, 0x1004_0000)
    assert ring.desc(15) == 0x1004_00F0
    assert (ring.avail, ring.avail_ring(0), ring.used_event) == (
        0x1004_0100,
        0x1004_0104,
        0x1004_0124,
    )
    assert (ring.used, ring.used_ring(1), ring.avail_event) == (
        0x1004_0130,
        0x1004_013C,
        0x1004_01B4,
    )
    assert ring.end == 0x1004_01B6


@pytest.mark.parametrize(
    ("num", "align", "size"),
    [
        (16, 16, 438),
        (16, 4096, 4230),
        (256, 4096, 10246),
        # What the real 32-bit kernel takes for small enough although it is not a power of two ...
        (16, 330382100, 0x4AE),
        (16, 2147483649, 0x1AC),
        # ... where it wraps ...
        (3, 4294963201, 0x5A),
        # ... and what it takes for too big.
        (16, 2147418112, 0x10086),
        (134217729, 4095, 0xD000100E),
    ],
)
def test_sizes(num: int, align: int, size: int) -> None:
    assert vring_size(num, align) == size


def test_the_size_is_the_end_of_the_ring() -> None:
    for num in (1, 2, 8, 12, 16, 256):
        for align in (1, 2, 4, 16, 64, 4096):
            assert SplitRing(num, align).end == vring_size(num, align)


def test_records_have_the_sizes_of_the_wire() -> None:
    sizes = [r.SIZE for r in (VringDesc, VringUsedElem, RpmsgHdr, RpmsgNsMsg)]
    assert sizes == [16, 8, 16, 40]
    assert RPMSG_MTU == 496


@pytest.mark.parametrize(
    ("event", "new", "old", "wanted"),
    [
        (0, 1, 0, True),
        (1, 1, 0, False),
        (5, 8, 4, True),
        (3, 8, 4, False),
        (0xFFFF, 0, 0xFFFF, True),
    ],
)
def test_the_event_window(event: int, new: int, old: int, *, wanted: bool) -> None:
    assert vring_need_event(event, new, old) is wanted
