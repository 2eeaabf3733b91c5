# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench review`: every call fails once, in each design. `rprocbench play`: one such run."""

import argparse
import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rprocbench.base.files import write_file

from .output import as_json, out, warn

if TYPE_CHECKING:
    from rprocbench.review.campaign import Campaign

SCENARIOS = ("boot", "boot-shutdown", "recovery", "attach")


def add_to(verbs: Any) -> None:
    """The grammar of both verbs."""
    parser = verbs.add_parser(
        "review", help="let every call fail once, in each design, and ask what breaks",
        description="Play scenarios of designs, let each modelled call fail once, and judge every "
        "run. Exit status 0 when it ran, whatever it found.",
    )  # fmt: skip
    parser.add_argument("--design", action="append", metavar="D", help="default: all")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="default: all")
    parser.add_argument("--workers", type=workers, default=os.cpu_count() or 1, metavar="N",
                        help="processes; default: one for each processor")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="F", help="save a row for each run")
    parser.add_argument("--out", type=Path, metavar="F.html", help="save the matrix as a page")
    parser.add_argument("--wire", action="store_true", help="instead: every fault on the wire "
                        "between Linux and the M4, in every kernel")  # fmt: skip
    parser.set_defaults(run=run_review, parser=parser)
    parser = verbs.add_parser(
        "play", help="make one run of the review again and tell what happened",
        description="Play a scenario as the review does: with the built-in firmware, without the "
        "M4's code; then the user tries again. Exit status 1 if the run breaks an invariant.",
    )  # fmt: skip
    parser.add_argument("--design", default="v22", metavar="D", help="default: v22")
    parser.add_argument("--scenario", choices=SCENARIOS, default="boot", help="default: boot")
    parser.add_argument("--fault", action="append", default=[], metavar="FUNCTION[#NTH]=CODE",
                        help="let a call fail")  # fmt: skip
    parser.add_argument("--trace", type=Path, metavar="F.json", help="save the run")
    parser.add_argument("--full", action="store_true", help="every event, not only the story")
    parser.set_defaults(run=run_play, parser=parser)


def workers(text: str) -> int:
    """A number of processes, at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one worker is needed")
    return number


def run_wire(args: argparse.Namespace) -> int:
    """Play every fault on the wire and tell how each ends."""
    from rprocbench.bench.wire import FAULTS, wire_faults, wire_table
    from rprocbench.kernel.versions import LINUX

    outcomes = []
    for outcome in wire_faults():
        outcomes.append(outcome)
        tell_progress(len(outcomes), 2 * len(FAULTS) * len(LINUX))
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    if args.json:
        rows = [
            {"fault": one.fault.name, "title": one.fault.title, "who": one.fault.who.value,
             "linux": one.linux, "hardened": one.hardened, "end": one.end, "detail": one.detail,
             "answers": one.answers}
            for one in outcomes
        ]  # fmt: skip
        write_file(args.json, as_json({"wire": rows}).encode())
    out(wire_table(outcomes))
    return 0


def run_review(args: argparse.Namespace) -> int:
    """Run the campaign and tell what it found."""
    from rprocbench.designs import DESIGNS
    from rprocbench.review.campaign import fail_everywhere
    from rprocbench.review.findings import rows
    from rprocbench.views import render
    from rprocbench.views.review_page import review_page
    from rprocbench.views.review_view import review_view
    from rprocbench.views.terminal import Terminal

    from .options import choose

    if args.wire:
        return run_wire(args)
    designs = list(dict.fromkeys(args.design or DESIGNS))
    for name in designs:
        choose(args.parser, "design", name, DESIGNS)
    scenarios = list(dict.fromkeys(args.scenario or SCENARIOS))
    with Interrupt() as interrupt:
        if args.workers == 1:
            campaign = fail_everywhere(designs, scenarios, None, tell_progress, interrupt.came)
        else:
            with ProcessPoolExecutor(args.workers, initializer=ignore_interrupts) as pool:
                campaign = fail_everywhere(designs, scenarios, pool, tell_progress, interrupt.came)
    finish_progress(campaign)
    found = rows(campaign.verdicts)
    view = review_view(found, designs)
    out(render.text(view, Terminal.of(sys.stdout)))
    if args.json:
        write_file(args.json, (as_json([row.as_data for row in found]) + "\n").encode())
    if args.out:
        if args.workers == 1:
            page = review_page(view, None, tell_opening)
        else:
            with ProcessPoolExecutor(args.workers) as pool:
                page = review_page(view, pool, tell_opening)
        write_file(args.out, page.encode())
    return 0


class Interrupt:
    """While it is open, the first Ctrl-C is remembered instead of raised; the second one is raised.

    An exception in the middle of the executor's bookkeeping could leave it waiting for ever.
    """

    def __enter__(self) -> Self:
        self._came = False
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_exc_info: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, *_args: object) -> None:
        self._came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def came(self) -> bool:
        """Whether the user has asked to stop."""
        return self._came


def ignore_interrupts() -> None:
    """Ctrl-C is for the parent: a worker finishes what it does, and is then asked for no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def tell_opening(done: int, total: int) -> None:
    """One line on a terminal, while the page's runs are made again."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write(f"\rrprocbench: {done} of {total} runs put into the page{end}")


def tell_progress(done: int, total: int) -> None:
    """How far the campaign is, on one line of a terminal."""
    if sys.stderr.isatty() and (done % 10 == 0 or done == total):
        sys.stderr.write(f"\rrprocbench: {done} of {total} runs")
        sys.stderr.flush()


def finish_progress(campaign: "Campaign") -> None:
    """End the line, and say what is missing."""
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    if campaign.is_complete:
        warn(f"{len(campaign.plan)} runs judged")
    else:
        warn(f"stopped: {len(campaign.done)} of {len(campaign.plan)} planned runs are judged")


def run_play(args: argparse.Namespace) -> int:
    """One run, its story, and what it breaks."""
    from rprocbench.designs import DESIGNS
    from rprocbench.review import judge
    from rprocbench.review.play import play
    from rprocbench.views.recording_view import recording_text
    from rprocbench.views.terminal import Terminal

    from .boot import parse_fault
    from .options import choose

    choose(args.parser, "design", args.design, DESIGNS)
    script = dict(parse_fault(args.parser, text) for text in args.fault)
    recording = play(args.design, args.scenario, script)
    for at in recording.unreached:
        warn(f"nothing failed at {at}: it was never called so often")
    if args.trace:
        recording.save(args.trace)
    out(recording_text(recording, Terminal.of(sys.stdout), full=args.full))
    breaches = judge(recording.trace)
    for breach in breaches:
        out(f"broken: {breach.sentence}: {breach.what} (event {breach.index})")
    out(f"{len(breaches)} breaches" if breaches else "No invariant is broken.")
    return 1 if breaches else 0
