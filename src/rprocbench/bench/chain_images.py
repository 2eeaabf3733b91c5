# SPDX-License-Identifier: GPL-2.0-or-later
"""The hashed half of the chain: ELF header, each segment with its row, what is left of both."""

from collections.abc import Iterator
from hashlib import sha256

from rprocbench.base.errors import RprocError, Span
from rprocbench.formats.elf import PT_LOAD
from rprocbench.formats.elf_names import name_of
from rprocbench.formats.elf_records import Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr
from rprocbench.formats.signed_image import HashRow, SignedImage
from rprocbench.tee.elf_parser import ElfImage

from . import chain_commands as shell
from .chain_link import Command, Link, Stage, Verdict
from .chain_records import IMG_ELF, image_sizes, image_type
from .chain_ta import Segment, TaLens

MAX_SEGMENTS = 64  # of an image: more cannot have rows, which must fit the TA's heap
MAX_IMAGES = 16


def elf_link(lens: TaLens, file: str) -> Link:
    """What the TA asks of the first ELF header before it walks it."""
    error = lens.check_elf()
    span = _clip(lens, lens.images_at, Elf32_Ehdr.SIZE)
    return Link(
        "elf", "elf", Stage.ELF, "ELF header of image 0", (span,),
        "e_ident = 7f 45 4c 46 01 … 01, e_phentsize = 32, e_shentsize = 40, e_phnum > 0",
        lens.data[span.start : span.end][:16].hex(" ") or "not in the file",
        Verdict.FAIL if error else Verdict.NOT_COVERED,
        error.why if error else "it looks right, but nothing signs it",
        error.code.name if error else "BAD_FORMAT",
        commands=_dump(file, span, lens),
    )  # fmt: skip


def image_links(lens: TaLens, image: SignedImage, file: str) -> Iterator[Link]:
    """Segments, then the resource table, of each image; then the rows that no segment used."""
    base, found, rows = lens.images_at, False, lens.rows
    many = len(image.images) > 1
    used: set[int] = set()
    for index, size in enumerate(image_sizes(lens)[:MAX_IMAGES]):
        kind = image_type(lens, index)
        if index and kind is not None and kind != IMG_ELF:
            yield _wrong_type(lens, index, kind)
        elf = lens.elf(base, size)
        segments, error = lens.segments(index, elf)
        for segment in segments[:MAX_SEGMENTS]:
            row = _row_of(rows, segment)
            if row is not None:
                used.add(row)
            held = None if row is None else (row, rows[row])
            yield _segment_link(lens, segment, held, file, many=many)
        if error:
            yield _walk_link(lens, elf, index, error, file)
        table = _table_link(lens, elf, index, file, again=found)
        found = found or table.value.startswith("da ")
        yield table
        base += size
    yield from _unused_rows(lens, rows, used, file)


def _wrong_type(lens: TaLens, index: int, kind: int) -> Link:
    return Link(
        "record", f"record:IMGTYPE[{index}]", Stage.SEGMENTS, f"Type of image {index}",
        (Span(lens.fw.name, 0, 0),), "IMGTYPE = 1 (ELF)", str(kind), Verdict.FAIL,
        f"image {index} is of type {kind}, not 1 (ELF)", "BAD_FORMAT",
    )  # fmt: skip


def _row_of(rows: tuple[HashRow, ...], segment: Segment) -> int | None:
    """The row that decides: the first with the segment's address, whatever its type."""
    return next((i for i, row in enumerate(rows) if row.p_paddr == segment.da), None)


def _judge(lens: TaLens, segment: Segment, row: HashRow | None) -> tuple[str, str]:
    """What is wrong with a segment, and what the TA says to it; two empty strings if nothing."""
    if row is None:
        return f"no row has the address {segment.da:#010x}", "NO_DATA"
    if row.p_type != PT_LOAD:
        why = f"the row with this address is of type {row.p_type:#x}, not PT_LOAD"
        return why, "BAD_PARAMETERS"
    for name, size in (("p_filesz", segment.size), ("p_memsz", segment.memsz)):
        if getattr(row, name) != size:
            why = f"{name} is {size} in the image, {getattr(row, name)} in the row"
            return why, "BAD_PARAMETERS"
    end = lens.images_at + lens.header.img_len
    if segment.start < lens.images_at or segment.start + segment.size > end:
        return "the segment does not lie in the images", "BAD_PARAMETERS"
    if segment.size and _hash(lens, segment) != row.hash:
        return "the bytes have another hash than the row", "SECURITY"
    return "", ""


def _hash(lens: TaLens, segment: Segment) -> bytes:
    return sha256(lens.data[segment.start : segment.start + segment.size]).digest()


