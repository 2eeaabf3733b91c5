# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_elf_loader.c: an ELF image is checked, loaded, searched."""

from collections.abc import Iterator
from contextlib import contextmanager

from rprocbench.base.errors import Errno, ModelledError, Span
from rprocbench.base.run import mirrors
from rprocbench.base.trace import Lane
from rprocbench.formats.resource_table import RscTableHdr

from .flow import dev_err, undefined
from .remoteproc import Firmware, Rproc
from .remoteproc_core_carveouts import room_after, rproc_da_to_va, s32
from .remoteproc_elf_helpers import (
    EHDR,
    EHDR_SIZE,
    EI_CLASS,
    EI_DATA,
    ELFCLASS32,
    ELFCLASS64,
    PHDR,
    SHDR,
    SHDR_SIZE,
    ehdr,
    field,
    field_span,
    fw_elf_get_class,
    phdr_at,
    read_bytes,
    section_called,
)  # fmt: skip
from .remoteproc_table import HeapTable, LoadedTable

elf_c = mirrors("linux:drivers/remoteproc/remoteproc_elf_loader.c")

ELFMAG = b"\x7fELF"
ELFDATA2LSB = 1
PT_LOAD = 1
U64 = 2**64
SECTION = b".resource_table\0"


@elf_c
def rproc_elf_sanity_check(rproc: Rproc, fw: Firmware) -> None:
    """Refuse what cannot be an ELF image; each refusal is EINVAL.

    Neither the type nor the machine is looked at, nor the end of the program header table.
    """

    def refuse(text: str, span: Span) -> ModelledError:
        dev_err(rproc, text)
        return ModelledError(Errno.EINVAL, text, span=span)

    size = len(fw.data)
    if size < EHDR_SIZE[ELFCLASS32]:
        raise refuse("Image is too small", Span(fw.label, 0, size))
    if fw.data[:4] != ELFMAG:
        raise refuse("Image is corrupted (bad magic)", Span(fw.label, 0, 4))
    kind = fw.data[EI_CLASS]
    if kind not in EHDR_SIZE:
        raise refuse(f"Unsupported class: {kind}", Span(fw.label, EI_CLASS, EI_CLASS + 1))
    if kind == ELFCLASS64 and size < EHDR_SIZE[ELFCLASS64]:
        raise refuse("elf64 header is too small", Span(fw.label, 0, size))
    if fw.data[EI_DATA] != ELFDATA2LSB:
        span = Span(fw.label, EI_DATA, EI_DATA + 1)
        raise refuse("Unsupported firmware endianness", span)

    shoff, shnum, shstrndx = ehdr(fw, "e_shoff"), ehdr(fw, "e_shnum"), ehdr(fw, "e_shstrndx")
    if rproc.host.linux.section_table_bounded:
        if shoff > size:
            span = field_span(fw, EHDR, 0, "e_shoff")
            raise refuse("Section header table is out of bounds", span)
        if shnum and shnum * SHDR_SIZE[kind] + shoff > size:
            raise refuse("Section headers are out of bounds", field_span(fw, EHDR, 0, "e_shnum"))
        if (shstrndx + 1) * SHDR_SIZE[kind] + shoff > size:
            raise refuse("Image is too small", field_span(fw, EHDR, 0, "e_shstrndx"))
    elif size < (shoff + SHDR_SIZE[kind]) % U64:
        raise refuse("Image is too small", field_span(fw, EHDR, 0, "e_shoff"))
    if ehdr(fw, "e_phnum") == 0:
        raise refuse("No loadable segments", field_span(fw, EHDR, 0, "e_phnum"))
    if ehdr(fw, "e_phoff") > size:
        raise refuse("Firmware size is too small", field_span(fw, EHDR, 0, "e_phoff"))


@elf_c
def rproc_elf_get_boot_addr(rproc: Rproc, fw: Firmware) -> int:
    """`e_entry`."""
    return ehdr(fw, "e_entry")


