# SPDX-License-Identifier: GPL-2.0-or-later
"""The structures of ELF files, little-endian, with the specification's names (our zone)."""
# ruff: noqa: N801  the specification's names

from rprocbench.base.layout import Record, raw, u8, u16, u32, u64


class Elf32_Ehdr(Record):
    """The file header, 52 bytes."""

    ei_mag: bytes = raw(4, "7f 45 4c 46")
    ei_class: int = u8("1 = 32-bit, 2 = 64-bit")
    ei_data: int = u8("1 = little-endian, 2 = big-endian")
    ei_version: int = u8("1")
    ei_osabi: int = u8("operating system ABI")
    ei_abiversion: int = u8("version of that ABI")
    ei_pad: bytes = raw(7, "zero")
    e_type: int = u16("2 = executable, 4 = core dump")
    e_machine: int = u16("40 = Arm")
    e_version: int = u32("1")
    e_entry: int = u32("where execution starts")
    e_phoff: int = u32("file offset of the program headers")
    e_shoff: int = u32("file offset of the section headers")
    e_flags: int = u32("processor specific")
    e_ehsize: int = u16("size of this header, 52")
    e_phentsize: int = u16("size of one program header, 32")
    e_phnum: int = u16("number of program headers")
    e_shentsize: int = u16("size of one section header, 40")
    e_shnum: int = u16("number of section headers")
    e_shstrndx: int = u16("index of the section that holds section names")


class Elf64_Ehdr(Record):
    """The file header, 64 bytes."""

    ei_mag: bytes = raw(4, "7f 45 4c 46")
    ei_class: int = u8("1 = 32-bit, 2 = 64-bit")
    ei_data: int = u8("1 = little-endian, 2 = big-endian")
    ei_version: int = u8("1")
    ei_osabi: int = u8("operating system ABI")
    ei_abiversion: int = u8("version of that ABI")
    ei_pad: bytes = raw(7, "zero")
    e_type: int = u16("2 = executable, 4 = core dump")
    e_machine: int = u16("183 = AArch64")
    e_version: int = u32("1")
    e_entry: int = u64("where execution starts")
    e_phoff: int = u64("file offset of the program headers")
    e_shoff: int = u64("file offset of the section headers")
    e_flags: int = u32("processor specific")
    e_ehsize: int = u16("size of this header, 64")
    e_phentsize: int = u16("size of one program header, 56")
    e_phnum: int = u16("number of program headers")
    e_shentsize: int = u16("size of one section header, 64")
    e_shnum: int = u16("number of section headers")
    e_shstrndx: int = u16("index of the section that holds section names")


class Elf32_Phdr(Record):
    """A program header, 32 bytes: one segment."""

    p_type: int = u32("1 = PT_LOAD, a segment to load")
    p_offset: int = u32("file offset of its bytes")
    p_vaddr: int = u32("where it runs (VMA); loaders here ignore it")
    p_paddr: int = u32("where it is loaded (LMA): a device address")
    p_filesz: int = u32("bytes in the file")
    p_memsz: int = u32("bytes in memory; those beyond p_filesz are zero")
    p_flags: int = u32("4 = read, 2 = write, 1 = execute")
    p_align: int = u32("alignment")


class Elf64_Phdr(Record):
    """A program header, 56 bytes: one segment."""

    p_type: int = u32("1 = PT_LOAD, a segment to load")
    p_flags: int = u32("4 = read, 2 = write, 1 = execute")
    p_offset: int = u64("file offset of its bytes")
    p_vaddr: int = u64("where it runs (VMA); loaders here ignore it")
    p_paddr: int = u64("where it is loaded (LMA): a device address")
    p_filesz: int = u64("bytes in the file")
    p_memsz: int = u64("bytes in memory; those beyond p_filesz are zero")
    p_align: int = u64("alignment")


class Elf32_Shdr(Record):
    """A section header, 40 bytes."""

    sh_name: int = u32("offset of its name in the section of names")
    sh_type: int = u32("1 = PROGBITS, 8 = NOBITS (no bytes in the file)")
    sh_flags: int = u32("1 = write, 2 = alloc, 4 = execute")
    sh_addr: int = u32("where it lies when the program runs (VMA)")
    sh_offset: int = u32("file offset of its bytes")
    sh_size: int = u32("its size in bytes")
    sh_link: int = u32("index of a section it refers to")
    sh_info: int = u32("depends on the type")
    sh_addralign: int = u32("alignment")
    sh_entsize: int = u32("size of one entry, if it is a table")


class Elf64_Shdr(Record):
    """A section header, 64 bytes."""

    sh_name: int = u32("offset of its name in the section of names")
    sh_type: int = u32("1 = PROGBITS, 8 = NOBITS (no bytes in the file)")
    sh_flags: int = u64("1 = write, 2 = alloc, 4 = execute")
    sh_addr: int = u64("where it lies when the program runs (VMA)")
    sh_offset: int = u64("file offset of its bytes")
    sh_size: int = u64("its size in bytes")
    sh_link: int = u32("index of a section it refers to")
    sh_info: int = u32("depends on the type")
    sh_addralign: int = u64("alignment")
    sh_entsize: int = u64("size of one entry, if it is a table")


class Elf32_Sym(Record):
    """A symbol, 16 bytes."""

    st_name: int = u32("offset of its name in the string table")
    st_value: int = u32("its address")
    st_size: int = u32("its size in bytes")
    st_info: int = u8("binding (high nibble) and type (low nibble)")
    st_other: int = u8("visibility")
    st_shndx: int = u16("index of the section it lies in")


class Elf64_Sym(Record):
    """A symbol, 24 bytes."""

    st_name: int = u32("offset of its name in the string table")
    st_info: int = u8("binding (high nibble) and type (low nibble)")
    st_other: int = u8("visibility")
    st_shndx: int = u16("index of the section it lies in")
    st_value: int = u64("its address")
    st_size: int = u64("its size in bytes")


Ehdr = Elf32_Ehdr | Elf64_Ehdr
Phdr = Elf32_Phdr | Elf64_Phdr
Shdr = Elf32_Shdr | Elf64_Shdr
Sym = Elf32_Sym | Elf64_Sym
