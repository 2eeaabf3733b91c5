# SPDX-License-Identifier: GPL-2.0-or-later
"""What the workbench shows of one finished run: its views in order, and where it begins."""

from dataclasses import dataclass

from rprocbench.base.errors import RprocError
from rprocbench.base.trace import Changed, Entered, Failed, Lane, Left, Trace, lanes
from rprocbench.bench import Recording
from rprocbench.bench.chain import chain
from rprocbench.bench.demo import demo_key
from rprocbench.formats.keys import RsaPublicKey

from .bytes_view import file_bytes
from .cursor_page import linked_page
from .memory_live import memory_of
from .recording_view import recording_view, title_of, verdict_of
from .report import Section
from .resource_table_history import recording_table
from .states import state_machines
from .walk import walk

UP = ("RUNNING", "ATTACHED")


@dataclass(frozen=True, slots=True)
class RunViews:
    """All views of one run: the timeline is the first of `sections`. `start` is where to stand."""

    title: str
    verdict: str
    is_well: bool
    start: int
    sections: tuple[Section, ...]


def run_views(recording: Recording, key: RsaPublicKey | None = None) -> RunViews:
    """Describe a finished run. `key` is the one built into OP-TEE: the demonstration's if None."""
    title, verdict = title_of(recording), verdict_of(recording)
    whole = recording_view(recording)
    sections = [
        Section("Timeline", walk(recording.trace, title), verdict),
        Section("State transitions", state_machines(recording.trace)),
        Section("Memory", memory_of(recording)),
    ]
    if recording.signed:
        built_in = key or demo_key().public
        sections.append(Section("Signature chain", chain(recording.image, built_in)))
    else:
        sections.append(Section("Signature chain", None, "The image is not signed."))
    try:
        sections.append(Section("Resource table", recording_table(recording)))
    except RprocError as error:
        sections.append(Section("Resource table", None, f"There is none to show: {error.why}."))
    sections.append(Section("Bytes", file_bytes(recording.image, f"Bytes of {recording.name}")))
    sections += [Section(heading, "\n".join(lines)) for heading, lines in whole.lists]
    return RunViews(title, verdict, whole.lanes.is_well, start_of(recording), tuple(sections))


def run_page(recording: Recording, key: RsaPublicKey | None = None) -> str:
    """All views of one run as one offline page."""
    views = run_views(recording, key)
    mark = "✓ " if views.is_well else "✗ "
    first, *others = views.sections
    sections = [Section(first.heading, first.thing), *others]
    return linked_page(views.title, sections, mark + views.verdict, views.start)


def start_of(recording: Recording) -> int:
    """Where to stand first: on the error's cause, else where Linux said that it runs."""
    if recording.cause:
        return recording.cause.index
    ups = [
        index for index, event in enumerate(recording.trace)
        if isinstance(event, Changed) and event.field == "state" and event.after in UP
    ]  # fmt: skip
    return ups[-1] if ups else len(recording.trace) - 1


@dataclass(frozen=True, slots=True)
class Place:
    """A call of the timeline: one that can be made to fail, and the world it is in."""

    function: str
    nth: int
    lane: Lane

    def __str__(self) -> str:
        return self.function if self.nth == 1 else f"{self.function}#{self.nth}"


def place_at(trace: Trace, cursor: int) -> Place | None:
    """The call at event `cursor`: the one that begins or ends there, or the innermost open one."""
    worlds = lanes(trace)
    open_calls: list[Place] = []
    for index, event in enumerate(trace[: cursor + 1]):
        match event:
            case Entered():
                open_calls.append(Place(event.function, event.nth, worlds[index]))
            case Left() | Failed() if open_calls:
                closed = open_calls.pop()
                if index == cursor:
                    return closed
            case _:
                pass
    return open_calls[-1] if open_calls else None
