# SPDX-License-Identifier: GPL-2.0-or-later
"""Building signed images, sound ones and broken ones (our zone)."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Any

from .elf import ElfView
from .signed_image import MAGIC, VERSION, HashRow, RemoteprocFwHdr
from .tlv import TlvType, align8, pack_tlv

IMG_ELF = 1
HASH_SHA256 = 1


def hash_rows(elf: ElfView) -> list[HashRow]:
    """One row per program header, of every type, in order; the hash is of what the file has."""
    return [
        HashRow(
            p_type=phdr.p_type,
            p_offset=phdr.p_offset,
            p_vaddr=phdr.p_vaddr,
            p_paddr=phdr.p_paddr,
            p_filesz=phdr.p_filesz,
            p_memsz=phdr.p_memsz,
            p_flags=phdr.p_flags,
            p_align=phdr.p_align,
            hash=sha256(elf.content(phdr)).digest(),
        )
        for phdr in elf.segments
    ]


def standard_tlvs(
    sign_type: int, images: Sequence[bytes], rows: Iterable[HashRow]
) -> list[tuple[int, bytes]]:
    """The records that every image has, as (type, value), in the order of OP-TEE's script."""
    sizes = b"".join(align8(len(image)).to_bytes(4, "little") for image in images)
    return [
        (TlvType.SIGNTYPE, bytes([sign_type])),
        (TlvType.NUM_IMG, bytes([len(images)])),
        (TlvType.IMGTYPE, bytes([IMG_ELF]) * len(images)),
        (TlvType.IMGSIZE, sizes),
        (TlvType.HASHTYPE, bytes([HASH_SHA256])),
        (TlvType.HASHTABLE, b"".join(row.pack() for row in rows)),
    ]


def build_signed(
    tlvs: Sequence[tuple[int, bytes]],
    images: Sequence[bytes],
    sign: Callable[[bytes], bytes],
    sign_len: int,
    **header: Any,
) -> bytes:
    """A signed image of these records and images; `sign` gets the digest of header and records.

    `header` sets fields of `RemoteprocFwHdr`, wrong values included, before it is signed.
    """
    area = b"".join(pack_tlv(type_, value) for type_, value in tlvs)
    payload = b"".join(image.ljust(align8(len(image)), b"\0") for image in images)
    values = {
        "magic": MAGIC,
        "version": VERSION,
        "tlv_len": len(area),
        "sign_len": sign_len,
        "img_len": len(payload),
    }
    signed = RemoteprocFwHdr(**values | header).pack() + area
    signature = sign(sha256(signed).digest())
    return signed + signature.ljust(align8(len(signature)), b"\0") + payload
