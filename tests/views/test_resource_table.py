# SPDX-License-Identifier: GPL-2.0-or-later
"""The resource table as a description, as text and as HTML; on real runs, and on hostile tables."""

import json
import re
import zlib
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rprocbench.base.state import state_at
from rprocbench.base.trace import Lane, Wrote
from rprocbench.bench import Bench, Recording
from rprocbench.bench.demo import demo_elf, demo_image, with_flipped_byte
from rprocbench.bench.scenarios import attach
from rprocbench.designs import DESIGNS
from rprocbench.formats.resource_table import ResourceTable
from rprocbench.formats.resource_table_build import build_table, carveout, entry, trace, vdev, vring
from rprocbench.views import render
from rprocbench.views.resource_table_history import MOST_MOMENTS, recording_table, table_moments
from rprocbench.views.resource_table_pack import pack_table
from rprocbench.views.resource_table_svg import resource_table_svg
from rprocbench.views.resource_table_tree import image_table, resource_table_view
from rprocbench.views.resource_table_view import ResourceTableView
from rprocbench.views.show import show
from rprocbench.views.terminal import Terminal
from rprocbench.views.wording import columns
from tests.views.hostile import ATTACK


@cache
def booted() -> Recording:
    return Bench().boot(demo_image(), "echo.sign")


@cache
def boot_view() -> ResourceTableView:
    return recording_table(booted())


def still() -> ResourceTableView:
    rings = [vring(), vring(da=0x1004_1000, notifyid=1)]
    data = build_table(
        [carveout("vdev0buffer", 0x1004_2000, 0x4000), vdev(rings), trace("log", 8, 64)]
    )
    return resource_table_view(ResourceTable.parse(data, "image", 0x100), "demo")


def hostile() -> ResourceTableView:
    name = b"<img src=x onerror=alert(1)>\x1b[\xe2"
    data = build_table([trace(name, 0, 0), entry(130, b"<script>"), carveout("\u202eevil", 1, 2)])
    return resource_table_view(ResourceTable.parse(data + b"\xff" * 9), ATTACK)


def test_linux_writes_back_what_it_decided() -> None:
    view = boot_view()
    told = {f.path: (f.say(view.data), f.say(view.moments[view.after].data)) for f in view.fields}
    assert told["entry[1].gfeatures"] == (("0", ""), ("1", "VIRTIO_RPMSG_F_NS"))
    assert told["entry[1].status"][1] == ("7", "ACKNOWLEDGE, DRIVER, DRIVER_OK")
    any_ = ("0xffffffff", "any: Linux picks it")
    assert told["entry[1].vring[0].da"] == (any_, ("0x10040000", ""))
    assert told["entry[1].vring[1].da"] == (any_, ("0x10041000", ""))
    writers = {f.path: w.function for f in view.fields if (w := view.writer(f))}
    assert writers == {
        "entry[1].gfeatures": "rproc_virtio_finalize_features",
        "entry[1].status": "rproc_virtio_set_status",
        "entry[1].vring[0].da": "rp_find_vq",
        "entry[1].vring[1].da": "rp_find_vq",
    }
    assert view.base == image_table(demo_image()).base  # type: ignore[union-attr]


def test_every_moment_is_what_the_run_folds_to() -> None:
    run = booted()
    view = boot_view()
    loaded = [m for m in view.moments if m.place.startswith("loaded_table@")]
    heap = [m for m in view.moments if m.place == "cached_table" and m.data]
    assert len(loaded) > 8
    assert len(heap) > 4
    for moment in loaded:
        held = state_at(run.trace, moment.index).memories["mcusram"].read(0x20000, len(view.data))
        assert moment.data == held
    for moment in heap:
        assert moment.data == state_at(run.trace, moment.index).objects["cached_table"]["data"]


def test_no_write_to_the_table_is_missed() -> None:
    view = boot_view()
    moments = {moment.index: moment for moment in view.moments}
    for index, event in enumerate(booted().trace):
        match event:
            case Wrote(lane=Lane.LINUX, ram="mcusram", offset=at) if 0x20000 <= at < 0x20090:
                start, end = moments[index].written
                assert (start, end - start) == (at - 0x20000, len(event.data))
    assert [m.index for m in view.moments] == sorted(m.index for m in view.moments)


def test_the_story_of_the_places() -> None:
    told = [(moment.by, moment.place.split("@")[0], moment.what) for moment in boot_view().moments]
    assert told[1] == ("rproc_pta_load_segment (OP-TEE)", "loaded_table", "is written")
    assert told[2][1:] == ("cached_table", "is made, a copy in Linux's heap")
    assert told[3] == ("rproc_start (Linux)", "loaded_table", "is written")
    assert ("rproc_reset_rsc_table_on_stop (Linux)", "cached_table",
            "is what table_ptr points to now") in told  # fmt: skip
    assert told[-1][1:] == ("cached_table", "is freed")
    lives = {moment.index: moment.live for moment in boot_view().moments}
    assert {live.split("@")[0] for live in lives.values()} == {"", "cached_table", "loaded_table"}


@pytest.mark.parametrize("name", sorted(DESIGNS))
def test_every_design_can_be_shown(name: str) -> None:
    image = demo_elf() if name == "mainline" else demo_image()
    view = recording_table(Bench(design=DESIGNS[name]).boot(image, "x"))
    assert len(view.moments) > 1
    assert show(view).html()
    assert "entry 1: vdev" in str(show(view))


