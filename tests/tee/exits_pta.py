# SPDX-License-Identifier: GPL-2.0-or-later
"""The error exits of the PTA and the driver, in the order of tee.md sections 4, 5 and 7."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from rprocbench.base.run import At, Fail
from rprocbench.formats.st_crypto import public_der, rsa_part
from rprocbench.formats.tee_params import TA_REMOTEPROC_UUID, PtaCmd, StPtaCmd, value
from rprocbench.formats.tlv import TlvType
from rprocbench.soc.boards import BOARDS
from rprocbench.soc.memory import Da, Pa, Region
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee import stm32_remoteproc as driver_c
from rprocbench.tee.commands import Memref
from rprocbench.tee.heap import HeapBlock
from rprocbench.tee.pta_remoteproc import rproc_pta_open_session, rproc_pta_release
from rprocbench.tee.scmi_server import MCU, plat_scmi_rd_set_state
from rprocbench.tee.st_driver import st_remoteproc_map, stm32_remoteproc_set_boot_address
from rprocbench.tee.st_pta import st_of
from rprocbench.tee.states import PtaState
from rprocbench.tee.stm32_remoteproc import DeviceNode

from .exits import Act, Exit, T, block, good, load, out, phdr, pta, release, row, start, stop, then
from .images import put, resigned, tlv_at
from .machine import Machine, signing_key
from .st_machine import ec_key, encrypted, otp, pkh, st_image, with_key

LOADSEG, SETMEM, DA2PA = "rproc_pta_load_segment", "rproc_pta_set_memory", "rproc_pta_da_to_pa"
VERIFY, RSA = "rproc_pta_verify_digest", "rproc_pta_verify_rsa_signature"
PARSE, PROBE = "stm32_remoteproc_parse_mems", "stm32_remoteproc_probe"
NODE = DeviceNode.of(STM32MP157C_DK2)
SRAM = Region("mcuram", Pa(0x3000_0000), 0x4_0000)
SEGMENT = (value(), block(4), value(), block(32))
FILL = (value(), value(), value(4), value())
INFO = (0x7000_4830).to_bytes(4, "little")


def on(machine: Machine) -> None:
    machine.tee.pta.state = PtaState.ON


def info(algo: bytes = INFO, size: int = 0) -> Memref:
    return Memref(HeapBlock(bytearray(algo + size.to_bytes(4, "little"))), 0, 8)


def of_pta(function: Callable[..., object], *args: object) -> Act:
    return lambda machine: function(machine.tee.pta, *args)


def of_driver(function: Callable[..., object], *args: object) -> Act:
    return lambda machine: function(machine.tee.pta.driver, *args)


def node(**fields: object) -> dict[str, object]:
    return {"node": replace(NODE, **fields)}  # type: ignore[arg-type]


def nothing(_machine: Machine) -> None:
    """The device is probed before anything is asked."""


def fails(function: str, nth: int = 1) -> dict[str, object]:
    return {"script": {At(function, nth): Fail(T.TIMEOUT)}}


PTA_EXITS = [
    Exit("4.1-1", "rproc_pta_open_session", T.BAD_PARAMETERS, "wrong parameter types",
         of_pta(rproc_pta_open_session, TA_REMOTEPROC_UUID, ())),
    Exit("4.1-2", "rproc_pta_open_session", T.ACCESS_DENIED, "only a trusted application",
         of_pta(rproc_pta_open_session, None, (value(),))),
    Exit("4.1-3", "rproc_pta_open_session", T.ACCESS_DENIED, "only the remoteproc TA",
         of_pta(rproc_pta_open_session, UUID(int=7), (value(),))),
    Exit("4.1-4", "rproc_pta_open_session", T.NOT_SUPPORTED, "no remote processor 1",
         of_pta(rproc_pta_open_session, TA_REMOTEPROC_UUID, (value(1),))),
    *[Exit(f"4.2 {cmd.name}", "rproc_pta_invoke_command", T.BAD_PARAMETERS,
           "wrong parameter types", pta(cmd))
      for cmd in PtaCmd if cmd is not PtaCmd.FIRMWARE_LOAD],
    *[Exit("4.2 other", "rproc_pta_invoke_command", T.NOT_IMPLEMENTED, f"serve command {cmd}",
           pta(cmd)) for cmd in (2, 0, 10)],
    Exit("4.2-9 before 2024-08", "rproc_pta_invoke_command", T.NOT_IMPLEMENTED, "command 9",
         pta(PtaCmd.RELEASE, value()), {"generation": "first"}),
    Exit("4.2-1", "rproc_pta_capabilities", T.NOT_SUPPORTED, "no remote processor 1",
         pta(PtaCmd.HW_CAPABILITIES, value(1), out(), out())),
    Exit("4.2-3 hash NULL", LOADSEG, T.BAD_PARAMETERS, "not 32 bytes",
         pta(PtaCmd.LOAD_SEGMENT_SHA256, *SEGMENT[:3], Memref(None, 0, 32))),
    Exit("4.2-3 hash size", LOADSEG, T.BAD_PARAMETERS, "not 32 bytes",
         pta(PtaCmd.LOAD_SEGMENT_SHA256, *SEGMENT[:3], block(20))),
    Exit("4.2-3 state", LOADSEG, T.BAD_STATE, "is ON",
         then(on, pta(PtaCmd.LOAD_SEGMENT_SHA256, *SEGMENT))),
    Exit("4.2-3 address", "stm32_remoteproc_da_to_pa", T.ACCESS_DENIED, "no region",
         pta(PtaCmd.LOAD_SEGMENT_SHA256, value(), block(4), value(0x2000_0000), block(32)),
         by=(LOADSEG,)),
    Exit("4.2-3 id", "stm32_remoteproc_da_to_pa", T.BAD_PARAMETERS, "no remote processor 1",
         pta(PtaCmd.LOAD_SEGMENT_SHA256, value(1), *SEGMENT[1:]), by=(LOADSEG,)),
    Exit("4.2-3 map", "core_mmu_add_mapping", T.TIMEOUT, "injected",
         pta(PtaCmd.LOAD_SEGMENT_SHA256, *SEGMENT), fails("core_mmu_add_mapping"),
         by=("stm32_remoteproc_map", LOADSEG)),
    Exit("4.2-3 hash", LOADSEG, T.SECURITY, "does not match",
         pta(PtaCmd.LOAD_SEGMENT_SHA256, *SEGMENT)),
    Exit("4.2-4 state", SETMEM, T.BAD_STATE, "is ON", then(on, pta(PtaCmd.SET_MEMORY, *FILL))),
    Exit("4.2-4 address", "stm32_remoteproc_da_to_pa", T.ACCESS_DENIED, "no region",
         pta(PtaCmd.SET_MEMORY, value(), value(), value(0x2_0000), value()), by=(SETMEM,)),
    Exit("4.2-4 map", "core_mmu_add_mapping", T.TIMEOUT, "injected",
         pta(PtaCmd.SET_MEMORY, *FILL), fails("core_mmu_add_mapping"),
         by=("stm32_remoteproc_map", SETMEM)),
    Exit("4.2-5 state", "rproc_pta_start", T.BAD_STATE, "is ON",
         then(on, pta(PtaCmd.FIRMWARE_START, value()))),
    Exit("4.2-5 driver", "stm32_remoteproc_start", T.GENERIC, "no remote processor 1",
         pta(PtaCmd.FIRMWARE_START, value(1)), by=("rproc_pta_start",)),
    Exit("4.2-6 state", "rproc_pta_stop", T.BAD_STATE, "is OFF",
         pta(PtaCmd.FIRMWARE_STOP, value())),
    Exit("4.2-6 driver", "stm32_remoteproc_stop", T.BAD_PARAMETERS, "no remote processor 1",
         then(on, pta(PtaCmd.FIRMWARE_STOP, value(1))), by=("rproc_pta_stop",)),
    Exit("4.2-7 address high", DA2PA, T.BAD_PARAMETERS, "32 bits wide",
         pta(PtaCmd.FIRMWARE_DA_TO_PA, value(), value(0, 1), value(4), out())),
    Exit("4.2-7 size high", DA2PA, T.BAD_PARAMETERS, "32 bits wide",
         pta(PtaCmd.FIRMWARE_DA_TO_PA, value(), value(), value(4, 1), out())),
    Exit("4.2-7 address", "stm32_remoteproc_da_to_pa", T.ACCESS_DENIED, "0x0 bytes",
         pta(PtaCmd.FIRMWARE_DA_TO_PA, value(), value(), value(0), out()), by=(DA2PA,)),
    Exit("4.2-8 id", VERIFY, T.NOT_SUPPORTED, "no remote processor 1",
         pta(PtaCmd.VERIFY_DIGEST, value(1), info(), block(32), block(256))),
    Exit("4.2-8 state", VERIFY, T.BAD_STATE, "is ON",
         then(on, pta(PtaCmd.VERIFY_DIGEST, value(), info(), block(32), block(256)))),
    Exit("4.2-8 key info NULL", VERIFY, T.BAD_PARAMETERS, "key info",
         pta(PtaCmd.VERIFY_DIGEST, value(), Memref(None, 0, 8), block(32), block(256))),
    Exit("4.2-8 key info size", VERIFY, T.BAD_PARAMETERS, "key info",
         pta(PtaCmd.VERIFY_DIGEST, value(), info(size=1), block(32), block(256))),
    Exit("4.2-8 algorithm", VERIFY, T.NOT_SUPPORTED, "only RSA",
         pta(PtaCmd.VERIFY_DIGEST, value(), info(bytes(4)), block(32), block(256))),
    Exit("4.2 RSA digest", RSA, T.BAD_PARAMETERS, "digest is not 32",
         pta(PtaCmd.VERIFY_DIGEST, value(), info(), block(20), block(256)), by=(VERIFY,)),
    Exit("4.2 RSA longer", RSA, T.SIGNATURE_INVALID, "384 bytes of signature",
         pta(PtaCmd.VERIFY_DIGEST, value(), info(), block(32), block(384)), by=(VERIFY,)),
    Exit("4.2 RSA", RSA, T.SIGNATURE_INVALID, "not a signature",
         pta(PtaCmd.VERIFY_DIGEST, value(), info(), block(32), block(256)), by=(VERIFY,)),
    Exit("4.2-9 state", "rproc_pta_release", T.BAD_STATE, "is ON",
         then(on, of_pta(rproc_pta_release, value()))),
    Exit("4.2-9 driver", "stm32_remoteproc_clean", T.BAD_PARAMETERS, "no remote processor 1",
         of_pta(rproc_pta_release, value(1)), by=("rproc_pta_release",)),
]  # fmt: skip
DRIVER_EXITS = [
    *[Exit(f"4.3 {name}", f"stm32_remoteproc_{name}", T.BAD_PARAMETERS, "no remote processor 1",
           of_driver(getattr(driver_c, f"stm32_remoteproc_{name}"), 1, *args))
      for name, args in (("da_to_pa", (Da(0), 4)), ("map", (Pa(0x3800_0000), 4)),
                         ("unmap", (Pa(0), 4)), ("stop", ()), ("clean", ()))],
    Exit("4.3 start", "stm32_remoteproc_start", T.GENERIC, "no remote processor 1",
         of_driver(driver_c.stm32_remoteproc_start, 1)),
    Exit("5.4", "stm32_remoteproc_map", T.ACCESS_DENIED, "no region holds",
         of_driver(driver_c.stm32_remoteproc_map, 0, Pa(0x1004_6000), 4)),
    Exit("5.4 GENERIC", "core_mmu_add_mapping", T.GENERIC, "cannot be mapped", then(good, release),
         node(memory_region=(Region("far", Pa(0x5000_0000), 0x1000),), dma_ranges=None),
         by=("stm32_remoteproc_map", "stm32_remoteproc_clean", "rproc_pta_release")),
    Exit("5.5 map", "stm32_remoteproc_map", T.TIMEOUT, "injected", then(load(b"x"), release),
         fails("stm32_remoteproc_map", 3), by=("stm32_remoteproc_clean",)),
    Exit("5.5 unmap", "stm32_remoteproc_unmap", T.TIMEOUT, "injected", then(load(b"x"), release),
         fails("stm32_remoteproc_unmap", 2), by=("stm32_remoteproc_clean",)),
    Exit("5.6 start, release", "rstctrl_deassert_to", T.TIMEOUT, "injected", then(good, start),
         fails("rstctrl_deassert_to"), by=("stm32_remoteproc_start", "remoteproc_start_fw")),
    Exit("5.6 start, hold again", "rstctrl_assert_to", T.TIMEOUT, "injected", then(good, start),
         fails("rstctrl_assert_to", 3), by=("stm32_remoteproc_start", "remoteproc_start_fw")),
    Exit("5.6 stop, hold", "rstctrl_assert_to", T.TIMEOUT, "injected", then(good, start, stop),
         fails("rstctrl_assert_to", 4), by=("stm32_remoteproc_stop", "remoteproc_stop_fw")),
    Exit("5.6 stop, reset", "rstctrl_assert_to", T.TIMEOUT, "injected", then(good, start, stop),
         fails("rstctrl_assert_to", 5), by=("stm32_remoteproc_stop", "remoteproc_stop_fw")),
    Exit("5.6 no hold_boot", "stm32_remoteproc_start", T.GENERIC, "no line hold_boot",
         then(good, start), node(resets=frozenset())),
    Exit("5.6 no line", "stm32_remoteproc_stop", T.GENERIC, "a reset line is missing",
         then(on, pta(PtaCmd.FIRMWARE_STOP, value())), node(resets=frozenset())),
    Exit("5.6 no mcu_rst", "stm32_remoteproc_stop", T.GENERIC, "a reset line is missing",
         then(on, pta(PtaCmd.FIRMWARE_STOP, value())), node(resets=frozenset({"hold_boot"}))),
    Exit("5.1-1", PARSE, T.GENERIC, "has no memory-region", nothing, node(memory_region=None),
         by=(PROBE,)),
    Exit("5.1-1", PARSE, T.GENERIC, "leads to no node", nothing, node(memory_region=(SRAM, None)),
         by=(PROBE,)),
    Exit("5.1-1", "calloc", T.TIMEOUT, "injected", nothing, {**node(), **fails("calloc")},
         by=(PARSE, PROBE)),
    Exit("5.1-1", PARSE, T.GENERIC, "meets the pager", nothing,
         node(memory_region=(Region("alias", Pa(0x2FFD_0000), 0x1000),))),
    Exit("5.1-1", PARSE, T.BAD_PARAMETERS, "mcuram has no address or size", nothing,
         node(memory_region=(replace(SRAM, pa=Pa(0)),))),
    Exit("5.1-1", PARSE, T.BAD_PARAMETERS, "no address or size", nothing,
         node(memory_region=(replace(SRAM, size=0),))),
    Exit("5.1-2", PARSE, T.GENERIC, "4 cells, no triples", nothing, node(dma_ranges=(0, 0, 0, 0))),
    Exit("5.1-2", PARSE, T.BAD_PARAMETERS, "cannot see retram", nothing,
         node(dma_ranges=(0, 0, 16))),
    Exit("5.1-3", PROBE, T.GENERIC, "a reset line is missing", nothing,
         node(resets=frozenset({"mcu_rst"}))),
    Exit("5.1-3", "rstctrl_assert_to", T.TIMEOUT, "injected", nothing,
         {**node(), **fails("rstctrl_assert_to")}, by=(PROBE,)),
    Exit("5.1-4", PROBE, T.GENERIC, "panic: the RCC is not secure", nothing,
         node(is_rcc_secure=False)),
    Exit("5.7", "plat_scmi_rd_set_state", T.ACCESS_DENIED, "is the secure world's",
         lambda m: plat_scmi_rd_set_state(m.tee, MCU, is_asserted=True)),
    Exit("5.3", "stm32_remoteproc_da_to_pa", T.ACCESS_DENIED, "no region holds",
         load(row(0, "p_paddr", 0x2000_0000, phdr(0, "p_paddr", 0x2000_0000))), by=(LOADSEG,)),
]  # fmt: skip


def st(where: str, function: str, code: T, why: str, act: Act, **options: Any) -> Exit:
    by = options.pop("by", ())
    return Exit(f"7 {where}", function, code, why, act, options, by, is_st=True)


def param(hash_algo: int = 0x5000_0004, enc_algo: int = 0, size: int = 88) -> Memref:
    said = hash_algo.to_bytes(4, "little") + sha256(bytes(4)).digest().ljust(64, b"\0")
    said += enc_algo.to_bytes(4, "little") + bytes(16)
    return Memref(HeapBlock(bytearray(said[:size])), 0, size)


def segment(address: int = 0, rproc_id: int = 0, said: Memref | None = None) -> Act:
    data = param() if said is None else said
    return pta(PtaCmd.LOAD_SEGMENT_SHA256, value(rproc_id), block(4), value(address), data)


def tlv_param(type_: int, size: int = 4, rproc_id: int = 0) -> Act:
    return pta(StPtaCmd.TLV_PARAM, value(rproc_id), value(type_), block(size))


def get_mem(cmd: int, rproc_id: int = 0) -> Act:
    return pta(cmd, value(rproc_id))


def resigned_st(image: bytes, type_: TlvType, content: int, at: int = 8) -> bytes:
    return resigned(put(image, tlv_at(image, type_) + at, content, 1))


RSA_INFO, EC_INFO = public_der(signing_key().public), public_der(ec_key().public)
EVEN = RSA_INFO[:-3] + b"\0\0\2"  # no exponent of any key
SEG, TLV_PARAM, ST_VERIFY = "st_pta_load_segment", "st_pta_tlv_param", "st_pta_verify_digest"
ST_EXITS = [
    st("types", "rproc_pta_invoke_command", T.BAD_PARAMETERS, "wrong parameter types",
       pta(StPtaCmd.CLEAN)),
    st("CAPS", "st_pta_capabilities", T.NOT_SUPPORTED, "no remote",
       pta(PtaCmd.HW_CAPABILITIES, value(9), out(), out())),
    st("LOADSEG size", SEG, T.BAD_PARAMETERS, "not 88", segment(said=param(size=32))),
    st("LOADSEG state", SEG, T.BAD_STATE, "is ON", then(on, segment())),
    st("LOADSEG hash", SEG, T.NOT_SUPPORTED, "hash algorithm", segment(said=param(1))),
    st("LOADSEG enc", SEG, T.NOT_SUPPORTED, "encryption algorithm 7",
       segment(said=param(enc_algo=7))),
    st("LOADSEG id", "st_remoteproc_da_to_pa", T.BAD_PARAMETERS, "no remote", segment(rproc_id=9)),
    st("LOADSEG address", "st_remoteproc_da_to_pa", T.ACCESS_DENIED, "no window",
       segment(0x2000_0000)),
    st("LOADSEG region", "st_remoteproc_map", T.ACCESS_DENIED, "no region", segment(0x1005_0000)),
    st("LOADSEG hash differs", SEG, T.SECURITY, "does not match",
       pta(PtaCmd.LOAD_SEGMENT_SHA256, value(), block(8), value(), param())),
    st("LOADSEG blocks", "st_pta_decrypt", T.BAD_PARAMETERS, "no whole blocks",
       segment(said=param(enc_algo=1))),
    st("LOADSEG key", "rproc_pta_get_enc_key", T.SECURITY, "all zeros", load(encrypted()),
       otp=otp(oem_rproc_enc_key=bytes(32))),
    st("SETMEM state", "st_pta_set_memory", T.BAD_STATE, "is ON",
       then(on, pta(PtaCmd.SET_MEMORY, *FILL))),
    st("START state", "st_pta_start", T.BAD_STATE, "is ON",
       then(on, pta(PtaCmd.FIRMWARE_START, value()))),
    st("START id", "st_remoteproc_start", T.GENERIC, "no remote",
       pta(PtaCmd.FIRMWARE_START, value(9))),
    st("START line", "st_remoteproc_start", T.GENERIC, "no line hold_boot",
       pta(PtaCmd.FIRMWARE_START, value()), node=replace(NODE, resets=frozenset())),
    st("STOP state", "st_pta_stop", T.BAD_STATE, "is OFF", pta(PtaCmd.FIRMWARE_STOP, value())),
    st("STOP line", "st_remoteproc_stop", T.GENERIC, "line is missing",
       then(on, pta(PtaCmd.FIRMWARE_STOP, value())), node=replace(NODE, resets=frozenset())),
    st("DA2PA", "st_pta_da_to_pa", T.BAD_PARAMETERS, "32 bits",
       pta(PtaCmd.FIRMWARE_DA_TO_PA, value(), value(0, 1), value(4), out())),
    st("TLV id", TLV_PARAM, T.NOT_SUPPORTED, "no remote", tlv_param(TlvType.BOOTADDR, 4, 9)),
    st("TLV unknown", TLV_PARAM, T.NOT_IMPLEMENTED, "is unknown", tlv_param(0x1_0003)),
    st("TLV length", TLV_PARAM, T.CORRUPT_OBJECT, "has 8 bytes", tlv_param(TlvType.BOOTADDR, 8)),
    st("BOOTADDR twice", "stm32_remoteproc_set_boot_address", T.GENERIC, "set already",
       then(tlv_param(TlvType.BOOTADDR), tlv_param(TlvType.BOOTADDR))),
    st("BOOTSEC twice", "stm32_remoteproc_enable_sec_boot", T.GENERIC, "set already",
       then(tlv_param(TlvType.BOOTSEC), tlv_param(TlvType.BOOTSEC))),
    st("CLEAN", "st_pta_clean", T.BAD_STATE, "is ON", then(on, get_mem(StPtaCmd.CLEAN))),
    st("GET_MEM", "stm32_remoteproc_get_mem", T.BAD_PARAMETERS, "no remote",
       get_mem(StPtaCmd.GET_MEM, 9)),
    st("RELEASE_MEM", "stm32_remoteproc_release_mem", T.BAD_STATE, "not asked for",
       get_mem(StPtaCmd.RELEASE_MEM)),
    st("VERIFY size", ST_VERIFY, T.BAD_PARAMETERS, "key info",
       pta(PtaCmd.VERIFY_DIGEST, value(), info(size=1), block(32), block(256))),
    st("VERIFY algorithm", ST_VERIFY, T.NOT_SUPPORTED, "is not verified",
       load(st_image(ec_key()))),
    st("VERIFY key", "st_pta_check_key", T.SECURITY, "is not the device's",
       load(with_key(ec_key())), otp=pkh(signing_key())),
    st("VERIFY RSA DER", "st_pta_verify_rsa", T.BAD_PARAMETERS, "no RSA-2048", load(st_image()),
       otp=pkh(signing_key())),
    st("VERIFY RSA", "st_pta_verify_rsa", T.SIGNATURE_INVALID, "the image's RSA key",
       load(put(with_key(signing_key()), 600, 0)), otp=pkh(signing_key())),
    st("VERIFY ECC DER", "st_pta_verify_ecc", T.BAD_PARAMETERS, "no P-256",
       load(st_image(ec_key())), otp=pkh(ec_key())),
    st("VERIFY ECC", "st_pta_verify_ecc", T.SIGNATURE_INVALID, "the image's EC key",
       load(put(with_key(ec_key()), 340, 0)), otp=pkh(ec_key())),
    st("LOADSEG NULL", SEG, T.BAD_PARAMETERS, "not 88", segment(said=Memref(None, 0, 88))),
    st("DA2PA size", "st_pta_da_to_pa", T.BAD_PARAMETERS, "32 bits",
       pta(PtaCmd.FIRMWARE_DA_TO_PA, value(), value(), value(4, 1), out())),
    st("VERIFY id", ST_VERIFY, T.NOT_SUPPORTED, "no remote processor 9",
       pta(PtaCmd.VERIFY_DIGEST, value(9), info(), block(32), block(256))),
    st("VERIFY state", ST_VERIFY, T.BAD_STATE, "is ON",
       then(on, pta(PtaCmd.VERIFY_DIGEST, value(), info(), block(32), block(256)))),
    st("VERIFY NULL", ST_VERIFY, T.BAD_PARAMETERS, "key info",
       pta(PtaCmd.VERIFY_DIGEST, value(), Memref(None, 0, 8), block(32), block(256))),
    st("VERIFY built in", RSA, T.SIGNATURE_INVALID, "not a signature",
       load(put(st_image(), 250, 0))),
    st("VERIFY RSA DER size", "st_pta_verify_rsa", T.BAD_PARAMETERS, "no RSA-2048",
       load(st_image(key_info=RSA_INFO + b"\0")), otp=pkh(signing_key())),
    st("VERIFY RSA DER header", "st_pta_verify_rsa", T.BAD_PARAMETERS, "no RSA-2048",
       load(st_image(key_info=RSA_INFO[:10] + b"\0" + RSA_INFO[11:])),
       otp=pkh(signing_key())),
    st("VERIFY RSA key", "st_pta_check_key", T.SECURITY, "is not the device's",
       load(with_key(signing_key())), otp=pkh(ec_key())),
    st("VERIFY RSA numbers", "st_pta_verify_rsa", T.SIGNATURE_INVALID, "the image's RSA key",
       load(st_image(key_info=EVEN)), otp=otp(oem_rproc_pkh=sha256(rsa_part(EVEN)).digest())),
    st("VERIFY ECC DER size", "st_pta_verify_ecc", T.BAD_PARAMETERS, "no P-256",
       load(st_image(ec_key(), key_info=EC_INFO + b"\0")), otp=pkh(ec_key())),
    st("VERIFY ECC DER header", "st_pta_verify_ecc", T.BAD_PARAMETERS, "no P-256",
       load(st_image(ec_key(), key_info=b"\0" + EC_INFO[1:])), otp=pkh(ec_key())),
    st("VERIFY ECC point", "st_pta_verify_ecc", T.SIGNATURE_INVALID, "the image's EC key",
       load(st_image(ec_key(), key_info=EC_INFO[:27] + bytes(64))),
       otp=otp(oem_rproc_pkh=sha256(bytes(64)).digest())),
    st("RELEASE_MEM id", "stm32_remoteproc_release_mem", T.BAD_PARAMETERS, "no remote",
       get_mem(StPtaCmd.RELEASE_MEM, 9)),
    st("map id", "st_remoteproc_map", T.BAD_PARAMETERS, "no remote",
       of_driver(st_remoteproc_map, 9, Pa(0x3800_0000), 4)),
    st("STOP id", "st_remoteproc_stop", T.BAD_PARAMETERS, "no remote",
       then(on, pta(PtaCmd.FIRMWARE_STOP, value(9)))),
    st("STOP mcu_rst", "st_remoteproc_stop", T.GENERIC, "line is missing",
       then(on, pta(PtaCmd.FIRMWARE_STOP, value())),
       node=replace(NODE, resets=frozenset({"hold_boot"}))),
    st("platform TLV", TLV_PARAM, T.NOT_IMPLEMENTED, "is unknown",
       load(resigned_st(st_image(boot_address=0), TlvType.BOOTADDR, 3, 0)),
       by=("st_push_platform_tlvs", "remoteproc_load_fw")),
    st("HASHTYPE", "st_check_hash_type", T.NOT_SUPPORTED, "hash type 9",
       load(resigned_st(st_image(), TlvType.HASHTYPE, 9))),
    st("ENCTYPE", "st_is_encrypted", T.NOT_SUPPORTED, "encryption type 9",
       load(resigned_st(encrypted(), TlvType.ENCTYPE, 9))),
    st("STOP when LOADED", "st_stop_fw", T.BAD_STATE, "is no more", then(load(st_image()), stop)),
]  # fmt: skip
MP25 = BOARDS["stm32mp257f-ev1"]


def set_boot_address(address: int) -> Act:
    return lambda machine: stm32_remoteproc_set_boot_address(
        machine.tee.pta.driver, st_of(machine.tee.pta).state, address
    )


M33_START = pta(PtaCmd.FIRMWARE_START, value(1))
M33_EXITS = [
    st("M33 without address", "st_remoteproc_start", T.GENERIC, "no boot address", M33_START,
       board=MP25),
    st("M33 address", "st_remoteproc_da_to_pa", T.ACCESS_DENIED, "no window",
       then(set_boot_address(0xFF00_0000), M33_START), board=MP25),
    st("M33 region", "st_remoteproc_start", T.ACCESS_DENIED, "no region",
       then(set_boot_address(0x0700_0000), M33_START), board=MP25),
    st("M33 id", "st_pta_capabilities", T.NOT_SUPPORTED, "no remote processor 0",
       pta(PtaCmd.HW_CAPABILITIES, value(0), out(), out()), board=MP25),
]  # fmt: skip