def _segment_link(
    lens: TaLens, segment: Segment, held: tuple[int, HashRow] | None, file: str, *, many: bool
) -> Link:
    index, row = held or (None, None)
    why, code = _judge(lens, segment, row)
    span = _clip(lens, segment.start, segment.size)
    header = _clip(lens, segment.header, Elf32_Phdr.SIZE)
    name = f"{f'image {segment.image} ' if many else ''}segment {segment.index}"
    computed = _hash(lens, segment).hex()
    facts = [
        ("address", f"p_paddr {segment.da:#010x}"),
        ("sizes", f"{segment.size} bytes in the file, {segment.memsz} in memory"),
        ("computed", computed),
    ]
    commands = [shell.digest(file, span, computed)] if span else []
    if row:
        facts.append(("in the row", row.hash.hex()))
        commands.append(shell.dump(file, row.span("hash"), lens.data))
    good = "the hash is the row's" if segment.size else "no bytes in the file: nothing to hash"
    return Link(
        "segment", f"segment:{segment.image}.{segment.index}", Stage.SEGMENTS,
        f"Row {index} and {name}" if row else f"No row for {name}",
        (span, row.span(), header) if row else (span, header),
        f"SHA-256(image[{span.start}:{span.end}]) = row {'–' if index is None else index}.hash",
        computed, Verdict.FAIL if why else Verdict.PASS, why or good, code or "SECURITY",
        tuple(facts), tuple(commands),
    )  # fmt: skip


def _walk_link(lens: TaLens, elf: ElfImage, index: int, error: RprocError, file: str) -> Link:
    span = error.span or _clip(lens, elf.base, Elf32_Ehdr.SIZE)
    return Link(
        "walk", f"walk:{index}", Stage.SEGMENTS, f"Program headers of image {index}",
        (_clip(lens, span.start, len(span)),), "header and segment lie in [image, image + size)",
        f"image {index}: {elf.size} bytes from {elf.base:#x}", Verdict.FAIL, error.why,
        error.code.name, commands=_dump(file, _clip(lens, span.start, len(span)), lens),
    )  # fmt: skip


def _table_link(lens: TaLens, elf: ElfImage, index: int, file: str, *, again: bool) -> Link:
    answer = lens.resource_table(elf)
    verdict, code, why = Verdict.NOT_COVERED, "BAD_FORMAT", "nothing signs where it lies"
    if not isinstance(answer, RprocError):
        value = f"da {answer[0]:#010x}, {answer[1]} bytes"
        if again:
            verdict, why = Verdict.FAIL, "an image before it has a resource table, too"
    elif answer.code.name == "NO_DATA":
        value, why = "none", f"{answer.why}: fine, and nothing signs that either"
    else:
        value, verdict, code, why = "unreadable", Verdict.FAIL, answer.code.name, answer.why
    first = elf.base + lens.u32(elf.base + Elf32_Ehdr.SPANS["e_shoff"][0])
    count = lens.u32(elf.base + Elf32_Ehdr.SPANS["e_shnum"][0]) & 0xFFFF
    headers = _clip(lens, first, count * Elf32_Shdr.SIZE)
    return Link(
        "table", f"table:{index}", Stage.SEGMENTS, f"Section headers of image {index}",
        (headers,), ".resource_table, by its section header", value, verdict, why, code,
        commands=_dump(file, headers, lens),
    )  # fmt: skip


def _unused_rows(
    lens: TaLens, rows: tuple[HashRow, ...], used: set[int], file: str
) -> Iterator[Link]:
    for index, row in enumerate(rows[:MAX_SEGMENTS]):
        if index in used:
            continue
        kind = name_of("p_type", row.p_type)
        why = "no segment that is loaded has this address, and nobody misses it"
        if row.p_type != PT_LOAD:
            why = f"a segment of type {kind} is never loaded: its bytes are hashed by nobody"
        yield Link(
            "row", f"row:{index}", Stage.SEGMENTS, f"Row {index}, without a segment",
            (row.span(),), f"{kind} at p_paddr {row.p_paddr:#010x}", row.hash.hex(),
            Verdict.NOT_COVERED, why, commands=(shell.dump(file, row.span(), lens.data),),
        )  # fmt: skip


def _dump(file: str, span: Span, lens: TaLens) -> tuple[Command, ...]:
    return (shell.dump(file, span, lens.data),) if span else ()


def _clip(lens: TaLens, start: int, size: int) -> Span:
    total = len(lens.data)
    start = max(0, min(start, total))
    return Span(lens.fw.name, start, max(start, min(start + size, total)))
