# SPDX-License-Identifier: GPL-2.0-or-later
"""What the numbers in an ELF file are called (our zone; ELF specification, ELF for the Arm ABI)."""

P_TYPES = {
    0: "PT_NULL",
    1: "PT_LOAD",
    2: "PT_DYNAMIC",
    3: "PT_INTERP",
    4: "PT_NOTE",
    5: "PT_SHLIB",
    6: "PT_PHDR",
    7: "PT_TLS",
    0x6000_0000: "PT_LOOS",
    0x6474_E550: "PT_GNU_EH_FRAME",
    0x6474_E551: "PT_GNU_STACK",
    0x6474_E552: "PT_GNU_RELRO",
    0x6474_E553: "PT_GNU_PROPERTY",
    0x6FFF_FFFF: "PT_HIOS",
    0x7000_0000: "PT_ARM_ARCHEXT",
    0x7000_0001: "PT_ARM_EXIDX",
}
SH_TYPES = {
    0: "SHT_NULL",
    1: "SHT_PROGBITS",
    2: "SHT_SYMTAB",
    3: "SHT_STRTAB",
    4: "SHT_RELA",
    5: "SHT_HASH",
    6: "SHT_DYNAMIC",
    7: "SHT_NOTE",
    8: "SHT_NOBITS",
    9: "SHT_REL",
    10: "SHT_SHLIB",
    11: "SHT_DYNSYM",
    14: "SHT_INIT_ARRAY",
    15: "SHT_FINI_ARRAY",
    16: "SHT_PREINIT_ARRAY",
    17: "SHT_GROUP",
    18: "SHT_SYMTAB_SHNDX",
    0x7000_0001: "SHT_ARM_EXIDX",
    0x7000_0003: "SHT_ARM_ATTRIBUTES",
}
E_TYPES = {0: "ET_NONE", 1: "ET_REL", 2: "ET_EXEC", 3: "ET_DYN", 4: "ET_CORE"}
E_MACHINES = {
    0: "EM_NONE",
    3: "EM_386",
    8: "EM_MIPS",
    20: "EM_PPC",
    40: "EM_ARM",
    62: "EM_X86_64",
    94: "EM_XTENSA",
    106: "EM_BLACKFIN",
    144: "EM_TI_PRU",
    164: "EM_QDSP6",
    183: "EM_AARCH64",
    243: "EM_RISCV",
}
CLASSES = {0: "ELFCLASSNONE", 1: "ELFCLASS32", 2: "ELFCLASS64"}
ENCODINGS = {0: "ELFDATANONE", 1: "ELFDATA2LSB", 2: "ELFDATA2MSB"}
SYMBOL_TYPES = {
    0: "STT_NOTYPE",
    1: "STT_OBJECT",
    2: "STT_FUNC",
    3: "STT_SECTION",
    4: "STT_FILE",
    5: "STT_COMMON",
    6: "STT_TLS",
}
SYMBOL_BINDS = {0: "STB_LOCAL", 1: "STB_GLOBAL", 2: "STB_WEAK"}
SH_FLAGS = {0x1: "W", 0x2: "A", 0x4: "X", 0x10: "M", 0x20: "S", 0x40: "I", 0x80: "L", 0x400: "T"}

TABLES = {
    "p_type": P_TYPES,
    "sh_type": SH_TYPES,
    "e_type": E_TYPES,
    "e_machine": E_MACHINES,
    "ei_class": CLASSES,
    "ei_data": ENCODINGS,
}


def name_of(field: str, value: int) -> str:
    """What `value` means in the ELF field called `field`; its number where it has no name.

    >>> name_of("p_type", 1), name_of("p_type", 0x12345)
    ('PT_LOAD', '0x12345')
    """
    return TABLES.get(field, {}).get(value, f"{value:#x}")


def segment_flags(p_flags: int) -> str:
    """`p_flags` as text.

    >>> segment_flags(5), segment_flags(0x100007)
    ('R-X', 'RWX+0x100000')
    """
    bits = {"R": 4, "W": 2, "X": 1}
    text = "".join(letter if p_flags & bit else "-" for letter, bit in bits.items())
    rest = p_flags & ~7
    return f"{text}+{rest:#x}" if rest else text


def section_flags(sh_flags: int) -> str:
    """`sh_flags` as the letters that readelf uses.

    >>> section_flags(6), section_flags(0)
    ('AX', '-')
    """
    text = "".join(letter for bit, letter in SH_FLAGS.items() if sh_flags & bit)
    rest = sh_flags & ~sum(SH_FLAGS)
    return f"{text}+{rest:#x}" if rest else text or "-"