def test_an_attached_core_has_its_table_in_memory() -> None:
    bench = Bench(design=DESIGNS["mainline"])
    machine = bench.machine(demo_elf())
    attach(machine)
    trace_ = machine.run.trace
    view = recording_table(
        Recording("attached", demo_elf(), "mainline", bench.board.name, {}, trace_)
    )
    assert view.after
    assert {m.place.split("@")[0] for m in view.moments} == {
        "the file", "loaded_table", "clean_table", "cached_table",
    }  # fmt: skip
    assert "entry[1].vring[0].da" in {f.path for f in view.differing(view.after)}


def test_a_refused_image_leaves_the_table_alone() -> None:
    view = recording_table(Bench().boot(with_flipped_byte(demo_image()), "bad"))
    assert view.after == 0
    assert "After Linux" not in render.body(view)


def test_an_image_without_a_table_is_told_so() -> None:
    run = Bench().boot(b"\x7fELF nothing", "odd")
    view = recording_table(run)
    assert view.summary == "There is no resource table."
    assert show(view).html()
    assert "no resource table" in str(show(view))
    assert image_table(b"") is None


def test_without_a_board_the_heap_is_still_told() -> None:
    run = booted()
    places = {m.place for m in table_moments(run.trace, None, boot_view().data)}
    assert "cached_table" in places


def test_too_many_moments_are_cut_and_told() -> None:
    run = booted()
    write = next(e for e in run.trace if isinstance(e, Wrote) and e.offset == 0x20060)
    at = max(i for i, e in enumerate(run.trace) if isinstance(e, Wrote) and e.offset == 0x20060)
    more = [replace(write, data=bytes([n % 251])) for n in range(400)]
    trace_ = [*run.trace[:at], *more, *run.trace[at:]]
    view = recording_table(replace(run, trace=trace_))
    assert len(view.moments) == MOST_MOMENTS
    assert "only the first 256" in view.findings[-1]


def test_packed_values_are_those_said() -> None:
    view = boot_view()
    packed = json.loads(zlib.decompress(pack_table(view)))
    strings = packed["strings"]
    for number, moment in enumerate(view.moments):
        told = {n: (strings[v], strings[m]) for n, v, m in packed["moments"][number][6]}
        for n, field in enumerate(view.fields):
            first = (strings[packed["fields"][n][5]], strings[packed["fields"][n][6]])
            assert told.get(n, first) == field.say(moment.data)
    assert pack_table(view) == pack_table(recording_table(Bench().boot(demo_image(), "echo.sign")))
    assert len(pack_table(view)) < 4000


TEXT_60 = """\
entry 0: carveout “vdev0buffer”  +0x1c, 56 bytes
  type               +0x1c  0           carveout
  da                 +0x20  0x10042000
  pa                 +0x24  0x00000000
  len                +0x28  16384       16 KiB
  flags              +0x2c  0
  reserved           +0x30  0
  name               +0x34  “vdev0buffer”
"""


def test_text() -> None:
    text = render.text(still(), Terminal(60))
    assert TEXT_60 in text
    assert "vring[1]  +0x84, 20 bytes" in text
    assert "What became of it" not in text


def test_text_of_a_run_tells_before_and_after_in_a_line() -> None:
    text = render.text(boot_view(), Terminal(120))
    wanted = "● da                   +0x64  0xffffffff  any: Linux picks it  → 0x10040000  event"
    assert wanted in text
    assert "entry[1].status: 3 (ACKNOWLEDGE, DRIVER) → 7 (ACKNOWLEDGE, DRIVER, DRIVER_OK)" in text
    coloured = render.text(boot_view(), Terminal(120, colour=True))
    assert "\x1b[1;4m→ 0x10040000\x1b[0m" in coloured


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
@pytest.mark.parametrize("make", [still, hostile, boot_view])
def test_no_line_is_wider_than_the_terminal(width: int, make: object) -> None:
    assert callable(make)
    lines = render.text(make(), Terminal(width)).splitlines()
    assert max(map(columns, lines)) <= width


def test_html_has_picture_alternative_and_tables() -> None:
    body = render.body(boot_view())
    root = ET.fromstring(body)  # noqa: S314  our own
    image = root.find("img")
    assert image is not None
    assert re.search(r"By event \d+ Linux had changed", str(image.get("alt")))
    lit = [cell for cell in root.iter("td") if cell.get("class") == "rb-lit"]
    assert "".join(lit[0].itertext()) == "● 1"
    assert body == render.body(boot_view())


def test_hostile_names_are_inert() -> None:
    view = hostile()
    for drawn in (render.body(view), resource_table_svg(view)):
        assert "<img src=x" not in drawn
        assert "<script" not in drawn
        ET.fromstring(drawn)  # noqa: S314  our own
    for text in (render.text(view, Terminal(120)), zlib.decompress(pack_table(view)).decode()):
        assert "\x1b" not in text
        assert "\u202e" not in text


@given(st.binary(max_size=300), st.integers(0, 3))
def test_any_bytes_can_be_shown(data: bytes, kind: int) -> None:
    if kind:
        data = build_table([entry(kind, data)], num=kind * 3)
    view = resource_table_view(ResourceTable.parse(data))
    assert render.text(view, Terminal())
    ET.fromstring(render.body(view))  # noqa: S314  our own
    pack_table(view)
