# SPDX-License-Identifier: GPL-2.0-or-later
"""The live state diagrams, in a browser."""

from typing import Any

import pytest

from rprocbench.base.trace import Trace
from rprocbench.views.states import state_machines
from tests.harness.accessibility import violations
from tests.harness.widget import WidgetBridge
from tests.views.workbench_stage import clean, hostile_run, recovery, refused, staged

pytest.importorskip("anywidget", reason="needs the lab extra")
pytestmark = pytest.mark.lab


def widget(trace: Trace, **traits: Any) -> Any:
    from rprocbench.views.states_live import States

    return States(trace, **traits)


def test_at_each_event_it_shows_the_state_of_the_fold(bridge: WidgetBridge) -> None:
    run, states = clean(), widget(clean().trace)
    element = bridge.mount(states)
    for index in (-1, 100, 472, 700, 918, 1000, 1260, len(run.trace) - 1):
        states.cursor = index
        for one in state_machines(run.trace).told:
            machine = element.locator(f"[data-machine={one.machine.key}]")
            assert machine.get_attribute("data-state") == one.state_at(index)
            current = machine.locator(".rb-current")
            names = [node.get_attribute("data-state") for node in current.all()]
            assert names == ([one.state_at(index)] if one.state_at(index) else [])


def test_a_click_goes_to_the_event_and_again_to_the_next(bridge: WidgetBridge) -> None:
    states = widget(recovery())
    element = bridge.mount(states)
    rproc = state_machines(recovery()).told[0]
    moves = {(s.source, s.target): s.index for s in rproc.steps if s.outcome == "moved"}
    element.locator("[data-machine=rproc]").get_by_role("button", name="crash ×1").click()
    bridge.settle()
    assert states.cursor == moves["RUNNING", "CRASHED"]
    stays = widget(clean().trace)
    other = bridge.mount(stays)
    label = other.get_by_role("button", name="LOAD_SEGMENT_SHA256 ×3")
    hits = [s.index for s in state_machines(clean().trace).told[2].steps
            if s.cause == "LOAD_SEGMENT_SHA256"]  # fmt: skip
    seen = []
    for _ in range(4):
        label.click()
        bridge.settle()
        seen.append(stays.cursor)
    assert seen == [*hits, hits[0]]


def test_the_keyboard_does_the_same_and_keys_stay_here(bridge: WidgetBridge) -> None:
    states = widget(clean().trace)
    element = bridge.mount(states)
    bridge.page.evaluate(
        "void document.addEventListener('keydown', (e) => (window.leaked ??= []).push(e.key))"
    )
    hit = element.locator("[data-machine=ta] .rb-hit", has_text="START_FW").first
    hit.focus()
    hit.press("Enter")
    bridge.settle()
    starts = [s.index for m in state_machines(clean().trace).told for s in m.steps
              if s.cause == "START_FW"]  # fmt: skip
    assert states.cursor == starts[0]
    assert bridge.page.evaluate("window.leaked") is None
    for node in element.locator("button, [tabindex='0']").all():
        assert node.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_the_path_is_a_list_of_buttons(bridge: WidgetBridge) -> None:
    states = widget(refused().trace)
    element = bridge.mount(states)
    element.get_by_role("button", name="start: fails in OFFLINE: EIO").click()
    bridge.settle()
    assert element.locator("[data-machine=rproc] [aria-current=step]").count() == 1
    assert element.locator("[data-machine=rproc] .rb-arc-refused.rb-latest").count() == 1


def test_a_step_is_quick(bridge: WidgetBridge) -> None:
    states = widget(clean().trace)
    bridge.mount(states)
    middle = bridge.page.evaluate(
        """async () => {
          const button = document.querySelector(".rb-step"), times = [];
          const buttons = [...document.querySelectorAll(".rb-step")];
          for (let i = 0; i < 100; i++) {
            const start = performance.now();
            buttons[i % buttons.length].click();
            document.body.offsetHeight;
            times.push(performance.now() - start);
          }
          return times.sort((a, b) => a - b)[50];
        }"""
    )
    bridge.settle()
    assert middle < 20


def test_nothing_stays_behind(bridge: WidgetBridge) -> None:
    states = widget(clean().trace)
    bridge.mount(states)
    assert bridge.unmount(states) == 0


def test_hostile_names_stay_text(bridge: WidgetBridge) -> None:
    run = hostile_run()
    states = widget(run.trace)
    element = bridge.mount(states)
    for index in range(len(run.trace)):
        states.cursor = index
    assert element.locator("img, script").count() == 0
    assert "onerror=alert(1)" in element.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 700, 420])
def test_it_is_accessible_and_nothing_is_cut_off(browser: Any, scheme: str, width: int) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    with staged(browser, widget(refused().trace, cursor=600), **look) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.evaluate(
            "getComputedStyle(document.querySelector('.rb-states')).backgroundColor"
        )
        assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
        assert violations(page) == []


def test_forced_colours_and_reduced_motion_are_survived(browser: Any) -> None:
    with staged(browser, widget(refused().trace, cursor=600), forced_colors="active",
                reduced_motion="reduce") as page:  # fmt: skip
        assert page.locator(".rb-current").count() == 3


def test_where_no_widget_is_shown_pictures_stand_in() -> None:
    data, _metadata = widget(clean().trace)._repr_mimebundle_()
    assert data["text/html"].count("<img") == 3
    assert "OFF → LOADED" in data["text/plain"]
