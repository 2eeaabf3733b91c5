# SPDX-License-Identifier: GPL-2.0-or-later
"""Options that several verbs share, and what they mean: board, kernel, TA, key, firmware.

`add_X_options` adds to a parser; `X_of` reads what was given, or leaves with a line that says what
there is. A verb's parser must be in `args.parser`.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.files import read_file

if TYPE_CHECKING:
    from rprocbench.formats.keys import RsaPublicKey
    from rprocbench.soc.board import Board


def choose(parser: argparse.ArgumentParser, what: str, name: str, known: Any) -> Any:
    """The thing called `name`, or a wrong-usage exit that says what there is."""
    if name not in known:
        parser.error(f"no {what} {name!r}; there is {', '.join(known)}")
    return known[name]


def add_board_options(parser: argparse.ArgumentParser) -> None:
    """`--board` or `--dtb`: which board."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--board", metavar="B", help="a board by name; default: stm32mp157c-dk2")
    group.add_argument("--dtb", type=Path, metavar="F.dtb", help="the board that this compiled "
                       "device tree describes")  # fmt: skip


def board_of(args: argparse.Namespace) -> "Board":
    """The board that was asked for."""
    from rprocbench.soc.boards import BOARDS, DEFAULT

    if args.dtb is not None:
        return type(DEFAULT).from_dtb(args.dtb)
    if args.board is None:
        return DEFAULT
    board: Board = choose(args.parser, "board", args.board, BOARDS)
    return board


def add_design_option(parser: argparse.ArgumentParser, default: str) -> None:
    """`--design`: which answer of the mailing list."""
    parser.add_argument("--design", default=default, metavar="D", help=f"default: {default}")


@dataclass(frozen=True)
class LinuxChoice:
    """Which kernel: a name in `kernel.versions.LINUX`, and whether it is hardened."""

    linux: str
    hardened: bool


def add_linux_options(parser: argparse.ArgumentParser) -> None:
    """`--linux` and `--hardened`: which kernel."""
    parser.add_argument("--linux", default="7.3", metavar="V", help="the kernel: 6.1, 6.12 or 7.3; "
                        "default: 7.3")  # fmt: skip
    parser.add_argument("--hardened", action="store_true", help="a kernel that reports an error "
                        "where the real one would leave defined behaviour")  # fmt: skip


def linux_of(args: argparse.Namespace) -> LinuxChoice:
    """The kernel that was asked for."""
    from rprocbench.kernel.versions import LINUX

    choose(args.parser, "kernel", args.linux, LINUX)
    return LinuxChoice(args.linux, args.hardened)


def add_ta_options(parser: argparse.ArgumentParser) -> None:
    """`--ta`: which generation of the trusted application."""
    parser.add_argument("--ta", default="head", metavar="G", help="generation of the TA, say "
                        "pretlv or hardened; default: head")  # fmt: skip


def ta_of(args: argparse.Namespace) -> str:
    """The name of the TA's generation that was asked for."""
    from rprocbench.tee.generations import ALIASES, GENERATIONS

    name = ALIASES.get(args.ta, args.ta)
    choose(args.parser, "TA", name, GENERATIONS)
    return str(name)


def add_key_option(parser: argparse.ArgumentParser) -> None:
    """`--key`: which key OP-TEE trusts."""
    parser.add_argument("--key", type=Path, metavar="P.pem", help="the key built into OP-TEE; "
                        "default: the demonstration's")  # fmt: skip


def key_of(args: argparse.Namespace) -> "RsaPublicKey":
    """The RSA key of the file, the demonstration's without one. Raises `InputError` BAD_KEY."""
    from rprocbench.bench.demo import demo_key
    from rprocbench.formats.keys import RsaPublicKey, load_public_key

    if args.key is None:
        return demo_key().public
    key = load_public_key(read_file(args.key), str(args.key))
    if not isinstance(key, RsaPublicKey):
        why = f"{args.key} is no RSA key: OP-TEE has none other built in"
        raise InputError(InputCode.BAD_KEY, why)
    return key


def add_image_options(parser: argparse.ArgumentParser, what: str) -> None:
    """IMAGE, or `--firmware`: what to boot. `what` says which files are taken."""
    parser.add_argument("image", type=Path, nargs="?", metavar="IMAGE", help=what)
    parser.add_argument("--firmware", metavar="NAME", help="a firmware that comes with rprocbench, "
                        "say echo, instead of IMAGE")  # fmt: skip


def image_of(args: argparse.Namespace, *, signed: bool) -> tuple[str, bytes]:
    """The name and the bytes of what is to be booted. Raises `InputError`.

    A firmware that comes with rprocbench is signed with the demonstration's key where it must be.
    """
    if (args.image is None) == (args.firmware is None):
        args.parser.error("give an IMAGE, or --firmware NAME")
    if args.image is not None:
        return args.image.name, read_file(args.image)
    path: Path = choose(args.parser, "firmware", args.firmware, built_in_firmwares())
    if not signed:
        return path.name, read_file(path)

    from rprocbench.bench.demo import demo_key
    from rprocbench.formats.signer import sign_image

    return f"{path.stem}.sign", sign_image([(path.name, read_file(path))], demo_key()).image


def built_in_firmwares() -> dict[str, Path]:
    """The firmwares that come with rprocbench: each ELF under `data/firmware`, by its stem."""
    from rprocbench.resources import resource

    return {path.stem: path for path in sorted(resource("data", "firmware").rglob("*.elf"))}
