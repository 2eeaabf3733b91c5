# SPDX-License-Identifier: GPL-2.0-or-later
"""A finished run as a whole: how it ended and why, its lanes, its messages, the firmware's log."""

from collections.abc import Iterable
from dataclasses import dataclass

from rprocbench.base.trace import Message
from rprocbench.bench import Recording

from . import render, timeline_html, timeline_text  # noqa: F401  they draw the lanes
from .markup import tag
from .report import Section, html_report
from .terminal import Terminal
from .timeline import Detail, Timeline, timeline
from .timeline_text import wrap
from .walk import walk
from .wording import clean


HEADLINES = {
    "refused": "REFUSED",
    "running": "RAN, THEN FAILED",
    "unseen": "UNSEEN, for the M4 runs while Linux calls it offline",
}


@dataclass(frozen=True, slots=True)
class RecordingView:
    """The description of the view. `verdict` is for people; the first word of it says it all."""

    title: str
    verdict: str
    is_well: bool
    lanes: Timeline
    messages: tuple[str, ...]
    log: tuple[str, ...]


def title_of(recording: Recording) -> str:
    """What was booted, and through which design."""
    return f"{recording.name} through {recording.design} on {recording.board}"


def verdict_of(recording: Recording) -> str:
    """How the run ended, in one sentence."""
    cause = recording.cause
    if cause is None:
        return (
            "RUNNING: authenticated, loaded, started; then shut down in good order."
            if recording.signed
            else "RUNNING: loaded and started; then shut down in good order."
        )
    return f"{HEADLINES[recording.verdict]}: {recording.cause_text}."


def message_text(message: Message) -> str:
    """One message in a line."""
    way = "Linux → M4" if message.direction == "sent" else "M4 → Linux"
    payload = message.payload.decode("utf-8", "replace")
    return f"{way}  {message.source:#x} → {message.target:#x}  {payload!r}"


def recording_view(recording: Recording, detail: Detail = "story") -> RecordingView:
    """Describe a finished run."""
    return RecordingView(
        title=title_of(recording),
        verdict=verdict_of(recording),
        is_well=recording.cause is None,
        lanes=timeline(recording.trace, detail, title_of(recording)),
        messages=tuple(map(message_text, recording.messages)),
        log=tuple(recording.trace_buffer.splitlines()),
    )


@render.text.register
def _text(view: RecordingView, terminal: Terminal) -> str:
    mark, role = ("✓", "ok") if view.is_well else ("✗", "error")
    lines = [render.text(view.lanes, terminal), ""]
    for heading, rows in (("Messages", view.messages), ("Firmware's log", view.log)):
        if rows:
            lines += [terminal.paint(heading, "strong"), *(f"  {clean(row)}" for row in rows), ""]
    verdict = wrap(f"{mark} {clean(view.verdict)}", terminal.width)
    lines += [terminal.paint(line, role) for line in verdict]
    return terminal.finish([*lines, ""])


@render.body.register
def _body(view: RecordingView) -> str:
    mark, style = ("✓ ", "rb-verdict") if view.is_well else ("✗ ", "rb-verdict rb-bad")
    parts = [tag("p", mark, view.verdict, class_=style)]
    for heading, rows in (("Messages", view.messages), ("Firmware's log", view.log)):
        if rows:
            parts += [tag("h4", heading), tag("pre", "\n".join(rows))]
    body = tag("section", parts, class_="rb rb-recording", aria_label=view.title)
    return render.body(view.lanes) + body


def recording_text(recording: Recording, terminal: Terminal, *, full: bool = False) -> str:
    """A finished run for a terminal."""
    return render.text(recording_view(recording, "full" if full else "story"), terminal)


def recording_page(recordings: Iterable[Recording], title: str) -> str:
    """Finished runs as one offline page, each with its stepper."""
    sections = []
    for recording in recordings:
        view = recording_view(recording)
        sections.append(Section(view.title, walk(recording.trace, view.title), view.verdict))
        for heading, rows in (("Messages", view.messages), ("Firmware's log", view.log)):
            if rows:
                sections.append(Section(f"{heading}: {recording.name}", "\n".join(rows)))
    return html_report(title, sections)
