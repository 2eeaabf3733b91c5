# SPDX-License-Identifier: GPL-2.0-or-later
"""A signature opened with the public key, and what is found inside (RFC 8017, 9.2)."""

from dataclasses import dataclass

from rprocbench.formats.keys import RsaPublicKey

DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_SIZE = 32


@dataclass(frozen=True, slots=True)
class Opened:
    """`signature^e mod n`: the whole block, and the digest in it if it is built as it must be.

    `why` says what is wrong with the block; it is empty exactly if `digest` is there.
    """

    block: bytes
    digest: bytes = b""
    why: str = ""

    @property
    def shown(self) -> str:
        """The block with its parts apart, its padding counted."""
        if not self.digest:
            return f"{self.block[:16].hex(' ')} …" if self.block else ""
        pad = len(self.block) - len(DIGEST_INFO) - SHA256_SIZE - 3
        info = f"{DIGEST_INFO.hex(' ')} {self.digest.hex()}"
        return f"00 01 (ff × {pad}) 00 {info}"


def opened(key: RsaPublicKey, signature: bytes) -> Opened:
    """Open `signature` with `key`."""
    size, number = len(key.modulus_bytes), int.from_bytes(signature, "big")
    if len(signature) != size:
        return Opened(b"", why=f"it has {len(signature)} bytes, the key {size}")
    if number >= key.modulus:
        return Opened(b"", why="as a number it is not below the key's modulus")
    block = pow(number, key.exponent, key.modulus).to_bytes(size, "big")
    head, pad = block[:2], size - len(DIGEST_INFO) - SHA256_SIZE - 3
    if head != b"\0\1" or block[2 : 2 + pad] != b"\xff" * pad:
        why = "what it opens to is noise: another key made it, or its bytes were changed"
        return Opened(block, why=why)
    if block[2 + pad : -SHA256_SIZE] != b"\0" + DIGEST_INFO:
        return Opened(block, why="what it opens to holds no SHA-256 DigestInfo")
    return Opened(block, block[-SHA256_SIZE:])
