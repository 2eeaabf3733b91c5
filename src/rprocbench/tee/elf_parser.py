# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/elf_parser.c: walks an ELF image in the normal world's memory.

Nothing it reads is signed. Fields are fetched when they are used, some of them again in every turn.
`base` is the image's offset in the shared buffer, `size` its length; every address is 32 bits wide.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rprocbench.base.errors import ModelledError, Span, TeeResult
from rprocbench.base.run import Run, mirrors
from rprocbench.base.trace import Lane
from rprocbench.formats.elf import PT_LOAD
from rprocbench.formats.elf_records import Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr
from rprocbench.formats.resource_table import RscTableHdr
from rprocbench.soc.memory import Da

from .arithmetic import HALF, add_overflow, inside, mul_overflow, pointer, wrapping_add
from .generations import Generation
from .shared_memory import SharedBuffer

parser_c = mirrors("optee_os:ta/remoteproc/src/elf_parser.c")

ELFMAG = 0x464C_457F
RSC_TABLE_NAME = b".resource_table\0"


@dataclass(frozen=True)
class ElfImage:
    """One ELF image: `size` bytes from offset `base` of a shared buffer."""

    fw: SharedBuffer
    base: int
    size: int
    generation: Generation

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


# `load_segment(ctx, src, size, da, memsz)`: `src` is an offset in the shared buffer.
LoadSegment = Callable[[int, int, Da, int], None]


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
    if elf.size < wrapping_add(elf.ehdr("e_shoff"), Elf32_Shdr.SIZE):
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
def e32_parser_load_elf_image(elf: ElfImage, load_segment: LoadSegment) -> None:
    """Hand every PT_LOAD segment to `load_segment`, in program-header order.

    At HEAD p_paddr is read before the header is known to lie in the image (W-01): an e_phoff that
    points nowhere kills the TA. Before 5597ed385 the walk's start was checked, and nothing after.
    The address is p_paddr, never p_vaddr.
    """
    if not 0 < elf.size < HALF:
        raise ModelledError(TeeResult.BAD_PARAMETERS, f"an image of {elf.size:#x} bytes")
    phdr = pointer(elf.base, elf.ehdr("e_phoff"))
    if not elf.fw.aligned(phdr):
        raise bad_format("misaligned program headers", elf.ehdr_span("e_phoff"))
    if not elf.generation.checks_elf_ranges and not inside(phdr, 1, elf.base, elf.end):
        raise bad_format("the program headers are not in the image", elf.ehdr_span("e_phoff"))
    index = 0
    while index < elf.ehdr("e_phnum"):
        e32_parse_phdr(elf, phdr, load_segment)
        phdr += Elf32_Phdr.SIZE
        index += 1


def e32_parse_phdr(elf: ElfImage, phdr: int, load_segment: LoadSegment) -> None:
    """The body of the loop over program headers."""
    fw, checks = elf.fw, elf.generation.checks_elf_ranges
    if elf.generation.reads_paddr_first:
        fw.field(phdr, Elf32_Phdr, "p_paddr")
    if checks and not inside(phdr, Elf32_Phdr.SIZE, elf.base, elf.end):
        span = fw.span(phdr, Elf32_Phdr.SIZE)
        raise bad_format(
            f"the program header at {span} is not in the image", elf.ehdr_span("e_phoff")
        )
    if fw.field(phdr, Elf32_Phdr, "p_type") != PT_LOAD:
        return
    fields = ("p_offset", "p_filesz", "p_paddr", "p_memsz")
    offset, filesz, paddr, memsz = (fw.field(phdr, Elf32_Phdr, name) for name in fields)
    src = pointer(elf.base, offset)
    if not inside(src, filesz, elf.base, elf.end if checks else elf.end - 1):
        raise bad_format("a segment is not in the image", fw.span(phdr, Elf32_Phdr.SIZE))
    load_segment(src, filesz, Da(paddr), memsz)


