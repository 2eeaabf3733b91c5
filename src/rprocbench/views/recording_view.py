# SPDX-License-Identifier: GPL-2.0-or-later
"""A finished run as a whole: how it ended and why, its lanes, its messages, the firmware's log."""

from dataclasses import dataclass, replace

from rprocbench.base.trace import Message
from rprocbench.bench import Recording
from rprocbench.review import judge

from . import render, timeline_html, timeline_text  # noqa: F401  they draw the lanes
from .markup import tag
from .terminal import Terminal
from .timeline import Detail, Timeline, timeline
from .ways import SHOWN, way_lines
from .wording import clean


@dataclass(frozen=True, slots=True)
class RecordingView:
    """The description of the view; the lanes carry the verdict, whose first word says it all."""

    lanes: Timeline
    messages: tuple[str, ...]
    log: tuple[str, ...]
    objections: tuple[str, ...] = ()
    ways: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def lists(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What stands below the lanes: headings, and the lines below each."""
        all_ = (
            ("Messages", self.messages),
            *((f"The way of message {number}", lines) for number, lines in self.ways),
            ("Firmware's log", self.log),
            ("What a reviewer would object to", self.objections),
        )
        return tuple((heading, lines) for heading, lines in all_ if lines)


def title_of(recording: Recording) -> str:
    """What was booted, and through which design."""
    return f"{recording.name} through {recording.design} on {recording.board}"


def verdict_of(recording: Recording) -> str:
    """How the run ended, in one sentence, or two."""
    if recording.runs_unseen:
        headline = "RUNS UNSEEN, for Linux calls it offline"
    else:
        headline = "REFUSED" if recording.verdict == "refused" else "RAN, THEN FAILED"
    if recording.cause:
        return f"{headline}: {recording.cause_text}."
    if recording.verdict != "running":
        return f"{headline}."
    who = "OP-TEE authenticated, loaded and started it" if recording.signed else "Linux loaded it"
    last = recording.state_at(len(recording.trace) - 1).objects.get("MCU", {})
    after = "" if last.get("running") else " It was shut down in good order."
    return f"RUNNING: {who}.{after}"


def message_text(message: Message) -> str:
    """One message in a line."""
    way = "Linux → M4" if message.direction == "sent" else "M4 → Linux"
    payload = message.payload.decode("utf-8", "replace")
    number = f"{message.id}  " if message.id else ""
    return f"{number}{way}  {message.source:#x} → {message.target:#x}  {payload!r}"


def objections_to(recording: Recording) -> tuple[str, ...]:
    """What the review says of a disturbed run; one that nobody disturbed is not on trial."""
    breaches = judge(recording.trace) if recording.script else []
    return tuple(f"{breach.sentence}? No: {breach.what}" for breach in breaches)


def recording_view(recording: Recording, detail: Detail = "story") -> RecordingView:
    """Describe a finished run."""
    lanes = timeline(recording.trace, detail, title_of(recording))
    ids = [number for number in dict.fromkeys(m.id for m in recording.messages) if number]
    is_well = recording.cause is None and recording.verdict == "running"
    return RecordingView(
        lanes=replace(lanes, verdict=verdict_of(recording), is_well=is_well),
        messages=tuple(map(message_text, recording.messages)),
        log=tuple(recording.trace_buffer.splitlines()),
        objections=objections_to(recording),
        ways=tuple((number, way_lines(recording.trace, number)) for number in ids[:SHOWN]),
    )


@render.text.register
def _text(view: RecordingView, terminal: Terminal) -> str:
    lines = [render.text(view.lanes, terminal), ""]
    for heading, rows in view.lists:
        lines += [terminal.paint(heading, "strong"), *(f"  {clean(row)}" for row in rows), ""]
    return terminal.finish(lines)


@render.body.register
def _body(view: RecordingView) -> str:
    parts = [[tag("h4", heading), tag("pre", "\n".join(rows))] for heading, rows in view.lists]
    return render.body(view.lanes) + tag("section", parts, class_="rb rb-recording")


def recording_text(recording: Recording, terminal: Terminal, *, full: bool = False) -> str:
    """A finished run for a terminal."""
    return render.text(recording_view(recording, "full" if full else "story"), terminal)
