# SPDX-License-Identifier: GPL-2.0-or-later
"""The workbench as a notebook widget: controls of ipywidgets around views of our own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from rprocbench.base.errors import RprocError
from rprocbench.base.files import write_file
from rprocbench.base.run import At
from rprocbench.base.trace import Failed
from rprocbench.bench.chain import Chain
from rprocbench.bench.demo import demo_key
from rprocbench.designs import DESIGNS
from rprocbench.soc.boards import EXECUTED

from . import render
from .bytes_view import BytesView
from .bytes_widget import BytesWidget
from .chain_widget import ChainWidget
from .cursor import linked
from .markup import tag
from .memory_live import LiveMemory
from .memory_live_widget import LiveMemoryWidget
from .report import Section
from .resource_table_view import ResourceTableView
from .resource_table_widget import ResourceTableWidget
from .states import StateMachines
from .states_live import States
from .stepper import Stepper
from .walk import Walk
from .workbench import StaticWorkbench
from .workbench_controls import Controls, message
from .workbench_input import Desk, key_of, named_input
from .workbench_views import RunViews, place_at, run_page

LIVE: dict[type, Callable[[Any], Any]] = {
    Walk: Stepper, StateMachines: States, LiveMemory: LiveMemoryWidget, Chain: ChainWidget,
    ResourceTableView: ResourceTableWidget, BytesView: BytesWidget,
}  # fmt: skip


class Workbench(ipywidgets.VBox):
    """Choose, boot, look, let something fail, boot again, save.

    `desk` is what is chosen, `stepper` the timeline, `views` all views by their headings. The
    timeline stays in sight, the other views are tabs below it.
    """

    def __init__(self, desk: Desk, problem: str = "") -> None:
        self.desk = desk
        self.stepper: Any = None
        self.views: dict[str, Any] = {}
        self._links: list[Any] = []
        self.controls = Controls(list(EXECUTED), list(DESIGNS))
        self.output = ipywidgets.VBox()
        super().__init__([self.controls.box, self.output])
        self._listen()
        self._refresh(problem)

    def _listen(self) -> None:
        controls = self.controls
        controls.again.on_click(lambda _button: self.boot())
        controls.fail.on_click(lambda _button: self.fail_here())
        controls.clear.on_click(lambda _button: self.clear_faults())
        controls.save.on_click(lambda _button: self.save(controls.file.value))
        controls.image.observe(lambda _change: self._uploaded(), "value")
        controls.key.observe(lambda _change: self._key_uploaded(), "value")
        controls.demo_key.on_click(lambda _button: self._use_demo_key())
        controls.board.observe(lambda change: self._choose("board", change["new"]), "value")
        controls.design.observe(lambda change: self._choose("design", change["new"]), "value")

    def boot(self) -> None:
        """Boot what is chosen, and show the run."""
        self._try(self.desk.boot)

    def fail_here(self) -> None:
        """Let the call at the cursor fail with the chosen code, and boot again."""
        code = self.controls.code.value
        recording = self.desk.recording
        place = place_at(recording.trace, self.stepper.cursor) if recording else None
        if place is None or code is None:
            self._say("Step to a call first: nothing is called at this event.", well=False)
            return
        self.desk.fail(At(place.function, place.nth), code)
        self.boot()

    def clear_faults(self) -> None:
        """Let nothing fail any more, and boot again."""
        self.desk.faults = {}
        self.boot()

    def save(self, file: str) -> None:
        """Write all views of the run to one offline page."""
        recording = self.desk.recording
        path = Path(file.strip() or "run.html").expanduser()
        if recording is None:
            self._say("There is no run to save yet.", well=False)
            return
        try:
            write_file(path, run_page(recording, self.desk.key).encode())
        except RprocError as error:
            self._say(str(error), well=False)
            return
        self._say(f"Saved: {path}. It works offline.", well=True)

    def _uploaded(self) -> None:
        files = self.controls.image.value
        if files:
            file = files[0]
            self._try(lambda: self.desk.take(named_input(file["name"], bytes(file["content"]))))

    def _key_uploaded(self) -> None:
        files = self.controls.key.value
        if files:
            file = files[0]
            self._try(lambda: self._use_key(key_of(bytes(file["content"]), file["name"])))

    def _use_demo_key(self) -> None:
        self._try(lambda: self._use_key(demo_key().public))

    def _use_key(self, key: Any) -> None:
        self.desk.key = key
        self.desk.boot()

    def _choose(self, what: str, name: str) -> None:
        if getattr(self.desk, what) != name:
            setattr(self.desk, what, name)
            self.boot()

    def _try(self, work: Callable[[], object]) -> None:
        """Do what the user asked for; what cannot be done is said in one line."""
        problem = ""
        self.controls.busy(is_busy=True)
        try:
            work()
        except RprocError as error:
            problem = str(error)
        finally:
            self.controls.busy(is_busy=False)
        self._refresh(problem)

    def _refresh(self, problem: str = "") -> None:
        self.controls.show(self.desk)
        recording = self.desk.recording
        if problem:
            self._say(problem, well=False)
            if self.stepper is not None or recording is None:
                return
        static = StaticWorkbench(self.desk).views
        if static is None:
            return
        if not problem:
            self._say(f"{static.verdict} {self.desk.unreached}", well=static.is_well)
        self._show(static, _injected(self.desk, static.start))

    def _show(self, views: RunViews, start: int) -> None:
        for link in self._links:
            link.unlink()
        for old in self.views.values():
            old.close()
        made = {section.heading: _made(section) for section in views.sections}
        self.stepper, *others = made.values()
        alive = [widget for widget in made.values() if widget.has_trait("_esm")]
        for widget in alive:
            if widget.has_trait("cursor"):
                widget.cursor = start
        self._links = linked(*alive)
        tabs = ipywidgets.Tab(others, titles=list(made)[1:], selected_index=0)
        self.views = made
        self.output.children = (self.stepper, tabs)
        self.stepper.observe(lambda _change: self._at_cursor(), "cursor")
        self._at_cursor()

    def _at_cursor(self) -> None:
        recording = self.desk.recording
        place = place_at(recording.trace, self.stepper.cursor) if recording else None
        self.controls.show_place(place)

    def _say(self, text: str, *, well: bool) -> None:
        self.controls.message.value = message(text, well=well)

    def _repr_mimebundle_(self, **keywords: Any) -> dict[str, Any]:
        data: dict[str, Any] = super()._repr_mimebundle_(**keywords) or {}
        static = StaticWorkbench(self.desk)
        return {**data, "text/html": static.html(), "text/plain": static.text()}


def _injected(desk: Desk, start: int) -> int:
    """Where the first fault struck, if one did; else `start`."""
    trace = desk.recording.trace if desk.recording else []
    struck = (i for i, event in enumerate(trace) if isinstance(event, Failed) and event.injected)
    return next(struck, start)


def _made(section: Section) -> Any:
    make = LIVE.get(type(section.thing))
    if make is not None:
        return make(section.thing)
    text = section.thing if isinstance(section.thing, str) else section.text
    body = tag("div", tag("pre", text), class_="rb")
    return ipywidgets.HTML(f"<style>{render.stylesheet()}</style>{body}")
