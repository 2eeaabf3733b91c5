# SPDX-License-Identifier: GPL-2.0-or-later
"""The live resource table, in a browser: moments, tree, bytes, links, hostile names, themes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from rprocbench.views.bytes_view import file_bytes
from rprocbench.views.resource_table_view import ResourceTableView
from rprocbench.views.show import show
from tests.harness.accessibility import violations
from tests.harness.browser import offline, strict_page
from tests.harness.widget import WidgetBridge
from tests.views.test_resource_table import boot_view, booted, hostile, still

pytest.importorskip("anywidget", reason="needs the lab extra")
pytestmark = pytest.mark.lab


def widget(thing: object, **traits: Any) -> Any:
    from rprocbench.views.resource_table_widget import ResourceTableWidget

    return ResourceTableWidget(thing, **traits)  # type: ignore[arg-type]


@pytest.fixture
def themed(browser: Any) -> Iterator[Callable[..., Any]]:
    """A widget on a page of its own, with a theme, a width and so on."""
    stack = ExitStack()

    def mount(view: ResourceTableView, **options: Any) -> Any:
        context = stack.enter_context(offline(browser, **options))
        shown = stack.enter_context(strict_page(context))
        field = next((f for f in view.fields if f.name == "status"), view.fields[0])
        span = [view.base + field.start, view.base + field.end]
        WidgetBridge(shown).mount(widget(view, span=span, offset=span[0]))
        return shown

    with stack:
        yield mount


def item(element: Any, name: str) -> Any:
    """The first item of the tree in sight whose field is called so."""
    return element.locator("[role=treeitem]").filter(
        has=element.page.locator(".rb-name").get_by_text(name, exact=True)
    ).first  # fmt: skip


def told(element: Any, name: str) -> list[str]:
    """Value, meaning, mark and note of that item."""
    row = item(element, name)
    parts = ("value", "meaning", "mark", "note")
    return [row.locator(f".rb-{part}").inner_text() for part in parts]


def press(bridge: WidgetBridge, *keys: str) -> None:
    for key in keys:
        bridge.page.keyboard.press(key)
    bridge.settle()


def writes_of(path: str, *, repeats: bool = False) -> list[int]:
    """The events that gave a field of the table of a boot another value, or the same again."""
    view = boot_view()
    field = next(each for each in view.fields if each.path == path)
    return [
        moment.index
        for moment in view.moments
        if moment.changes(field) or (repeats and moment.written == (field.start, field.end))
    ]


def test_it_starts_where_linux_had_written_the_most(bridge: WidgetBridge) -> None:
    live = widget(booted())
    element = bridge.mount(live)
    assert live.cursor == writes_of("entry[1].status", repeats=True)[3]
    assert told(element, "status") == ["7", "ACKNOWLEDGE, DRIVER, DRIVER_OK", "●", "was 3"]
    assert told(element, "gfeatures") == ["1", "VIRTIO_RPMSG_F_NS", "≠", "0 in the file"]
    assert "rproc_virtio_set_status (Linux)" in element.locator("[role=status]").inner_text()
    assert element.locator(".rb-item.rb-lit").count() == 1


def test_the_moments_one_after_the_other(bridge: WidgetBridge) -> None:
    view = boot_view()
    live = widget(view, cursor=-1)
    element = bridge.mount(live)
    assert "The table in the file" in element.locator("[role=status]").inner_text()
    for moment in view.moments[1:]:
        element.locator(".rb-forward").click()
        bridge.settle()
        assert live.cursor == moment.index
        shown = element.locator(".rb-byte:not(.rb-past)").all_inner_texts()
        assert bytes.fromhex("".join(shown)) == moment.data
        status = element.locator("[role=status]").inner_text()
        assert f"Event {moment.index}" in status
        assert moment.by in status
        lit = set(element.locator(".rb-item.rb-lit .rb-name").all_inner_texts())
        assert lit <= {field.label for field in view.fields if moment.changes(field)}
    element.locator(".rb-first").click()
    bridge.settle()
    assert live.cursor == -1
    element.locator(".rb-slider").focus()
    for key, index in (("End", view.moments[-1].index), ("ArrowLeft", view.moments[-2].index),
                       ("Home", -1), ("ArrowRight", view.moments[1].index)):  # fmt: skip
        press(bridge, key)
        assert live.cursor == index
    assert f"event {live.cursor}" in str(
        element.locator(".rb-slider").get_attribute("aria-valuetext")
    )


def test_changed_bytes_are_marked_without_colour(bridge: WidgetBridge) -> None:
    element = bridge.mount(widget(boot_view(), cursor=writes_of("entry[1].vring[0].da")[0]))
    changed = element.locator(".rb-byte.rb-changed")
    assert changed.all_inner_texts() == ["00", "00", "04", "10"]
    style = changed.first.evaluate("(node) => getComputedStyle(node).textDecorationLine")
    assert style == "underline"


def test_the_cursor_of_the_run_may_stand_between_two_moments(bridge: WidgetBridge) -> None:
    live = widget(boot_view(), cursor=-1)
    element = bridge.mount(live)
    moments = [moment.index for moment in boot_view().moments]
    laid = writes_of("entry[1].vring[0].da")[0]
    before = moments[moments.index(laid) - 1]
    assert before < laid - 1
    for cursor, event in ((0, "The table in the file"), (laid - 1, f"Event {before}"),
                          (laid, f"Event {laid}"), (laid + 3, f"Event {laid}"),
                          (99_999, f"Event {moments[-1]}")):  # fmt: skip
        live.cursor = cursor
        assert event in element.locator("[role=status]").inner_text()
        assert live.cursor == cursor
    assert element.locator(".rb-byte:not(.rb-past)").count() == 0  # it was freed


def test_tree_keys(bridge: WidgetBridge) -> None:
    view = boot_view()
    live = widget(view)
    element = bridge.mount(live)
    page = bridge.page
    page.evaluate("document.addEventListener('keydown', (e) => (window.leaked ??= []).push(e.key))")
    item(element, "header").click()
    bridge.settle()
    assert live.span == [view.base, view.base + 16]
    press(bridge, "ArrowDown")
    assert live.span == [view.base, view.base + 4]
    press(bridge, "ArrowLeft", "ArrowLeft")
    assert item(element, "header").get_attribute("aria-expanded") == "false"
    press(bridge, "ArrowDown")
    assert (
        element.locator("[aria-selected=true][role=treeitem]").inner_text().split("\n")[1]
        == "offsets"
    )
    press(bridge, "End")
    assert live.span == [view.base + 0x88, view.base + 0x8C]
    assert page.evaluate("document.activeElement.getAttribute('aria-level')") == "3"
    press(bridge, "Home", "ArrowRight", "ArrowRight")
    assert live.span == [view.base, view.base + 4]
    assert page.evaluate("window.leaked") is None
    for focusable in element.locator("button, input, select, [tabindex]").all():
        assert focusable.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert element.locator("[role=treeitem][tabindex='0']").count() == 1
    press(bridge, "Escape")
    assert page.evaluate("document.activeElement === document.body")


def test_a_byte_chooses_its_field_and_tells_its_history(bridge: WidgetBridge) -> None:
    view = boot_view()
    live = widget(view)
    element = bridge.mount(live)
    element.locator(".rb-byte").nth(0x60).click()
    bridge.settle()
    assert live.span == [view.base + 0x60, view.base + 0x61]
    detail = element.locator(".rb-field")
    assert "entry[1].status" in detail.inner_text()
    events = detail.locator("button").all_inner_texts()
    told_writes = writes_of("entry[1].status", repeats=True)
    assert len(told_writes) == 7
    assert events == [f"event {index}" for index in told_writes]
    assert f"event {told_writes[3]}" in detail.locator("[aria-current=step]").inner_text()
    detail.locator("button").nth(1).click()
    bridge.settle()
    assert live.cursor == told_writes[1]
    assert told(element, "status")[:2] == ["1", "ACKNOWLEDGE"]


def test_hover_is_told_and_taken(bridge: WidgetBridge) -> None:
    view = boot_view()
    live = widget(view)
    element = bridge.mount(live)
    item(element, "gfeatures").hover()
    bridge.settle()
    assert live.hover == [view.base + 0x58, view.base + 0x5C]
    assert element.locator(".rb-byte.rb-hover").count() == 4
    element.locator(".rb-byte").nth(0x65).hover()
    bridge.settle()
    assert live.hover == [view.base + 0x64, view.base + 0x68]
    bridge.page.mouse.move(1, 1)
    bridge.settle()
    assert live.hover == [-1, -1]


def test_it_is_linked_to_the_bytes_of_the_file(bridge: WidgetBridge) -> None:
    from rprocbench.views.bytes_widget import BytesWidget

    table, whole = widget(booted()), BytesWidget(file_bytes(booted().image, "echo.sign"))
    one, other = bridge.mount(table), bridge.mount(whole)
    for trait in ("offset", "span", "hover"):
        table.observe(lambda change: setattr(whole, change["name"], change["new"]), trait)
        whole.observe(lambda change: setattr(table, change["name"], change["new"]), trait)
    item(one, "dfeatures").click()
    bridge.settle()
    assert "entry[1].vdev.dfeatures" in other.locator("[role=status]").inner_text()
    other.locator(".rb-goto").fill("entry[1].vring[1].num")
    other.locator(".rb-goto").press("Enter")
    bridge.settle()
    assert "entry[1].vring[1].num" in one.locator(".rb-field").inner_text()


def test_steps_are_quick(bridge: WidgetBridge) -> None:
    bridge.mount(widget(boot_view()))
    times = bridge.page.evaluate("""async () => {
      const times = [];
      const after = async (act) => {
        const start = performance.now();
        act();
        await Promise.resolve();
        document.body.offsetHeight;
        times.push(performance.now() - start);
      };
      for (let i = 0; i < 40; i++) {
        await after(() => document.querySelector(i % 20 < 10 ? ".rb-back" : ".rb-forward").click());
        await after(() => document.querySelectorAll("[role=treeitem]")[i % 9].dispatchEvent(new MouseEvent("mouseover", { bubbles: true })));
      }
      return times.sort((a, b) => a - b);
    }""")  # noqa: E501  JavaScript
    print("ms a step, median and 95 %", (times[40], times[76]))  # noqa: T201  measured
    assert times[40] < 20


@pytest.mark.parametrize("make", [still, hostile])
def test_without_a_run_there_is_one_moment(
    bridge: WidgetBridge, make: Callable[[], ResourceTableView]
) -> None:
    live = widget(make())
    element = bridge.mount(live)
    assert element.locator(".rb-toolbar").is_hidden()
    assert element.locator("img, script").count() == 0
    assert "\u202e" not in element.inner_text()
    # By keyboard: rows come and go while the tree scrolls, and a pointer would have to chase them.
    element.locator("[role=treeitem]").first.click()
    for _ in range(2 * element.locator("[role=treeitem]").count()):
        bridge.page.keyboard.press("ArrowDown")
    assert list(live.span) != [-1, -1]
    assert bridge.unmount(live) == 0


def test_hostile_names_are_seen_as_they_are(bridge: WidgetBridge) -> None:
    element = bridge.mount(widget(hostile()))
    assert "<img src=x onerror=alert(1)>" in element.locator("[role=tree]").inner_text()


@pytest.mark.parametrize("options", [
    {"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"},
    {"viewport": {"width": 420, "height": 900}, "reduced_motion": "reduce"},
], ids=["light", "dark", "forced", "narrow"])  # fmt: skip
def test_axe_finds_nothing(themed: Callable[..., Any], options: dict[str, Any]) -> None:
    assert violations(themed(boot_view(), **options)) == []


@pytest.mark.parametrize("width", [1400, 700, 420])
def test_nothing_is_cut_off_at_the_side(themed: Callable[..., Any], width: int) -> None:
    page = themed(boot_view(), viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for rows in page.locator(".rb-rows").all():
        assert rows.evaluate("(node) => node.scrollWidth <= node.clientWidth")


def test_without_a_widget_the_static_view_stands_in() -> None:
    view = boot_view()
    data, _metadata = widget(view)._repr_mimebundle_()
    assert data["text/html"] == show(view).html()
    assert data["text/plain"] == show(view).text()
