# SPDX-License-Identifier: GPL-2.0-or-later
"""`workbench(image_or_run)`: boot an image and see the run from every side, in one output."""

from importlib.util import find_spec
from typing import Any

from rprocbench.base.errors import RprocError

from . import memory_live_static, render, states_html, states_text  # noqa: F401  they draw
from .cursor_parts import live
from .markup import Markup, tag
from .report import Section
from .terminal import Terminal
from .wording import clean
from .workbench_input import Desk, input_of
from .workbench_views import RunViews, run_views


def workbench(image_or_run: object = None, *, design: str = "v22") -> Any:
    """All views of one run, joined by one cursor, with a file, a design and faults to choose.

    Takes a signed image or an ELF file (bytes or a path), a saved run (a path), or a run; without
    any, the demonstration's image. What cannot be used is said in one line in the output. Without
    the `lab` extra it is the same views without the controls: print it.
    """
    desk, problem = Desk(), ""
    try:
        desk.design = known_design(design)
        desk.take(input_of(image_or_run, desk.design))
    except RprocError as error:
        problem = str(error)
    if find_spec("anywidget") is None or find_spec("ipywidgets") is None:
        return StaticWorkbench(desk, problem)
    from .workbench_widget import Workbench  # noqa: PLC0415  only where there are widgets

    return Workbench(desk, problem)


def known_design(name: str) -> str:
    """`name`, if there is such a design. Raises `InputError`."""
    from rprocbench.base.errors import InputCode, InputError  # noqa: PLC0415
    from rprocbench.designs import DESIGNS  # noqa: PLC0415

    if name not in DESIGNS:
        why = f"no design {name!r}; there is {', '.join(DESIGNS)}"
        raise InputError(InputCode.BAD_VALUE, why)
    return name


class StaticWorkbench:
    """The workbench where nothing can be clicked: pictures and tables, or text."""

    def __init__(self, desk: Desk, problem: str = "") -> None:
        self.desk = desk
        self.problem = problem

    @property
    def views(self) -> RunViews | None:
        """All views of the run; None where there is no run."""
        recording = self.desk.recording
        return run_views(recording, self.desk.key) if recording else None

    def text(self, terminal: Terminal | None = None) -> str:
        """For a terminal."""
        terminal = terminal or Terminal()
        lines = [terminal.paint(clean(self.problem), "error")] if self.problem else []
        for section in self.views.sections if self.views else ():
            heading = clean(section.heading)
            lines += ["", terminal.paint(f"{heading}\n{'=' * len(heading)}", "strong")]
            lines.append(_text(section, terminal))
        return terminal.finish(lines)

    def html(self) -> str:
        """For a page, with its style."""
        views = self.views
        parts = [tag("p", f"✗ {self.problem}", class_="rb-bad")] if self.problem else []
        parts += [_body(section) for section in views.sections] if views else []
        title = views.title if views else "Workbench"
        whole = tag("section", tag("h3", title), parts, class_="rb", aria_label=title)
        return f"<style>{render.stylesheet()}</style>\n{whole}"

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<workbench: {self.desk.name}>"

    def _repr_mimebundle_(self, **_keywords: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.text()}


def _text(section: Section, terminal: Terminal) -> str:
    if section.thing is None or isinstance(section.thing, str):
        return clean_lines(section.thing or section.text)
    part = live(section.thing)
    return render.text(part.static if part else section.thing, terminal)


def clean_lines(text: str) -> str:
    """`text` with its lines kept and all else escaped."""
    return "\n".join(map(clean, text.split("\n")))


def _body(section: Section) -> Markup:
    heading = tag("h3", section.heading)
    if section.thing is None or isinstance(section.thing, str):
        return tag("div", heading, tag("pre", section.thing or section.text))
    part = live(section.thing)
    body = Markup(render.body(part.static if part else section.thing))
    return tag("div", heading, body)
