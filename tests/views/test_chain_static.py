# SPDX-License-Identifier: GPL-2.0-or-later
"""The chain as text and as a figure: whole, narrow, wide, deterministic, inert."""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from rprocbench.bench.chain import Chain, chain
from rprocbench.views import render
from rprocbench.views.chain_html import chain_alt
from rprocbench.views.chain_svg import chain_svg
from rprocbench.views.cursor_page import linked_page
from rprocbench.views.report import Section
from rprocbench.views.show import show
from rprocbench.views.terminal import Terminal
from rprocbench.views.wording import columns
from tests.formats import recorded
from tests.tee.machine import GOOD, KEY

from .chain_cases import FUZZ, GOLDEN, fuzzed, golden_key, good, tampered
from .hostile import ATTACK


class Tags(HTMLParser):
    """Names of tags, and whether they are balanced."""

    VOID = frozenset({"img", "meta", "col"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not any(name.startswith("on") for name, _value in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") for name, _value in attrs)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(html: str) -> set[str]:
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    return parser.seen


def views() -> list[Chain]:
    images = [fuzzed(case) for case in FUZZ[::80]]
    return [chain(image, KEY) for image in (GOOD, tampered(), GOOD[:19], b"", *images)]


@pytest.mark.parametrize("width", [40, 60, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for view in views():
        lines = render.text(view, Terminal(width)).splitlines()
        assert max(map(columns, lines)) <= width


@pytest.mark.parametrize("width", [60, 120])
def test_the_text_tells_every_link_and_the_answer(width: int) -> None:
    view = chain(tampered(), KEY, "bad.sig")
    text = " ".join(render.text(view, Terminal(width)).split())
    assert view.broken
    for link in view.links:
        assert link.title in text
        assert link.why in text
    assert "SECURITY (0xffff000f)" in text
    assert f"✗ FAIL {view.broken.title}" in text


def test_wrapped_commands_still_are_one_command() -> None:
    text = render.text(good(), Terminal(60))
    lines = [line.strip() for line in text.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.startswith("$ head -c 300"))
    joined = lines[start].removesuffix("\\") + lines[start + 1]
    assert joined == "$ head -c 300 good.sig | openssl dgst -sha256"


def test_the_figure_has_an_alternative_and_a_table() -> None:
    html = render.body(good())
    assert {"figure", "img", "table", "details"} <= tags(html)
    assert f'alt="{chain_alt(good())}"' in html
    assert "1 FAIL" in chain_alt(chain(tampered(), KEY))


def test_every_view_is_well_formed() -> None:
    for view in views():
        tags(render.body(view))
        svg = chain_svg(view)
        assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314  it is our own
        height = float(re.findall(r'viewBox="0 0 1080 (\d+)"', svg)[0])
        assert all(float(y) <= height for y in re.findall(r'<text[^>]* y="([\d.]+)"', svg))


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_images_are_drawn(name: str) -> None:
    view = chain(recorded.image(name), golden_key(name), name)
    assert tags(show(view).html())
    assert view.told.split(":")[0][:30] in show(view).text()


def test_two_drawings_are_equal() -> None:
    one, other = (chain(GOOD, KEY, "x.sig") for _ in range(2))
    assert show(one).html() == show(other).html()
    assert show(one).text() == show(other).text()


def test_a_hostile_name_is_inert_everywhere() -> None:
    view = chain(tampered(), KEY, ATTACK)
    html = render.body(view)
    page = linked_page(ATTACK, [Section(ATTACK, view)])
    assert tags(html).isdisjoint({"script", "iframe"})
    assert html.count("<img") == 1
    assert page.count("<script") == 2  # the data, and the page's own
    assert page.count("<img") == 1
    text = render.text(view, Terminal(100))
    assert "\x1b" not in text
    assert "\u202e" not in text
    picture = base64.b64decode(html.split("base64,")[1].split('"')[0]).decode()
    assert "<script" not in picture
