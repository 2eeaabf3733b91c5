# SPDX-License-Identifier: GPL-2.0-or-later
"""The live hex view, in a browser: keyboard, links, ten megabytes, hostile names, both themes."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from rprocbench.bench.demo import demo_image
from rprocbench.views.bytes_view import BytesView, bytes_view, file_bytes
from tests.harness.accessibility import violations
from tests.harness.browser import offline, strict_page
from tests.harness.widget import WidgetBridge
from tests.views.test_bytes import hostile, small

pytest.importorskip("anywidget", reason="needs the lab extra")
pytestmark = pytest.mark.lab


def widget(view: BytesView, **traits: Any) -> Any:
    from rprocbench.views.bytes_widget import BytesWidget

    return BytesWidget(view, **traits)


@pytest.fixture
def themed(browser: Any) -> Iterator[Callable[..., Any]]:
    """A widget on a page of its own, with a theme, a width and so on."""
    stack = ExitStack()

    def mount(view: BytesView, **options: Any) -> Any:
        context = stack.enter_context(offline(browser, **options))
        shown = stack.enter_context(strict_page(context))
        WidgetBridge(shown).mount(widget(view, span=[4, 8], offset=4))
        return shown

    with stack:
        yield mount


def press(bridge: WidgetBridge, *keys: str) -> None:
    for key in keys:
        bridge.page.keyboard.press(key)
    bridge.settle()


def test_it_shows_what_the_file_holds(bridge: WidgetBridge) -> None:
    view = file_bytes(demo_image())
    element = bridge.mount(widget(view))
    rows = element.locator("[role=row]")
    shown = [element.locator(".rb-byte").nth(n).inner_text() for n in range(48)]
    assert bytes.fromhex("".join(shown)) == view.data[:48]
    count = -(-len(view.data) // 16)
    assert element.locator("[role=grid]").get_attribute("aria-rowcount") == str(count)
    assert rows.first.locator("[role=rowheader]").inner_text() == "000000"
    assert "signature" in element.locator("[role=tree]").inner_text()


def test_keys_move_and_stay_in_the_widget(bridge: WidgetBridge) -> None:
    live = widget(file_bytes(demo_image()))
    element = bridge.mount(live)
    page = bridge.page
    page.evaluate("document.addEventListener('keydown', (e) => (window.leaked ??= []).push(e.key))")
    element.locator(".rb-byte").first.click()
    bridge.settle()
    end = len(live.view.data) - 1
    for key, where in (("ArrowRight", 1), ("ArrowDown", 17), ("ArrowLeft", 16), ("ArrowUp", 0),
                       ("ArrowUp", 0), ("End", 15), ("Home", 0), ("Control+End", end),
                       ("ArrowDown", end), ("PageUp", end - 26 * 16), ("Control+Home", 0),
                       ):  # fmt: skip
        press(bridge, key)
        assert live.offset == where, key
        assert live.span == [where, where + 1]
        focused = page.evaluate("document.activeElement.parentElement?.rbStart")
        assert focused == where // 16 * 16, key
    assert set(page.evaluate("window.leaked")) == {"Control"}
    for focusable in element.locator("button, input, select, [tabindex]").all():
        assert focusable.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert element.locator("[role=gridcell][tabindex='0']").count() == 1
    press(bridge, "Escape")
    assert live.span == [-1, -1]
    press(bridge, "Escape")
    assert page.evaluate("document.activeElement === document.body")


def test_shift_selects(bridge: WidgetBridge) -> None:
    live = widget(small())
    element = bridge.mount(live)
    element.locator(".rb-byte").nth(5).click()
    press(bridge, "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown")
    assert (live.offset, live.span) == (23, [5, 24])
    press(bridge, "Shift+ArrowUp", "Shift+Home")
    assert live.span == [0, 6]
    assert element.locator("[role=gridcell][aria-selected=true]").count() == 6
    assert live.selected == small().data[:6]
    element.locator(".rb-byte").nth(2).click()
    element.locator(".rb-byte").nth(9).click(modifiers=["Shift"])
    bridge.settle()
    assert live.span == [2, 10]


def test_pieces_one_after_the_other(bridge: WidgetBridge) -> None:
    live = widget(small())
    element = bridge.mount(live)
    element.locator(".rb-byte").nth(0).click()
    for key, span in (("n", [4, 8]), ("n", [8, 98]), ("n", [8, 98]), ("p", [4, 8]), ("p", [0, 4]),
                      ("p", [0, 4])):  # fmt: skip
        press(bridge, key)
        assert live.span == span
    assert "no piece before" in element.locator("[role=status]").inner_text()
    press(bridge, "ArrowDown", "Enter")
    assert live.span == [8, 98]
    status = element.locator("[role=status]").inner_text()
    assert "body" in status
    assert "what body is" in status


def test_tree_and_grid_follow_each_other(bridge: WidgetBridge) -> None:
    live = widget(file_bytes(demo_image()))
    element = bridge.mount(live)
    element.get_by_role("treeitem", name="signature").click()
    bridge.settle()
    assert live.span == [300, 556]
    assert element.locator(".rb-cur").first.inner_text() == demo_image()[300:301].hex()
    element.locator("[role=grid]").evaluate("(node) => { node.scrollTop = 0; }")
    bridge.page.wait_for_timeout(50)
    element.locator(".rb-byte").nth(8).click()
    bridge.settle()
    assert element.locator("[role=treeitem][aria-selected=true]").inner_text().startswith("tlv_len")
    element.locator("[role=treeitem][aria-selected=true]").focus()
    press(bridge, "ArrowDown")
    assert live.span == [12, 16]
    press(bridge, "ArrowLeft", "ArrowLeft")  # to the parent, and close it
    assert live.span == [0, 20]
    assert live.offset == 0
    current = element.locator("[role=treeitem][aria-selected=true]")
    assert current.get_attribute("aria-expanded") == "false"
    press(bridge, "ArrowRight", "ArrowRight")
    assert live.span == [0, 4]


def test_a_leaf_deep_down_is_revealed(bridge: WidgetBridge) -> None:
    live = widget(file_bytes(demo_image()))
    element = bridge.mount(live)
    leaf = next(r for r in file_bytes(demo_image()).regions if r.path.endswith("vring[1].pa"))
    live.span, live.offset = [leaf.start, leaf.end], leaf.start
    current = element.locator("[role=treeitem][aria-selected=true]")
    assert current.inner_text().split("\n")[0] == "pa"
    assert current.get_attribute("aria-level") == "5"
    assert "entry[1].vring[1].pa" in element.locator("[role=status]").inner_text()


def test_hover_is_told_and_taken(bridge: WidgetBridge) -> None:
    live = widget(file_bytes(demo_image()))
    element = bridge.mount(live)
    element.locator(".rb-byte").nth(9).hover()
    bridge.settle()
    assert live.hover == [8, 12]
    assert "header.tlv_len" in element.locator(".rb-over").inner_text()
    bridge.page.mouse.move(2, 2)
    bridge.settle()
    assert live.hover == [-1, -1]
    live.hover = [300, 556]
    assert element.locator(".rb-byte.rb-hover").count() > 100


def test_two_views_linked_move_together(bridge: WidgetBridge) -> None:
    whole, part = (
        widget(file_bytes(demo_image())),
        widget(bytes_view(demo_image()[256:600], base=256, title="a part")),
    )
    one, other = bridge.mount(whole), bridge.mount(part)
    for trait in ("offset", "span", "hover"):
        whole.observe(lambda change: setattr(part, change["name"], change["new"]), trait)
    one.get_by_role("treeitem", name="signature").click()
    bridge.settle()
    assert other.locator(".rb-cur").first.inner_text() == demo_image()[300:301].hex()
    assert other.locator("[role=rowheader]").first.inner_text().startswith("0001")
    one.get_by_role("treeitem", name="header", exact=False).first.click()
    bridge.settle()
    assert "not shown here" in other.locator("[role=status]").inner_text()


def test_go_to_and_find(bridge: WidgetBridge) -> None:
    live = widget(file_bytes(demo_image()))
    element = bridge.mount(live)
    element.locator(".rb-byte").first.click()
    press(bridge, "g")
    bridge.page.keyboard.type("0x1000")
    press(bridge, "Enter")
    assert live.offset == 0x1000
    press(bridge, "g")
    bridge.page.keyboard.type("vring[1].da")
    press(bridge, "Enter")
    assert "vring[1].da" in element.locator("[role=status]").inner_text()
    press(bridge, "g")
    bridge.page.keyboard.type("0xffffffff")
    press(bridge, "Enter")
    assert "outside" in element.locator("[role=status]").inner_text()
    press(bridge, "Escape", "/")
    bridge.page.keyboard.type("7f 45 ?? 4?")
    press(bridge, "Enter")
    assert live.span == [556, 560]
    press(bridge, "Enter")
    assert "from the other end" in element.locator("[role=status]").inner_text()
    element.locator(".rb-kind").select_option("text")
    element.locator(".rb-find").fill("cm4_log")
    element.locator(".rb-findnext").click()
    bridge.settle()
    assert live.selected == b"cm4_log"
    element.locator(".rb-find").fill("<b>not there</b>")
    element.locator(".rb-findnext").click()
    assert "“<b>not there</b>” is not in here" in element.locator("[role=status]").inner_text()


def test_copy(bridge: WidgetBridge) -> None:
    element = bridge.mount(widget(small(), offset=0, span=[0, 4]))
    bridge.page.evaluate("""() => document.addEventListener("copy", (event) => {
      window.copied = document.activeElement.value ?? event.clipboardData.getData("text/plain");
    }, true)""")
    element.locator(".rb-byte").nth(0).focus()
    for format_, wanted in (
        ("hex", "7f 45 4c 46"),
        ("python", 'bytes.fromhex(\n    "7f 45 4c 46"\n)'),
    ):
        element.locator(".rb-format").select_option(format_)
        element.locator(".rb-byte").nth(0).focus()
        press(bridge, "c")
        bridge.page.wait_for_function("window.copied !== undefined")
        assert bridge.page.evaluate("window.copied") == wanted
        assert "copied 4 bytes" in element.locator("[role=status]").inner_text()


def test_numbers_are_those_of_the_bytes(bridge: WidgetBridge) -> None:
    element = bridge.mount(widget(file_bytes(demo_image()), offset=8))
    told = element.locator(".rb-inspector").inner_text()
    assert "0x00000118 = 280" in told
    assert "0x18010000 = 402,718,720" in told


@pytest.mark.parametrize("size", [10, 16])
def test_many_megabytes_scroll_without_strain(bridge: WidgetBridge, size: int) -> None:
    data = bytearray(size * 1024 * 1024)
    data[-4:] = b"\xde\xad\xbe\xef"
    data[5_000_000:5_000_004] = b"\xca\xfe\xba\xbe"
    start = time.perf_counter()
    live = widget(bytes_view(bytes(data), title="big"))
    element = bridge.mount(live)
    print(f"seconds to show {size} MiB", time.perf_counter() - start)  # noqa: T201  measured
    rows, grid = element.locator("[role=row]"), element.locator("[role=grid]")
    assert rows.count() < 40
    height = grid.evaluate("(node) => node.scrollHeight")
    assert height < 17_000_000
    grid.evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
    bridge.page.wait_for_timeout(100)
    last = size * 1024 * 1024 // 16
    assert rows.nth(rows.count() - 1).get_attribute("aria-rowindex") == str(last)
    assert rows.count() < 40
    element.locator(".rb-find").fill("ca fe ba be")
    took = bridge.page.evaluate("""() => {
      const start = performance.now();
      document.querySelector(".rb-findnext").click();
      return performance.now() - start;
    }""")
    print("ms to find", took)  # noqa: T201  measured
    bridge.settle()
    assert live.offset == 5_000_000
    bounds = grid.bounding_box()
    cell = element.locator(".rb-cur").first.bounding_box()
    assert bounds
    assert cell
    assert bounds["y"] <= cell["y"] < bounds["y"] + bounds["height"]
    press(bridge, "Escape")
    grid.focus()
    press(bridge, "Control+End", "ArrowUp")
    assert live.offset == len(data) - 17
    grid.hover()
    before = int(rows.first.get_attribute("aria-rowindex") or 0)
    bridge.page.mouse.wheel(0, -200)
    bridge.page.wait_for_timeout(300)
    after = int(rows.first.get_attribute("aria-rowindex") or 0)
    assert 5 <= before - after <= 15


def test_steps_and_hovers_are_quick(bridge: WidgetBridge) -> None:
    bridge.mount(widget(file_bytes(demo_image())))
    times = bridge.page.evaluate("""async () => {
      const grid = document.querySelector("[role=grid]"), times = [];
      const typed = (key) => new KeyboardEvent("keydown", { key, bubbles: true });
      const press = (key) => grid.dispatchEvent(typed(key));
      const point = (node) => node.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
      const after = async (act) => {
        const start = performance.now();
        act();
        await Promise.resolve();
        document.body.offsetHeight;
        times.push(performance.now() - start);
      };
      for (let i = 0; i < 60; i++) {
        await after(() => press(i % 3 ? "ArrowDown" : "n"));
        await after(() => point(grid.querySelectorAll(".rb-byte")[(i * 31) % 300]));
      }
      return times.sort((a, b) => a - b);
    }""")
    print("ms a step, median and 95 %", (times[60], times[114]))  # noqa: T201  measured
    assert times[60] < 20


def test_hostile_names_stay_text(bridge: WidgetBridge) -> None:
    live = widget(hostile())
    element = bridge.mount(live)
    for offset, span in ((0, [0, 8]), (8, [8, 16]), (40, [40, 50]), (-1, [-1, -1])):
        live.offset, live.span, live.hover = offset, span, span
    assert element.locator("img, script").count() == 0
    assert "<img src=x onerror=alert(1)>" in element.locator("[role=tree]").inner_text()
    assert "\u202e" not in element.inner_text()


def test_nothing_and_odd_values_are_survived(bridge: WidgetBridge) -> None:
    live = widget(bytes_view(b"", title="empty"))
    element = bridge.mount(live)
    grid = element.locator("[role=grid]")
    grid.focus()
    press(bridge, "ArrowDown", "Control+End", "n", "c", "/")
    live.offset, live.span = 99, [5, 3]
    assert "not shown" in element.locator("[role=status]").inner_text()
    assert bridge.unmount(live) == 0


@pytest.mark.parametrize("options", [
    {"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"},
    {"viewport": {"width": 420, "height": 900}, "reduced_motion": "reduce"},
], ids=["light", "dark", "forced", "narrow"])  # fmt: skip
def test_axe_finds_nothing(themed: Callable[..., Any], options: dict[str, Any]) -> None:
    assert violations(themed(file_bytes(demo_image()), **options)) == []


@pytest.mark.parametrize("width", [1400, 700, 420])
def test_nothing_is_cut_off_at_the_side(themed: Callable[..., Any], width: int) -> None:
    page = themed(file_bytes(demo_image()), viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    grid = page.locator("[role=grid]")
    assert grid.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    columns = int(grid.get_attribute("aria-colcount"))
    assert columns == (10 if width < 500 else 18)


def test_without_a_widget_the_static_view_stands_in() -> None:
    from rprocbench.views.show import show

    view = small()
    data, _metadata = widget(view)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"] == show(view).html()
    assert data["text/plain"] == show(view).text()
