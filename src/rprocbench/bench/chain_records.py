# SPDX-License-Identifier: GPL-2.0-or-later
"""The TLV records of the chain: read before the signature holds, after it, or never."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rprocbench.base.errors import RprocError, Span
from rprocbench.formats.signed_image import HashRow, RemoteprocFwHdr, SignedImage
from rprocbench.formats.tlv import Tlv, TlvHdr, TlvType, tlv_doc

from . import chain_commands as shell
from .chain_link import Link, Stage, Verdict
from .chain_ta import TaLens

SIGN_TYPES = {1: "RSASSA-PKCS1-v1_5 with SHA-256", 2: "ECDSA P-256 with SHA-256"}
MAX_UNREAD = 24  # a hostile area holds hundreds of records that nobody reads
IMG_ELF = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a record, and what the TA says to it."""

    why: str
    code: str


def number_of_images(lens: TaLens) -> int:
    """How many images the TA would walk; 1 if the record does not say."""
    found = lens.record(TlvType.NUM_IMG)
    value = _value(lens, found)
    return value[0] if len(value) == 1 else 1


def image_sizes(lens: TaLens) -> list[int]:
    """The sizes of the images, as far as IMGSIZE has them; without it one image has all."""
    value = _value(lens, lens.record(TlvType.IMGSIZE))
    whole = range(0, len(value) - 3, 4)
    sizes = [int.from_bytes(value[at : at + 4], "little") for at in whole]
    return sizes[: number_of_images(lens)] or [lens.header.img_len]


def image_type(lens: TaLens, index: int) -> int | None:
    """What IMGTYPE says of image `index`."""
    value = _value(lens, lens.record(TlvType.IMGTYPE))
    return value[index] if index < len(value) else None


def _value(lens: TaLens, found: tuple[int, int] | RprocError) -> bytes:
    return b"" if isinstance(found, RprocError) else lens.ctx.copy.fetch(*found)


def _sign_type(_lens: TaLens, value: bytes) -> Fault | None:
    if len(value) != 1:
        return Fault(f"it has {len(value)} bytes, not 1", "BAD_PARAMETERS")
    if value[0] not in SIGN_TYPES:
        return Fault(f"signature type {value[0]} is unknown", "NOT_SUPPORTED")
    return None


def _hash_table(_lens: TaLens, value: bytes) -> Fault | None:
    if len(value) % HashRow.SIZE:
        return Fault(f"{len(value)} bytes are no whole rows of {HashRow.SIZE}", "BAD_PARAMETERS")
    return None


def _num_img(_lens: TaLens, value: bytes) -> Fault | None:
    if len(value) != 1:
        return Fault(f"it has {len(value)} bytes, not 1", "BAD_FORMAT")
    return None if value[0] else Fault("it says that there is no image", "NO_DATA")


def _img_type(lens: TaLens, value: bytes) -> Fault | None:
    if len(value) != (count := number_of_images(lens)):
        return Fault(f"{len(value)} types for {count} images", "BAD_PARAMETERS")
    if value[0] != IMG_ELF:
        return Fault(f"image 0 is of type {value[0]}, not 1 (ELF)", "BAD_FORMAT")
    return None


def _img_size(lens: TaLens, value: bytes) -> Fault | None:
    if len(value) != 4 * (count := number_of_images(lens)):
        return Fault(f"{len(value)} bytes of sizes for {count} images", "BAD_PARAMETERS")
    return None


Judge = Callable[[TaLens, bytes], Fault | None]
BEFORE: dict[TlvType, Judge] = {TlvType.SIGNTYPE: _sign_type}
AFTER: dict[TlvType, Judge] = {
    TlvType.HASHTABLE: _hash_table,
    TlvType.NUM_IMG: _num_img,
    TlvType.IMGTYPE: _img_type,
    TlvType.IMGSIZE: _img_size,
}


def area_link(lens: TaLens, image: SignedImage, file: str) -> Link:
    """All records together: what lies between the header and the signature."""
    length, end = lens.header.tlv_len, min(lens.signed_end, len(lens.data))
    span = Span(lens.fw.name, RemoteprocFwHdr.SIZE, max(RemoteprocFwHdr.SIZE, end))
    why = ""
    if not length:
        why = "tlv_len is 0"
    elif lens.signed_end > len(lens.data):
        room = len(lens.data) - span.start
        why = f"tlv_len is {length}, the file has {room} bytes behind the header"
    return Link(
        "area", "area", Stage.BEFORE, "TLV area", (span,),
        "records of 8 + R8(length) bytes, up to tlv_len", f"{len(image.tlvs)} records, "
        f"{length} bytes", Verdict.FAIL if why else Verdict.PASS,
        why or "it lies in the file, and is signed with its padding", "BAD_PARAMETERS",
        tuple((tlv.name, f"{tlv.header.span()}, {tlv.header.length} bytes")
              for tlv in image.tlvs[:MAX_UNREAD]),
        (shell.dump(file, span, lens.data),) if span else (),
    )  # fmt: skip


