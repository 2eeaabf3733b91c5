# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench debug`: boot an image and debug its Cortex-M4 in the terminal."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rprocbench.base.files import read_file

from .gdbserver import add_target_options, target_of
from .output import writing


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "debug", help="boot an image and debug its Cortex-M4 here",
        description="Boot an image up to the M4's first instruction and read commands: break, "
        "step, step back, look. `help` lists them. With a script on standard input, or only -c "
        "and --commands with --batch, the exit status is 1 if a command went wrong.",
    )  # fmt: skip
    add_target_options(parser)
    parser.add_argument("-c", "--command", action="append", default=[], metavar="CMD",
                        help="obey this first; may be given again")  # fmt: skip
    parser.add_argument("--commands", type=Path, metavar="FILE", help="obey these lines first")
    parser.add_argument("--batch", action="store_true", help="leave after -c and --commands")
    parser.add_argument("--source", type=Path, action="append", default=[], metavar="DIR",
                        help="where source files are, too")  # fmt: skip
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Debug until the user, or the script, has had enough."""
    from rprocbench.debug.shell import Shell

    lines = list(args.command)
    if args.commands:
        lines = read_file(args.commands).decode("utf-8", "replace").splitlines() + lines
    target = target_of(args)
    with writing():
        shell = Shell(target, sources=args.source, stdin=sys.stdin, stdout=sys.stdout)
        if not shell.is_terminal or args.batch:
            shell.is_script = True
        shell.greet()
        if shell.run_lines(lines) or args.batch:
            return shell.status
        return shell.loop()
