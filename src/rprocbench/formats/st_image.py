# SPDX-License-Identifier: GPL-2.0-or-later
"""Building signed images for ST's downstream OP-TEE: encrypted ones, with boot address (our zone).

The same header, magic and version as upstream's, so nothing but the TLVs tells them apart.
Behaviour: tee.md section 7. Where its script makes an image that its TA cannot use (an AES key
of 16 bytes, a table that shadows device address 0), this makes it too.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from rprocbench.base.errors import InputCode, InputError

from .elf import PT_LOAD, ElfView
from .keys import Signer
from .signed_image import EncRow, HashRow
from .signed_image_build import HASH_SHA256, IMG_ELF, build_signed
from .st_crypto import AES_BLOCK, aes_cbc_encrypt, check_aes_key
from .tlv import TlvType, align8

IMG_ENC_ELF = 2
ENC_AES_CBC = 1
BLANK = b"\0"


@dataclass(frozen=True, slots=True)
class StOptions:
    """What ST's script can be told beyond upstream's.

    - `enc_key`: raw bytes; PT_LOAD segments are encrypted with it. `new_iv` draws 16 bytes
    - `boot_address`: BOOTADDR, as a device address; `boot_secure`: BOOTSEC, any number (see D-1)
    - `key_info`: PKEYINFO, for a device that takes the public key from the image
    """

    enc_key: bytes | None = None
    new_iv: Callable[[], bytes] = lambda: os.urandom(AES_BLOCK)
    boot_address: int | None = None
    boot_secure: int | None = None
    key_info: bytes | None = None
    has_hash_type: bool = True


def sign_st_image(
    elfs: Sequence[tuple[str, bytes]], signer: Signer, options: StOptions | None = None
) -> bytes:
    """Sign `elfs`, pairs of a name for messages and the file's bytes, in that order.

    Raises `InputError`: NOT_ELF, TRUNCATED, BAD_KEY, BAD_VALUE (a segment of no whole AES blocks).
    """
    options = options or StOptions()
    if options.enc_key is not None:
        check_aes_key(options.enc_key)
    images: list[bytes] = []
    table = b""
    for name, data in elfs:
        image, rows = _encrypted(name, data, options) if options.enc_key else _plain(name, data)
        images.append(image)
        table += rows
    tlvs = _tlvs(signer, images, table, options)
    return build_signed(tlvs, images, signer.sign, signer.signature_size)


def _tlvs(
    signer: Signer, images: list[bytes], table: bytes, options: StOptions
) -> list[tuple[int, bytes]]:
    """The records, in the order of ST's script."""
    is_encrypted = options.enc_key is not None
    kind = IMG_ENC_ELF if is_encrypted else IMG_ELF
    sizes = b"".join(align8(len(image)).to_bytes(4, "little") for image in images)
    tlvs: list[tuple[int, bytes]] = [(TlvType.SIGNTYPE, bytes([signer.key_type]))]
    if is_encrypted:
        tlvs.append((TlvType.ENCTYPE, bytes([ENC_AES_CBC])))
    tlvs += [
        (TlvType.ENCTABLE if is_encrypted else TlvType.HASHTABLE, table),
        (TlvType.NUM_IMG, bytes([len(images)])),
        (TlvType.IMGTYPE, bytes([kind]) * len(images)),
        (TlvType.IMGSIZE, sizes),
    ]
    if options.has_hash_type:
        tlvs.append((TlvType.HASHTYPE, bytes([HASH_SHA256])))
    if options.key_info is not None:
        tlvs.append((TlvType.PKEYINFO, options.key_info))
    for type_, number in (
        (TlvType.BOOTADDR, options.boot_address),
        (TlvType.BOOTSEC, options.boot_secure),
    ):
        if number is not None:
            tlvs.append((type_, number.to_bytes(4, "little")))
    return tlvs


def _plain(name: str, data: bytes) -> tuple[bytes, bytes]:
    view = ElfView.parse(data, name)
    rows = (_row(view, index, view.content(phdr)) for index, phdr in enumerate(view.segments))
    return data, b"".join(rows)


def _row(view: ElfView, index: int, content: bytes) -> bytes:
    start = view.header.e_phoff + index * 32
    return view.data[start : start + 32] + sha256(content).digest()


def _encrypted(name: str, data: bytes, options: StOptions) -> tuple[bytes, bytes]:
    """The file with its PT_LOAD segments encrypted in place, and its part of the table.

    Only PT_LOAD rows are filled; the table has room for all program headers, and ends in zeros.
    """
    assert options.enc_key
    view, image = ElfView.parse(data, name), bytearray(data)
    rows: list[bytes] = []
    for index, phdr in enumerate(view.segments):
        if phdr.p_type != PT_LOAD:
            continue
        if phdr.p_filesz % AES_BLOCK:
            text = f"segment {index} of {name} has {phdr.p_filesz} bytes, no whole AES blocks"
            raise InputError(InputCode.BAD_VALUE, text)
        iv = options.new_iv()
        content = aes_cbc_encrypt(options.enc_key, iv, view.content(phdr))
        image[phdr.p_offset : phdr.p_offset + len(content)] = content
        rows.append(_row(view, index, content) + iv)
    padding = BLANK * EncRow.SIZE * (len(view.segments) - len(rows))
    assert EncRow.SIZE == HashRow.SIZE + AES_BLOCK
    return bytes(image), b"".join(rows) + padding
