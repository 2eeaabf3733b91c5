# SPDX-License-Identifier: GPL-2.0-or-later
"""The stepper in a browser: every way to move, and the state it shows against the fold's."""

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from rprocbench.base.errors import Errno
from rprocbench.base.run import At, Fail
from rprocbench.base.state import state_at
from rprocbench.base.trace import Trace
from rprocbench.views import render, wording
from rprocbench.views.timeline import timeline
from tests.harness.accessibility import violations
from tests.views.fake_boot import FakeBoot
from tests.views.hostile import hostile_trace

Mount = Callable[..., Any]
READ = """(places) => places.map(([cursor, name]) => {
  model.set("cursor", cursor); model.set("selected", name);
  const fields = [...document.querySelectorAll(".rb-card tbody tr")];
  const shown = (row) => row.querySelector(".rb-value").textContent;
  return Object.fromEntries(fields.map((row) => [row.dataset.field, shown(row)]));
})"""


def fault() -> Trace:
    return FakeBoot(script={At("rproc_tee_start"): Fail(Errno.EIO)}).boot().trace


def cursor(page: Any) -> int:
    shown = int(page.locator(".rb-stepper").get_attribute("data-cursor"))
    assert shown == page.evaluate("model.get('cursor')")
    return shown


def test_buttons_move_by_event(mount: Mount) -> None:
    trace = fault()
    page = mount(trace)
    assert cursor(page) == -1
    for button, where in (("forward", 0), ("forward", 1), ("back", 0), ("last", len(trace) - 1),
                          ("forward", len(trace) - 1), ("back", len(trace) - 2), ("first", -1),
                          ("back", -1)):  # fmt: skip
        page.locator(f".rb-{button}").click(force=True)  # one that is disabled can be clicked too
        assert cursor(page) == where
    assert page.locator(".rb-first").get_attribute("aria-disabled") == "true"


def test_keys_move_and_stay_in_the_widget(mount: Mount) -> None:
    trace = fault()
    page = mount(trace)
    page.evaluate("document.addEventListener('keydown', (e) => (window.leaked ??= []).push(e.key))")
    page.locator(".rb-slider").focus()
    for key, where in (("ArrowRight", 0), ("End", len(trace) - 1), ("ArrowLeft", len(trace) - 2),
                       ("Home", -1), ("ArrowDown", 0), ("ArrowUp", -1)):  # fmt: skip
        page.keyboard.press(key)
        assert cursor(page) == where
    assert page.evaluate("window.leaked") is None
    for focusable in page.locator("button, input, select, [tabindex]").all():
        assert focusable.get_attribute("data-lm-suppress-shortcuts") == "true"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")


def test_every_control_can_be_reached_by_tab(mount: Mount) -> None:
    page = mount(fault())
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className"))
    names = ["first", "back", "forward", "last", "slider", "by", "stack", "chosen", "objects"]
    assert reached == [f"rb-{name}" for name in names]


def test_the_slider_says_where_it_is(mount: Mount) -> None:
    trace = fault()
    page = mount(trace)
    slider = page.locator(".rb-slider")
    slider.fill("20")
    assert cursor(page) == 20
    said = wording.sentence(trace[20])
    assert slider.get_attribute("aria-valuetext") == f"event 20 of {len(trace) - 1}: {said}"
    assert said in page.locator("[role=status]").inner_text()


def test_the_story_steps_by_rows(mount: Mount) -> None:
    trace = fault()
    rows = timeline(trace).rows
    page = mount(trace, by="story")
    seen = []
    for _ in rows:
        page.locator(".rb-forward").click()
        seen.append(cursor(page))
        assert page.locator("[aria-current=step]").count() == 1
    assert seen == [row.last for row in rows]
    page.locator(".rb-by").select_option("event")
    page.locator(".rb-back").click()
    assert cursor(page) == rows[-1].last - 1


@pytest.mark.parametrize("make", [fault, lambda: FakeBoot().boot().trace, hostile_trace],
                         ids=["fault", "clean", "hostile"])  # fmt: skip
def test_the_state_shown_is_the_state_folded(mount: Mount, make: Callable[[], Trace]) -> None:
    trace = make()
    page = mount(trace)
    indices = [*range(-1, len(trace), 9), *range(len(trace) - 1, -2, -13), len(trace) - 1, 0, -1]
    places, wanted = [], []
    for index in indices:
        for name, held in state_at(trace, index).objects.items():
            places.append([index, wording.clean(name)])
            wanted.append({wording.clean(k): wording.value(v) for k, v in held.items()})
    assert page.evaluate(READ, places) == wanted


