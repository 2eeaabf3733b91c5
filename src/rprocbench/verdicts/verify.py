# SPDX-License-Identifier: GPL-2.0-or-later
"""Is a signed image genuine, and whole? `verify_image` hashes each byte once, and copies none.

The rules are the TA's (tee.md 3.5 to 3.8), up to where a board comes in: whether there is memory at
an address, and where the resource table will lie, is `tee_load`'s to say. Two long functions on
purpose: after each hash the processor's caches are cold, and every further call costs as much as a
check (`benchmarks/tee.py`: `verify_448k`).
"""

from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from rprocbench.base.errors import InputCode, InputError, TeeResult
from rprocbench.base.files import read_file
from rprocbench.formats.elf import PT_LOAD
from rprocbench.formats.keys import RsaPublicKey
from rprocbench.formats.signed_image import MAGIC, VERSION

from .tee import rsa_key

HEADER, TLV = Struct("<5I"), Struct("<2I")
ROW = Struct("<I8x3I8x32s")  # p_type, p_paddr, p_filesz, p_memsz, hash
EHDR = Struct("<4sBxB21x2I6x3H4x")  # magic, class, version, phoff, shoff, three sizes and counts
PHDR = Struct("<2I4x3I8x")  # p_type, p_offset, p_paddr, p_filesz, p_memsz
ELF_MAGIC, CLASS32, VERSION1 = b"\x7fELF", 1, 1
SHDR_SIZE = 40
WRAP, HALF = 1 << 32, 1 << 31
RSA, ELF = 1, 1
SIGNTYPE, NUM_IMG, IMGTYPE, IMGSIZE, HASHTABLE = 1, 3, 4, 5, 0x10
Places = dict[int, tuple[int, int]]  # by type of record: where its value lies, and how long it is
NOWHERE = (0, 0)


class Verification(NamedTuple):
    """Whether an image holds; if not, what the TA answers to it, and why.

    `segments` counts the hashes that were compared, `hashed` the bytes that went into them.
    """

    code: TeeResult
    why: str = ""
    segments: int = 0
    hashed: int = 0

    @property
    def holds(self) -> bool:
        """Whether everything that the TA asks of the image by itself is so."""
        return self.code is TeeResult.SUCCESS


def verify_image(image: object, *, public_key: object) -> Verification:
    """Check header, signature, and the hash of each segment that the TA would load.

    `image` is bytes or anything with a buffer (a `mmap` too), which is not copied, or a path, which
    is read once. `public_key` is what `tee_load` takes. Raises `InputError` for anything else.
    """
    key = public_key if isinstance(public_key, RsaPublicKey) else rsa_key(public_key)
    if isinstance(image, (str, Path)):
        image = read_file(Path(image))
    try:
        data = memoryview(image)  # type: ignore[arg-type]  # what has no buffer is refused below
        if data.format != "B" or not data.c_contiguous:
            data = data.cast("B")
    except TypeError:
        why = f"an image is bytes or a path, not {image!r:.60}"
        raise InputError(InputCode.BAD_VALUE, why) from None
    try:
        return _verify(data, key)
    except _Refused as refusal:
        return refusal.verification


class _Refused(Exception):  # noqa: N818  it is an answer
    """The first check that fails."""

    def __init__(self, code: TeeResult, why: str) -> None:
        self.verification = Verification(code, why)


def _verify(data: memoryview, key: RsaPublicKey) -> Verification:  # noqa: C901  see above
    """Header, records, signature."""
    size = len(data)
    if size < HEADER.size:
        raise _Refused(TeeResult.BAD_PARAMETERS, f"{size} bytes are no header")
    magic, version, tlv_len, sign_len, img_len = HEADER.unpack_from(data)
    signed = HEADER.size + (tlv_len + 7 & ~7)
    images = signed + (sign_len + 7 & ~7)
    if images + (img_len + 7 & ~7) != size or images >= size or not tlv_len or not sign_len:
        raise _Refused(TeeResult.BAD_PARAMETERS, f"the lengths do not add up to {size} bytes")
    if magic != MAGIC or version != VERSION:
        raise _Refused(TeeResult.BAD_PARAMETERS, "wrong magic or version")
    places: Places = {}
    at, end = HEADER.size, HEADER.size + tlv_len
    while at + 8 <= end:
        kind, length = TLV.unpack_from(data, at)
        at += 8
        if length >= HALF:
            break
        if at + length <= end and kind not in places:
            places[kind] = at, length  # without a value it counts too, and counts as absent
        at += length + 7 & ~7
    start, length = places.get(SIGNTYPE, NOWHERE)
    if length != 1:
        raise _Refused(TeeResult.BAD_PARAMETERS, "no SIGNTYPE of one byte")
    if data[start] != RSA:
        raise _Refused(TeeResult.NOT_SUPPORTED, f"signature type {data[start]}")
    digest = sha256(data[:signed]).digest()
    if not key.verify(digest, bytes(data[signed : signed + sign_len])):
        raise _Refused(TeeResult.SIGNATURE_INVALID, "not a signature of this header by this key")
    segments, hashed = _images(data, images, images + img_len, places)
    return Verification(TeeResult.SUCCESS, "", segments, signed + hashed)