@parser_c
def e32_parser_find_rsc_table(elf: ElfImage) -> tuple[Da, int]:
    """Device address and size of the section `.resource_table`; NO_DATA when there is none.

    Neither is signed, nor need the section lie in a loaded segment (W-05).
    """
    fw, checks = elf.fw, elf.generation.checks_elf_ranges
    shoff = elf.ehdr("e_shoff")
    if not elf.size or shoff >= HALF:
        raise ModelledError(
            TeeResult.BAD_PARAMETERS, "e_shoff wraps", span=elf.ehdr_span("e_shoff")
        )
    table = elf.base + shoff
    if not fw.aligned(table):
        raise bad_format("misaligned section headers", elf.ehdr_span("e_shoff"))
    shnum, shstrndx = elf.ehdr("e_shnum"), elf.ehdr("e_shstrndx")
    length = mul_overflow(Elf32_Shdr.SIZE, shnum)
    if checks and (length is None or not inside(table, length, elf.base, elf.end)):
        raise bad_format("the section headers are not in the image", elf.ehdr_span("e_shnum"))
    if checks and shstrndx >= shnum:
        raise bad_format("no section holds the names", elf.ehdr_span("e_shstrndx"))
    strings = table + Elf32_Shdr.SIZE * shstrndx
    names = pointer(elf.base, fw.field(strings, Elf32_Shdr, "sh_offset"))
    names_size = fw.field(strings, Elf32_Shdr, "sh_size")
    if checks and not inside(names, names_size, elf.base, elf.end):
        raise bad_format(
            "the section names are not in the image", fw.span(strings, Elf32_Shdr.SIZE)
        )
    for index in range(shnum):
        shdr = table + Elf32_Shdr.SIZE * index
        if e32_names_rsc_table(elf, shdr, names, names_size):
            return e32_check_rsc_table(elf, shdr)
    raise ModelledError(TeeResult.NO_DATA, "no section .resource_table")


def e32_names_rsc_table(elf: ElfImage, shdr: int, names: int, names_size: int) -> bool:
    """Whether the section at `shdr` is called `.resource_table`.

    Where the name table ends in the middle of a name, the part that is there is enough.
    """
    sh_name = elf.fw.field(shdr, Elf32_Shdr, "sh_name")
    room = len(RSC_TABLE_NAME)
    if elf.generation.checks_elf_ranges:
        if sh_name >= names_size:
            raise bad_format("a section name is not in the name table", elf.fw.span(shdr, 4))
        room = min(room, names_size - sh_name)
    start = pointer(names, sh_name)
    for index in range(room):  # as strncmp does: no byte is read behind the first difference
        if elf.fw.fetch(start + index, 1) != RSC_TABLE_NAME[index : index + 1]:
            return False
    return True


@parser_c
def e32_check_rsc_table(elf: ElfImage, shdr: int) -> tuple[Da, int]:
    """Check the table's header, as it lies in shared memory; no entry of it is looked at."""
    fw, run = elf.fw, elf.run
    span = fw.span(shdr, Elf32_Shdr.SIZE)
    size = fw.field(shdr, Elf32_Shdr, "sh_size")
    if not size:
        raise ModelledError(TeeResult.NO_DATA, "the resource table is empty", span=span)
    offset = fw.field(shdr, Elf32_Shdr, "sh_offset")
    end = add_overflow(offset, size)
    if end is None or end > elf.size:
        run.log(Lane.OPTEE, "Resource table truncated", "err")
        raise bad_format("the resource table is not in the image", span)
    if size < RscTableHdr.SIZE:
        run.log(Lane.OPTEE, "No header found in resource table", "err")
        raise bad_format("the resource table is shorter than its header", span)
    at = elf.base + offset
    if not fw.aligned(at):
        raise ModelledError(TeeResult.CORRUPT_OBJECT, "misaligned resource table", span=span)
    ver = fw.field(at, RscTableHdr, "ver")
    if ver != 1:
        signed = ver - 2 * HALF if ver >= HALF else ver  # the C prints it with %d
        run.log(Lane.OPTEE, f"Unsupported firmware version {signed}", "err")
        raise bad_format(f"resource table version {ver}", fw.span(at, 4))
    if any(fw.field(at, RscTableHdr, name) for name in ("reserved0", "reserved1")):
        run.log(Lane.OPTEE, "Non zero reserved bytes", "err")
        raise bad_format("reserved bytes of the resource table are not zero", fw.span(at + 8, 8))
    num = mul_overflow(4, fw.field(at, RscTableHdr, "num"))
    length = None if num is None else add_overflow(RscTableHdr.SIZE, num)
    if length is None or length > size:
        run.log(Lane.OPTEE, "Resource table incomplete", "err")
        raise bad_format("more resource entries than the section holds", fw.span(at + 4, 4))
    return Da(fw.field(shdr, Elf32_Shdr, "sh_addr")), size
