# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench conform`: recorded verdicts of the real code, held against the models."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rprocbench.base.errors import InputCode, InputError

from .options import choose
from .output import as_json, out, warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from rprocbench.verdicts.conform import Outcome
    from rprocbench.verdicts.conform_files import FileReport


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "conform", help="hold recorded verdicts of the real code against the models",
        description="Run every record file in DIR, and below it, through the models. Exit status 0 "
        "if they agree in every field, 1 if there is a disagreement. Base images, keys and "
        "gen_corpus.py are looked for beside a record, in DIR and its parent, in --bases and its "
        "parent. gen_corpus.py is executed: it is what builds the records' images.",
    )  # fmt: skip
    parser.add_argument("dir", type=Path, metavar="DIR", help="directory of record files, or one "
                        "such file; .gz too")  # fmt: skip
    parser.add_argument("--bases", type=Path, metavar="DIR", help="where else to look for what the "
                        "records need")  # fmt: skip
    parser.add_argument("--linux", metavar="V", help="only what is recorded of this kernel: 6.1, "
                        "6.12 or 7.3; default: all that is")  # fmt: skip
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; default: one per core")
    parser.add_argument("--json", action="store_true", help="the same as data")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Judge every case, and tell of each file as soon as it is done."""
    from rprocbench.verdicts.conform_files import conform, cores, find_records
    from rprocbench.verdicts.sources import Sources

    if args.jobs is not None and args.jobs < 1:
        args.parser.error(f"--jobs is at least 1, not {args.jobs}")
    if args.bases is not None and not args.bases.is_dir():
        raise InputError(InputCode.NOT_FOUND, f"there is no directory {str(args.bases)!r}")
    check_linux(args)
    directory = args.dir if args.dir.is_dir() else args.dir.parent
    files = find_records(args.dir, Sources.of(directory, args.bases, args.linux))
    if not files:
        why = f"there is no record file of a known kind in {str(args.dir)!r}"
        raise InputError(InputCode.NOT_FOUND, why)
    reports = []
    with progress_bar(sum(map(len, files)), "cases") as advance:
        for report in conform(files, args.jobs or cores(), advance):
            reports.append(report)
            if not args.json:
                tell(report)
    if args.json:
        out(as_json(as_data(reports)))
    else:
        agree, cases = sum(r.agree for r in reports), sum(r.cases for r in reports)
        out(f"{agree} of {cases} cases agree")
    return 1 if any(report.fails for report in reports) else 0


def check_linux(args: argparse.Namespace) -> None:
    """Leave with a line about what there is, if there is no such kernel."""
    from rprocbench.kernel.versions import LINUX

    if args.linux is not None:
        choose(args.parser, "kernel", args.linux, LINUX)


@contextmanager
def progress_bar(total: int, unit: str) -> "Iterator[Callable[[int], object]]":
    """A bar on standard error, if that is a terminal; call what it gives with each advance."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread: processes are forked under the bar
    with tqdm(total=total, unit=f" {unit}", leave=False, file=sys.stderr) as bar:
        yield bar.update


def tell(report: "FileReport") -> None:
    """One file for people."""
    out(f"{report.name}: {report.agree} of {report.cases} agree")
    for outcome in report.disagreeing:
        for line in lines_of(outcome):
            out(f"  {line}")
    if report.unjudged:
        first = report.unjudged[0]
        warn(f"{report.name}: {len(report.unjudged)} not judged, say {first.case}: "
             f"{first.unjudged}")  # fmt: skip


def lines_of(outcome: "Outcome") -> Iterator[str]:
    """What is wrong with one case, a line for each field."""
    for each in outcome.disagreements:
        yield f"{outcome.case}: {each}"
    if outcome.unjudged:
        yield f"{outcome.case}: {outcome.unjudged}"


def as_data(reports: "list[FileReport]") -> dict[str, Any]:
    """All files for programs."""
    return {
        "agrees": not any(report.fails for report in reports),
        "cases": sum(report.cases for report in reports),
        "agree": sum(report.agree for report in reports),
        "files": [
            {
                "file": report.name,
                "cases": report.cases,
                "agree": report.agree,
                "disagreements": [
                    {"case": outcome.case, "field": d.field, "ours": d.ours, "theirs": d.theirs}
                    for outcome in report.disagreeing
                    for d in outcome.disagreements
                ],
                "malformed": [
                    {"case": outcome.case, "why": outcome.unjudged}
                    for outcome in report.disagreeing
                    if outcome.malformed
                ],
                "not_judged": [
                    {"case": outcome.case, "why": outcome.unjudged} for outcome in report.unjudged
                ],
            }
            for report in reports
        ],
    }
