# SPDX-License-Identifier: GPL-2.0-or-later
"""The street door: one verb, one function. Errors are one or two lines, never a traceback."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from rprocbench.base.errors import RprocError
from rprocbench.cli import (
    boot,
    conform,
    debug,
    demo,
    designs,
    gdbserver,
    history,
    inspect,
    lab,
    linux,
    report,
    review,
    serve,
    sign,
    verify,
)

from . import map as map_
from .output import abandon, finish, inert, warn

VERBS = (
    demo, boot, report, designs, review, inspect, verify, sign, conform, map_, history, linux,
    serve, gdbserver, debug, lab,
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, and where to read on is in it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, inert(f"{self.prog}: {message} (see {self.prog} --help)") + "\n")


def build_parser() -> argparse.ArgumentParser:
    """The command line's grammar; each verb's module adds its own part."""
    parser = Parser(
        prog="rprocbench",
        description="Know how a remote processor is booted securely: look, sign, boot, step.",
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for module in VERBS:
        module.add_to(verbs)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb. 0 is well, 1 a finding or an unusable input, 2 a wrong command line."""
    args = build_parser().parse_args(argv)
    try:
        status: int = args.run(args)
        finish()
    except RprocError as error:
        warn(str(error))
        return 1
    except KeyboardInterrupt:
        warn("stopped")
        return 130
    except BrokenPipeError:
        abandon()  # the reader (`| head`) has gone
        return 1
    return status
