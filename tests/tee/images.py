# SPDX-License-Identifier: GPL-2.0-or-later
"""Images of the recorded scenarios that are described but not kept: edits of the signed ones."""

import json
from collections.abc import Callable
from functools import partial

from rprocbench.verdicts import tee_images as made
from rprocbench.verdicts.tee_images import (
    E_PHOFF,
    E_SHNUM,
    E_SHOFF,
    E_SHSTRNDX,
    HDR,
    NO_FILE,
    RECIPES,
    SAME_AS,
    SHDR,
    elf_at,
    put,
    tlv_at,
    u32,
    with_elf,
)

from .machine import GOOD, signing_key, vector

NEGATIVE = {
    record["file"]: bytes.fromhex(record["image"])
    for record in json.loads(vector("negative.json.gz"))
}
WITH_KEY_INFO = vector("m4_keyinfo_rsa2048.sig")


def resigned(image: bytes) -> bytes:
    """The image with a genuine signature over what it says now."""
    return made.resigned(image, signing_key())


def with_area(area: bytes, image: bytes = GOOD) -> bytes:
    """The image with other TLVs, its old signature, and lengths that add up."""
    return made.with_area(image, area)


def hdr_small_first() -> bytes:
    return put(put(GOOD, 8, 8), 12, 8)


def keyinfo_length(length: int) -> bytes:
    return made.key_info_length(WITH_KEY_INFO, length)


def unknown_length() -> bytes:
    return made.unknown_length(GOOD)


def hashtable_overrun() -> bytes:
    return made.hash_table_overrun(GOOD, signing_key())


def without_table(image: bytes = GOOD) -> bytes:
    """The image with another name for its section of resources."""
    return image.replace(b".resource_table", b".Resource_table")


def section_name(value: int) -> bytes:
    return made.section_name(GOOD, value)


def _made(name: str) -> bytes:
    if name in SAME_AS:
        return NEGATIVE[SAME_AS[name]]
    return RECIPES[name](GOOD, WITH_KEY_INFO, signing_key)


BUILT: dict[str, Callable[[], bytes]] = {
    name: partial(_made, name) for name in (*RECIPES, *SAME_AS) if name not in NEGATIVE
}


def image(name: str) -> bytes | None:
    """The image of that name; None for a file that does not exist."""
    if name in BUILT:
        return BUILT[name]()
    return NEGATIVE.get(name)


__all__ = [
    "BUILT",
    "E_PHOFF",
    "E_SHNUM",
    "E_SHOFF",
    "E_SHSTRNDX",
    "HDR",
    "NEGATIVE",
    "NO_FILE",
    "SHDR",
    "elf_at",
    "hashtable_overrun",
    "hdr_small_first",
    "image",
    "keyinfo_length",
    "put",
    "resigned",
    "section_name",
    "tlv_at",
    "u32",
    "unknown_length",
    "with_area",
    "with_elf",
    "without_table",
]
