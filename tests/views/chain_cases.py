# SPDX-License-Identifier: GPL-2.0-or-later
"""Images that the tests of the signature chain share, and chains of them."""

import json
import random
from functools import cache
from typing import Any

from rprocbench.bench.chain import Chain, chain
from rprocbench.formats.keys import RsaPrivateKey, RsaPublicKey
from tests.formats import recorded
from tests.tee.machine import GOOD, KEY, vector

MULTI = vector("multi_rsa2048.sig")
NEGATIVE: list[dict[str, Any]] = json.loads(vector("negative.json.gz"))
FUZZ: list[dict[str, Any]] = json.loads(vector("fuzz.json.gz"))["cases"]
WORDS = (0, 1, 0xFF, 0xFFFF_FFFF, 0xFFFF_FFF9, 0x8000_0000, 0x40)
GOLDEN = sorted(recorded.RECIPES)


def fuzzed(case: dict[str, Any]) -> bytes:
    """The image of one recorded fuzz case."""
    image = bytearray({"A": GOOD, "M": MULTI}[case["base"]])
    for offset, data in case["edits"]:
        image[offset : offset + len(data) // 2] = bytes.fromhex(data)
    return bytes(image)


def golden_key(name: str) -> RsaPublicKey:
    """The key that a recorded image is signed with; for ECC ones another, as OP-TEE has no such."""
    key = recorded.key(recorded.RECIPES[name].key)
    return key.public if isinstance(key, RsaPrivateKey) else KEY


@cache
def good() -> Chain:
    """The chain of the golden image."""
    return chain(GOOD, KEY, "good.sig")


def flipped(offset: int, image: bytes = GOOD, mask: int = 1) -> bytes:
    """The image with a bit of one byte changed."""
    return image[:offset] + bytes([image[offset] ^ mask]) + image[offset + 1 :]


def damaged(image: bytes, seed: int) -> bytes:
    """The image with a few words changed, most of them where headers lie."""
    dice = random.Random(seed)  # noqa: S311  tests shall be the same each time
    data = bytearray(image)
    for _ in range(dice.randint(1, 3)):
        areas = (0, 300), (556, 720), (len(data) - 400, len(data)), (0, len(data))
        at = dice.randrange(*dice.choice(areas))
        word = dice.choice([*WORDS, dice.getrandbits(32)])
        size = dice.choice([1, 1, 2, 4])
        data[at : at + size] = (word & (1 << 8 * size) - 1).to_bytes(size, "little")
    return bytes(data[: len(image)])


def tampered() -> bytes:
    """The golden image with one bit changed in its first segment."""
    segment = good().link("segment:0.0")
    assert segment
    return flipped(segment.spans[0].start)
