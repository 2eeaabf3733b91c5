# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench demo`: the whole story, with no argument and no file."""

import argparse
from typing import Any

from .boot import add_output, tell
from .output import out


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "demo", help="sign, boot, say hello; then the same with one flipped byte",
        description="Sign the built-in firmware with the built-in test key, boot it through design "
        "v22, say hello, hear the echo, shut down; then try again with one flipped byte.",
    )  # fmt: skip
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Two boots: one that must run, one that must be refused. 1 if either does not."""
    from rprocbench.bench import Bench
    from rprocbench.bench.demo import demo_image, demo_key, with_flipped_byte

    bench = Bench()
    image = demo_image()
    good = bench.boot(image, name="echo.sign")
    bad = bench.boot(with_flipped_byte(image), name="echo.sign, one byte flipped")
    if not args.json:
        out(f"Signed with the published TEST key {demo_key().public.fingerprint[:16]}….\n")
    tell([good, bad], args, "One boot, end to end")
    echoed = [message.payload for message in good.messages] == [b"hello", b"hello"]
    return 0 if echoed and bad.code == "SECURITY" else 1
