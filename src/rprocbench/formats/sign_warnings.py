# SPDX-License-Identifier: GPL-2.0-or-later
"""What OP-TEE's TA will refuse in an image that is just being signed (our zone).

Only what follows from the image itself: which memory the board has and which key its OP-TEE holds
is not known here. Rules: optee_os, ta/remoteproc/src/{remoteproc_core,elf_parser}.c.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from .elf import PT_LOAD, ElfView
from .elf_names import name_of
from .finding import Finding, limited
from .keys import KeyType, RsaPrivateKey, Signer
from .sign_table import ALIGN, find_table
from .signed_image import HashRow, RemoteprocFwHdr, SignedImage
from .tlv import TlvType, align8

TA_HEAP = 4096  # CFG_REMOTEPROC_TA_HEAP_SIZE
BLOCK_OVERHEAD = 8
TA_CONTEXT = 64
DIGEST = 32
KEY_INFO_HDR = 8


def sign_warnings(image: SignedImage, names: Sequence[str], signer: Signer) -> Iterator[Finding]:
    """Why the TA will refuse `image`, made of the files called `names`."""
    yield from _key(image, signer)
    yield from _heap(image)
    yield from limited(_rows(image, names))
    tables = rows = 0
    for payload, name in zip(image.images, names, strict=True):
        elf = payload.elf
        if elf is None:
            continue
        yield from _header(elf, name, is_first=payload.index == 0)
        yield from limited(_segments(elf, name, image.rows[rows : rows + len(elf.segments)]))
        rows += len(elf.segments)
        found, refusal = find_table(elf)
        if refusal:
            text = f"{refusal.text}, in {name}: the TA will answer {refusal.code}"
            yield Finding(refusal.rule, text, refusal.span)
        tables += found is not None
        if found is not None and tables > 1:
            text = f"{name} has a resource table, and so has an image before it: only one may"
            yield Finding("TWO_TABLES", text, elf.content_span(found.header))


def heap_peak(tlv_len: int, sign_len: int, table_len: int, key_info_len: int = 0) -> int:
    """Bytes of the TA's heap that loading takes at most.

    The TA holds its context and a copy of all signed bytes and the signature, then either the
    digest and the key info (while it verifies) or a second copy of the hash table (while it loads).
    """

    def block(size: int) -> int:
        return align8(size) + BLOCK_OVERHEAD

    copy = RemoteprocFwHdr.SIZE + align8(tlv_len) + align8(sign_len)
    verifying = block(DIGEST) + block(KEY_INFO_HDR + key_info_len)
    return block(TA_CONTEXT) + block(copy) + max(verifying, block(table_len))


def _key(image: SignedImage, signer: Signer) -> Iterator[Finding]:
    sign_type = image.first(TlvType.SIGNTYPE)
    if signer.key_type is KeyType.ECC and sign_type:
        text = "OP-TEE upstream verifies RSA signatures only: it will answer NOT_SUPPORTED"
        yield Finding("ECC_KEY", text, sign_type.value_span)
    if isinstance(signer, RsaPrivateKey):
        public = signer.public
        if public.bits % 8:
            text = (
                f"an RSA key of {public.bits} bits, no multiple of 8, cannot be built into OP-TEE"
            )
            yield Finding("KEY_SIZE", text, image.signature_span)
        if public.exponent >= 1 << 32:
            text = "an RSA exponent of more than 32 bits cannot be built into OP-TEE"
            yield Finding("KEY_EXPONENT", text, image.signature_span)


def _heap(image: SignedImage) -> Iterator[Finding]:
    table, info = image.first(TlvType.HASHTABLE), image.first(TlvType.PKEYINFO)
    length = table.header.length if table else 0
    info_len = info.header.length if info else 0
    peak = heap_peak(image.header.tlv_len, image.header.sign_len, length, info_len)
    if peak > TA_HEAP:
        text = f"{length // HashRow.SIZE} rows (one per program header) need {peak} bytes of the"
        text += f" TA's heap, which has {TA_HEAP}: it will answer OUT_OF_MEMORY"
        yield Finding("HEAP", text, table.value_span if table else None)


def _rows(image: SignedImage, names: Sequence[str]) -> Iterator[Finding]:
    """Segments that the TA will compare with another row than their own: it takes the first."""
    first: dict[int, int] = {}
    for index, row in enumerate(image.rows):
        first.setdefault(row.p_paddr, index)
    index = -1
    for payload, name in zip(image.images, names, strict=True):
        for number, _phdr in enumerate(payload.elf.segments if payload.elf else ()):
            index += 1
            row, other = image.rows[index], image.rows[first[image.rows[index].p_paddr]]
            if row.p_type != PT_LOAD or row.pack() == other.pack():
                continue
            what = f"segment {number} of {name} at p_paddr {row.p_paddr:#x}"
            span = other.span()
            if other.p_type != PT_LOAD:
                text = f"{what} is hidden by the {name_of('p_type', other.p_type)} header before it"
                text += " with the same p_paddr: the TA will answer BAD_PARAMETERS"
                yield Finding("SHADOWED", text, span)
            elif (row.p_filesz, row.p_memsz) != (other.p_filesz, other.p_memsz):
                text = f"{what} has another size than the one before it with the same p_paddr:"
                yield Finding("SHARED_ADDRESS", f"{text} the TA will answer BAD_PARAMETERS", span)
            elif row.p_filesz and row.hash != other.hash:
                text = f"{what} has other bytes than the one before it with the same p_paddr:"
                yield Finding("SHARED_ADDRESS", f"{text} the TA will answer SECURITY", span)


def _header(elf: ElfView, name: str, *, is_first: bool) -> Iterator[Finding]:
    header = elf.header
    if is_first:  # the TA looks at the header of the first image only
        for field, wanted in (("ei_version", 1), ("e_phentsize", 32), ("e_shentsize", 40)):
            if (value := getattr(header, field)) != wanted:
                text = f"{field} of {name} is {value}, not {wanted}: the TA will answer BAD_FORMAT"
                yield Finding("HEADER", text, header.span(field))
        if header.e_phnum == 0:
            text = f"{name} has no program headers: the TA will answer BAD_FORMAT"
            yield Finding("HEADER", text, header.span("e_phnum"))
    if header.e_phoff % ALIGN:
        text = f"the program headers of {name} are not 4-aligned: the TA will answer BAD_FORMAT"
        yield Finding("MISALIGNED", text, header.span("e_phoff"))


def _segments(elf: ElfView, name: str, rows: Sequence[HashRow]) -> Iterator[Finding]:
    for index, (phdr, row) in enumerate(zip(elf.segments, rows, strict=True)):
        if phdr.p_type != PT_LOAD:
            continue
        if phdr.p_offset + phdr.p_filesz > len(elf.data):  # even where p_filesz is 0
            text = f"segment {index} of {name} does not lie in the file"
            text += ": the TA will answer BAD_FORMAT"
            yield Finding("SEGMENT_CUT", text, phdr.span("p_offset"))
        elif sha256(elf.content(phdr)).digest() != row.hash:
            text = f"the end of segment {index} of {name} is missing from the file; padding takes"
            text += " its place, which was not hashed: the TA will answer SECURITY"
            yield Finding("SEGMENT_CUT", text, phdr.span("p_filesz"))
