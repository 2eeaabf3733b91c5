# SPDX-License-Identifier: GPL-2.0-or-later
"""Resource tables: what is built is read back, and broken ones are shown as far as they go."""

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rprocbench.base.errors import Span
from rprocbench.formats.elf import ElfView
from rprocbench.formats.elf_build import Sec, build_elf
from rprocbench.formats.resource_table import (
    ADDR_ANY,
    BODIES,
    FwRscCarveout,
    FwRscDevmem,
    FwRscTrace,
    FwRscVdev,
    FwRscVdevVring,
    ResourceTable,
    RscTableHdr,
    RscType,
    find_table_section,
    type_name,
)
from rprocbench.formats.resource_table_build import (
    build_table,
    carveout,
    devmem,
    entry,
    meaning,
    trace,
    vdev,
    vring,
)
from tests.formats.recorded import elf

FULL = (
    carveout("vdev0buffer", len_=0x4000, da=0x1004_2000, flags=3),
    devmem("uart", da=0x4000, pa=0x4000_E000, len_=0x400),
    trace("trace0", 0x1002_0100, 0x80),
    vdev([vring(notifyid=0), vring(da=0x1004_1000, notifyid=1)], config=b"conf"),
    entry(128, b"vendor's"),
)


def leaves_cover(data: bytes, base: int = 0) -> bool:
    """Whether the leaves of a table tile it."""
    at = base
    for leaf in ResourceTable.parse(data, base=base).leaves():
        assert leaf.span.start == at < leaf.span.end
        at = leaf.span.end
    return at == base + len(data)


def test_the_sizes_are_those_of_linux() -> None:
    sizes = [kind.SIZE for kind in (RscTableHdr, *BODIES.values(), FwRscVdevVring)]
    assert sizes == [16, 52, 52, 44, 24, 20]


def test_every_type_of_entry_is_built_and_read_back() -> None:
    table = ResourceTable.parse(build_table(FULL), "fw", 0x100)
    assert table.findings == ()
    assert [item.type for item in table.entries] == [0, 1, 2, 3, 128]
    assert [item.name for item in table.entries] == ["vdev0buffer", "uart", "trace0", "", ""]
    kinds = [FwRscCarveout, FwRscDevmem, FwRscTrace, FwRscVdev, type(None)]
    assert [type(item.body) for item in table.entries] == kinds
    device = table.entries[3]
    assert [(ring.da, ring.notifyid) for ring in device.vrings] == [(ADDR_ANY, 0), (0x1004_1000, 1)]
    assert table.read(device.config) == b"conf"
    assert table.read(table.entries[4].payload) == b"vendor's"
    body = table.entries[2].body
    assert isinstance(body, FwRscTrace)
    first = 16 + 5 * 4 + 2 * 56
    assert body.span("da") == Span("fw", 0x100 + first + 4, 0x100 + first + 8)
    assert leaves_cover(build_table(FULL), 0x100)


