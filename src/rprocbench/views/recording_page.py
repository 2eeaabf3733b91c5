# SPDX-License-Identifier: GPL-2.0-or-later
"""Finished runs as one offline page, each with a stepper where scripts may run."""

from collections.abc import Iterable

from rprocbench.bench import Recording

from .recording_view import recording_view
from .report import Section, html_report
from .rings import busiest, rings
from .walk import walk


def recording_page(recordings: Iterable[Recording], title: str) -> str:
    """Finished runs as one offline page, each with its stepper."""
    sections = []
    for recording in recordings:
        view = recording_view(recording)
        live = walk(recording.trace, view.lanes.title)
        sections.append(Section(view.lanes.title, live, view.lanes.verdict))
        if (laid := rings(recording.trace, busiest(recording.trace), "Rings")).queues:
            why = "Who has which buffer while the first message is on its way to the M4."
            sections.append(Section(f"Rings: {recording.name}", laid, why))
        sections += [
            Section(f"{heading}: {recording.name}", "\n".join(lines))
            for heading, lines in view.lists
        ]
    return html_report(title, sections)
