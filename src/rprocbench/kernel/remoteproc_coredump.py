# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_coredump.c: the remote's memory as an ELF core file.

Nothing sleeps in a run: a reader of an inline dump is there at once, and done at once.
"""

import struct
from collections.abc import Callable

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors
from rprocbench.soc.memory import Da

from .flow import dev_err, undefined
from .remoteproc import Coredump, Rproc, RprocDumpSegment
from .remoteproc_core_carveouts import room_after, rproc_da_to_va

coredump_c = mirrors("linux:drivers/remoteproc/remoteproc_coredump.c")

ELFCLASS32, ELFCLASS64 = 1, 2
ET_CORE = 4
PT_LOAD, SHT_PROGBITS, SHT_STRTAB = 1, 1, 3
PF_RWX, SHF_WRITE = 7, 1
EHDR_SIZE = {ELFCLASS32: 52, ELFCLASS64: 64}
PHDR_SIZE = {ELFCLASS32: 32, ELFCLASS64: 56}
SHDR_SIZE = {ELFCLASS32: 40, ELFCLASS64: 64}
STR_TBL = "STR_TBL"
MAX_DUMP = 512 << 20  # no 32-bit kernel has more room for one allocation


@coredump_c
def rproc_coredump_cleanup(rproc: Rproc) -> None:
    """Forget all segments."""
    rproc.dump_segments = ()


@coredump_c
def rproc_coredump_add_segment(rproc: Rproc, da: Da, size: int) -> None:
    """Let dumps show `size` bytes at `da`."""
    rproc.dump_segments += (RprocDumpSegment(da, size),)


@coredump_c
def rproc_coredump_add_custom_segment(
    rproc: Rproc, da: Da, size: int,
    dump: Callable[[Rproc, RprocDumpSegment], bytes] | None, priv: str = "",
) -> None:  # fmt: skip
    """Let dumps show bytes that the driver fetches in a way of its own."""
    rproc.dump_segments += (RprocDumpSegment(da, size, dump, priv),)


@coredump_c
def rproc_coredump_set_elf_info(rproc: Rproc, elf_class: int, elf_machine: int) -> None:
    """Say what kind of ELF file dumps are."""
    if elf_class not in EHDR_SIZE:
        raise ModelledError(Errno.EINVAL, f"ELF class {elf_class} is neither 1 nor 2")
    rproc.elf_class = elf_class
    rproc.elf_machine = elf_machine


@coredump_c
def rproc_coredump(rproc: Rproc) -> None:
    """Dump with program headers: one PT_LOAD for each segment."""
    dump(rproc, with_program_headers)


@coredump_c
def rproc_coredump_using_sections(rproc: Rproc) -> None:
    """Dump with section headers: one section for each segment, named by its `priv`."""
    dump(rproc, with_sections)


@coredump_c
def rproc_copy_segment(rproc: Rproc, segment: RprocDumpSegment) -> bytes:
    """The bytes of one segment: all ff where they cannot be reached."""
    if segment.dump:
        return segment.dump(rproc, segment)
    va = rproc_da_to_va(rproc, segment.da, segment.size)
    if va is None:
        dev_err(rproc, f"dump: nothing at {segment.da:#x}, {segment.size:#x} bytes")
        return b"\xff" * segment.size
    if segment.size > room_after(rproc, va):
        why = f"{segment.size:#x} bytes at {segment.da:#x} are dumped: a sum wrapped"
        raise undefined(rproc.host, why)
    return rproc.host.soc.a7.read(va, segment.size)


def dump(rproc: Rproc, build: Callable[[Rproc], bytes]) -> None:
    """Hand a dump to devcoredump, unless the device still has one that nobody took.

    One that is too big for the kernel's memory is not made, and nobody is told.
    """
    if not rproc.dump_segments or rproc.dump_conf == "disabled":
        return
    if rproc.elf_class not in EHDR_SIZE:
        dev_err(rproc, "dump: the driver never said which ELF class")
        return
    if sum(segment.size for segment in rproc.dump_segments) > MAX_DUMP:
        return
    dumps = rproc.host.coredumps
    data = build(rproc)
    if all(earlier.taken for earlier in dumps if earlier.device == rproc.label):
        dumps.append(Coredump(rproc.label, data, taken=rproc.dump_conf == "inline"))


def words(elf_class: int, layout: str, *values: int) -> bytes:
    """`values` packed little-endian; `a` stands for an address-sized one."""
    layout = layout.replace("a", "I" if elf_class == ELFCLASS32 else "Q")
    return struct.pack("<" + layout, *values)


def elf_header(rproc: Rproc, phnum: int, shnum: int) -> bytes:
    """The file header: what is counted says which of the two kinds of file it is."""
    kind = rproc.elf_class
    size = EHDR_SIZE[kind]
    ident = b"\x7fELF" + bytes([kind, 1, 1, 0]) + bytes(8)
    return ident + words(
        kind, "HHIaaaIHHHHHH",
        ET_CORE, rproc.elf_machine, 1, rproc.bootaddr % 2 ** (32 * kind),
        size if phnum else 0, size if shnum else 0, 0, size,
        PHDR_SIZE[kind] if phnum else 0, phnum,
        SHDR_SIZE[kind] if shnum else 0, shnum, 1 if shnum else 0,
    )  # fmt: skip


def with_program_headers(rproc: Rproc) -> bytes:
    """The whole file: header, program headers, segments in list order."""
    kind = rproc.elf_class
    segments = rproc.dump_segments
    out = elf_header(rproc, len(segments), 0)
    offset = len(out) + PHDR_SIZE[kind] * len(segments)
    for segment in segments:
        da, size = segment.da, segment.size
        if kind == ELFCLASS32:
            out += struct.pack("<8I", PT_LOAD, offset, da, da, size, size, PF_RWX, 0)
        else:
            out += struct.pack("<2I6Q", PT_LOAD, PF_RWX, offset, da, da, size, size, 0)
        offset += size
    return out + b"".join(rproc_copy_segment(rproc, segment) for segment in segments)


def with_sections(rproc: Rproc) -> bytes:
    """The whole file: header, section headers, names, segments in list order."""
    kind = rproc.elf_class
    segments = rproc.dump_segments
    names = [STR_TBL, *(segment.priv for segment in segments)]
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    starts = [1]
    for name in names:
        starts.append(starts[-1] + len(name.encode()) + 1)

    shnum = len(segments) + 2
    out = elf_header(rproc, 0, shnum) + bytes(SHDR_SIZE[kind])
    offset = EHDR_SIZE[kind] + SHDR_SIZE[kind] * shnum
    layout = "IIaaaaIIaa"
    out += words(kind, layout, starts[0], SHT_STRTAB, 0, 0, offset, len(strings), 0, 0, 0, 0)
    offset += len(strings)
    for start, segment in zip(starts[1:], segments, strict=False):
        header = (start, SHT_PROGBITS, SHF_WRITE, segment.da, offset, segment.size, 0, 0, 0, 0)
        out += words(kind, layout, *header)
        offset += segment.size
    return out + strings + b"".join(rproc_copy_segment(rproc, segment) for segment in segments)