def test_the_table_of_a_real_firmware_is_read() -> None:
    view = ElfView.parse(elf("m4_rsc"), base=556)
    section = find_table_section(view)
    assert section is not None
    span = view.content_span(section.header)
    table = ResourceTable.parse(view.read(span), "image", span.start)
    assert (span.start, table.header.num, table.entries[0].name) == (556 + 0x11C, 1, "trace0")
    assert table.findings == ()
    assert find_table_section(ElfView.parse(elf("m4_plain"))) is None
    empty = find_table_section(
        ElfView.parse(elf("m4_norsc"))
    )  # its linker script keeps an empty one
    assert empty is not None
    assert empty.header.sh_size == 0


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"", {"TABLE_CUT"}),
        (bytes(15), {"TABLE_CUT"}),
        (build_table([], ver=2), {"TABLE_VERSION"}),
        (build_table([], reserved1=1), {"RESERVED"}),
        (build_table([], num=0xFFFF_FFFF), {"OFFSETS_CUT"}),
        (build_table(FULL, num=6), {"OVERLAP"}),  # the type of entry 0 taken for an offset
        (build_table([entry(4, b"")]), {"TYPE_UNKNOWN"}),
        (build_table([entry(127, b"")]), {"TYPE_UNKNOWN"}),
        (build_table([entry(513, b"")]), {"TYPE_UNKNOWN"}),
        (build_table([entry(512, b"")]), set()),
        (build_table([carveout("c")[:-1]]), {"ENTRY_CUT"}),
        (build_table([trace("t", 0, 0)[:-1]]), {"ENTRY_CUT"}),
        (build_table([vdev([vring()], num_of_vrings=2)]), {"ENTRY_CUT"}),
        (build_table([vdev([vring()], config_len=0xFFFF_FFFF)]), {"ENTRY_CUT"}),
        (build_table([vdev([], reserved=b"\0\1")]), {"RESERVED"}),
        (struct.pack("<6I", 1, 1, 0, 0, 23, 0), {"ENTRY_OUTSIDE"}),
        (struct.pack("<5I", 1, 1, 0, 0, 0) + bytes(60), {"OVERLAP"}),
    ],
)
def test_what_is_wrong_with_a_table_is_found(data: bytes, codes: set[str]) -> None:
    found = {finding.code for finding in ResourceTable.parse(data).findings}
    assert codes <= found
    assert bool(codes) == bool(found)
    assert leaves_cover(data)


@settings(deadline=None)
@given(st.binary(max_size=400) | st.builds(lambda tail: build_table(FULL) + tail, st.binary()))
def test_any_bytes_can_be_viewed(data: bytes) -> None:
    table = ResourceTable.parse(data, base=8)
    assert all(finding.text for finding in table.findings)
    assert leaves_cover(data, 8)


@settings(deadline=None)
@given(st.integers(0, 300), st.binary(min_size=4, max_size=4))
def test_damaged_tables_can_be_viewed(at: int, word: bytes) -> None:
    data = build_table(FULL)
    assert leaves_cover(data[:at] + word + data[at + 4 :])


def test_many_vrings_are_shown_in_part() -> None:
    table = ResourceTable.parse(build_table([vdev([vring()] * 200)]))
    assert len(table.entries[0].vrings) == 16
    paths = [leaf.path for leaf in table.leaves()]
    assert "table.entry[0].vring[16:]" in paths


@pytest.mark.parametrize(
    ("kind", "values", "field", "text"),
    [
        (FwRscVdev, {"id": 7}, "id", "rpmsg"),
        (FwRscVdev, {"id": 7, "dfeatures": 3}, "dfeatures", "VIRTIO_RPMSG_F_NS, 0x2"),
        (FwRscVdev, {"id": 3, "dfeatures": 1}, "dfeatures", "0x1"),
        (FwRscVdev, {"status": 0x84}, "status", "DRIVER_OK, FAILED"),
        (FwRscVdevVring, {"da": ADDR_ANY}, "da", "any: Linux picks it"),
        (FwRscCarveout, {"da": 0x1000}, "da", ""),
        (FwRscCarveout, {"name": b"x"}, "name", ""),
    ],
)
def test_fields_have_meanings(kind: Any, values: dict[str, Any], field: str, text: str) -> None:
    assert meaning(kind(**values), field) == text


def test_types_have_names() -> None:
    assert [type_name(type_) for type_ in (0, 1, 2, 3)] == ["carveout", "devmem", "trace", "vdev"]
    assert [type_name(type_).split()[0] for type_ in (4, 127, 128, 512, 513)] == [
        "unknown", "unknown", "vendor", "vendor", "unknown",
    ]  # fmt: skip
    assert RscType(4) is RscType.LAST


def test_a_nobits_table_has_no_bytes_in_the_file() -> None:
    data = build_elf([], [Sec(".resource_table", bytes(64), sh_type=8)])
    section = find_table_section(ElfView.parse(data))
    assert section is not None
    assert len(ElfView.parse(data).content_span(section.header)) == 0
