# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench serve`: a remote processor as files, for programs that know nothing of rprocbench."""

import argparse
import sys
from pathlib import Path
from typing import Any

from .options import (
    add_board_options,
    add_design_option,
    add_key_option,
    add_linux_options,
    add_ta_options,
    board_of,
    choose,
    key_of,
    linux_of,
    ta_of,
)
from .output import inert, out, warn

EPILOG = """\
files below DIR, each as in Linux:
  sys/class/remoteproc/remoteprocN/{state,firmware,name,recovery,coredump}
  sys/kernel/debug/remoteproc/remoteprocN/{resource_table,carveout_memories,trace0,crash,...}
  sys/class/devcoredump/devcdN/data      the dump of a crash; write anything to discard it
  dev/ttyRPMSGn, dev/rpmsgN              pseudo terminals, while the firmware has such a channel
firmware is looked for in the folder that sys/module/firmware_class/parameters/path names, then in
lib/firmware. A line "ready: ..." on standard output says that all files are there.

  rprocbench serve --root-dir board &
  cp firmware.elf board/lib/firmware/
  cd board/sys/class/remoteproc/remoteproc0
  echo firmware.elf > firmware; echo start > state; cat state
"""


def add_to(verbs: Any) -> None:
    """The grammar of the verb. Its first three options are those of arm's remoteproc-simulator."""
    parser = verbs.add_parser(
        "serve", help="a remote processor as files that any program can drive",
        description="Serve a remote processor as a tree of files below DIR: a drop-in for arm's "
        "remoteproc-simulator, with the modelled Linux behind the files, and a Cortex-M4 that "
        "executes what was started. Ends at Ctrl-C or SIGTERM, and takes away what it has made.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--root-dir", type=Path, required=True, metavar="DIR", help="where the tree is made"
    )
    parser.add_argument("--index", type=index, default=0, metavar="N", help="the N of remoteprocN; "
                        "default: 0")  # fmt: skip
    parser.add_argument("--name", type=name, metavar="NAME", help="what the processor is called; "
                        "default: the board's device tree says (m4)")  # fmt: skip
    add_board_options(parser)
    add_design_option(parser, "mainline")  # what remoteproc-simulator is given are plain ELF files
    add_linux_options(parser)
    add_ta_options(parser)
    add_key_option(parser)
    parser.add_argument("--no-engine", action="store_true", help="Linux's side only: nothing of "
                        "what is started is executed")  # fmt: skip
    parser.add_argument("--verbose", action="store_true", help="the kernel's debug messages, too")
    parser.set_defaults(run=run, parser=parser)


def index(text: str) -> int:
    """A device's number: the kernel has 64 minors."""
    number = int(text)
    if not 0 <= number < 64:
        raise argparse.ArgumentTypeError("an index is 0 to 63")
    return number


def name(text: str) -> str:
    """A processor's name: it becomes part of the firmware's default name."""
    if not text or not text.isprintable() or "/" in text or len(text) > 64:
        raise argparse.ArgumentTypeError("a name is 1 to 64 printable characters without a slash")
    return text


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    from rprocbench.designs import DESIGNS
    from rprocbench.serve import Options, Server

    kernel = linux_of(args)
    options = Options(
        root=args.root_dir, index=args.index, name=args.name, board=board_of(args),
        design=choose(args.parser, "design", args.design, DESIGNS), key=key_of(args),
        linux=kernel.linux, hardened=kernel.hardened, generation=ta_of(args),
        engine=not args.no_engine, verbose=args.verbose,
    )  # fmt: skip
    server = Server(options, tell)

    def ready() -> None:
        out(f"ready: {server.handles.sysfs}")
        sys.stdout.flush()

    why = server.serve(ready)
    warn(f"stopped by {why}")
    return 0


def tell(line: str) -> None:
    """One line of the log, at once."""
    sys.stderr.write(inert(line.replace("\n", " ")) + "\n")
    sys.stderr.flush()
