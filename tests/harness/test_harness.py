# SPDX-License-Identifier: GPL-2.0-or-later
"""The harness itself: a widget that counts, and a notebook that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .requirements import BROWSER, missing

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext

    from .lab import LabServer
    from .widget import WidgetBridge

COUNTER = '''
import anywidget
import traitlets


class Counter(anywidget.AnyWidget):
    """A button that counts; at most nine, says Python."""

    _esm = """
    function render({ model, el }) {
      const button = document.createElement("button");
      const bytes = document.createElement("output");
      const show = () => { button.textContent = `count ${model.get("count")}`; };
      const add = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
      button.addEventListener("click", add);
      const hear = (content, buffers) => {
        const length = model.get("blob").byteLength;
        bytes.textContent = `${content.say} ${buffers[0].getUint16(0)} ${length}`;
        model.send({ heard: content.say }, null, [new Uint8Array([1, 2, 3])]);
        model.set("blob", new Uint8Array([9, 8]));
        model.save_changes();
      };
      model.on("change:count", show);
      model.on("msg:custom", hear);
      show();
      el.append(button, bytes);
      return () => { model.off("change:count", show); model.off("msg:custom", hear); };
    }
    export default { render };
    """
    _css = "button { min-width: 7em; }"
    count = traitlets.Int(0).tag(sync=True)
    blob = traitlets.Any(b"four").tag(sync=True)  # Bytes would refuse the page's memoryview

    @traitlets.validate("count")
    def _at_most_nine(self, proposal):
        return min(9, proposal["value"])
'''


def counter() -> Any:
    """Define the widget only where anywidget is."""
    pytest.importorskip("anywidget", reason="needs the lab extra")
    scope: dict[str, Any] = {"__name__": __name__}
    exec(COUNTER, scope)  # noqa: S102  the same text becomes a cell below
    return scope["Counter"]()


def test_a_click_on_the_page_reaches_python(bridge: WidgetBridge) -> None:
    widget = counter()
    element = bridge.mount(widget)
    element.get_by_role("button", name="count 0").click()
    bridge.settle()
    assert widget.count == 1
    assert element.get_by_role("button").inner_text() == "count 1"


def test_what_python_sets_reaches_the_page(bridge: WidgetBridge) -> None:
    widget = counter()
    element = bridge.mount(widget)
    widget.count = 7
    assert element.get_by_role("button").inner_text() == "count 7"


def test_what_python_refuses_is_taken_back_on_the_page(bridge: WidgetBridge) -> None:
    widget = counter()
    widget.count = 9
    element = bridge.mount(widget)
    element.get_by_role("button").click()
    bridge.settle()
    assert element.get_by_role("button").inner_text() == "count 9"


def test_messages_carry_bytes_both_ways(bridge: WidgetBridge) -> None:
    widget = counter()
    heard: list[tuple[Any, list[bytes]]] = []
    widget.on_msg(lambda _, content, buffers: heard.append((content, list(map(bytes, buffers)))))
    element = bridge.mount(widget)
    widget.send({"say": "hi"}, buffers=[b"\x12\x34"])
    bridge.settle()
    assert element.locator("output").inner_text() == f"hi {0x1234} 4"
    assert heard == [({"heard": "hi"}, [b"\x01\x02\x03"])]
    assert bytes(widget.blob) == b"\x09\x08"


def test_a_handler_in_python_may_change_another_widget(bridge: WidgetBridge) -> None:
    first, second = counter(), counter()
    element, other = bridge.mount(first), bridge.mount(second)
    first.observe(lambda change: setattr(second, "count", change["new"] + 1), "count")
    element.get_by_role("button").click()
    bridge.settle()
    assert other.get_by_role("button").inner_text() == "count 2"


def test_an_error_in_python_fails_the_test(browser: Browser) -> None:
    pytest.importorskip("anywidget", reason="needs the lab extra")
    from .browser import offline, strict_page
    from .widget import WidgetBridge

    with (
        pytest.raises(pytest.fail.Exception, match="no such count"),
        offline(browser) as context,
        strict_page(context) as page,
    ):
        bridge, widget = WidgetBridge(page), counter()
        widget.observe(refuse, "count")
        bridge.mount(widget).get_by_role("button").click()
        page.wait_for_timeout(100)


def refuse(_change: object) -> None:
    raise LookupError("no such count")


def test_a_widget_that_is_taken_away_leaves_no_listener(bridge: WidgetBridge) -> None:
    widget = counter()
    bridge.mount(widget)
    assert bridge.unmount(widget) == 0


def test_an_error_on_the_page_fails_the_test(context: BrowserContext) -> None:
    from .browser import strict_page

    with (
        pytest.raises(pytest.fail.Exception, match="thrown: it broke"),
        strict_page(context) as page,
    ):
        page.set_content("<script>setTimeout(() => { throw new Error('it broke'); })</script>")
        page.wait_for_timeout(100)


def test_a_request_for_another_host_fails_the_test(context: BrowserContext) -> None:
    from .browser import offline

    browser = context.browser
    assert browser is not None
    with (
        pytest.raises(pytest.fail.Exception, match=r"example\.invalid"),
        offline(browser) as fresh,
    ):
        fresh.new_page().set_content("<img src='http://example.invalid/x.png' alt=''>")


@pytest.mark.slow
def test_a_notebook_runs_in_jupyterlab_and_its_widget_is_alive(
    lab: LabServer, tmp_path: Path
) -> None:
    notebook = write_notebook(tmp_path / "counter.ipynb", [COUNTER, "c = Counter()\nc", "6 * 7"])
    with lab.open(notebook) as opened:
        opened.run_all()
        assert opened.counts == [1, 2, 3]
        assert opened.output(2).inner_text() == "42"
        opened.panel.get_by_role("button", name="count 0").click()
        opened.panel.get_by_role("button", name="count 1").wait_for()


@pytest.mark.slow
def test_a_failing_cell_is_reported(lab: LabServer, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "failing.ipynb", ["1 / 0"])
    with lab.open(notebook) as opened, pytest.raises(AssertionError, match="ZeroDivisionError"):
        opened.run_all()


@pytest.mark.slow
def test_a_complaining_cell_is_reported(lab: LabServer, tmp_path: Path) -> None:
    complain = "import sys; print('well, well', file=sys.stderr)"
    notebook = write_notebook(tmp_path / "complaining.ipynb", [complain])
    with lab.open(notebook) as opened, pytest.raises(AssertionError, match="well, well"):
        opened.run_all()


def test_what_is_promised_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BROWSER, "1")
    with pytest.raises(pytest.fail.Exception, match="no Chromium"):
        missing("no Chromium is installed", BROWSER)


def test_what_is_not_promised_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BROWSER, raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium"):
        missing("no Chromium is installed", BROWSER)


def write_notebook(path: Path, cells: list[str]) -> Path:
    """Save `cells` as a notebook without outputs."""
    import nbformat

    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    nbformat.write(made, path)
    return path