@elf_c
def rproc_elf_load_segments(rproc: Rproc, fw: Firmware) -> None:
    """Copy each PT_LOAD segment to its physical address and clear the rest of it.

    The first error ends it, and what was written stays written.
    """
    size = len(fw.data)
    for i in range(ehdr(fw, "e_phnum")):
        at = phdr_at(fw, i)
        with told(rproc):
            da, memsz, filesz, offset, kind = (
                field(fw, PHDR, at, name)
                for name in ("p_paddr", "p_memsz", "p_filesz", "p_offset", "p_type")
            )
        if kind != PT_LOAD or memsz == 0:
            continue
        if filesz > memsz:
            text = f"bad phdr filesz {filesz:#x} memsz {memsz:#x}"
            dev_err(rproc, text)
            span = field_span(fw, PHDR, at, "p_filesz")
            raise ModelledError(Errno.EINVAL, text, span=span)
        if (offset + filesz) % U64 > size:
            text = f"truncated fw: need {(offset + filesz) % U64:#x} avail {size:#x}"
            dev_err(rproc, text)
            span = field_span(fw, PHDR, at, "p_offset")
            raise ModelledError(Errno.EINVAL, text, span=span)
        if not fits_in_size_t(rproc, memsz):
            text = f"size ({memsz:x}) does not fit in size_t type"
            dev_err(rproc, text)
            span = field_span(fw, PHDR, at, "p_memsz")
            raise ModelledError(Errno.EOVERFLOW, text, span=span)
        va = rproc_da_to_va(rproc, da, memsz)
        if va is None:
            text = f"bad phdr da {da:#x} mem {memsz:#x}"
            dev_err(rproc, text)
            span = field_span(fw, PHDR, at, "p_paddr")
            raise ModelledError(Errno.EINVAL, text, span=span)
        if memsz > room_after(rproc, va):
            why = f"{memsz:#x} bytes at {da:#x} reach past the end of the carveout: a sum wrapped"
            raise undefined(rproc.host, why, field_span(fw, PHDR, at, "p_memsz"))
        memory = rproc.host.soc.a7
        if filesz:
            start = offset if offset + filesz <= size else offset - U64
            with told(rproc):
                data = read_bytes(fw, start, filesz)
            memory.write(va, data, Lane.LINUX)
        if memsz > filesz:
            memory.fill(type(va)(va + filesz), memsz - filesz, 0, Lane.LINUX)


@contextmanager
def told(rproc: Rproc) -> Iterator[None]:
    """A hardened kernel says why it does not read outside the image."""
    try:
        yield
    except ModelledError as error:
        dev_err(rproc, error.why)
        raise


def fits_in_size_t(rproc: Rproc, number: int) -> bool:
    """Whether the kernel's `size_t` can hold it."""
    return number.bit_length() <= rproc.host.bits


@elf_c
def find_table(rproc: Rproc, fw: Firmware) -> int | None:
    """The section header of the resource table, or None with the reason logged.

    The first section of that name decides. Whatever is wrong with it, there is no table.
    """
    try:
        with told(rproc):
            at = section_called(fw, SECTION, rproc.host.bits)
    except ModelledError:  # a hardened kernel's
        return None
    if at is None:
        return None
    offset, size = field(fw, SHDR, at, "sh_offset"), field(fw, SHDR, at, "sh_size")
    if offset + size > len(fw.data) or offset + size >= U64:
        dev_err(rproc, "resource table truncated")
        return None
    if size < RscTableHdr.SIZE:
        dev_err(rproc, "header-less resource table")
        return None
    header = RscTableHdr.parse(read_bytes(fw, offset, RscTableHdr.SIZE))
    if header.ver != 1:
        dev_err(rproc, f"unsupported fw ver: {s32(header.ver)}")
        return None
    if any(header.pack()[8:]):
        dev_err(rproc, "non zero reserved bytes")
        return None
    if RscTableHdr.SIZE + 4 * header.num > size:
        dev_err(rproc, "resource table incomplete")
        return None
    return at


@elf_c
def rproc_elf_load_rsc_table(rproc: Rproc, fw: Firmware) -> None:
    """Keep a copy of the image's resource table. Without a usable one, EINVAL."""
    shdr = find_table(rproc, fw)
    if shdr is None:
        raise ModelledError(Errno.EINVAL, "no usable resource table", span=sections_span(fw))
    offset, size = field(fw, SHDR, shdr, "sh_offset"), field(fw, SHDR, shdr, "sh_size")
    rproc.cached_table = HeapTable(rproc.run, "cached_table", read_bytes(fw, offset, size))
    rproc.table_ptr = rproc.cached_table
    rproc.table_sz = size


@elf_c
def rproc_elf_find_loaded_rsc_table(rproc: Rproc, fw: Firmware) -> LoadedTable | None:
    """Where the remote will look for its table: at the section's address, not its load address."""
    shdr = find_table(rproc, fw)
    if shdr is None:
        return None
    size = field(fw, SHDR, shdr, "sh_size")
    if not fits_in_size_t(rproc, size):
        dev_err(rproc, f"size ({size:x}) does not fit in size_t type")
        return None
    pa = rproc_da_to_va(rproc, field(fw, SHDR, shdr, "sh_addr"), size)
    return LoadedTable(rproc.run, rproc.host.soc, pa, size) if pa is not None else None


def sections_span(fw: Firmware) -> Span:
    """The section headers of the image, or what there is of them."""
    start = min(ehdr(fw, "e_shoff"), len(fw.data))
    end = start + ehdr(fw, "e_shnum") * SHDR_SIZE[fw_elf_get_class(fw)]
    return Span(fw.label, start, min(end, len(fw.data)))
