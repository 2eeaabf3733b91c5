# SPDX-License-Identifier: GPL-2.0-or-later
"""Every record file of a directory through the models, on several cores: `conform`."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rprocbench.base.errors import InputCode, InputError

from . import conform_kernel, conform_tee
from .conform import Opener, Outcome, Records
from .sources import Sources

OPENERS: tuple[Opener, ...] = (conform_tee.open_records, conform_kernel.open_records)
CHUNK = 16  # cases that a process takes at a time
Progress = Callable[[int], object]


@dataclass
class FileReport:
    """What came of one file: how many cases agree, and all others."""

    name: str
    cases: int
    agree: int = 0
    others: list[Outcome] = field(default_factory=list)

    @property
    def disagreeing(self) -> list[Outcome]:
        """Cases in which a field differs, and records that are not of their kind's shape."""
        return [each for each in self.others if each.disagreements or each.malformed]

    @property
    def unjudged(self) -> list[Outcome]:
        """Cases whose image is nowhere to be found."""
        return [each for each in self.others if not each.disagreements and not each.malformed]

    @property
    def fails(self) -> bool:
        """Whether a model and a record differ, or nothing at all could be judged."""
        return bool(self.disagreeing) or (self.cases > 0 and not self.agree)


def find_records(directory: Path, sources: Sources) -> list[Records]:
    """The record files in `directory` and below it, by path; or the one that it is.

    Raises `InputError`: NOT_FOUND if there is no such directory, BAD_FILE for a file whose name is
    that of a record file and that is none.
    """
    if not directory.exists():
        raise InputError(InputCode.NOT_FOUND, f"there is no directory {str(directory)!r}")
    files = [directory] if directory.is_file() else sorted(directory.rglob("*"))
    found: list[Records] = []
    for path in files:
        if path.is_file():
            opened = (opener(path, sources) for opener in OPENERS)
            records = next((each for each in opened if each is not None), None)
            if records is not None:
                found.append(records)
    return found


def conform(
    files: list[Records], jobs: int = 1, progress: Progress = lambda _cases: None
) -> Iterator[FileReport]:
    """A report for each file, in order. `progress` is told how many more cases are done.

    With `jobs` above 1 the cases are spread over that many processes, made by fork: call it where
    no other thread runs.
    """
    with _mapping(files, jobs) as spread:
        for number, records in enumerate(files):
            report = FileReport(records.name, len(records))
            for outcomes in spread(number, range(0, len(records), CHUNK)):
                report.agree += sum(each.agrees for each in outcomes)
                report.others += [each for each in outcomes if not each.agrees]
                progress(len(outcomes))
            yield report


def cores() -> int:
    """How many processes are worth while here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


Spread = Callable[[int, range], Iterator[list[Outcome]]]


@contextmanager
def _mapping(files: list[Records], jobs: int) -> Iterator[Spread]:
    """What maps chunks of one file to their outcomes, in order, with `jobs` processes."""
    if jobs <= 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield lambda number, starts: (_chunk(files[number], start) for start in starts)
        return
    context = multiprocessing.get_context("fork")  # the children inherit the decoded files
    for records in files:
        len(records)
    with context.Pool(jobs, _inherit, (files,)) as pool:
        yield lambda number, starts: pool.imap(_numbered, ((number, start) for start in starts))


_FILES: list[Records] = []


def _inherit(files: list[Records]) -> None:
    """In a child: what to judge; and Ctrl-C is the parent's affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _FILES[:] = files


def _numbered(place: tuple[int, int]) -> list[Outcome]:
    number, start = place
    return _chunk(_FILES[number], start)


def _chunk(records: Records, start: int) -> list[Outcome]:
    return [records.judge(index) for index in range(start, min(start + CHUNK, len(records)))]
