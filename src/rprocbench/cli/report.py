# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench report`: all views of one run as one offline page, live and joined by one cursor."""

import argparse
from pathlib import Path
from typing import Any

from rprocbench.base.files import write_file

from .boot import parse_fault
from .options import add_board_options, board_of, choose
from .output import out, warn


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "report", help="write all views of a run as one offline page",
        description="Boot an image, or take a saved run, and write all its views to one page. "
                    "Exit status 0 if the page was written.",
    )  # fmt: skip
    parser.add_argument("image", type=Path, metavar="IMAGE|RUN.json",
                        help="signed image, ELF for mainline, or a run that boot --trace "
                             "saved")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="F.html")
    parser.add_argument("--design", metavar="D", help="default: v22")
    add_board_options(parser)
    parser.add_argument("--key", type=Path, metavar="P.pem", help="the key built into OP-TEE; "
                        "default: the demonstration's")  # fmt: skip
    parser.add_argument("--fault", action="append", default=[], metavar="FUNCTION[#NTH]=CODE",
                        help="let a call fail, say rproc_tee_start=EIO")  # fmt: skip
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Boot or load, then write."""
    from rprocbench.base.files import read_file
    from rprocbench.bench import Recording
    from rprocbench.designs import DESIGNS
    from rprocbench.views.recording_view import verdict_of
    from rprocbench.views.workbench_input import Desk, input_of, key_of
    from rprocbench.views.workbench_views import run_page

    desk = Desk()
    if args.design:
        desk.design = choose(args.parser, "design", args.design, DESIGNS).name
    desk.described = board_of(args)
    faults = dict(parse_fault(args.parser, text) for text in args.fault)
    if args.key:
        desk.key = key_of(read_file(args.key), str(args.key))
    given = input_of(args.image)
    if isinstance(given, Recording):
        if args.design or args.board or args.dtb or args.fault:
            args.parser.error("a saved run has its design, board and faults already")
        recording = given
    else:
        desk.name, desk.image = given
        desk.faults = faults
        recording = desk.boot()
        if desk.unreached:
            warn(desk.unreached)
    write_file(args.out, run_page(recording, desk.key).encode())
    out(f"{args.out}: {verdict_of(recording)}")
    return 0
