# SPDX-License-Identifier: GPL-2.0-or-later
"""What the demonstration boots: our own firmware, signed with a key that everybody knows."""

from functools import cache

from rprocbench.formats.keys import RsaPrivateKey, load_private_key
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.signer import sign_image
from rprocbench.resources import resource

FIRMWARE = "echo.elf"
KEY = "demo_rsa2048.pem"


@cache
def demo_key() -> RsaPrivateKey:
    """The demonstration's private key. It is published: never sign with it what must be trusted."""
    key = load_private_key(resource("data", "keys", KEY).read_bytes(), name=KEY)
    assert isinstance(key, RsaPrivateKey)
    return key


@cache
def demo_elf() -> bytes:
    """The echo firmware, a plain ELF."""
    return resource("data", "firmware", "echo", FIRMWARE).read_bytes()


@cache
def demo_image() -> bytes:
    """The echo firmware in OP-TEE's container, signed with the demonstration's key."""
    return sign_image([(FIRMWARE, demo_elf())], demo_key()).image


def with_flipped_byte(image: bytes, segment: int = 1) -> bytes:
    """`image` with one bit changed in the middle of a loaded segment, counted from 0.

    Everything that is signed stays as it was, so only the hash of that segment can tell.
    """
    elf = SignedImage.parse(image).images[0].elf
    assert elf is not None
    span = elf.content_span(elf.segments[segment])
    at = (span.start + span.end) // 2
    return image[:at] + bytes([image[at] ^ 1]) + image[at + 1 :]
