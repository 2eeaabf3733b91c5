# SPDX-License-Identifier: GPL-2.0-or-later
"""What no link covers: every byte that neither the signature nor a hash speaks of."""

from collections.abc import Iterable, Iterator

from rprocbench.base.errors import Span
from rprocbench.formats.elf_records import Elf32_Ehdr, Elf32_Phdr
from rprocbench.formats.signed_image import SignedImage

from .chain_link import Link, Stage, Verdict
from .chain_records import image_sizes
from .chain_ta import TaLens

NOTES = {
    "phdrs": "They say what is loaded, and where. A loaded segment's address and sizes must match "
    "a row; but a header whose p_type is changed is passed over, and its segment missing (W-02).",
    "ehdr": "Of images after the first nobody looks at the magic (W-06); e_phoff and e_shoff are "
    "followed wherever they point (W-01).",
    "rest": "Section names, symbols, notes, gaps between segments. The name .resource_table is "
    "looked for here (W-05).",
    "sigpad": "Up to a multiple of 8 behind the signature.",
    "between": "What no image has.",
}
TITLES = {
    "ehdr": "ELF headers of later images",
    "phdrs": "Program headers",
    "rest": "Bytes outside loaded segments",
    "sigpad": "Padding of the signature",
    "between": "Bytes outside the images",
}
Ranges = list[tuple[int, int]]


def nothing_links(lens: TaLens, image: SignedImage, links: Iterable[Link]) -> Iterator[Link]:
    """One link for each kind of bytes that are covered by nothing."""
    taken = _covered(lens, image, links)
    for kind, ranges in _kinds(lens):
        free = subtract(ranges, taken)
        taken = merge([*taken, *free])
        if free:
            yield _link(lens, kind, free)
    yield Link(
        "nothing", "nothing:freshness", Stage.NOTHING, "Which version, and for whom", (),
        "no version counter, no device, no processor in what is signed",
        "an older image, or one of another board, is as good as this one", Verdict.NOT_COVERED,
        "no byte says it: rollback and replay go unnoticed (W-10, W-11)",
    )  # fmt: skip


def _covered(lens: TaLens, image: SignedImage, links: Iterable[Link]) -> Ranges:
    """What the signature, a hash or another link's own judgement speaks of."""
    end = min(lens.signed_end, len(lens.data))
    spans = [(0, end), (end, min(end + image.header.sign_len, len(lens.data)))]
    judged = (link.spans[0] for link in links if link.kind in ("segment", "table", "elf"))
    return merge([*spans, *((span.start, span.end) for span in judged)])


def _kinds(lens: TaLens) -> Iterator[tuple[str, Ranges]]:
    size = len(lens.data)
    images: Ranges = []
    base = lens.images_at
    for length in image_sizes(lens):
        images.append((min(base, size), min(base + length, size)))
        base += length
    sign_end = min(lens.signed_end + lens.header.sign_len, size)
    yield "sigpad", [(sign_end, max(sign_end, min(lens.images_at, size)))]
    yield "ehdr", [_inside(at, Elf32_Ehdr.SIZE, end) for at, end in images]
    yield "phdrs", [_program_headers(lens, at, end) for at, end in images]
    yield "rest", images
    yield "between", [(0, size)]


def _inside(start: int, length: int, end: int) -> tuple[int, int]:
    start = min(start, end)
    return start, min(start + length, end)


def _program_headers(lens: TaLens, at: int, end: int) -> tuple[int, int]:
    first = at + lens.u32(at + Elf32_Ehdr.SPANS["e_phoff"][0])
    count = lens.u32(at + Elf32_Ehdr.SPANS["e_phnum"][0]) & 0xFFFF
    return _inside(first, count * Elf32_Phdr.SIZE, end)


def _link(lens: TaLens, kind: str, free: Ranges) -> Link:
    total = sum(end - start for start, end in free)
    spans = tuple(Span(lens.fw.name, *each) for each in free)
    return Link(
        "nothing", f"nothing:{kind}", Stage.NOTHING, TITLES[kind], spans,
        " + ".join(f"image[{s.start}:{s.end}]" for s in spans[:4]) + " …" * (len(spans) > 4),
        f"{total} bytes, {100 * total / max(len(lens.data), 1):.1f} % of the file",
        Verdict.NOT_COVERED, NOTES[kind],
    )  # fmt: skip


def merge(ranges: Ranges) -> Ranges:
    """The same bytes in as few ranges as there can be, in order; empty ones left out."""
    merged: Ranges = []
    for start, end in sorted(r for r in ranges if r[0] < r[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def subtract(ranges: Ranges, taken: Ranges) -> Ranges:
    """What of `ranges` is in none of `taken`, which is merged."""
    free: Ranges = []
    for start, end in merge(ranges):
        at = start
        for first, last in taken:
            if last <= at or first >= end:
                continue
            if first > at:
                free.append((at, first))
            at = max(at, last)
        if at < end:
            free.append((at, end))
    return free
