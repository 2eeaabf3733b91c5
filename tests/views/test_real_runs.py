# SPDX-License-Identifier: GPL-2.0-or-later
"""The views over real runs of the bench: the clean boot and the refused one."""

from collections.abc import Callable
from typing import Any

import pytest

from rprocbench.base.state import state_at
from rprocbench.base.trace import Trace
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_image, with_flipped_byte
from rprocbench.formats.signed_image import SignedImage
from rprocbench.views import wording
from rprocbench.views.signed_image_view import signed_image_view
from rprocbench.views.timeline import timeline
from rprocbench.views.walk import pack, walk
from tests.views.test_stepper import READ


@pytest.fixture(scope="module")
def clean() -> Trace:
    return Bench().boot(demo_image()).trace


@pytest.fixture(scope="module")
def refused() -> Trace:
    return Bench().boot(with_flipped_byte(demo_image())).trace


def test_the_story_of_a_boot_names_the_main_calls(clean: Trace) -> None:
    rows = timeline(clean).rows
    assert len(rows) <= 110  # boot, talk, shutdown and removal; signals overflow the page
    told = {row.text for row in rows}
    assert {"rproc_boot", "rproc_fw_boot", "rproc_start", "remoteproc_load_fw"} <= told
    assert {"rproc_pta_verify_digest", "rproc_pta_load_segment", "rproc_pta_start"} <= told
    assert not any("mutex" in text or "Malloc" in text for text in told)
    messages = [row.text for row in rows if row.kind == "message"]
    assert sum("“hello”" in text for text in messages) == 2


def test_the_story_of_a_refusal_says_where_and_why(refused: Trace) -> None:
    bad = [row for row in timeline(refused).rows if row.kind == "failed"]
    assert bad[0].text == "rproc_pta_load_segment"
    assert any("SECURITY" in detail for detail in bad[0].details)
    assert bad[-1].text == "state_store"


def test_a_real_run_packs_small(clean: Trace) -> None:
    assert len(pack(walk(clean))) < 60_000


def test_the_flipped_byte_is_seen_in_the_image() -> None:
    view = signed_image_view(SignedImage.parse(with_flipped_byte(demo_image())))
    assert view.total("broken") > 0
    assert signed_image_view(SignedImage.parse(demo_image())).total("broken") == 0


def test_the_state_shown_is_the_state_folded(mount: Callable[..., Any], clean: Trace) -> None:
    page = mount(clean)
    places, wanted = [], []
    for index in (len(clean) - 1, 700, 950, 130, 1200, 0):
        for name, held in state_at(clean, index).objects.items():
            places.append([index, wording.clean(name)])
            wanted.append({wording.clean(k): wording.value(v) for k, v in held.items()})
    assert page.evaluate(READ, places) == wanted


def test_a_step_through_a_real_run_is_quick(mount: Callable[..., Any], clean: Trace) -> None:
    page = mount(clean)
    middle = page.evaluate("""() => {
      const button = document.querySelector(".rb-forward"), times = [];
      for (let i = 0; i < 200; i++) {
        const start = performance.now();
        button.click();
        document.body.offsetHeight;  // and lay it out
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[100];  // a busy machine delays the slowest at will
    }""")
    assert middle < 20
