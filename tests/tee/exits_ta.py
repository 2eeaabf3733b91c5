# SPDX-License-Identifier: GPL-2.0-or-later
"""The error exits of the TA and of the core around it, in the order of tee.md section 3."""

from uuid import UUID

from rprocbench.base.run import At, Fail, Poke
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.resource_table_build import build_table
from rprocbench.formats.signer import sign_image
from rprocbench.formats.tee_params import (
    TA_REMOTEPROC_UUID,
    Login,
    OpenSession,
    Param,
    ParamType,
    TaCmd,
    value,
)
from rprocbench.formats.tlv import TlvType
from rprocbench.tee import Panic
from rprocbench.tee.elf_parser import ElfImage, e32_parse_ehdr
from rprocbench.tee.generations import HEAD
from rprocbench.tee.shared_memory import SharedBuffer

from .exits import (
    STRINGS,
    Exit,
    T,
    ehdr,
    get_rsc,
    good,
    invoke,
    load,
    patched,
    phdr,
    release,
    row,
    section,
    start,
    stop,
    then,
    tlv,
    without,
)
from .images import (
    NEGATIVE,
    elf_at,
    hdr_small_first,
    put,
    resigned,
    tlv_at,
    unknown_length,
    with_area,
    without_table,
)
from .machine import GOOD, Machine, signing_key, vector

OPEN, INVOKE = "TA_OpenSessionEntryPoint", "TA_InvokeCommandEntryPoint"
SAVE, HEADER = "remoteproc_save_fw_header_and_tlvs", "remoteproc_verify_header"
SIGN, TLV, LOADSEG = "remoteproc_verify_signature", "remoteproc_get_tlv", "remoteproc_load_segment"
EHDR, WALK, FIND = "e32_parse_ehdr", "e32_parser_load_elf_image", "e32_parser_find_rsc_table"
RSC = "e32_check_rsc_table"
RSC_OK = build_table([])
RSC_VERSION, RSC_RESERVED, RSC_NUM = (put(RSC_OK, at, 99) for at in (0, 12, 4))
MULTI = vector("multi_rsa2048.sig")


def reopen(uuid: UUID = TA_REMOTEPROC_UUID, login: Login = Login.REE_KERNEL, *params: Param):  # type: ignore[no-untyped-def]  # noqa: ANN201
    asked = OpenSession(uuid, login, params or (value(0),))
    return lambda machine: machine.tee.optee_entry(asked)


def close(machine: Machine) -> object:
    return machine.close()


def misaligned_elf(machine: Machine) -> None:
    fw = SharedBuffer(machine.run, "image", bytearray(GOOD))
    e32_parse_ehdr(ElfImage(fw, elf_at(GOOD) + 1, 1000, HEAD))


def no_protection(_pta: object, _id: Param, fmt: Param, protection: Param) -> None:
    fmt.a, protection.a = 1, 0


def other_format(_pta: object, _id: Param, fmt: Param, protection: Param) -> None:
    fmt.a, protection.a = 3, 1


def address_0(_pta: object, *_params: Param) -> None:
    """A translation that says nothing."""


def short_image() -> bytes:
    cut = GOOD[: elf_at(GOOD) + 48]
    return resigned(put(cut, 16, 48))


def far_segment() -> bytes:
    """A segment in IMGSIZE, but not in the images."""
    size = int.from_bytes(GOOD[16:20], "little")
    return phdr(0, "p_offset", size - 4, tlv(TlvType.IMGSIZE, (size + 4096).to_bytes(4, "little")))


def image_before_the_images() -> bytes:
    """Two images, of which the first is so long that the second begins 4 bytes before it."""
    image = put(GOOD, tlv_at(GOOD, TlvType.NUM_IMG) + 8, 2, 1)
    image = put(image, tlv_at(image, TlvType.IMGTYPE) + 4, 2)
    image = put(image, tlv_at(image, TlvType.IMGTYPE) + 8, 0x0101, 2)
    at = tlv_at(image, TlvType.IMGSIZE)
    image = put(put(put(image, at + 4, 8), at + 8, 0xFFFF_FFFC), at + 12, 1360)
    first = elf_at(image)
    image = ehdr("e_phnum", 2, ehdr("e_entry", 52 + 64 + 4, image))  # e_phoff, 4 bytes later
    third = image[first + 52 : first + 84]
    image = image[: first + 116] + third + image[first + 148 :]
    return resigned(phdr(2, "p_offset", 0, image))


