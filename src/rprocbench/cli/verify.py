# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench verify`: the signature chain of an image, and what OP-TEE's TA answers to it."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.files import read_file, write_file

from .boot import refuse_foreign
from .output import as_json, out, warn


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "verify", help="follow the signature chain of an image, link by link",
        description="Follow the signature chain, and ask the modelled TA. Exit status 0 if no link "
        "fails and the TA loads the image, else 1.",
    )  # fmt: skip
    parser.add_argument("image", type=Path, metavar="IMAGE", help="signed image, damaged or not")
    parser.add_argument("--key", type=Path, metavar="P.pem", help="the key built into OP-TEE; "
                        "default: the demonstration's")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="only whether it holds, at the speed "
                        "of hashing; no board is asked")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="the same as data")
    parser.add_argument("--out", type=Path, metavar="F.html", help="one offline page")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Judge every link, and load once."""
    from rprocbench.bench.chain import chain

    if args.quick:
        return run_quickly(args)
    image = read_file(args.image)
    refuse_foreign(image, args.image)
    if image.startswith(b"\x7fELF"):
        warn("a plain ELF file: nothing in it is signed (see rprocbench sign)")
    view = chain(image, load_key(args.key), args.image.name)
    if args.out:
        write_file(args.out, page(view).encode())
    if args.json:
        from rprocbench.views.chain_pack import pack_chain

        out(as_json({"image": str(args.image), "holds": view.holds, **pack_chain(view)}))
    else:
        from rprocbench.views import chain_text
        from rprocbench.views.terminal import Terminal

        out(chain_text.chain_text(view, Terminal.of(sys.stdout)))
    return 0 if view.holds else 1


def run_quickly(args: argparse.Namespace) -> int:
    """Say whether header, signature and all hashes hold, and no more."""
    from rprocbench.verdicts import verify_image

    if args.out:
        args.parser.error("--quick draws no page")
    found = verify_image(read_file(args.image), public_key=load_key(args.key))
    if args.json:
        out(as_json({
            "image": str(args.image), "holds": found.holds, "code": found.code.name,
            "why": found.why, "segments": found.segments, "hashed": found.hashed,
        }))  # fmt: skip
    elif found.holds:
        out(f"{args.image}: holds, {found.segments} segments, {found.hashed} bytes hashed")
    else:
        out(f"{args.image}: {found.code.name}: {found.why}")
    return 0 if found.holds else 1


def load_key(path: Path | None) -> Any:
    """The RSA key of the file, the demonstration's without one. Raises `InputError` BAD_KEY."""
    from rprocbench.bench.demo import demo_key
    from rprocbench.formats.keys import RsaPublicKey, load_public_key

    if path is None:
        return demo_key().public
    key = load_public_key(read_file(path), str(path))
    if not isinstance(key, RsaPublicKey):
        why = f"{path} is no RSA key: OP-TEE has none other built in"
        raise InputError(InputCode.BAD_KEY, why)
    return key


def page(view: Any) -> str:
    """The chain as one offline page, live where scripts run."""
    from rprocbench.views.cursor_page import linked_page
    from rprocbench.views.report import Section

    return linked_page(f"Signature chain of {view.name}", [Section("Signature chain", view)])
