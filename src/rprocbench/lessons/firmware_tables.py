# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables about firmware: where segments go, what covers which byte, what is said to a file."""

from collections.abc import Iterable

from rprocbench.base.errors import InputError
from rprocbench.bench import Bench
from rprocbench.designs import DESIGNS, MAINLINE
from rprocbench.formats.describe import describe_file
from rprocbench.formats.signed_image import SignedImage
from rprocbench.soc.board import Board
from rprocbench.soc.memory import Da, da_to_pa
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .images import flipped, moved, view_elf
from .runs import boot
from .table import Table


def region_at(board: Board, da: int, size: int) -> str:
    """The reserved region that holds `size` bytes at device address `da`, or "none"."""
    pa = da_to_pa(board.dma_ranges, Da(da), size)
    if pa is None:
        return "none"
    for region in board.linux_regions:
        if region.pa <= pa and pa + size <= region.pa + region.size:
            return region.name
    return "none"


def segments(image: bytes, board: Board = STM32MP157C_DK2) -> Table:
    """Each segment: what it has, and where the two kinds of cores find it."""
    rows: list[tuple[object, ...]] = []
    try:
        elf = view_elf(image)
    except InputError as problem:
        return Table.of("What is loaded, and where", ("segment", "why"), [("none", problem.why)])
    for index, segment in enumerate(elf.segments):
        pa = da_to_pa(board.dma_ranges, Da(segment.p_paddr), segment.p_memsz)
        inside = [
            section.name
            for section in elf.sections
            if section.header.sh_addr
            and segment.p_vaddr <= section.header.sh_addr < segment.p_vaddr + segment.p_memsz
        ] or [elf.sections[index + 1].name if index + 1 < len(elf.sections) else ""]
        rows.append((
            index, " ".join(inside), segment.p_filesz, segment.p_memsz, f"{segment.p_paddr:#010x}",
            "no address" if pa is None else f"{pa:#010x}",
            region_at(board, segment.p_paddr, segment.p_memsz),
        ))  # fmt: skip
    head = ("segment", "sections", "bytes in file", "bytes in memory", "the M4 finds it at",
            "Linux finds it at", "in the region")  # fmt: skip
    return Table.of("What is loaded, and where", head, rows)


def placed(elf: bytes, segment: int, addresses: Iterable[int]) -> Table:
    """A segment moved to each address in turn, and what mainline says when it loads it."""
    rows = []
    for address in addresses:
        run = Bench(design=MAINLINE, engine=False).boot(moved(elf, segment, address))
        said = "loaded" if run.cause is None else f"{run.code}: {run.cause.why}"
        size = view_elf(elf).segments[segment].p_memsz
        rows.append((f"{address:#010x}", region_at(STM32MP157C_DK2, address, size), said))
    head = ("segment at", "lies completely in", "mainline says")
    return Table.of(f"Segment {segment}, moved", head, rows)


def cover_of(image: bytes, offset: int) -> str:
    """What protects the byte at `offset`: signed, signature, hashed or nothing."""
    signed = SignedImage.parse(image)
    if offset in signed.signed_span:
        return "signed"
    if offset in signed.signature_span:
        return "the signature"
    elf = signed.images[0].elf if signed.images else None
    spans = [elf.content_span(segment) for segment in elf.segments] if elf else []
    return "hashed" if any(offset in span for span in spans) else "nothing"


def tampered(image: bytes, offsets: Iterable[int], design: str = "v22") -> Table:
    """One bit flipped at each offset in turn: what covers it, and who notices."""
    leaves, rows = describe_file(image, "image").leaves, []
    for offset in offsets:
        part = next((leaf.path for leaf in leaves if offset in leaf.span), "behind the end")
        run = boot(design, image=flipped(image, offset))
        cause = run.cause
        who = (cause.function, cause.code) if cause else ("nobody", "it boots")
        rows.append((f"{offset:#06x}", part, cover_of(image, offset), *who))
    head = ("byte", "it is", "covered by", "who says no", "and how")
    return Table.of("One bit flipped, one boot each", head, rows)


def findings(image: bytes) -> Table:
    """What a reader of the file remarks, before anybody boots it."""
    described = describe_file(image, "image")
    rows = [(found.code, found.text, found.span or "") for found in described.findings]
    caption = f"{described.kind}, {len(image)} bytes: what does not add up"
    return Table.of(caption, ("code", "remark", "where"), rows or [("", "nothing", "")])


def opinions(image: bytes) -> Table:
    """What each design's kernel, and OP-TEE where it is asked, says to this file."""
    rows = []
    for name in DESIGNS:
        try:
            run = boot(name, image=image, engine=True)
        except InputError as problem:
            rows.append((name, "cannot be tried", problem.code.name, problem.why))
            continue
        cause = run.cause
        said = (cause.function, f"{cause.lane}: {cause.code}, {cause.why}") if cause else ("", "")
        rows.append((name, run.verdict, *said))
    return Table.of(
        "The same file, five kernels", ("design", "verdict", "who said no", "why"), rows
    )