def signed_tables(*tables: bytes) -> bytes:
    """Images of one resource table each, signed."""
    elfs = [
        (f"{index}.elf", build_elf([Seg(0x1000_0000 + 64 * index, content)],
                                   [Sec(".resource_table", segment=0)]))
        for index, content in enumerate(tables)
    ]  # fmt: skip
    return sign_image(elfs, signing_key()).image


def bogus(machine: Machine) -> None:
    for rproc_id in range(1, 60):
        machine.load(GOOD, rproc_id=rproc_id)


SESSIONS = [
    Exit("3.2-1", OPEN, T.BAD_PARAMETERS, "wrong parameter types",
         then(close, lambda m: m.open(params=()))),
    Exit("3.2-2", "rproc_pta_open_session", T.NOT_SUPPORTED, "no remote processor 1",
         then(close, lambda m: m.open(1)), by=(OPEN, "tee_ta_open_session")),
    Exit("3.1 BUSY", "tee_ta_open_session", T.BUSY, "one session at a time", reopen()),
    Exit("3.1 UUID", "tee_ta_open_session", T.ITEM_NOT_FOUND, "no trusted application",
         reopen(UUID(int=3))),
    Exit("3.2 core", "tee_ta_invoke_command", T.BAD_PARAMETERS, "no session", then(close, start)),
    Exit("3.2 core", "tee_ta_close_session", T.BAD_PARAMETERS, "no session", then(close, close)),
    Exit("3.12", "tee_ta_invoke_command", T.TARGET_DEAD, "is dead",
         then(invoke(TaCmd.GET_COREDUMP), start),
         {"script": {At("remoteproc_get_coredump"): Panic("lost")}}),
    Exit("3.12", "remoteproc_get_coredump", T.TARGET_DEAD, "lost", invoke(TaCmd.GET_COREDUMP),
         {"script": {At("remoteproc_get_coredump"): Panic("lost")}}),
    Exit("W-16", OPEN, T.ACCESS_DENIED, "is not the kernel",
         then(close, reopen(TA_REMOTEPROC_UUID, Login.PUBLIC)), {"generation": "hardened"}),
]  # fmt: skip
COMMANDS = [
    *[Exit(f"3.3 {cmd.name}", INVOKE, T.BAD_PARAMETERS, "wrong parameter types",
           invoke(cmd, Param(ParamType.VALUE_INOUT)))
      for cmd in TaCmd if cmd is not TaCmd.GET_COREDUMP],
    *[Exit("3.3 other", INVOKE, T.BAD_PARAMETERS, f"no command {cmd}", invoke(cmd))
      for cmd in (0, 7)],
    Exit("3.3 RELEASE before 2024-08", INVOKE, T.BAD_PARAMETERS, "no command 6", release,
         {"generation": "first"}),
    Exit("3.3-5", "remoteproc_get_coredump", T.NOT_IMPLEMENTED, "no core dump", invoke(5)),
    *[Exit(f"3.3 {act_name} without context", f"remoteproc_{act_name}", T.BAD_PARAMETERS,
           "no firmware was ever loaded", act)
      for act_name, act in (("start_fw", start), ("stop_fw", stop), ("get_rsc_table", get_rsc),
                            ("release_fw", release))],
    Exit("3.4 LOAD", "remoteproc_load_fw", T.BAD_STATE, "is STARTED", then(good, start, good)),
    Exit("3.4 LOAD, first", "remoteproc_load_fw", T.BAD_STATE, "is LOADED", then(good, good),
         {"generation": "first"}),
    Exit("3.4 START", "remoteproc_start_fw", T.BAD_STATE, "is OFF", then(load(b"x"), start)),
    Exit("3.4 STOP", "remoteproc_stop_fw", T.BAD_STATE, "is LOADED", then(good, stop)),
    Exit("3.4 GET_RSC", "remoteproc_get_rsc_table", T.BAD_STATE, "is OFF",
         then(load(b"x"), get_rsc)),
    Exit("3.4 RELEASE", "remoteproc_release_fw", T.BAD_STATE, "is STARTED",
         then(good, start, release)),
    *[Exit(f"3.4 {act_name}: PTA error", f"rproc_pta_{pta_name}", T.TIMEOUT, "injected",
           then(good, *before, act),
           {"script": {At(f"rproc_pta_{pta_name}"): Fail(T.TIMEOUT)}},
           by=("TEE_InvokeTACommand", f"remoteproc_{act_name}"))
      for act_name, pta_name, before, act in (
          ("start_fw", "start", (), start), ("stop_fw", "stop", (start,), stop),
          ("release_fw", "release", (), release))],
]  # fmt: skip
BEFORE_VERIFY = [
    Exit("3.5-2", "TEE_Malloc", T.OUT_OF_MEMORY, "64 bytes do not fit", bogus,
         by=("remoteproc_add_firmware", "remoteproc_load_fw")),
    Exit("3.5-4", "remoteproc_load_fw", T.BAD_PARAMETERS, "no image", load(None)),
    Exit("3.5-4", "remoteproc_load_fw", T.BAD_PARAMETERS, "of no bytes", load(b"")),
    Exit("3.5-5", "rproc_pta_capabilities", T.NOT_SUPPORTED, "no remote processor 1",
         load(GOOD, rproc_id=1), by=("TEE_InvokeTACommand", "remoteproc_get_capabilities")),
    Exit("3.5-6", "remoteproc_get_capabilities", T.NOT_IMPLEMENTED, "no protection",
         then(patched("rproc_pta_capabilities", no_protection), good)),
    Exit("3.5-6", "remoteproc_get_capabilities", T.NOT_IMPLEMENTED, "not what is supported",
         then(patched("rproc_pta_capabilities", other_format), good)),
    Exit("3.5-7", "remoteproc_verify_firmware", T.BAD_PARAMETERS, "not 4-byte aligned",
         load(GOOD, offset=2)),
    Exit("3.5-8", SAVE, T.BAD_PARAMETERS, "overflow 32 bits", load(put(GOOD, 8, 0xFFFF_FFF8))),
    Exit("3.5-9", SAVE, T.BAD_PARAMETERS, "the image has 20", load(GOOD[:20])),
    Exit("3.5-9", SAVE, T.BAD_PARAMETERS, "sign_len is 0", load(put(GOOD, 12, 0))),
    Exit("3.5-9", SAVE, T.BAD_PARAMETERS, "tlv_len is 0", load(put(GOOD, 8, 0))),
    Exit("3.5-10", "TEE_Malloc", T.OUT_OF_MEMORY, "4132 bytes do not fit",
         load(put(GOOD, 8, 4096 - 244).ljust(8000, b"\0")), by=(SAVE,)),
    Exit("3.5-11", HEADER, T.BAD_PARAMETERS, "wrong magic", load(put(GOOD, 0, 0))),
    Exit("3.5-11", HEADER, T.BAD_PARAMETERS, "version 2", load(put(GOOD, 4, 2))),
    Exit("3.5-12", HEADER, T.BAD_PARAMETERS, "say 1916, the image has 1908", load(GOOD[:-8])),
    Exit("3.5-12", HEADER, T.BAD_PARAMETERS, "say too much", load(put(GOOD, 16, 0xFFFF_FFF8))),
    Exit("3.5-13", TLV, T.NO_DATA, "no TLV SIGNTYPE", load(with_area(bytes(16))), by=()),
    Exit("3.5-13", SIGN, T.BAD_PARAMETERS, "no TLV SIGNTYPE", load(with_area(bytes(16)))),
    Exit("3.5-13", TLV, T.NO_DATA, "SIGNTYPE is empty", load(put(GOOD, 24, 0))),
    Exit("3.5-13", SIGN, T.BAD_PARAMETERS, "is 4 bytes long", load(put(GOOD, 24, 4))),
    Exit("3.5-14", SIGN, T.NOT_SUPPORTED, "signature type 3", load(put(GOOD, 28, 3))),
    *[Exit(f"3.5-{step}", "TEE_Malloc", T.OUT_OF_MEMORY, "injected", good,
           {"script": {At("TEE_Malloc", nth): Fail(T.OUT_OF_MEMORY)}}, by=(function,))
      for step, nth, function in ((15, 3, SIGN), (16, 4, SIGN),
                                  (22, 5, "remoteproc_get_hash_table"))],
    Exit("3.5-17", "rproc_pta_verify_rsa_signature", T.SIGNATURE_INVALID, "not a signature",
         load(put(GOOD, 400, 0)), by=("rproc_pta_verify_digest", SIGN, "remoteproc_load_fw")),
    Exit("3.12 W-13", "TEE_InvokeTACommand", T.TARGET_DEAD, "refused by the core",
         load(NEGATIVE["A_sign_len_wrap_fffffff9.bin"])),
    Exit("3.6 before 07917406b", TLV, T.TARGET_DEAD, "never returns", load(unknown_length()),
         {"generation": "pretlv"}),
    Exit("3.5-10 W-04", SIGN, T.TARGET_DEAD, "behind a heap block", load(hdr_small_first()),
         {"script": {At("TEE_Malloc", 2): Poke("image", 8, bytes.fromhex("1801000000010000"))}}),
]  # fmt: skip
ELF_HEADER = [
    Exit("3.7-1", EHDR, T.BAD_PARAMETERS, "not 4-byte aligned", misaligned_elf),
    Exit("3.7-2", EHDR, T.BAD_FORMAT, "no room for an ELF header", load(short_image())),
    Exit("3.7-2", EHDR, T.BAD_FORMAT, "no room for a section header",
         load(ehdr("e_shoff", 1360))),
    *[Exit("3.7-3", EHDR, T.BAD_FORMAT, f"wrong {name}", load(ehdr(name, number)))
      for name, number in (("ei_mag", 0), ("ei_version", 0), ("ei_class", 2),
                           ("e_phentsize", 56), ("e_shentsize", 64))],
    Exit("3.7-4", EHDR, T.BAD_FORMAT, "no program header", load(ehdr("e_phnum", 0))),
]  # fmt: skip
TABLES = [
    Exit("3.5-20", TLV, T.NO_DATA, "no TLV HASHTABLE", load(without(TlvType.HASHTABLE)),
         by=("remoteproc_get_hash_table",)),
    Exit("3.5-20", TLV, T.NO_DATA, "HASHTABLE is empty", load(NEGATIVE["C_hashtable_len0.bin"]),
         by=("remoteproc_get_hash_table",)),
    Exit("3.5-21", "remoteproc_get_hash_table", T.BAD_PARAMETERS, "100 bytes of hash table",
         load(tlv(TlvType.HASHTABLE, length=100))),
    Exit("3.5-23", TLV, T.NO_DATA, "no TLV NUM_IMG", load(without(TlvType.NUM_IMG)),
         by=("remoteproc_get_num_img",)),
    Exit("3.5-24", "remoteproc_get_num_img", T.BAD_FORMAT, "NUM_IMG is 2 bytes",
         load(tlv(TlvType.NUM_IMG, length=2))),
    Exit("3.5-25", "remoteproc_get_num_img", T.NO_DATA, "no image",
         load(tlv(TlvType.NUM_IMG, b"\0"))),
    Exit("3.5-26a", TLV, T.NO_DATA, "no TLV IMGTYPE", load(without(TlvType.IMGTYPE)),
         by=("remoteproc_check_img_type",)),
    Exit("3.5-26a", "remoteproc_check_img_type", T.BAD_PARAMETERS, "1 image types for 2",
         load(tlv(TlvType.NUM_IMG, b"\2"))),
    Exit("3.5-26a", "remoteproc_check_img_type", T.BAD_FORMAT, "image type 2",
         load(tlv(TlvType.IMGTYPE, b"\2"))),
    Exit("3.5-26b", TLV, T.NO_DATA, "no TLV IMGSIZE", load(without(TlvType.IMGSIZE)),
         by=("remoteproc_get_img_size",)),
    Exit("3.5-26b", "remoteproc_get_img_size", T.BAD_PARAMETERS, "3 bytes of image sizes",
         load(tlv(TlvType.IMGSIZE, length=3))),
    Exit("3.5-26e", "remoteproc_parse_rsc_table", T.BAD_FORMAT, "a second resource table",
         load(signed_tables(RSC_OK, RSC_OK))),
]  # fmt: skip
SEGMENTS = [
    Exit("3.8-1", WALK, T.BAD_PARAMETERS, "an image of 0x0", load(tlv(TlvType.IMGSIZE, bytes(4)))),
    Exit("3.8-1", WALK, T.BAD_PARAMETERS, "an image of 0x80000000",
         load(tlv(TlvType.IMGSIZE, b"\0\0\0\x80"))),
    Exit("3.8-2", WALK, T.BAD_FORMAT, "misaligned program headers", load(ehdr("e_phoff", 54))),
    Exit("3.8-2 before 5597ed385", WALK, T.BAD_FORMAT, "are not in the image",
         load(ehdr("e_phoff", 0x7000_0000)), {"generation": "preelf"}),
    Exit("3.8-3.1 W-01", WALK, T.TARGET_DEAD, "nothing is mapped",
         load(ehdr("e_phoff", 0x7000_0000))),
    Exit("3.8-3.1 safe", WALK, T.BAD_FORMAT, "outside the buffer",
         load(ehdr("e_phoff", 0x7000_0000)), {"safe": True}),
    Exit("3.8-3.2", WALK, T.BAD_FORMAT, "the program header at .* is not in the image",
         load(ehdr("e_phoff", 1340))),
    Exit("3.8-3.4", WALK, T.BAD_FORMAT, "a segment is not in the image",
         load(phdr(0, "p_offset", 0x10_0000))),
    Exit("3.8-3.4 before 5597ed385", WALK, T.BAD_FORMAT, "a segment is not in the image",
         load(NEGATIVE["E_segment_ends_at_eof.bin"]), {"generation": "preelf"}),
    Exit("3.8 callback 2, 64 bits", LOADSEG, T.BAD_PARAMETERS, "not in the images",
         load(image_before_the_images()), {"bits": 64}),
    Exit("3.8 callback 1", LOADSEG, T.NO_DATA, "no hash row", load(phdr(0, "p_paddr", 0x40)),
         by=(WALK, "remoteproc_load_elf")),
    Exit("3.8 callback 2", LOADSEG, T.BAD_PARAMETERS, "no PT_LOAD", load(row(0, "p_type", 4))),
    Exit("3.8 callback 2", LOADSEG, T.BAD_PARAMETERS, "64 bytes in the file",
         load(phdr(0, "p_filesz", 60))),
    Exit("3.8 callback 2", LOADSEG, T.BAD_PARAMETERS, "64 bytes in memory",
         load(phdr(0, "p_memsz", 60))),
    Exit("3.8 callback 2", LOADSEG, T.BAD_PARAMETERS, "not in the images", load(far_segment())),
    Exit("3.8 callback 3", "rproc_pta_load_segment", T.SECURITY, "does not match its hash",
         load(NEGATIVE["D_seg_last_flip.bin"]), by=("TEE_InvokeTACommand", LOADSEG)),
    Exit("3.8 callback 4", "stm32_remoteproc_da_to_pa", T.ACCESS_DENIED, "no region holds",
         load(NEGATIVE["E_bss_overflow.bin"]), by=("rproc_pta_set_memory", LOADSEG)),
]  # fmt: skip
RESOURCE_TABLE = [
    Exit("3.10-1", FIND, T.BAD_PARAMETERS, "e_shoff wraps", load(NEGATIVE["D_shoff_wrap.bin"]),
         by=("remoteproc_parse_rsc_table",)),
    Exit("3.10-2", FIND, T.BAD_FORMAT, "misaligned section headers", load(ehdr("e_shoff", 1102))),
    Exit("3.10-2", FIND, T.BAD_FORMAT, "section headers are not in", load(ehdr("e_shnum", 99))),
    Exit("3.10-2", FIND, T.BAD_FORMAT, "no section holds", load(ehdr("e_shstrndx", 99))),
    Exit("3.10-3", FIND, T.BAD_FORMAT, "names are not in",
         load(section("sh_offset", 0x10_0000, STRINGS))),
    Exit("3.10-4", FIND, T.BAD_FORMAT, "not in the name table", load(section("sh_name", 9999, 0))),
    Exit("3.10-4", RSC, T.NO_DATA, "is empty", load(section("sh_size", 0)), by=(FIND,)),
    Exit("3.10-4", RSC, T.BAD_FORMAT, "table is not in", load(section("sh_size", 0x10_0000))),
    Exit("3.10-4", RSC, T.BAD_FORMAT, "shorter than its header", load(section("sh_size", 8))),
    Exit("3.10-4", RSC, T.CORRUPT_OBJECT, "misaligned", load(section("sh_offset", 302))),
    Exit("3.10-4", RSC, T.BAD_FORMAT, "version 99", load(signed_tables(RSC_VERSION))),
    Exit("3.10-4", RSC, T.BAD_FORMAT, "reserved bytes", load(signed_tables(RSC_RESERVED))),
    Exit("3.10-4", RSC, T.BAD_FORMAT, "more resource entries", load(signed_tables(RSC_NUM))),
    Exit("3.10-4 overflow", RSC, T.BAD_FORMAT, "more resource entries",
         load(signed_tables(put(RSC_OK, 4, 0xFFFF_FFFF)))),
    Exit("3.10-5", FIND, T.NO_DATA, "no section .resource_table", load(without_table())),
    Exit("3.9", "stm32_remoteproc_da_to_pa", T.ACCESS_DENIED, "no region holds",
         load(section("sh_addr", 0x2000_0000)), by=("rproc_pta_da_to_pa",)),
    Exit("3.9", "remoteproc_da_to_pa", T.ACCESS_DENIED, "no region holds",
         load(section("sh_addr", 0x2000_0000)), by=("remoteproc_parse_rsc_table",),
         translates=True),
    Exit("3.9", "remoteproc_da_to_pa", T.TARGET_DEAD, "assertion failed",
         then(patched("rproc_pta_da_to_pa", address_0), good)),
]  # fmt: skip
HARDENED = [
    Exit(f"hardened {weakness}", function, code, why, act, {"generation": "hardened"} | options)
    for weakness, function, code, why, act, options in (
        ("W-02", "remoteproc_load_elf", T.BAD_FORMAT, "hash row 1 was not loaded",
         load(ehdr("e_phnum", 1, without_table())), {}),
        ("W-03", LOADSEG, T.BAD_FORMAT, "comes after row", load(NEGATIVE["M_dup_images.bin"]), {}),
        ("W-04", SAVE, T.BAD_PARAMETERS, "changed meanwhile", load(hdr_small_first()),
         {"script": {At("TEE_Malloc", 2): Poke("image", 8, bytes.fromhex("1801000000010000"))}}),
        ("W-05", FIND, T.BAD_FORMAT, "not in a segment that was loaded",
         load(section("sh_addr", 0x1000_0000)), {}),
        ("W-15", "remoteproc_start_fw", T.BAD_PARAMETERS, "no firmware was ever loaded",
         then(load(GOOD, rproc_id=1), lambda m: m.start(1)), {}),
        ("W-06", EHDR, T.BAD_FORMAT, "wrong ei_class", load(NEGATIVE["M_img2_class64.bin"]), {}),
        ("W-25", SIGN, T.NOT_SUPPORTED, "signature type 3", load(tlv(TlvType.SIGNTYPE, b"\3")), {}),
        ("W-07", WALK, T.BAD_FORMAT, "is not hash row 0", load(phdr(0, "p_offset", 148 + 64)), {}),
        ("W-13", SAVE, T.BAD_PARAMETERS, "padded signature length wraps",
         load(NEGATIVE["A_sign_len_wrap_fffffff9.bin"]), {}),
        ("W-14", SAVE, T.BAD_PARAMETERS, "length of the TLVs wraps",
         load(NEGATIVE["A_tlv_len_wrap_ffffffff.bin"]), {}),
        ("W-17", "remoteproc_load_fw", T.BAD_STATE, "another firmware",
         then(good, load(MULTI)), {}),
        ("W-18", SAVE, T.BAD_PARAMETERS, "are no header", load(GOOD[:4]), {}),
        ("W-27", "rproc_pta_stop", T.BAD_STATE, "is OFF", stop, {}),
        ("W-29", "remoteproc_get_hash_table", T.ITEM_NOT_FOUND, "no TLV HASHTABLE",
         load(without(TlvType.HASHTABLE)), {}),
    )
]  # fmt: skip
SAFE = [
    Exit("safe header", SAVE, T.BAD_PARAMETERS, "outside the buffer", load(GOOD[:4]),
         {"safe": True}),
    Exit("safe heap", SIGN, T.BAD_PARAMETERS, "behind a heap block", load(hdr_small_first()),
         {"safe": True,
          "script": {At("TEE_Malloc", 2): Poke("image", 8, bytes.fromhex("1801000000010000"))}}),
]  # fmt: skip
TA_EXITS = [
    *SESSIONS, *COMMANDS, *BEFORE_VERIFY, *ELF_HEADER, *TABLES, *SEGMENTS, *RESOURCE_TABLE,
    *HARDENED, *SAFE,
]  # fmt: skip
