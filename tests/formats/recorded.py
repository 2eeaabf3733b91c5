# SPDX-License-Identifier: GPL-2.0-or-later
"""The recorded signed images: where they lie, and what each was made of."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rprocbench.formats.keys import PrivateKey, load_private_key

VECTORS = Path(__file__).parents[1] / "vectors" / "signed"
ELFS = sorted((VECTORS / "elf").glob("*.elf"))
IMAGES = sorted((VECTORS / "images").glob("*.sig"))
EXPECTED = sorted((VECTORS / "images").glob("*.json"))
PLAT = (("0x10001", "0x80100000"), ("0x1abcd", "hello"), ("65539", "7"))


@dataclass(frozen=True)
class Recipe:
    """The command line that an image was made with."""

    elfs: tuple[str, ...]
    key: str = "rsa2048"
    key_info: str | None = None
    plat: tuple[tuple[str, str], ...] = ()


RECIPES = {
    "m4_keyinfo_empty_rsa2048": Recipe(("m4_norsc",), key_info="kempty"),
    "m4_keyinfo_rsa2048": Recipe(("m4_norsc",), key_info="kinfo"),
    "m4_norsc_rsa2048": Recipe(("m4_norsc",)),
    "m4_odd_rsa2048": Recipe(("m4_odd",)),
    "m4_plain_rsa2048": Recipe(("m4_plain",)),
    "m4_plat_empty": Recipe(("m4_norsc",), plat=(("0x10005", ""),)),
    "m4_plat_rsa2048": Recipe(("m4_norsc",), plat=PLAT),
    "m4_plat_uni": Recipe(
        ("m4_norsc",), plat=(("0x10005", "\N{LATIN SMALL LETTER E WITH ACUTE}"),)
    ),
    "m4_platdup": Recipe(("m4_norsc",), plat=(("0x10001", "0x1"), ("0x10001", "0x2"))),
    "m4_rsc_ecc_p256": Recipe(("m4_rsc",), key="ecc_p256"),
    "m4_rsc_ecc_p256_b": Recipe(("m4_rsc",), key="ecc_p256"),
    "m4_rsc_rsa1028": Recipe(("m4_rsc",), key="rsa1028"),
    "m4_rsc_rsa2048": Recipe(("m4_rsc",)),
    "m4_rsc_rsa2048_pkcs8": Recipe(("m4_rsc",), key="rsa2048_pkcs8"),
    "m4_rsc_rsa3072": Recipe(("m4_rsc",), key="rsa3072"),
    "m4_rsc_rsa4096": Recipe(("m4_rsc",), key="rsa4096"),
    "multi_2rsc_rsa2048": Recipe(("m4_rsc", "m4_img2_rsc")),
    "multi_dup_rsa2048": Recipe(("m4_norsc", "m4_norsc")),
    "multi_odd_rsa2048": Recipe(("m4_odd", "m4_img2")),
    "multi_rsa2048": Recipe(("m4_rsc", "m4_img2")),
}


def elf(name: str) -> bytes:
    """The bytes of one of the ELF files."""
    return (VECTORS / "elf" / f"{name}.elf").read_bytes()


def image(name: str) -> bytes:
    """The bytes of one of the signed images."""
    return (VECTORS / "images" / f"{name}.sig").read_bytes()


def expected(name: str) -> dict[str, Any]:
    """What a signed image contains."""
    parsed: dict[str, Any] = json.loads((VECTORS / "images" / f"{name}.json").read_text())
    return parsed


def pem(name: str) -> bytes:
    """One of the key files."""
    return (VECTORS / "keys" / f"{name}.pem").read_bytes()


@cache
def key(name: str) -> PrivateKey:
    """One of the private keys."""
    return load_private_key(pem(name))