def _images(  # noqa: C901, PLR0912, PLR0915  see above
    data: memoryview, base: int, last: int, places: Places
) -> tuple[int, int]:
    """All images, from `base` to `last`: how many segments were hashed, and how many bytes."""
    if last - base < EHDR.size:
        raise _Refused(TeeResult.BAD_FORMAT, "no room for an ELF header")
    magic, cls, version, phoff, shoff, phentsize, phnum, shentsize = EHDR.unpack_from(data, base)
    if (shoff + SHDR_SIZE) % WRAP > last - base:
        raise _Refused(TeeResult.BAD_FORMAT, "no room for a section header")
    if magic != ELF_MAGIC or cls != CLASS32 or version != VERSION1 or not phnum:
        raise _Refused(TeeResult.BAD_FORMAT, "not an ELF header that the TA can walk")
    if phentsize != PHDR.size or shentsize != SHDR_SIZE:
        raise _Refused(TeeResult.BAD_FORMAT, "headers of another size")
    table, length = places.get(HASHTABLE, NOWHERE)
    if not length:
        raise _Refused(TeeResult.NO_DATA, "no hash table")
    if length % ROW.size:
        raise _Refused(TeeResult.BAD_PARAMETERS, f"{length} bytes are no whole rows")
    rows: dict[int, tuple[int, int, int, bytes]] = {}
    for kind, paddr, filesz, memsz, value in ROW.iter_unpack(data[table : table + length]):
        rows.setdefault(paddr, (kind, filesz, memsz, value))  # the first one decides
    at, length = places.get(NUM_IMG, NOWHERE)
    if not length:
        raise _Refused(TeeResult.NO_DATA, "no NUM_IMG")
    if length != 1:
        raise _Refused(TeeResult.BAD_FORMAT, f"NUM_IMG is {length} bytes long")
    if not (count := data[at]):
        raise _Refused(TeeResult.NO_DATA, "no image")
    segments = hashed = 0
    for index in range(count):
        size = _size_of(data, index, count, places)
        if base + EHDR.size > last:
            raise _Refused(TeeResult.BAD_FORMAT, "an image that is not in the file")
        if index:
            phoff, phnum = EHDR.unpack_from(data, base)[3], EHDR.unpack_from(data, base)[6]
        if phoff % 4:
            raise _Refused(TeeResult.BAD_FORMAT, "misaligned program headers")
        end = base + size
        for at in range(base + phoff, base + phoff + phnum * PHDR.size, PHDR.size):
            if at + PHDR.size > end or at + PHDR.size > last:
                raise _Refused(TeeResult.BAD_FORMAT, "a program header is not in the image")
            kind, offset, paddr, filesz, memsz = PHDR.unpack_from(data, at)
            if kind != PT_LOAD:
                continue
            start = base + offset
            if offset >= HALF or filesz >= HALF or start + filesz > end:
                raise _Refused(TeeResult.BAD_FORMAT, "a segment is not in the image")
            row = rows.get(paddr)
            if row is None:
                raise _Refused(TeeResult.NO_DATA, f"no hash row for device address {paddr:#x}")
            if row[0] != PT_LOAD or row[1] != filesz or row[2] != memsz or start + filesz > last:
                raise _Refused(TeeResult.BAD_PARAMETERS, "the hash row is of another segment")
            if filesz:
                segments, hashed = segments + 1, hashed + filesz
                if sha256(data[start : start + filesz]).digest() != row[3]:
                    why = f"the segment at {paddr:#x} has another hash"
                    raise _Refused(TeeResult.SECURITY, why)
        base = end
    return segments, hashed


def _size_of(data: memoryview, index: int, count: int, places: Places) -> int:
    """The size of image `index`, which must be an ELF file, by the records."""
    types, length = places.get(IMGTYPE, NOWHERE)
    if not length:
        raise _Refused(TeeResult.NO_DATA, "no IMGTYPE")
    if length != count:
        raise _Refused(TeeResult.BAD_PARAMETERS, f"{length} image types for {count} images")
    if data[types + index] != ELF:
        raise _Refused(TeeResult.BAD_FORMAT, f"image type {data[types + index]}")
    sizes, length = places.get(IMGSIZE, NOWHERE)
    if not length:
        raise _Refused(TeeResult.NO_DATA, "no IMGSIZE")
    if length != 4 * count:
        raise _Refused(TeeResult.BAD_PARAMETERS, f"{length} bytes of sizes for {count} images")
    size = int.from_bytes(data[sizes + 4 * index : sizes + 4 * index + 4], "little")
    if not 0 < size < HALF:
        raise _Refused(TeeResult.BAD_PARAMETERS, f"an image of {size:#x} bytes")
    return size
