# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench map`: what OP-TEE says to an image with one bit flipped, for every bit."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.files import read_file, write_file

from .conform import progress_bar
from .options import add_board_options, add_key_option, add_ta_options, board_of, key_of, ta_of
from .output import as_json, out, out_as_drawn, warn

MAX_MAPPED = 16 * 1024 * 1024
STOPPED = 130


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "map", help="flip every bit of an image, and tell what OP-TEE says",
        description="For every bit of a signed image: is the image with that bit flipped refused "
        "(by which check), accepted without effect, or accepted with something else loaded? Exit "
        "status 0 when the map is drawn, 130 if it was stopped: what is known by then is told.",
    )  # fmt: skip
    parser.add_argument("image", type=Path, metavar="IMAGE", help="signed image, damaged or not")
    add_key_option(parser)
    add_board_options(parser)
    add_ta_options(parser)
    parser.add_argument("--json", action="store_true", help="the same as data")
    parser.add_argument("--out", type=Path, metavar="F.html", help="one offline page")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Draw the map, and tell."""
    from rprocbench.verdicts import acceptance_map

    board, ta, key = board_of(args), ta_of(args), key_of(args)
    image = read_file(args.image)
    if len(image) > MAX_MAPPED:
        why = f"{str(args.image)!r} has more than {MAX_MAPPED} bytes: a map of it takes too long"
        raise InputError(InputCode.TOO_LARGE, why)
    with progress_bar(8 * len(image), "bits") as advance:
        view = acceptance_map(
            image, public_key=key, board=board, ta=ta, name=args.image.name, progress=advance
        )
    if args.out:
        write_file(args.out, page(view).encode())
    if args.json:
        from rprocbench.views.acceptance_pack import pack_acceptance

        out(as_json(pack_acceptance(view)))
    else:
        from rprocbench.views.acceptance_text import acceptance_text
        from rprocbench.views.terminal import Terminal

        out_as_drawn(acceptance_text(view, Terminal.of(sys.stdout)))
    if not view.is_complete:
        warn("stopped: the rest of the map is not known")
        return STOPPED
    return 0


def page(view: Any) -> str:
    """The map as one offline page."""
    from rprocbench.views.report import Section, html_report

    return html_report(
        f"Acceptance map of {view.name}", [Section("What becomes of each bit", view)]
    )
