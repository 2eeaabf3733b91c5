# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench sign`, a drop-in for OP-TEE's signing script, and `keygen`, which makes its keys."""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.files import read_file, write_file

from .output import as_json, out, warn

if TYPE_CHECKING:
    from rprocbench.formats.keys import PrivateKey
    from rprocbench.formats.signer import SignResult

KEYS = {"rsa2048": 2048, "rsa3072": 3072, "rsa4096": 4096, "p256": 256}
MAX_PASSPHRASE = 4096


def add_to(verbs: Any) -> None:
    """The grammar of both verbs. The long names of `sign` are those of OP-TEE's script."""
    sign = verbs.add_parser("sign", help="sign ELF files for OP-TEE")
    sign.add_argument(
        "--in", dest="in_file", required=True, action="append", type=Path, metavar="A.elf",
        help="an ELF file; may be given again, the order is kept",
    )  # fmt: skip
    sign.add_argument("--out", dest="out_file", required=True, type=Path, metavar="F")
    sign.add_argument(
        "--key", dest="key_file", required=True, type=Path, metavar="K", help="private key, PEM"
    )
    sign.add_argument("--key_info", type=Path, metavar="F", help="bytes to carry as PKEYINFO")
    sign.add_argument("--key_type", default="RSA", metavar="RSA|ECC")
    sign.add_argument(
        "--plat-tlv", dest="plat_tlv", nargs=2, action="append", default=[],
        metavar=("ID", "VALUE"), help="a platform TLV; VALUE is text, or a 32-bit number as 0x...",
    )  # fmt: skip
    sign.add_argument("--st", action="store_true", help="as ST's downstream script does: other "
                      "order of records, --plat-tlv knows BOOTADDR and BOOTSEC")  # fmt: skip
    sign.add_argument("--enc_key", type=Path, metavar="F", help="16, 24 or 32 raw bytes: encrypt "
                      "the segments with them; implies --st")  # fmt: skip
    sign.add_argument("--json", action="store_true", help="tell as data what was made")
    add_passphrase(sign)
    sign.set_defaults(run=run_sign, parser=sign)

    keygen = verbs.add_parser("keygen", help="make a key to sign with")
    keygen.add_argument("--out", required=True, type=Path, metavar="K.pem", help="private key")
    keygen.add_argument("--pub", type=Path, metavar="P.pem", help="the public half, as well")
    keygen.add_argument("--type", choices=KEYS, default="rsa2048", help="default: rsa2048")
    keygen.add_argument("--force", action="store_true", help="replace files that are there")
    add_passphrase(keygen)
    keygen.set_defaults(run=run_keygen)


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """The ways to give a passphrase; the first, the script's own, shows in the process list."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--key_pwd", metavar="P", help="passphrase (shows in the process list)")
    group.add_argument("--key_pwd_file", type=Path, metavar="F", help="its first line is it")
    group.add_argument("--key_pwd_prompt", action="store_true", help="ask for it")


def passphrase(args: argparse.Namespace) -> str | None:
    """The passphrase that the command line asks for, or None."""
    if args.key_pwd_file:
        data = read_file(args.key_pwd_file, MAX_PASSPHRASE)
        return os.fsdecode(data.splitlines()[0] if data.splitlines() else b"")
    if args.key_pwd_prompt:
        if not sys.stdin.isatty():
            raise InputError(InputCode.BAD_PASSPHRASE, "there is no terminal to ask on")
        return getpass.getpass("passphrase: ")
    return str(args.key_pwd) if args.key_pwd is not None else None


def load_key(path: Path, args: argparse.Namespace) -> "PrivateKey":
    """The private key in `path`; asks for its passphrase where one is needed and none was given."""
    from rprocbench.formats.keys import load_private_key

    pem, given = read_file(path), passphrase(args)
    try:
        return load_private_key(pem, given, str(path))
    except InputError as error:
        if error.code is not InputCode.BAD_PASSPHRASE or given or not sys.stdin.isatty():
            raise
        return load_private_key(pem, getpass.getpass(f"passphrase of {path}: "), str(path))


def run_sign(args: argparse.Namespace) -> int:
    """Sign, and warn where the TEE will refuse what was asked for."""
    from rprocbench.formats.keys import parse_key_type
    from rprocbench.formats.signer import sign_image

    key_type = parse_key_type(args.key_type)
    elfs = [(str(path), read_file(path)) for path in args.in_file]
    key_info = read_file(args.key_info, empty=True) if args.key_info else None
    key = load_key(args.key_file, args)
    if args.st or args.enc_key:
        result = sign_st(args, elfs, key, key_info)
    else:
        result = sign_image(elfs, key, key_type, key_info, args.plat_tlv)
    write_file(args.out_file, result.image)
    for finding in result.warnings:
        warn(str(finding))
    if args.json:
        out(as_json({
            "out": str(args.out_file),
            "size": len(result.image),
            "images": [name for name, _data in elfs],
            "key": key.public.fingerprint,
            "warnings": [{"code": w.code, "text": w.text} for w in result.warnings],
        }))  # fmt: skip
    return 0


def sign_st(
    args: argparse.Namespace, elfs: list[tuple[str, bytes]], key: "PrivateKey", info: bytes | None
) -> "SignResult":
    """Sign for ST's downstream tree. Raises what `sign_st_image` raises."""
    from rprocbench.formats.signer import SignResult
    from rprocbench.formats.st_image import StOptions, sign_st_image

    told: dict[str, int] = {}
    for name, number in args.plat_tlv:
        if name not in {"BOOTADDR", "BOOTSEC"}:
            why = f"ST's script knows the platform TLVs BOOTADDR and BOOTSEC, not {name!r}"
            raise InputError(InputCode.BAD_VALUE, why)
        try:
            told[name] = int(number, 0)
            told[name].to_bytes(4, "little")
        except (ValueError, OverflowError):
            why = f"{name} is a number of 32 bits, not {number!r}"
            raise InputError(InputCode.BAD_VALUE, why) from None
    enc_key = read_file(args.enc_key) if args.enc_key else None
    options = StOptions(
        enc_key=enc_key, boot_address=told.get("BOOTADDR"), boot_secure=told.get("BOOTSEC"),
        key_info=info,
    )  # fmt: skip
    return SignResult(sign_st_image(elfs, key, options), ())


def run_keygen(args: argparse.Namespace) -> int:
    """Make a key. Files that are there already stay, unless told otherwise."""
    from rprocbench.formats.keys import KeyType, generate_key

    for path in filter(None, (args.out, args.pub)):
        if path.exists() and not args.force:
            why = f"{str(path)!r} is there already: give another name, or --force"
            raise InputError(InputCode.NOT_WRITABLE, why)
    secret = passphrase(args)
    kind = KeyType.ECC if args.type == "p256" else KeyType.RSA
    key = generate_key(kind, KEYS[args.type])
    write_file(args.out, key.pem(secret), mode=0o600)
    if args.pub:
        write_file(args.pub, key.public.pem())
    if kind is KeyType.ECC:
        warn("OP-TEE's remoteproc PTA verifies RSA only: it refuses what this key signs")
    out(f"{args.type} {key.public.fingerprint}")
    return 0
