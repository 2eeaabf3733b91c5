# SPDX-License-Identifier: GPL-2.0-or-later
"""`show`, and how IPython learns of it."""

import subprocess
import sys
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.views.show import SHOWN_BY_NAME, describe, register, show
from rprocbench.views.timeline import Timeline
from rprocbench.views.walk import walk
from tests.views.fake_boot import FakeBoot


def test_a_run_a_trace_and_a_walk_are_shown_as_lanes() -> None:
    run = FakeBoot().boot()
    for thing in (run, run.trace, walk(run.trace)):
        assert isinstance(describe(thing), Timeline)


def test_what_has_no_view_is_refused() -> None:
    for thing in (object(), [1, 2], 7):
        with pytest.raises(TypeError):
            show(thing)


def test_shown_prints_as_text_and_ends_a_cell_as_html() -> None:
    shown = show(STM32MP157C_DK2)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == str(shown)
    assert bundle["text/html"].startswith("<style>")
    assert len(repr(shown)) < 200


def test_registering_without_ipython_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    register()
    assert "IPython" not in sys.modules


def test_registering_tells_ipython_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str, str]] = []

    class Formatter:
        def __init__(self, kind: str) -> None:
            self.kind = kind

        def for_type_by_name(self, module: str, name: str, function: Any) -> None:
            assert callable(function)
            told.append((self.kind, module, name))

    formatters = {kind: Formatter(kind) for kind in ("text/html", "text/plain")}
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters=formatters))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    register()
    assert {(module, name) for _kind, module, name in told} == set(SHOWN_BY_NAME)
    assert len(told) == 2 * len(SHOWN_BY_NAME)


def test_the_static_part_needs_no_lab() -> None:
    script = (
        "import sys, rprocbench.views.show, rprocbench.views.report;"
        "lab = 'anywidget', 'IPython', 'traitlets', 'matplotlib', 'rich';"
        "print(*(name for name in lab if name in sys.modules))"
    )
    found = subprocess.check_output([sys.executable, "-c", script], env={"PYTHONPATH": "src"})
    assert found.strip() == b""


@pytest.mark.parametrize(("module", "name"), SHOWN_BY_NAME)
def test_a_type_is_told_by_the_module_that_defines_it(module: str, name: str) -> None:
    """IPython compares with `__module__`: a name that is only imported there is never met."""
    assert getattr(import_module(module), name).__module__ == module
