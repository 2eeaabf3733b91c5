# SPDX-License-Identifier: GPL-2.0-or-later
"""The live memory, in a browser: time, zoom, keyboard, links to bytes, hostile names, themes."""

from typing import Any

import pytest

from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.views.memory_live import live_memory, memory_of
from tests.harness.accessibility import violations
from tests.harness.widget import WidgetBridge
from tests.views.workbench_stage import clean, hostile_image, hostile_run, staged

pytest.importorskip("anywidget", reason="needs the lab extra")
pytestmark = pytest.mark.lab
HOSTILE = live_memory(STM32MP157C_DK2, hostile_image())

COVERED = """() => [...document.querySelectorAll(".rb-lane")].flatMap((lane) => {
  const names = lane.querySelectorAll(".rb-thing:not([hidden]) .rb-name");
  const boxes = [...names].map((node) => node.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return boxes.filter((a, i) => boxes.some((b, j) => j > i && meet(a, b))).map((a) => a.top);
})"""


def widget(thing: Any = None, **traits: Any) -> Any:
    from rprocbench.views.memory_live_widget import LiveMemoryWidget

    return LiveMemoryWidget(thing or clean(), **traits)


def visible(element: Any, kind: str) -> set[str]:
    tracks = element.locator(f".rb-track[aria-label$=': {kind}']")
    things = tracks.locator("button.rb-thing")
    return {str(t.get_attribute("data-name")) for t in things.all() if t.is_visible()}


def test_at_each_event_only_what_exists_is_shown(bridge: WidgetBridge) -> None:
    memory, view = widget(), memory_of(clean())
    element = bridge.mount(memory)
    for index in (-1, 344, 400, 600, 755, 1200, 1400):
        memory.cursor = index
        for kind in ("carveout", "segment", "vring"):
            there = {t.item.name for t in view.things if t.item.kind == kind and t.exists(index)}
            assert visible(element, kind) == there, (index, kind)


def test_a_choice_says_where_it_lies_and_points_at_its_bytes(bridge: WidgetBridge) -> None:
    memory = widget(cursor=918)
    element = bridge.mount(memory)
    element.locator("[data-name='PT_LOAD 1: .text']").click()
    bridge.settle()
    (text,) = [t for t in memory_of(clean()).things if t.item.name == "PT_LOAD 1: .text"]
    assert (memory.item, tuple(memory.span), memory.offset) == (
        text.item.name,
        text.span,
        text.span[0],
    )
    said = element.locator("[role=status]").inner_text()
    assert "Linux 0x30000000 and 0x10000000; M4 0x10000000 and 0x20000000 and 0x30000000" in said
    element.locator("[data-name='.resource_table']").hover()
    bridge.settle()
    assert memory.hover[0] > 0
    memory.hover = [text.span[0], text.span[0] + 4]
    assert element.locator(".rb-hovered").count() == 1
    memory.item = "trace0"
    assert element.locator(".rb-chosen").get_attribute("data-name") == "trace0"


def test_zoom_by_buttons_and_keys(bridge: WidgetBridge) -> None:
    memory = widget(cursor=918)
    element = bridge.mount(memory)
    bridge.page.evaluate(
        "void document.addEventListener('keydown', (e) => (window.leaked ??= []).push(e.key))"
    )
    ticks = element.locator("[data-bank=mcusram] .rb-tick")
    assert ticks.first.inner_text() == "0x30000000"
    table = element.locator("[data-name='.resource_table']")
    before = table.bounding_box()
    table.click()
    table.press("f")
    after = table.bounding_box()
    assert before
    assert after
    assert after["width"] > 50 * before["width"]
    for key in ("+", "-", "Shift+ArrowRight", "Shift+ArrowLeft", "0"):
        table.press(key)
    assert ticks.first.inner_text() == "0x30000000"
    element.get_by_role("button", name="Closer").click()
    element.locator(".rb-count-as").select_option("M4")
    assert (
        ticks.first.inner_text() == "0x10000000" or int(ticks.first.inner_text(), 16) > 0x1000_0000
    )
    assert bridge.page.evaluate("window.leaked") in (None, ["Shift"], ["Shift", "Shift"])


def test_arrows_go_from_thing_to_thing_and_tab_leaves(bridge: WidgetBridge) -> None:
    element = bridge.mount(widget(cursor=918))
    assert element.locator("button.rb-thing[tabindex='0']").count() == 1
    element.locator("button.rb-thing[tabindex='0']").focus()
    names = []
    for _ in range(5):
        bridge.page.keyboard.press("ArrowRight")
        names.append(bridge.page.evaluate("document.activeElement.dataset.name"))
    assert len(names) == 5
    assert len(set(names)) > 3
    bridge.page.keyboard.press("Escape")
    for node in element.locator("button, select, summary, [tabindex='0']").all():
        assert node.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_a_step_is_quick(bridge: WidgetBridge) -> None:
    memory = widget()
    bridge.mount(memory)
    middle = bridge.page.evaluate(
        """() => {
          const node = document.querySelector(".rb-memory"), times = [];
          for (let at = 0; at < 150; at++) {
            const start = performance.now();
            rprocbench.receive(document.querySelector("[data-model]").dataset.model,
              { method: "update", state: { cursor: at * 10 } }, []);
            node.offsetHeight;
            times.push(performance.now() - start);
          }
          return times.sort((a, b) => a - b)[75];
        }"""
    )
    assert middle < 20


def test_nothing_stays_behind(bridge: WidgetBridge) -> None:
    memory = widget()
    bridge.mount(memory)
    assert bridge.unmount(memory) == 0


def test_hostile_names_stay_text(bridge: WidgetBridge) -> None:
    for thing in (HOSTILE, hostile_run()):
        memory = widget(thing, cursor=22)
        element = bridge.mount(memory)
        element.locator("summary").click()
        assert element.locator("img, script").count() == 0
        assert "onerror=alert(1)" in element.inner_text()


def test_what_does_not_fit_is_listed_and_points_at_its_bytes(bridge: WidgetBridge) -> None:
    memory = widget(HOSTILE)
    element = bridge.mount(memory)
    button = element.get_by_role("button", name="lies over vdev0vring0").first
    button.click()
    bridge.settle()
    assert memory.item == "PT_LOAD 2"
    assert memory.span[1] - memory.span[0] == 64


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 700, 420])
def test_it_is_accessible_and_nothing_is_cut_off(browser: Any, scheme: str, width: int) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    with staged(browser, widget(cursor=918, item="trace0"), **look) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []
        # No two labels of a track cover one another.
        covered = page.evaluate(COVERED)
        assert covered == []


def test_forced_colours_are_survived(browser: Any) -> None:
    with staged(browser, widget(cursor=918), forced_colors="active") as page:
        assert page.locator(".rb-bar").first.is_visible()


def test_where_no_widget_is_shown_the_map_stands_in() -> None:
    data, _metadata = widget()._repr_mimebundle_()
    assert "<img" in data["text/html"]
    assert "trace0" in data["text/plain"]
