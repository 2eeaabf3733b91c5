# SPDX-License-Identifier: GPL-2.0-or-later
"""The chain in a browser: steps, bytes, the round trip of a tampered byte, themes, axe."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from rprocbench.bench.chain import Verdict, chain
from tests.harness.accessibility import violations
from tests.harness.browser import offline, strict_page
from tests.tee.machine import GOOD, KEY

from .chain_cases import flipped, good, tampered
from .hostile import ATTACK

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

    from rprocbench.views.chain_widget import ChainWidget
    from tests.harness.lab import LabServer
    from tests.harness.widget import WidgetBridge

pytest.importorskip("anywidget", reason="needs the lab extra")
pytestmark = pytest.mark.lab
ROUND_TRIP_MS = 200
STEP_MS = 20


def widget(image: bytes = GOOD, name: str = "good.sig") -> ChainWidget:
    from rprocbench.views.chain_widget import ChainWidget

    return ChainWidget(image, KEY, name)


def change(bridge: WidgetBridge, view: Locator, offset: int, value: int) -> None:
    """Type an offset and a value, press Enter."""
    view.locator(".rb-offset").fill(f"{offset:x}")
    view.locator(".rb-value").fill(f"{value:02x}")
    view.locator(".rb-value").press("Enter")
    bridge.settle()


def test_every_link_is_listed_with_its_verdict(bridge: WidgetBridge) -> None:
    view = bridge.mount(widget(tampered()))
    shown = view.locator("[role=option]")
    links = chain(tampered(), KEY).links
    assert shown.locator(".rb-name").all_inner_texts() == [link.title for link in links]
    assert shown.locator(".rb-word").all_inner_texts() == [link.verdict.value for link in links]
    assert "Row 0 and segment 0" in view.locator(".rb-outcome").inner_text()
    assert "SECURITY (0xffff000f)" in view.locator(".rb-outcome").inner_text()
    assert view.locator("h4").inner_text() == "Row 0 and segment 0"  # the broken one comes first


def test_arrows_step_from_link_to_link(bridge: WidgetBridge) -> None:
    model = widget()
    view = bridge.mount(model)
    names = [link.name for link in good().links]
    bridge.page.evaluate(
        "document.addEventListener('keydown', (e) => (window.leaked ??= []).push(e.key))"
    )
    view.locator(".rb-links").focus()
    for key, index in (("ArrowDown", 1), ("ArrowRight", 2), ("ArrowUp", 1), ("End", -1),
                       ("ArrowDown", -1), ("Home", 0), ("ArrowUp", 0)):  # fmt: skip
        bridge.page.keyboard.press(key)
        bridge.settle()
        assert model.link == names[index]
        assert view.locator("[aria-selected=true]").get_attribute("data-name") == names[index]
        active = view.locator(".rb-links").get_attribute("aria-activedescendant")
        assert view.locator("[aria-selected=true]").get_attribute("id") == active
    assert bridge.page.evaluate("window.leaked") is None
    for control in view.locator("button, input, [tabindex]").all():
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_a_link_shows_bytes_formula_value_rule_and_command(bridge: WidgetBridge) -> None:
    model = widget()
    view = bridge.mount(model)
    for link in good().links:
        bridge.page.locator(f'[data-name="{link.name}"]').click()
        bridge.settle()
        text = " ".join(view.locator(".rb-detail-pane").inner_text().split())
        for part in (link.title, link.verdict.value, link.why, str(link.cite)):
            assert part in text
        assert [c.line for c in link.commands] == view.locator("pre").all_inner_texts()
        own = link.spans[0] if link.spans and link.spans[0] else None
        assert model.span == ([own.start, own.end] if own else [-1, -1])
        if own:
            first = view.locator("[role=gridcell]").first
            assert first.get_attribute("data-offset") == str(own.start)
            assert first.inner_text() == f"{GOOD[own.start]:02x}"


def test_a_changed_byte_goes_to_the_ta_and_back_in_time(bridge: WidgetBridge) -> None:
    model = widget()
    view = bridge.mount(model)
    times = []
    for link, code in (("segment:0.1", "SECURITY"), ("signature", "SIGNATURE_INVALID"),
                       ("header", "BAD_PARAMETERS")):  # fmt: skip
        span = next(one for one in good().links if one.name == link).spans[0]
        change(bridge, view, span.start, GOOD[span.start] ^ 0x40)
        assert model.view.answer.code.name == code
        assert model.view.broken
        assert model.view.broken.name == link
        assert code in view.locator(".rb-outcome").inner_text()
        assert view.locator(f'[data-name="{link}"] .rb-word').inner_text() == "FAIL"
        times.append(int(view.locator(".rb-chain").get_attribute("data-ms") or 0))
    assert median(times) < ROUND_TRIP_MS
    assert view.locator(".rb-edits tbody tr").count() == 3
    view.locator(".rb-undo").click()
    bridge.settle()
    assert len(model.edits) == 2
    view.locator(".rb-reset").click()
    bridge.settle()
    assert (model.edits, model.view.data) == ([], GOOD)
    assert "No link fails." in view.locator(".rb-outcome").inner_text()
    assert view.locator(".rb-edits").count() == 0


def test_what_nothing_covers_is_said_to_go_unnoticed(bridge: WidgetBridge) -> None:
    model = widget()
    view = bridge.mount(model)
    free = good().link("nothing:rest")
    assert free
    change(bridge, view, free.spans[0].start, GOOD[free.spans[0].start] ^ 0xFF)
    assert model.view.holds
    row = view.locator(".rb-edits tbody tr").inner_text()
    assert "nothing notices it: NOT COVERED" in row
    assert "SUCCESS" in row
    assert "The TA answers SUCCESS" in view.locator(".rb-outcome").inner_text()


def test_a_byte_is_picked_with_keys_and_overtyped(bridge: WidgetBridge) -> None:
    model = widget()
    view = bridge.mount(model)
    view.locator("[role=gridcell]").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "End", "Home", "ArrowRight"):
        bridge.page.keyboard.press(key)
    bridge.settle()
    assert model.offset == 1
    bridge.page.keyboard.type("0f")
    bridge.page.keyboard.press("Enter")
    bridge.settle()
    assert model.edits == [[1, 0x0F]]
    cell = view.locator('[data-offset="1"]')
    assert cell.get_attribute("aria-label") == "0x1: 0f, was a4"
    bridge.page.keyboard.press("Escape")
    bridge.settle()
    assert model.edits == []
    bridge.page.keyboard.press("Escape")
    assert bridge.page.evaluate("document.activeElement === document.body")


WRONG = [("ffff", "00"), ("zz", "00"), ("0", "100"), ("", "1"), ("0", "-1"), ("0", "68")]


@pytest.mark.parametrize(("offset", "value"), WRONG)
def test_a_wrong_edit_is_refused_in_words(bridge: WidgetBridge, offset: str, value: str) -> None:
    model = widget()
    view = bridge.mount(model)
    view.locator(".rb-offset").fill(offset)
    view.locator(".rb-value").fill(value)
    view.locator(".rb-change").click()
    bridge.settle()
    assert model.edits == []
    assert view.locator(".rb-say").inner_text()


def test_python_can_tamper_too(bridge: WidgetBridge) -> None:
    import traitlets

    model = widget()
    view = bridge.mount(model)
    model.tamper(400, 0)
    assert model.view.answer.code.name == "SIGNATURE_INVALID"
    assert "Signature and key" in view.locator(".rb-outcome").inner_text()
    model.undo()
    assert model.view.holds
    model.edits = [[400, 0], [0, 0]]
    model.reset()
    assert "No link fails." in view.locator(".rb-outcome").inner_text()
    for wrong in ([[len(GOOD), 0]], [[-1, 0]], [[0, 256]], [["0", 0]], [[0]], [[0, 0]] * 65):
        with pytest.raises(traitlets.TraitError):
            model.edits = wrong
    assert model.edits == []


def test_it_follows_the_cursor_of_other_views(bridge: WidgetBridge) -> None:
    model = widget()
    view = bridge.mount(model)
    signature = good().link("signature")
    assert signature
    model.span = [signature.spans[0].start, signature.spans[0].end]
    assert view.locator("h4").inner_text() == "Signature and key"
    model.offset = 400
    assert view.locator(".rb-here .rb-name").inner_text() == "Signature and key"
    assert view.locator(".rb-offset").input_value() == "190"
    view.locator('[data-name="header"]').hover()
    bridge.settle()
    assert model.hover == [0, 20]


def test_stepping_takes_less_than_a_frame_and_a_bit(bridge: WidgetBridge) -> None:
    view = bridge.mount(widget())
    times = view.evaluate("""(root) => {
      const list = root.querySelector(".rb-links"), times = [];
      for (const key of [...Array(16).fill("ArrowDown"), ...Array(16).fill("ArrowUp")]) {
        const start = performance.now();
        list.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        document.body.offsetHeight;  // and lay it out
        times.push(performance.now() - start);
      }
      return times;
    }""")
    assert median(times) < STEP_MS


def test_hostile_names_stay_text(bridge: WidgetBridge) -> None:
    model = widget(tampered(), ATTACK)
    view = bridge.mount(model)
    for link in model.view.links:
        bridge.page.locator(f'[data-name="{link.name}"]').click()
    assert view.locator("img, script").count() == 0
    assert "<img src=x" in view.locator("h3").inner_text()


def test_hostile_data_stays_text(bridge: WidgetBridge) -> None:
    """Whatever Python sends, even if it forgot to escape it, is set as text."""
    model = widget()
    packed = model.chain
    for link in packed["links"]:
        link.update(dict.fromkeys(("title", "why", "value", "formula"), ATTACK))
        link.update(facts=[[ATTACK] * 2], commands=[{"line": ATTACK, "prints": ATTACK}])
    view = bridge.mount(model)
    model.chain = {**packed, "verdict": ATTACK, "told": ATTACK}
    model.steps = [{"offset": 0, "old": 0, "new": 1, "owner": ATTACK, "breaks": [ATTACK],
                    "answer": ATTACK, "unnoticed": False}]  # fmt: skip
    for index in range(len(packed["links"])):
        view.locator("[role=option]").nth(index).click()
    assert view.locator("img, script").count() == 0


def test_it_lets_go(bridge: WidgetBridge) -> None:
    model = widget()
    bridge.mount(model)
    assert bridge.unmount(model) == 0


def test_where_no_widget_is_shown_the_figure_stands_in() -> None:
    from rprocbench.views.show import show

    model = widget()
    model.tamper(0, 0)
    data, _metadata = model._repr_mimebundle_()
    assert data["text/html"] == show(model.view).html()
    assert data["text/plain"] == show(model.view).text()
    with pytest.raises(TypeError):
        from rprocbench.views.chain_widget import ChainWidget

        ChainWidget(GOOD)


@pytest.mark.parametrize("options", [
    {"color_scheme": "light"}, {"color_scheme": "dark"},
    {"color_scheme": "dark", "forced_colors": "active", "reduced_motion": "reduce"},
], ids=["light", "dark", "forced"])  # fmt: skip
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, options: dict[str, Any]
) -> None:
    from tests.harness.widget import WidgetBridge

    with offline(browser, **options) as context, strict_page(context) as page:
        bridge = WidgetBridge(page)
        model = widget(flipped(400))
        view = bridge.mount(model)
        change(bridge, view, 1, 1)
        for width in (1400, 700, 420):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        broken = view.locator(".rb-link.rb-v-fail .rb-shape").first
        passed = view.locator(".rb-link.rb-v-pass .rb-shape").first
        radius = "(node) => getComputedStyle(node).borderTopLeftRadius"
        assert broken.evaluate(radius) != passed.evaluate(radius)
        assert Verdict.FAIL in view.locator(".rb-title .rb-word").inner_text()
        assert violations(page) == []


def test_axe_finds_nothing_in_the_figure(browser: Browser) -> None:
    from rprocbench.views.show import show

    with offline(browser) as context, strict_page(context) as page:
        html = show(chain(tampered(), KEY)).html()
        page.set_content(f"<!doctype html><html lang='en'><title>x</title><main id='root'>{html}")
        page.locator("summary").first.click()
        page.set_viewport_size({"width": 700, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 700
        assert violations(page) == []


def test_a_page_without_python_predicts_and_says_so(browser: Browser, tmp_path: Path) -> None:
    from rprocbench.views.cursor_page import linked_page
    from rprocbench.views.report import Section

    path = tmp_path / "chain.html"
    path.write_text(linked_page("Chain", [Section("Chain", good())]), encoding="utf-8")
    with offline(browser) as context, strict_page(context) as page:
        page.goto(path.as_uri())
        page.wait_for_function("document.documentElement.dataset.live")
        assert "The TA answers SUCCESS" in page.locator(".rb-outcome").inner_text()
        page.locator(".rb-offset").fill("190")
        page.locator(".rb-value").fill("00")
        page.locator(".rb-change").click()
        page.locator(".rb-edits").wait_for()
        said = page.locator(".rb-outcome").inner_text()
        assert "Predicted from that link: the TA answers SIGNATURE_INVALID" in said
        assert "rprocbench verify" in said
        assert int(page.locator(".rb-chain").get_attribute("data-ms") or 0) < ROUND_TRIP_MS
        page.locator(".rb-reset").click()
        page.locator(".rb-edits").wait_for(state="detached")
        assert "The TA answers SUCCESS" in page.locator(".rb-outcome").inner_text()


@pytest.mark.slow
def test_it_lives_in_jupyterlab(lab: LabServer, tmp_path: Path) -> None:
    import nbformat

    code = (
        "from rprocbench import demo_image, demo_key\n"
        "from rprocbench.views.chain_widget import ChainWidget\n"
        "chain = ChainWidget(demo_image(), demo_key().public, 'demo.sig')\nchain"
    )
    cells = [nbformat.v4.new_code_cell(each) for each in (code, "chain.view")]
    path = tmp_path / "chain.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with lab.open(path) as opened:
        opened.run_all()
        view = opened.panel.locator(".rb-chain").first
        times: list[int] = []
        for offset in (0x600, 0x190, 0x1):
            view.locator(".rb-offset").fill(f"{offset:x}")
            view.locator(".rb-value").fill("77")
            view.locator(".rb-value").press("Enter")
            view.locator(f".rb-edits tbody tr:nth-child({len(times) + 1})").wait_for()
            times.append(int(view.get_attribute("data-ms") or 0))
        assert "BAD_PARAMETERS (0xffff0006)" in view.locator(".rb-outcome").inner_text()
        assert min(times) < ROUND_TRIP_MS
        view.locator(".rb-links").focus()
        for _ in range(3):
            opened.panel.page.keyboard.press("ArrowDown")
        view.locator("[role=option][aria-selected=true]").wait_for()
        assert opened.panel.locator(".jp-CodeCell").count() == len(cells)
