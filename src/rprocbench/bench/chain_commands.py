# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines for a shell that reproduce a link with head, tail, od and openssl."""

import shlex

from rprocbench.base.errors import Span

from .chain_link import Command

PUBLIC = "pub.pem"
SHOWN = 64
FALLBACK = "image.sig"


def file_word(name: str) -> str:
    """`name` as a word of a shell command that no program takes for an option."""
    if not name or not name.isprintable():
        return FALLBACK
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def cut(file: str, span: Span) -> str:
    """What prints just the bytes of `span`, to be piped on."""
    if span.start == 0:
        return f"head -c {span.end} {file}"
    return f"tail -c +{span.start + 1} {file} | head -c {len(span)}"


def dump(file: str, span: Span, data: bytes) -> Command:
    """The bytes of `span` in hex, the first `SHOWN` of them."""
    part = span.sub(0, min(len(span), SHOWN))
    return Command(f"{cut(file, part)} | od -An -v -tx1", data[part.start : part.end].hex(" "))


def numbers(file: str, span: Span, data: bytes) -> Command:
    """The 32-bit numbers of `span`, little-endian, on one line."""
    part = data[span.start : span.end]
    words = [int.from_bytes(part[at : at + 4], "little") for at in range(0, len(part) - 3, 4)]
    return Command(f"{cut(file, span)} | od -An -v -tu4 --endian=little", " ".join(map(str, words)))


def length(file: str, size: int) -> Command:
    """How many bytes the file has."""
    return Command(f"wc -c < {file}", str(size))


def built_in(modulus: bytes, fingerprint: str) -> tuple[Command, ...]:
    """The fingerprint of the key, and its modulus, from the file that has it."""
    return (
        Command(f"openssl pkey -pubin -in {PUBLIC} -outform DER | openssl dgst -sha256",
                fingerprint),
        Command(f"openssl rsa -pubin -in {PUBLIC} -noout -modulus", f"Modulus={modulus.hex()}"),
    )  # fmt: skip


def digest(file: str, span: Span, value: str) -> Command:
    """The SHA-256 of the bytes of `span`."""
    return Command(f"{cut(file, span)} | openssl dgst -sha256", value)


def verify(file: str, signed: Span, signature: Span, *, good: bool) -> tuple[Command, ...]:
    """Cut the signature out, and have openssl verify it."""
    return (
        Command(f"{cut(file, signature)} > sig.bin", ""),
        Command(
            f"{cut(file, signed)} | openssl dgst -sha256 -verify {PUBLIC} -signature sig.bin",
            "Verified OK" if good else "Verification failure",
        ),
    )


def recover(file: str, signature: Span, block: bytes) -> Command:
    """The signature to the power of e, as openssl computes it."""
    raw = f"openssl pkeyutl -verifyrecover -pubin -inkey {PUBLIC} -pkeyopt rsa_padding_mode:none"
    return Command(f"{cut(file, signature)} | {raw} | od -An -v -tx1", block.hex(" "))
