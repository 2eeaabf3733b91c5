# SPDX-License-Identifier: GPL-2.0-or-later
"""Static HTML and SVG: well-formed, escaped, with a text alternative."""

import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rprocbench.formats.signed_image import SignedImage
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.views import render
from rprocbench.views.markup import tag
from rprocbench.views.memory_map import Item, memory_map
from rprocbench.views.show import describe
from rprocbench.views.signed_image_view import signed_image_view
from rprocbench.views.timeline import timeline
from tests.views.fake_boot import FakeBoot
from tests.views.hostile import ATTACK, hostile_trace

HASH_ROW = bytes(64)


def tiny_image() -> SignedImage:
    """A header, one record that nobody knows, a signature, and bytes that are no ELF."""
    record = (0x42).to_bytes(4, "little") + (8).to_bytes(4, "little") + b"<script>"
    header = b"".join(n.to_bytes(4, "little") for n in (0x3543_A468, 1, len(record), 8, 16))
    return SignedImage.parse(header + record + b"SIGNATUR" + b"not an ELF file!")


def views() -> Iterator[object]:
    yield timeline(FakeBoot().boot().trace, title=ATTACK)
    yield timeline(hostile_trace(), title=ATTACK)
    yield timeline(hostile_trace(), "full")
    yield memory_map(
        STM32MP157C_DK2, [Item(ATTACK, "da", 0x100, 64, ATTACK), Item(ATTACK, "pa", 1, 1, ATTACK)]
    )
    yield signed_image_view(tiny_image(), ATTACK)
    yield describe(STM32MP157C_DK2)


@pytest.mark.parametrize("view", [*views()], ids=lambda view: type(view).__name__)
def test_html_is_well_formed_and_inert(view: object) -> None:
    body = render.body(view)
    root = ET.fromstring(body)  # noqa: S314  it is ours
    for element in root.iter():
        assert element.tag not in {"script", "iframe", "object", "style", "link"}
        assert not any(name.startswith("on") for name in element.attrib)
        if element.tag == "img":
            assert element.attrib["src"].startswith("data:image/svg+xml;base64,")
            assert len(element.attrib["alt"]) > 40
    assert "http" not in re.sub(r'src="data:[^"]*"', "", body)


@pytest.mark.parametrize("view", [*views()], ids=lambda view: type(view).__name__)
def test_pictures_are_well_formed_and_inert(view: object) -> None:
    for source in re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', render.body(view)):
        svg = ET.fromstring(b64decode(source))  # noqa: S314  it is ours
        names = {element.tag.split("}")[1] for element in svg.iter()}
        assert names <= {
            "svg", "title", "style", "defs", "pattern", "path", "circle", "rect", "line", "text",
        }  # fmt: skip
        assert not any(name.startswith("on") for e in svg.iter() for name in e.attrib)


@pytest.mark.parametrize("view", [*views()], ids=lambda view: type(view).__name__)
def test_every_table_has_heads_and_every_row_as_many_cells(view: object) -> None:
    for table in ET.fromstring(render.body(view)).iter("table"):  # noqa: S314  it is ours
        heads = table.findall("thead/tr/th")
        assert heads
        assert all(head.attrib["scope"] == "col" for head in heads)
        for row in table.findall("tbody/tr"):
            assert sum(int(cell.attrib.get("colspan", "1")) for cell in row) == len(heads)


def test_attributes_are_escaped() -> None:
    assert (
        tag("p", "a < b", title='"><script>') == '<p title="&quot;&gt;&lt;script&gt;">a &lt; b</p>'
    )


def test_styles_fetch_nothing() -> None:
    for path in Path(render.__file__).parent.glob("*.css"):
        assert not re.search(r"url\(|@import|http", path.read_text(encoding="utf-8"))


def test_without_styles_nothing_runs_together() -> None:
    """An untrusted notebook, or a forge that shows one, takes every class and style away."""
    from rprocbench.base.errors import Cite
    from rprocbench.base.trace import Changed, Created, Entered, Lane, Left, Trace, Wrote

    core = Cite("linux", "drivers/core.c", "boot")
    trace: Trace = [
        Created("m4", "Rproc", Lane.LINUX, (("power", 0),)),
        Entered("boot", 1, 0, core, "m4"),
        Changed("m4", "power", 0, 1),
        Wrote(Lane.LINUX, "sram", 0, b"xy"),
        Left("boot", 0),
    ]
    body = render.body(timeline(trace, "full"))
    bare = re.sub(r"</?(td|th|div|tr)[^>]*>", "\n", body)
    lines = [line.strip() for line in re.sub(r"<[^>]+>", "", bare).splitlines() if line.strip()]
    assert "Linux: boot ✓" in lines
    assert [line for line in lines if "power" in line] == ["m4.power: 0 → 1"]
    assert [line for line in lines if "writes" in line] == ["writes 2 bytes at sram+0x0"]