def early_links(lens: TaLens, image: SignedImage, file: str) -> Iterator[Link]:
    """SIGNTYPE, and PKEYINFO where there is one: read while nothing is known to be genuine."""
    yield area_link(lens, image, file)
    for type_ in BEFORE:
        yield _read(lens, image, file, type_)
    if tlv := image.first(TlvType.PKEYINFO):
        why = "handed to the PTA, which ignores it"
        yield replace(_unread(lens, tlv, file, why, tlv.name), stage=Stage.BEFORE)


def late_links(lens: TaLens, image: SignedImage, file: str) -> Iterator[Link]:
    """What is read once the signature holds, and what nobody reads."""
    for type_ in AFTER:
        yield _read(lens, image, file, type_)
    seen: set[int] = set()
    unread = 0
    for tlv in image.tlvs:
        again = tlv.type in seen
        seen.add(tlv.type)
        if unread < MAX_UNREAD and (again or tlv.type not in (*BEFORE, *AFTER, TlvType.PKEYINFO)):
            why = "the first one counts" if again else "signed, but nobody reads it"
            yield _unread(lens, tlv, file, why, f"{tlv.name}~{unread}")
            unread += 1


def _read(lens: TaLens, image: SignedImage, file: str, type_: TlvType) -> Link:
    stage = Stage.BEFORE if type_ in BEFORE else Stage.SIGNED
    found = lens.record(type_)
    if isinstance(found, RprocError):
        missing = "BAD_PARAMETERS" if stage is Stage.BEFORE else "NO_DATA"
        fault: Fault | None = Fault(found.why, missing)
        tlv = image.first(type_)
        at = tlv.header.span().start if tlv else image.tlv_span.start
        spans = (Span(lens.fw.name, at, at + TlvHdr.SIZE if tlv else at),)
        value = b""
    else:
        at, length = found
        value = lens.ctx.copy.fetch(at, length)
        fault = {**BEFORE, **AFTER}[type_](lens, value)
        spans = (Span(lens.fw.name, at - TlvHdr.SIZE, at + length),)
    commands = (shell.dump(file, spans[0], lens.data),) if spans[0] else ()
    return Link(
        "record", f"record:{type_.name}", stage, type_.name, spans,
        f"TLV {type_:#04x}: {tlv_doc(type_)}", _said(type_, value),
        Verdict.FAIL if fault else Verdict.PASS, fault.why if fault else _fine(type_),
        fault.code if fault else _worst(type_), commands=commands,
    )  # fmt: skip


def _unread(lens: TaLens, tlv: Tlv, file: str, why: str, name: str) -> Link:
    span = Span(lens.fw.name, tlv.header.span().start, tlv.value_span.end)
    return Link(
        "record", f"record:{name}", Stage.SIGNED, tlv.name, (span,),
        f"TLV {tlv.type:#04x}: {tlv_doc(tlv.type)}", _said(tlv.type, tlv.value), Verdict.PASS, why,
        commands=(shell.dump(file, span, lens.data),),
    )  # fmt: skip


def _fine(type_: TlvType) -> str:
    return "read before anything is known to be genuine" if type_ in BEFORE else "signed, and sound"


def _worst(type_: TlvType) -> str:
    return "BAD_PARAMETERS" if type_ in BEFORE else "NO_DATA"


def _said(type_: int, value: bytes) -> str:
    """A record's value for people."""
    match type_:
        case TlvType.SIGNTYPE if len(value) == 1:
            return f"{value[0]}: {SIGN_TYPES.get(value[0], 'unknown')}"
        case TlvType.HASHTABLE:
            return f"{len(value) // HashRow.SIZE} rows of {HashRow.SIZE} bytes"
        case TlvType.IMGSIZE:
            sizes = [int.from_bytes(value[at : at + 4], "little") for at in range(0, len(value), 4)]
            return ", ".join(f"{size} bytes" for size in sizes[:8])
        case TlvType.NUM_IMG | TlvType.IMGTYPE | TlvType.HASHTYPE:
            return ", ".join(map(str, value[:8]))
        case _:
            more = " …" if len(value) > 16 else ""
            return value[:16].hex(" ") + more or "empty"
