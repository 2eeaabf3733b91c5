# SPDX-License-Identifier: GPL-2.0-or-later
"""Acceptance maps to look at: text, page, data; and what a hostile name can do in them: nothing."""

from __future__ import annotations

import json
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from rprocbench.cli.map import page
from rprocbench.verdicts import AcceptanceMap, Fate, acceptance_map
from rprocbench.views import render
from rprocbench.views.acceptance_pack import pack_acceptance
from rprocbench.views.acceptance_svg import acceptance_svg
from rprocbench.views.acceptance_text import acceptance_text
from rprocbench.views.acceptance_words import COLUMNS, MAX_CELLS, cell_size, groups, rows
from rprocbench.views.show import show
from rprocbench.views.terminal import Terminal
from tests.tee.machine import GOOD, KEY
from tests.verdicts.images import flipped, small

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

HOSTILE = "</title><script>alert(1)</script>\x1b[2J\u202e.sig"


@cache
def good() -> AcceptanceMap:
    """The map of the golden image."""
    return acceptance_map(GOOD, public_key=KEY, name="good.sig")


@cache
def stopped() -> AcceptanceMap:
    """A map that was stopped early, of an image with a hostile name."""

    def stop(_bits: int) -> None:
        raise KeyboardInterrupt

    return acceptance_map(GOOD, public_key=KEY, name=HOSTILE, progress=stop)


def test_data_has_every_bit_and_every_answer() -> None:
    view = good()
    told = json.loads(json.dumps(pack_acceptance(view)))
    at = 0
    for first, end, number in told["map"]:
        assert first == at
        answer = told["answers"][number]
        for bit in (first, end - 1):
            assert answer["step"] == view.at(bit).step
            assert answer["code"] == view.at(bit).result
        at = end
    assert at == 8 * told["size"]
    assert sum(told["bits"].values()) == at
    assert sum(sum(region["bits"].values()) for region in told["regions"]) == at
    assert [each["bit"] for each in told["effective"]] == list(view.effective)
    assert all(each["changes"] and each["region"] for each in told["effective"])
    assert told["complete"] is True
    assert told["base"]["fate"] == "same"


def test_groups_are_the_effective_bits() -> None:
    bits = [bit for group in groups(good()) for bit in range(group.first, group.last + 1)]
    assert bits == list(good().effective)
    assert groups(good())[0].place.startswith("0x248.")


def test_the_picture_has_every_byte_once() -> None:
    cells = [cell for _offset, fates in rows(good()) for cell in fates]
    assert len(cells) == len(GOOD)
    assert cells[0] is Fate.REFUSED
    assert cells[0x260] is Fate.DIFFERENT
    large = acceptance_map(GOOD + bytes(100_000), public_key=KEY)
    assert cell_size(large) == 32
    counts = [len(fates) for _offset, fates in rows(large)]
    assert sum(counts) <= MAX_CELLS
    assert max(counts) == COLUMNS


def test_text_says_what_it_comes_to() -> None:
    said = acceptance_text(good(), Terminal(width=80))
    assert "278 accepted, effective" in said
    assert "0x260.0–0x263.7 program headers: retram[0x0:0x40] is not written" in said
    assert all(len(line) <= 80 for line in said.splitlines())
    plain = acceptance_text(good(), Terminal(unicode=False))
    assert plain.isascii()
    refused = acceptance_map(flipped(small(), 8 * 300), public_key=KEY)
    assert "As it is, the image is refused: SIGNATURE_INVALID" in str(show(refused))


class Tags(HTMLParser):
    """Counts elements, and looks for what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.alts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag == "img":
            self.alts.append(dict(attrs)["alt"] or "")


def test_the_page_is_whole_and_inert() -> None:
    for view in (good(), stopped()):
        html = page(view)
        tags = Tags()
        tags.feed(html)
        assert tags.seen.count("script") == 1  # the report's own
        assert "<script>alert" not in html
        assert "\x1b" not in html
        assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")
        assert "Of 15328 bits" in tags.alts[0]
    assert "stopped before it was complete" in page(stopped())


def test_patterns_tell_apart_what_colours_do() -> None:
    svg = acceptance_svg(good())
    for kind in ("url(#p1)", "url(#p2)", "url(#p5)"):
        assert kind in svg
    assert "accepted, effective" in svg


def test_show_knows_the_type() -> None:
    assert "Acceptance map of good.sig" in show(good()).text()
    assert render.body(good()) in show(good()).html()


def test_everything_can_be_reached_with_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    from tests.harness.browser import offline, strict_page

    path = tmp_path / "map.html"
    path.write_text(page(good()), encoding="utf-8")
    with offline(browser) as context, strict_page(context) as opened:
        opened.goto(path.as_uri())
        reached = set()
        for _ in range(12):
            opened.keyboard.press("Tab")
            reached.add(opened.evaluate("document.activeElement.getAttribute('aria-label') || "
                                        "document.activeElement.tagName"))  # fmt: skip
        assert {"Bits by region", "Accepted and effective bits", "SUMMARY"} <= reached
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
