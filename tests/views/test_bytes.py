# SPDX-License-Identifier: GPL-2.0-or-later
"""The hex view as a description, as text and as HTML."""

import json
import time
import zlib
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rprocbench.base.errors import Span
from rprocbench.base.layout import Leaf
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.views import render
from rprocbench.views.bytes_html import bytes_svg, parts
from rprocbench.views.bytes_pack import bytes_traits, pack_regions
from rprocbench.views.bytes_view import MOST, BytesView, bytes_view, file_bytes
from rprocbench.views.show import show
from rprocbench.views.terminal import Terminal
from rprocbench.views.wording import columns
from tests.views.hostile import ATTACK
from tests.views.test_palette import contrast, page


def leaf(path: str, start: int, end: int, value: int | bytes = 1) -> Leaf:
    return Leaf(path, Span("image", start, end), value, f"what {path} is")


def small() -> BytesView:
    data = b"\x7fELF" + bytes(4) + b"text here" + bytes(80) + b"\xff"
    leaves = [leaf("head.magic", 0, 4, data[:4]), leaf("head.size", 4, 8, 0), leaf("body", 8, 98)]
    return bytes_view(data, leaves, "small")


def hostile() -> BytesView:
    leaves = [leaf(f"elf.content[{ATTACK}].{ATTACK}", 0, 8), leaf(ATTACK, 8, 16, ATTACK.encode())]
    return bytes_view(bytes(range(32)), leaves, ATTACK, findings=[ATTACK])


def test_every_byte_of_a_file_has_one_name() -> None:
    for data in (demo_image(), demo_elf(), b"", b"\x7fELF", b"nothing known", demo_image()[:1000]):
        regions = file_bytes(data).regions
        edges = [0, *(region.end for region in regions)]
        assert [region.start for region in regions] == edges[:-1]
        assert edges[-1] == len(data)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12))
def test_regions_never_overlap(spans: list[tuple[int, int]]) -> None:
    leaves = [leaf(f"l{n}", 100 + start, 100 + end) for n, (start, end) in enumerate(spans)]
    view = bytes_view(bytes(40), leaves, base=110)
    at = view.base
    for region in view.regions:
        assert at <= region.start < region.end <= view.end
        at = region.end


def test_what_is_packed_is_what_there_is() -> None:
    view = file_bytes(demo_image())
    packed = json.loads(zlib.decompress(pack_regions(view)))
    at, told = 0, []
    flat = packed["regions"]
    for skip, size, *strings in zip(*[iter(flat)] * 5, strict=True):
        told.append((at + skip, at + skip + size, *(packed["strings"][n] for n in strings)))
        at += skip + size
    assert told == [(r.start, r.end, r.path, r.value, r.doc) for r in view.regions]
    assert pack_regions(view) == pack_regions(file_bytes(demo_image()))


def test_ten_megabytes_are_packed_once_and_cut_beyond_sixteen() -> None:
    start = time.perf_counter()
    view = bytes_view(bytes(10 * 1024 * 1024))
    traits = bytes_traits(view)
    print("seconds to pack 10 MiB", time.perf_counter() - start)  # noqa: T201  measured
    assert traits["packed"] is True
    packed = traits["data"]
    assert isinstance(packed, bytes)
    assert zlib.decompress(packed) == view.data
    start = time.perf_counter()
    text = render.text(view, Terminal())
    print("seconds to tell 10 MiB", time.perf_counter() - start)  # noqa: T201  measured
    assert text.count("\n") < 10  # rows alike are an asterisk
    big = bytes_view(bytes(MOST + 5))
    assert big.is_cut
    assert "the first 16 MiB are shown" in big.summary


TEXT_60 = """\
small
98 bytes, 3 named pieces

00000000  7f 45 4c 46 00 00 00 00  .ELF....
          head.magic 7f 45 4c 46, size 0
00000008  74 65 78 74 20 68 65 72  text her
          body 1
00000010  65 00 00 00 00 00 00 00  e.......
00000018  00 00 00 00 00 00 00 00  ........
*
00000060  00 ff                    .."""

TEXT_120 = """\
small
98 bytes, 3 named pieces

00000000  7f 45 4c 46 00 00 00 00  74 65 78 74 20 68 65 72  .ELF....text her  head.magic 7f 45 4c 46, size 0, body 1
00000010  65 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  e...............
00000020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................
*
00000060  00 ff                                             .."""  # noqa: E501  as wide as a terminal


@pytest.mark.parametrize(("width", "wanted"), [(60, TEXT_60), (120, TEXT_120)])
def test_text(width: int, wanted: str) -> None:
    assert render.text(small(), Terminal(width)) == wanted


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
@pytest.mark.parametrize("make", [small, hostile, lambda: file_bytes(demo_image())])
def test_no_line_is_wider_than_the_terminal(width: int, make: object) -> None:
    assert callable(make)
    lines = render.text(make(), Terminal(width)).splitlines()
    assert max(map(columns, lines)) <= width


def test_rows_alike_end_where_a_piece_begins() -> None:
    data = bytes(64 * 1024 * 3 + 40)
    view = bytes_view(data, [leaf("far", len(data) - 41, len(data))])
    lines = render.text(view, Terminal(120)).splitlines()
    assert next(line for line in lines if "far" in line).startswith("0002fff0")
    assert lines.count("*") == 2
    assert lines[-1].startswith("00030020")


def test_html_has_picture_alternative_and_table() -> None:
    body = render.body(small())
    root = ET.fromstring(body)  # noqa: S314  our own
    image = root.find("img")
    assert image is not None
    assert image.get("alt") == "small: 98 bytes, 3 named pieces."
    assert [cell.text for cell in root.iter("code")] == [
        "head.magic", "7f 45 4c 46", "head.size", "0", "body", "1",
    ]  # fmt: skip
    assert body == render.body(small())


def test_the_picture_draws_tables_and_sections_as_one_part() -> None:
    names = [name for name, _start, _end in parts(file_bytes(demo_image()))]
    assert len(names) < 40
    assert {"header", "tlv.HASHTABLE", "signature", "images[0].ehdr", "images[0].content[.text]",
            "images[0].content[.resource_table]", "images[0].shdrs"} <= set(names)  # fmt: skip


def test_hostile_names_are_inert() -> None:
    for drawn in (render.body(hostile()), bytes_svg(hostile())):
        assert "<script" not in drawn
        assert "<img src=x" not in drawn
        ET.fromstring(drawn)  # noqa: S314  our own
    text = render.text(hostile(), Terminal(120))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert b"\x1b" not in zlib.decompress(pack_regions(hostile()))


def test_bytes_and_files_can_be_shown() -> None:
    assert "header.magic" in str(show(demo_image()))
    assert str(show(small())).startswith("small")
    assert "0 bytes" in str(show(b""))
    assert show(b"").html()


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_what_is_selected_can_be_read(theme: int) -> None:
    colours = page(theme)
    assert contrast(colours["bg"], colours["focus"]) >= 4.5
    assert contrast(colours["text"], colours["lit"]) >= 4.5
    for ground in ("bg", "lit", "raised"):  # the lines below a piece, and around the cursor
        assert contrast(colours["m4"], colours[ground]) >= 3
        assert contrast(colours["focus"], colours[ground]) >= 3