def test_the_call_stack_is_the_one_of_the_trace(mount: Mount) -> None:
    trace = fault()
    page = mount(trace)
    stack: list[str] = []
    for index, event in enumerate(trace):
        match type(event).__name__:
            case "Entered":
                stack.append(event.function)  # type: ignore[union-attr]
            case "Left" | "Failed":
                stack.pop()
            case _:
                continue
        page.evaluate(f"model.set('cursor', {index})")
        assert page.locator(".rb-stack .rb-what").all_inner_texts() == stack


def test_what_just_changed_is_lit_in_words_too(mount: Mount) -> None:
    trace = fault()
    changes = [i for i, event in enumerate(trace) if type(event).__name__ == "Changed"]
    page = mount(trace, cursor=changes[0])
    lit = page.locator(".rb-lit")
    assert lit.count() == 1
    assert lit.inner_text().split("\t")[-1] == "just changed, was 0"
    assert "●" in lit.inner_text()
    page.locator(".rb-forward").click()
    assert page.locator(".rb-lit").count() == (changes[1] == changes[0] + 1)


def test_a_step_takes_less_than_a_frame_and_a_bit(mount: Mount) -> None:
    page = mount(FakeBoot().boot().trace, by="story")
    times = page.evaluate("""() => ["forward", "back"].flatMap((name) => {
      const button = document.querySelector(".rb-" + name), times = [];
      for (let i = 0; i < 30; i++) {
        const start = performance.now();
        button.click();
        document.body.offsetHeight;  // and lay it out
        times.push(performance.now() - start);
      }
      return times;
    })""")
    assert median(times) < 20


def test_a_row_can_be_clicked(mount: Mount) -> None:
    page = mount(fault())
    page.locator(".rb-window tbody tr").nth(5).click()
    assert cursor(page) >= 5


def test_it_follows_its_model_and_lets_go(mount: Mount) -> None:
    page = mount(fault())
    page.evaluate("model.set('cursor', 30)")
    assert cursor(page) == 30
    page.evaluate("cleanUp()")
    assert page.evaluate("Object.values(model.heard).flat().length") == 0


def test_hostile_strings_stay_text(mount: Mount) -> None:
    trace = hostile_trace()
    page = mount(trace)
    for index in range(len(trace)):
        page.evaluate(f"model.set('cursor', {index}); model.set('selected', '*')")
    assert page.locator("img, script:not(head script)").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(mount: Mount, scheme: str) -> None:
    page = mount(fault(), cursor=30, color_scheme=scheme)
    ground = page.evaluate(
        "getComputedStyle(document.querySelector('.rb-stepper')).backgroundColor"
    )
    ink = page.evaluate("getComputedStyle(document.querySelector('.rb-stepper')).color")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert ground != ink


def test_jupyters_theme_wins_over_the_system(mount: Mount) -> None:
    page = mount(fault(), color_scheme="light")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.evaluate("document.body.classList.remove('rb')")
    ground = page.evaluate(
        "getComputedStyle(document.querySelector('.rb-stepper')).backgroundColor"
    )
    assert ground == "rgb(20, 23, 28)"


@pytest.mark.parametrize("width", [1400, 700, 420])
def test_nothing_is_cut_off_at_the_side(mount: Mount, width: int) -> None:
    page = mount(fault(), cursor=60)
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_later_view_on_the_page_does_not_change_its_looks(mount: Mount) -> None:
    page = mount(fault(), cursor=60)
    measure = """() => [...document.querySelectorAll(".rb-window thead th, .rb-card th")]
      .map((cell) => Math.round(cell.getBoundingClientRect().right))"""
    before = page.evaluate(measure)
    page.evaluate("document.body.append(document.querySelector('style').cloneNode())")
    page.add_style_tag(content=render.stylesheet())
    assert page.evaluate(measure) == before
    assert max(before) <= 1400


def test_forced_colours_and_reduced_motion_are_survived(mount: Mount) -> None:
    page = mount(fault(), cursor=30, forced_colors="active", reduced_motion="reduce")
    assert page.locator("[aria-current=step]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(mount: Mount, scheme: str) -> None:
    page = mount(fault(), cursor=40, color_scheme=scheme)
    assert violations(page) == []
    page.locator(".rb-last").click()
    assert violations(page) == []
