# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench gdbserver`: boot an image and let gdb have its Cortex-M4."""

import argparse
import signal
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import (
    add_board_options,
    add_design_option,
    add_key_option,
    add_linux_options,
    add_ta_options,
    board_of,
    built_in_firmwares,
    choose,
    key_of,
    linux_of,
    ta_of,
)
from .output import finish, out, warn

if TYPE_CHECKING:
    from rprocbench.debug import Target


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "gdbserver", help="boot an image and let gdb have its Cortex-M4",
        description="Boot an image up to the M4's first instruction and wait for gdb, on this "
        "machine only. Ends with Ctrl-C. See docs/debugging.md.",
    )  # fmt: skip
    parser.add_argument("--port", type=port, default=3333, metavar="P", help="where gdb connects; "
                        "0 is any; default: 3333")  # fmt: skip
    add_target_options(parser)
    parser.set_defaults(run=run, parser=parser)


def port(text: str) -> int:
    """A port number. Raises `ArgumentTypeError`."""
    if not text.isdecimal() or int(text) > 0xFFFF:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: there are 0 to 65535")
    return int(text)


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """What to boot, and how: shared with `debug`."""
    parser.add_argument("image", type=Path, nargs="?", metavar="IMAGE",
                        help="signed image, or ELF file")  # fmt: skip
    parser.add_argument("--firmware", metavar="NAME", help="a firmware that comes with rprocbench, "
                        "say echo, instead of a file")  # fmt: skip
    parser.add_argument("--symbols", type=Path, metavar="F.elf", help="where the debug information "
                        "is; default: in IMAGE, or in NAME.debug beside it")  # fmt: skip
    add_design_option(parser, "v22")
    add_board_options(parser)
    add_linux_options(parser)
    add_ta_options(parser)
    add_key_option(parser)
    parser.add_argument(
        "--anyway", action="store_true", help="boot even what is no firmware at all"
    )


def target_of(args: argparse.Namespace) -> "Target":
    """The booted machine that was asked for; remarks go to standard error.

    Raises `InputError` where the image cannot be read, is no firmware, or does not boot.
    """
    from rprocbench.base.files import read_file
    from rprocbench.bench import Bench
    from rprocbench.bench.demo import demo_key
    from rprocbench.debug import open_target
    from rprocbench.designs import DESIGNS
    from rprocbench.formats.containers import Kind, identify

    from .boot import refuse_foreign

    design = choose(args.parser, "design", args.design, DESIGNS)
    board, choice = board_of(args), linux_of(args)
    path = image_of(args)
    if not args.anyway:
        refuse_foreign(read_file(path), path, "--anyway boots it all the same")
    bench = Bench(
        board=board, design=design, key=key_of(args), generation=ta_of(args),
        linux=choice.linux, hardened=choice.hardened,
    )  # fmt: skip
    is_own_key = bench.key != demo_key().public
    if is_own_key and design.signed and identify(read_file(path)) is Kind.ELF:
        warn(f"a plain ELF file: {design.name} takes an image signed with your key "
             "(see rprocbench sign)")  # fmt: skip
    target = open_target(path, bench, symbols=args.symbols, is_own_key=is_own_key)
    for note in target.firmware.notes:
        warn(note)
    return target


def image_of(args: argparse.Namespace) -> Path:
    """The file to boot: IMAGE, or one that comes with rprocbench."""
    if (args.image is None) == (args.firmware is None):
        args.parser.error("give IMAGE or --firmware NAME, one of them")
    if args.image is not None:
        found: Path = args.image
        return found
    known: Path = choose(args.parser, "firmware", args.firmware, built_in_firmwares())
    return known


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    from rprocbench.debug.gdb_server import Server, listen

    with closing(listen(args.port)) as listener:
        target = target_of(args)
        target.session.budget = None
        server = Server(target, listener, warn)
        out(f"listening on 127.0.0.1:{server.port} (gdb: target remote :{server.port})")
        finish()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            server.run()
    return 0
