# SPDX-License-Identifier: GPL-2.0-or-later
"""Every byte of a signed image belongs to one named leaf (our zone)."""

from collections import Counter
from collections.abc import Iterator

from rprocbench.base.errors import Span
from rprocbench.base.layout import Leaf

from .elf import ElfView
from .elf_leaves import MAX_ROWS, elf_leaves, table_leaves
from .signed_image import EncRow, HashRow, Payload, SignedImage, table_rows
from .tlv import Tlv, TlvType, tlv_doc

ROWS: dict[int, type[HashRow | EncRow]] = {TlvType.HASHTABLE: HashRow, TlvType.ENCTABLE: EncRow}
MIN_ROWS = 32


def signed_leaves(image: SignedImage) -> list[Leaf]:
    """Leaves of `image` in byte order, named `header.magic`, `tlv.HASHTABLE.rows[0].hash`, ..."""
    leaves = list(image.header.leaves("header"))
    seen: Counter[str] = Counter()
    budget = MAX_ROWS
    for tlv in image.tlvs:
        seen[tlv.name] += 1
        name = tlv.name if seen[tlv.name] == 1 else f"{tlv.name}~{seen[tlv.name]}"
        leaves += _tlv_leaves(tlv, f"tlv.{name}", budget)
        budget = max(MIN_ROWS, budget - len(tlv.value) // HashRow.SIZE)
    end = image.tlvs[-1].padding.end if image.tlvs else image.tlv_span.start
    leaves += _span_leaf("tlv.rest", image, end, image.tlv_span.end, "too short for a record")
    leaves += _span_leaf(
        "tlv.padding",
        image,
        image.tlv_span.end,
        image.signature_span.start,
        "up to a multiple of 8",
    )
    leaves += _span_leaf(
        "signature",
        image,
        image.signature_span.start,
        image.signature_span.end,
        "of all bytes before it",
    )
    leaves += _span_leaf(
        "signature_padding", image, image.signature_span.end, image.images_span.start,
        "up to a multiple of 8",
    )  # fmt: skip
    for payload in image.images:
        # The more images, the fewer rows of each are shown, or a hostile file would show millions.
        leaves += _payload_leaves(payload, MIN_ROWS + MAX_ROWS // len(image.images))
    last = image.images[-1].span.end if image.images else image.images_span.start
    leaves += _span_leaf("images.rest", image, last, image.images_span.end, "in no image")
    leaves += _span_leaf(
        "trailing", image, image.images_span.end, len(image.data), "after the end of the images"
    )
    return leaves


def _span_leaf(path: str, image: SignedImage, start: int, end: int, doc: str) -> Iterator[Leaf]:
    if start < end:
        yield Leaf(path, Span(image.buffer, start, end), b"", doc)


def _tlv_leaves(tlv: Tlv, path: str, max_rows: int) -> Iterator[Leaf]:
    yield from tlv.header.leaves(path)
    doc, span = tlv_doc(tlv.type), tlv.value_span
    size = 4 if tlv.type in (TlvType.IMGSIZE, TlvType.BOOTADDR, TlvType.BOOTSEC) else 1
    if kind := ROWS.get(tlv.type):
        rows = table_rows(kind, tlv)
        yield from table_leaves(rows, f"{path}.rows", max_rows)
        span = span.sub(len(rows) * kind.SIZE, len(span))
    elif tlv.type in (TlvType.IMGTYPE, TlvType.IMGSIZE):
        fits = min(len(span) // size, max_rows)
        for index in range(fits):
            yield _number(tlv, f"{path}.value[{index}]", index * size, size)
        span = span.sub(fits * size, len(span))
    elif tlv.type in TlvType.__members__.values() and len(span) == size:
        yield _number(tlv, f"{path}.value", 0, size)
        span = span.sub(size, size)
    if span:
        rest = f"{path}.value" if span == tlv.value_span else f"{path}.rest"
        yield Leaf(rest, span, b"", doc)
    if tlv.padding:
        yield Leaf(f"{path}.padding", tlv.padding, b"", "up to a multiple of 8")


def _number(tlv: Tlv, path: str, at: int, size: int) -> Leaf:
    value = int.from_bytes(tlv.value[at : at + size], "little")
    return Leaf(path, tlv.value_span.sub(at, at + size), value, tlv_doc(tlv.type))


def _payload_leaves(payload: Payload, max_rows: int) -> list[Leaf]:
    path = f"images[{payload.index}]"
    if not payload.span:
        return []
    if payload.elf is None:
        return [Leaf(f"{path}.content", payload.span, b"", "bytes that are no ELF file")]
    return elf_leaves(as_narrow(payload.elf), path, max_rows)


def as_narrow(elf: ElfView) -> ElfView:
    """`elf` with 32-bit structures unless it says plainly that it is a 64-bit file.

    One damaged byte of `ei_class` should not make the rest of the file unreadable to people.
    """
    if elf.is_wide and elf.header.ei_class != 2:
        return ElfView.parse(elf.data, elf.buffer, elf.base, wide=False)
    return elf
