# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/elf_parser.c: walks an ELF image in the normal world's memory.

Nothing it reads is signed. Fields are fetched when they are used, some of them again in every turn.
`base` is the image's offset in the shared buffer, `size` its length; every offset is 32 bits wide.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rprocbench.base.errors import ModelledError, Span, TeeResult
from rprocbench.base.run import Run, mirrors
from rprocbench.base.trace import Lane
from rprocbench.formats.elf import PT_LOAD
from rprocbench.formats.elf_records import Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr
from rprocbench.soc.memory import Da

from .arithmetic import BITS_32, HALF, Pointers
from .arithmetic import WRAP as WRAP_AROUND
from .generations import Generation
from .shared_memory import SharedBuffer
from .undefined import WRAP, Hazard, function_now

parser_c = mirrors("optee_os:ta/remoteproc/src/elf_parser.c")

ELFMAG = 0x464C_457F
EHDR = {name: span[0] for name, span in Elf32_Ehdr.SPANS.items()}
PHDR = {name: span[0] for name, span in Elf32_Phdr.SPANS.items()}
MAY_WRAP = 0x1000_0000  # from here up, C has no pointer for a buffer high in the address space
LAST_ADDRESS = WRAP_AROUND - MAY_WRAP


@dataclass(frozen=True)
class ElfImage:
    """One ELF image: `size` bytes from offset `base` of a shared buffer."""

    fw: SharedBuffer
    base: int
    size: int
    generation: Generation
    pointers: Pointers = BITS_32
    is_encrypted: bool = False

    @property
    def run(self) -> Run:
        """The run it is looked at in."""
        return self.fw.run

    @property
    def label(self) -> str:
        """What events call it."""
        return self.fw.name

    @property
    def end(self) -> int:
        """The offset behind its last byte."""
        return self.base + self.size

    def ehdr(self, name: str) -> int:
        """Fetch a field of the ELF header."""
        return self.fw.field(self.base, Elf32_Ehdr, name)

    def ehdr_span(self, name: str) -> Span:
        """Where that field lies."""
        start, end = Elf32_Ehdr.SPANS[name]
        return self.fw.span(self.base + start, end - start)

    def add(self, base: int, offset: int, what: str, at: int) -> int:
        """`base + offset`, where such a pointer ends up. `at` is where the offset was read."""
        self.may_wrap(offset, what, at)
        return self.pointers.add(base, offset)

    def may_wrap(self, offset: int, what: str, at: int, start: int = 0) -> None:
        """Note a pointer that C does not define: past the buffer, and maybe past all addresses.

        A compiler takes an offset in the upper half for a negative one.
        """
        moved = start + (offset if offset < HALF else offset - WRAP_AROUND)
        if -LAST_ADDRESS < moved < MAY_WRAP:
            return
        # A parser that looks before it reads (W-01) compares offsets, and moves no pointer.
        compares = self.generation.checks_elf_ranges and not self.generation.reads_paddr_first
        if self.pointers.bits == 32 and self.fw.hazards and not compares:
            why = f"a pointer is moved by {what} = {offset:#x}, which may pass the last address"
            self.fw.hazards.note(
                Hazard(WRAP, why, self.fw.span(at, 4), function_now(self.run), TeeResult.BAD_FORMAT)
            )

    def inside(self, start: int, size: int, what: str, at: int) -> bool:
        """Whether `[start, start + size)` lies in the image; asked with pointers, as in C."""
        self.may_wrap(size, what, at, start - self.base)
        self.may_wrap(self.size, "the image's size", self.base)
        return self.pointers.inside(start, size, self.base, self.end)


# `load_segment(ctx, src, size, da, memsz)`: `src` is an offset in the shared buffer.
LoadSegment = Callable[[int, int, Da, int], None]
# `check_header(index, at)`: a program header, and the offset in the buffer where it lies.
CheckHeader = Callable[[int, int], None]


def bad_format(why: str, span: Span | None = None) -> ModelledError:
    """BAD_FORMAT, which is what nearly every check here reports."""
    return ModelledError(TeeResult.BAD_FORMAT, why, span=span)


