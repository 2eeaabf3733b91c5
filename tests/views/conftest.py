# SPDX-License-Identifier: GPL-2.0-or-later
"""A page with a live stepper in it, in a headless Chromium, with a model but no Jupyter."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rprocbench.base.trace import Trace
from rprocbench.views import render
from rprocbench.views.walk import pack, walk

VIEWS = Path(render.__file__).parent
MODEL = """
window.mount = async (script, run, values) => {
  const source = URL.createObjectURL(new Blob([script], {type: "text/javascript"}));
  const {default: widget} = await import(source);
  const bytes = Uint8Array.from(atob(run), (char) => char.charCodeAt(0));
  const state = {...values, run: bytes}, heard = {};
  window.model = {
    get: (name) => state[name],
    set: (name, value) => {
      state[name] = value;
      for (const f of heard["change:" + name] ?? []) f();
    },
    save_changes: () => { window.saves = (window.saves ?? 0) + 1; },
    on: (name, f) => (heard[name] ??= []).push(f),
    off: (name, f) => { heard[name] = heard[name].filter((g) => g !== f); },
    heard,
  };
  window.cleanUp = await widget.render({model: window.model, el: document.getElementById("root")});
};
"""


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Make an offline page; an error in it fails the test."""
    errors: list[str] = []
    contexts = []

    def make(**options: Any) -> Any:
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def mount(new_page: Callable[..., Any]) -> Callable[..., Any]:
    """Put a stepper over a trace into a page."""

    def mounted(trace: Trace, *, by: str = "event", cursor: int = -1, **options: Any) -> Any:
        page = new_page(viewport={"width": 1400, "height": 1000}, **options)
        style = render.stylesheet() + (VIEWS / "stepper.css").read_text(encoding="utf-8")
        page.set_content(
            f"<!DOCTYPE html><html lang='en'><title>Stepper</title><style>{style}</style>"
            f"<body class='rb'><main id='root'></main></body></html>"
        )
        page.add_script_tag(content=MODEL)
        script = (VIEWS / "stepper.js").read_text(encoding="utf-8")
        run = b64encode(pack(walk(trace, "A boot"))).decode()
        values = {"by": by, "cursor": cursor, "selected": ""}
        page.evaluate(f"([s, r]) => mount(s, r, {json.dumps(values)})", [script, run])
        return page

    return mounted
