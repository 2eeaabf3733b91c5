# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/remoteproc_core.c and elf32.h: the structs the TA reads fields of."""

from rprocbench.base.layout import Record, raw, u8, u16, u32

RPROC_HDR_MAGIC = 0x3543_A468
HEADER_VERSION = 1
PT_LOAD = 1
ELF_TYPE = 1


class FwHdr(Record):
    """`struct remoteproc_fw_hdr`"""

    magic: int = u32("RPROC_HDR_MAGIC, 0x3543a468")
    version: int = u32("HEADER_VERSION, 1")
    tlv_len: int = u32("bytes of TLVs, padding excluded")
    sign_len: int = u32("bytes of signature, padding excluded")
    img_len: int = u32("bytes of all images, padding included")


class TlvHdr(Record):
    """`struct remoteproc_tlv`, without its value."""

    type: int = u32("what the value means")
    length: int = u32("bytes of value, padding excluded")


class HashRow(Record):
    """`struct remoteproc_segment`: a program header and the hash of its bytes."""

    p_type: int = u32("PT_LOAD is 1")
    p_offset: int = u32("unused by the TA")
    p_vaddr: int = u32("unused by the TA")
    p_paddr: int = u32("device address: the key of the look-up")
    p_filesz: int = u32("bytes in the image")
    p_memsz: int = u32("bytes in memory")
    p_flags: int = u32("unused by the TA")
    p_align: int = u32("unused by the TA")
    hash: bytes = raw(32, "SHA-256 of the p_filesz bytes")


class Elf32Ehdr(Record):
    """`Elf32_Ehdr`"""

    ei_mag: int = u32("7f 45 4c 46")
    ei_class: int = u8("1: 32-bit")
    ei_data: int = u8("1: little-endian")
    ei_version: int = u8("1")
    ei_pad: bytes = raw(9, "ABI and padding")
    e_type: int = u16("kind of file")
    e_machine: int = u16("kind of processor")
    e_version: int = u32("1")
    e_entry: int = u32("entry point")
    e_phoff: int = u32("where the program headers start")
    e_shoff: int = u32("where the section headers start")
    e_flags: int = u32("flags")
    e_ehsize: int = u16("size of this header")
    e_phentsize: int = u16("size of one program header")
    e_phnum: int = u16("how many there are")
    e_shentsize: int = u16("size of one section header")
    e_shnum: int = u16("how many there are")
    e_shstrndx: int = u16("the section that holds the names")


class Elf32Phdr(Record):
    """`Elf32_Phdr`"""

    p_type: int = u32("PT_LOAD is 1")
    p_offset: int = u32("where its bytes lie in the file")
    p_vaddr: int = u32("virtual address")
    p_paddr: int = u32("load address")
    p_filesz: int = u32("bytes in the file")
    p_memsz: int = u32("bytes in memory")
    p_flags: int = u32("permissions")
    p_align: int = u32("alignment")


class Elf32Shdr(Record):
    """`Elf32_Shdr`"""

    sh_name: int = u32("offset of its name in the name table")
    sh_type: int = u32("kind of section")
    sh_flags: int = u32("flags")
    sh_addr: int = u32("address")
    sh_offset: int = u32("where its bytes lie in the file")
    sh_size: int = u32("how many there are")
    sh_link: int = u32("another section")
    sh_info: int = u32("more")
    sh_addralign: int = u32("alignment")
    sh_entsize: int = u32("size of one entry")


class ResourceTable(Record):
    """`struct resource_table`: the header of what a firmware asks of Linux."""

    ver: int = u32("1")
    num: int = u32("how many entries follow")
    reserved0: int = u32("must be zero")
    reserved1: int = u32("must be zero")