def invalid_header(elf: ElfImage, name: str) -> ModelledError:
    """BAD_FORMAT for a field of the ELF header, with the line the TA prints."""
    elf.run.log(Lane.OPTEE, "Invalid header", "err")
    return bad_format(f"wrong {name}", elf.ehdr_span(name))


@parser_c
def e32_parse_ehdr(elf: ElfImage) -> None:
    """Is this an ELF file the TA can walk? Asked of image 0 only, against the length of all (W-06).

    Not checked: EI_DATA, e_type, e_machine, e_version, e_entry, e_flags, e_ehsize.
    """
    if not elf.fw.aligned(elf.base):
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the ELF image is not 4-byte aligned")
    if elf.size < Elf32_Ehdr.SIZE:
        raise bad_format("no room for an ELF header", elf.fw.span(elf.base, elf.size))
    if elf.size < elf.pointers.size(elf.ehdr("e_shoff"), Elf32_Shdr.SIZE):
        raise bad_format("no room for a section header", elf.ehdr_span("e_shoff"))
    for name, want in (
        ("ei_mag", ELFMAG),
        ("ei_version", 1),
        ("ei_class", 1),
        ("e_phentsize", Elf32_Phdr.SIZE),
        ("e_shentsize", Elf32_Shdr.SIZE),
    ):
        if elf.ehdr(name) != want:
            raise invalid_header(elf, name)
    if not elf.ehdr("e_phnum"):
        elf.run.log(Lane.OPTEE, "No loadable segment found", "err")
        raise bad_format("no program header", elf.ehdr_span("e_phnum"))


@parser_c
def e32_parser_load_elf_image(
    elf: ElfImage, load_segment: LoadSegment, check_header: CheckHeader | None = None
) -> None:
    """Hand every PT_LOAD segment to `load_segment`, in program-header order.

    At HEAD p_paddr is read before the header is known to lie in the image (W-01): an e_phoff that
    points nowhere kills the TA. Before 5597ed385 the walk's start was checked, and nothing after.
    The address is p_paddr, never p_vaddr.
    """
    if not elf.size or elf.pointers.wraps(elf.size):
        raise ModelledError(TeeResult.BAD_PARAMETERS, f"an image of {elf.size:#x} bytes")
    phdr = elf.add(elf.base, elf.ehdr("e_phoff"), "e_phoff", elf.base + EHDR["e_phoff"])
    if not elf.fw.aligned(phdr):
        raise bad_format("misaligned program headers", elf.ehdr_span("e_phoff"))
    if not elf.generation.checks_elf_ranges and not elf.base <= phdr < elf.end:
        raise bad_format("the program headers are not in the image", elf.ehdr_span("e_phoff"))
    index = 0
    while index < elf.ehdr("e_phnum"):
        e32_parse_phdr(
            elf, phdr, load_segment, partial(check_header, index) if check_header else None
        )
        phdr += Elf32_Phdr.SIZE
        index += 1


def e32_parse_phdr(
    elf: ElfImage, phdr: int, load_segment: LoadSegment, check: Callable[[int], None] | None
) -> None:
    """The body of the loop over program headers."""
    fw, checks = elf.fw, elf.generation.checks_elf_ranges
    if elf.generation.reads_paddr_first:
        fw.u32(phdr + PHDR["p_paddr"])
    if checks and not elf.inside(phdr, Elf32_Phdr.SIZE, "the size of a header", phdr):
        span = fw.span(phdr, Elf32_Phdr.SIZE)
        raise bad_format(
            f"the program header at {span} is not in the image", elf.ehdr_span("e_phoff")
        )
    if check:
        check(phdr)
    if fw.u32(phdr + PHDR["p_type"]) != PT_LOAD:
        return
    fields = ("p_offset", "p_filesz", "p_paddr", "p_memsz")
    offset, filesz, paddr, memsz = (fw.u32(phdr + PHDR[name]) for name in fields)
    src = elf.add(elf.base, offset, "p_offset", phdr + PHDR["p_offset"])
    fits = elf.inside(src, filesz, "p_filesz", phdr + PHDR["p_filesz"])
    if not fits or (not checks and src + filesz == elf.end):
        raise bad_format("a segment is not in the image", fw.span(phdr, Elf32_Phdr.SIZE))
    load_segment(src, filesz, Da(paddr), memsz)
