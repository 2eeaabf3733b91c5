# SPDX-License-Identifier: GPL-2.0-or-later
"""One offline file."""

import json
import re
import zlib
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.views.report import Section, html_report
from rprocbench.views.walk import pack, walk
from tests.views.fake_boot import FakeBoot
from tests.views.hostile import ATTACK, hostile_trace


def report(title: str = "A boot") -> str:
    trace = FakeBoot().boot().trace
    return html_report(
        title,
        [
            Section("The run", walk(trace)),
            Section("The board", STM32MP157C_DK2),
            Section("Log", "a\nb"),
        ],
        "What is in it.",
    )


def hostile_report() -> str:
    return html_report(
        ATTACK, [Section(ATTACK, walk(hostile_trace(), ATTACK), ATTACK), Section(ATTACK, ATTACK)]
    )


def test_it_is_the_same_every_time_and_fetches_nothing() -> None:
    page = report()
    assert page == report()
    outside = re.sub(r'"data:[^"]*"|xmlns="[^"]*"', "", page)
    assert not re.search(r"https?:|//\w+\.\w+/|@import|url\(", outside)
    assert len(page) < 200_000


def test_a_payload_cannot_end_its_script() -> None:
    page = hostile_report()
    for payload in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL):
        assert "<" not in payload
        packed = json.loads(zlib.decompress(b64decode(json.loads(payload)["run"])))
        assert packed["format"] == 1
    assert page.count("<script") == 2
    assert "<img src=x" not in page


def test_a_run_packs_small() -> None:
    trace = FakeBoot().boot().trace
    assert len(pack(walk(trace))) < 40 * len(trace)


def test_it_lives_from_a_file_without_a_network(
    new_page: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(report(), encoding="utf-8")
    page = new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-live]")
    page.locator(".rb-last").click()
    last = str(len(FakeBoot().boot().trace) - 1)
    assert page.locator(".rb-stepper").get_attribute("data-cursor") == last
    assert page.locator("[data-static]").count() == 0


def test_it_reads_without_javascript(new_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(report(), encoding="utf-8")
    page = new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    assert "rproc_fw_boot" in page.locator("[data-static] table").inner_text()
    assert page.locator("img").first.is_visible()


def test_hostile_strings_stay_text(new_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(hostile_report(), encoding="utf-8")
    page = new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-live]")
    page.locator(".rb-last").click()
    page.locator(".rb-by").select_option("event")
    assert page.locator("img").count() == 0
    assert "onerror=alert(1)" in page.locator(".rb-stepper").inner_text()
