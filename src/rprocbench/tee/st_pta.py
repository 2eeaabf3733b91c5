# SPDX-License-Identifier: GPL-2.0-or-later
"""ST's downstream PTA: what differs from upstream's (tee.md section 7.3), weaknesses included.

Id 9 means TLV_PARAM here and RELEASE upstream (D-7). The parameters of commands 9 to 12, which the
reference does not give, are ours: values, and one buffer for the TLV.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from rprocbench.base.errors import InputError, ModelledError, TeeResult
from rprocbench.base.run import Run, mirrors, tolerate
from rprocbench.base.trace import Lane
from rprocbench.formats.st_crypto import (
    EC_DER,
    EC_DER_SIZE,
    RSA_DER,
    RSA_DER_SIZE,
    aes_cbc_decrypt,
    ec_from_point,
    rsa_from_numbers,
    rsa_part,
)
from rprocbench.formats.tee_params import Param, PtaCmd, StPtaCmd
from rprocbench.formats.tlv import TlvType
from rprocbench.soc.memory import Da

from .commands import Command, Memref, command
from .pta_remoteproc import (
    KEY_INFO_HDR,
    MEMREF,
    PTA_COMMANDS,
    PTA_RPROC_HWCAP_FMT_ELF,
    PTA_RPROC_HWCAP_PROT_HASH_TABLE,
    SHA256_SIZE,
    TEE_ALG_ECDSA_SHA256,
    TEE_ALG_RSASSA_PKCS1_V1_5_SHA256,
    VALUE,
    VALUE_OUT,
    Pta,
    must_be,
    must_know,
    rproc_pta_verify_rsa_signature,
)
from .st_driver import (
    StState,
    st_remoteproc_clean,
    st_remoteproc_da_to_pa,
    st_remoteproc_map,
    st_remoteproc_start,
    st_remoteproc_stop,
    stm32_remoteproc_enable_sec_boot,
    stm32_remoteproc_get_mem,
    stm32_remoteproc_release_mem,
    stm32_remoteproc_set_boot_address,
)
from .st_otp import Otp, rproc_pta_get_enc_key, rproc_pta_read_otp
from .states import PtaState
from .stm32_remoteproc import stm32_remoteproc_unmap

pta_c = mirrors("optee_os:core/pta/stm32mp/remoteproc_pta.c")

PTA_RPROC_HWCAP_FMT_ENC_ELF = 2
SEGMENT_PARAM_SIZE = 88  # hash_algo, hash[64], enc_algo, iv[16]
TEE_ALG_SHA256 = 0x5000_0004
ENC_NONE, ENC_AES_CBC = 0, 1
REPLACED = (
    PtaCmd.HW_CAPABILITIES, PtaCmd.LOAD_SEGMENT_SHA256, PtaCmd.SET_MEMORY, PtaCmd.FIRMWARE_START,
    PtaCmd.FIRMWARE_STOP, PtaCmd.FIRMWARE_DA_TO_PA, PtaCmd.VERIFY_DIGEST, PtaCmd.RELEASE,
)  # fmt: skip
ST_PTA_COMMANDS: dict[int, Command] = {
    number: found for number, found in PTA_COMMANDS.items() if number not in REPLACED
}


@dataclass
class StPta:
    """What the downstream PTA has beside upstream's."""

    run: Run
    otp: Otp
    state: StState


def st_of(pta: Pta) -> StPta:
    """The downstream part of the PTA."""
    assert isinstance(pta.st, StPta)
    return pta.st


@command(ST_PTA_COMMANDS, PtaCmd.HW_CAPABILITIES, VALUE, VALUE_OUT, VALUE_OUT)
@pta_c
def st_pta_capabilities(pta: Pta, rproc_id: Param, fmt: Param, protection: Param) -> None:
    """Clear and encrypted ELF images, by hash table."""
    must_know(pta, rproc_id.a)
    fmt.a = PTA_RPROC_HWCAP_FMT_ELF | PTA_RPROC_HWCAP_FMT_ENC_ELF
    protection.a = PTA_RPROC_HWCAP_PROT_HASH_TABLE


@command(ST_PTA_COMMANDS, PtaCmd.LOAD_SEGMENT_SHA256, VALUE, MEMREF, VALUE, MEMREF)
@pta_c
def st_pta_load_segment(
    pta: Pta, rproc_id: Param, segment: Memref, address: Param, param: Memref
) -> None:
    """Copy a segment, hash the copy as it is, then decrypt it in place where it is encrypted."""
    if param.area is None or param.size != SEGMENT_PARAM_SIZE:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the segment's parameters are not 88 bytes")
    must_be(pta, PtaState.OFF)
    said = param.fetch()
    hash_algo, enc_algo = (int.from_bytes(said[at : at + 4], "little") for at in (0, 68))
    if hash_algo != TEE_ALG_SHA256:
        raise ModelledError(TeeResult.NOT_SUPPORTED, f"hash algorithm {hash_algo:#x}")
    if enc_algo not in (ENC_NONE, ENC_AES_CBC):
        raise ModelledError(TeeResult.NOT_SUPPORTED, f"encryption algorithm {enc_algo}")
    driver, a7 = pta.driver, pta.driver.soc.a7
    pa = st_remoteproc_da_to_pa(driver, rproc_id.a, Da(address.a), segment.size)
    va = st_remoteproc_map(driver, rproc_id.a, pa, segment.size)
    a7.write(va, segment.fetch(), Lane.OPTEE)
    copy = a7.read(va, segment.size, Lane.OPTEE)
    span = segment.area.span(segment.start, segment.size) if segment.area else None
    error: ModelledError | None = None
    if sha256(copy).digest() != said[4 : 4 + SHA256_SIZE]:
        why = f"the segment at device address {address.a:#x} does not match its hash"
        error = ModelledError(TeeResult.SECURITY, why, span=span)
    elif enc_algo == ENC_AES_CBC:
        try:
            a7.write(va, st_pta_decrypt(pta, said[72:88], copy), Lane.OPTEE)
        except ModelledError as raised:
            error = raised
    if error:
        a7.fill(va, segment.size, 0, Lane.OPTEE)
    tolerate(stm32_remoteproc_unmap, driver, rproc_id.a, va, segment.size)
    if error:
        raise error


@pta_c
def st_pta_decrypt(pta: Pta, iv: bytes, data: bytes) -> bytes:
    """AES-CBC with the 32-byte key of the device, whatever key the image was encrypted with."""
    key = rproc_pta_get_enc_key(st_of(pta).otp)
    try:
        return aes_cbc_decrypt(key, iv, data)
    except InputError as error:
        raise ModelledError(TeeResult.BAD_PARAMETERS, error.why) from error


@command(ST_PTA_COMMANDS, PtaCmd.SET_MEMORY, VALUE, VALUE, VALUE, VALUE)
@pta_c
def st_pta_set_memory(pta: Pta, rproc_id: Param, address: Param, size: Param, value: Param) -> None:
    """Fill memory."""
    must_be(pta, PtaState.OFF)
    pa = st_remoteproc_da_to_pa(pta.driver, rproc_id.a, Da(address.a), size.a)
    va = st_remoteproc_map(pta.driver, rproc_id.a, pa, size.a)
    pta.driver.soc.a7.fill(va, size.a, int(value.a != 0), Lane.OPTEE)
    tolerate(stm32_remoteproc_unmap, pta.driver, rproc_id.a, va, size.a)


@command(ST_PTA_COMMANDS, PtaCmd.FIRMWARE_START, VALUE)
@pta_c
def st_pta_start(pta: Pta, rproc_id: Param) -> None:
    """Start the remote processor."""
    must_be(pta, PtaState.OFF)
    st_remoteproc_start(pta.driver, st_of(pta).state, rproc_id.a)
    pta.state = PtaState.ON


@command(ST_PTA_COMMANDS, PtaCmd.FIRMWARE_STOP, VALUE)
@pta_c
def st_pta_stop(pta: Pta, rproc_id: Param) -> None:
    """Stop the remote processor."""
    must_be(pta, PtaState.ON)
    st_remoteproc_stop(pta.driver, st_of(pta).state, rproc_id.a)
    pta.state = PtaState.OFF


@command(ST_PTA_COMMANDS, PtaCmd.FIRMWARE_DA_TO_PA, VALUE, VALUE, VALUE, VALUE_OUT)
@pta_c
def st_pta_da_to_pa(pta: Pta, rproc_id: Param, address: Param, size: Param, pa: Param) -> None:
    """Translate a device address, in any state."""
    if address.b or size.b:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "a device address is 32 bits wide")
    found = st_remoteproc_da_to_pa(pta.driver, rproc_id.a, Da(address.a), size.a)
    pa.a, pa.b = found & 0xFFFF_FFFF, found >> 32


@command(ST_PTA_COMMANDS, StPtaCmd.TLV_PARAM, VALUE, VALUE, MEMREF)
@pta_c
def st_pta_tlv_param(pta: Pta, rproc_id: Param, type_: Param, content: Memref) -> None:
    """A platform TLV. That BOOTSEC is there enables secure boot, even when it says 0 (D-1)."""
    must_know(pta, rproc_id.a)
    if type_.a not in (TlvType.BOOTADDR, TlvType.BOOTSEC):
        raise ModelledError(TeeResult.NOT_IMPLEMENTED, f"platform TLV {type_.a:#x} is unknown")
    if content.size != 4:
        why = f"platform TLV {type_.a:#x} has {content.size} bytes, not 4"
        raise ModelledError(TeeResult.CORRUPT_OBJECT, why)
    found = int.from_bytes(content.fetch(), "little")
    if type_.a == TlvType.BOOTADDR:
        stm32_remoteproc_set_boot_address(pta.driver, st_of(pta).state, found)
    else:
        stm32_remoteproc_enable_sec_boot(pta.driver, st_of(pta).state, value=True)


@command(ST_PTA_COMMANDS, StPtaCmd.CLEAN, VALUE)
@pta_c
def st_pta_clean(pta: Pta, rproc_id: Param) -> None:
    """Zero the memories, and forget the boot parameters."""
    must_be(pta, PtaState.OFF)
    st_remoteproc_clean(pta.driver, st_of(pta).state, rproc_id.a)


@command(ST_PTA_COMMANDS, StPtaCmd.GET_MEM, VALUE)
@pta_c
def st_pta_get_mem(pta: Pta, rproc_id: Param) -> None:
    """Close the memories to all others."""
    stm32_remoteproc_get_mem(pta.driver, st_of(pta).state, rproc_id.a)


@command(ST_PTA_COMMANDS, StPtaCmd.RELEASE_MEM, VALUE)
@pta_c
def st_pta_release_mem(pta: Pta, rproc_id: Param) -> None:
    """Open them to whom they belong."""
    stm32_remoteproc_release_mem(pta.driver, st_of(pta).state, rproc_id.a)


@command(ST_PTA_COMMANDS, PtaCmd.VERIFY_DIGEST, VALUE, MEMREF, MEMREF, MEMREF)
@pta_c
def st_pta_verify_digest(
    pta: Pta, rproc_id: Param, key_info: Memref, digest: Memref, signature: Memref
) -> None:
    """Verify a signature, with the key of the build or with the one that the image brings."""
    must_know(pta, rproc_id.a)
    must_be(pta, PtaState.OFF)
    info = key_info.fetch()
    size = int.from_bytes(info[4:8], "little")
    if not info or (KEY_INFO_HDR + size) & 0xFFFF_FFFF != key_info.size:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the key info has another size than it says")
    algo, from_image = int.from_bytes(info[:4], "little"), st_of(pta).otp.oem_rproc_pkh is not None
    verify = VERIFIERS[from_image].get(algo)
    if verify is None:
        raise ModelledError(TeeResult.NOT_SUPPORTED, f"algorithm {algo:#x} is not verified")
    verify(pta, info[KEY_INFO_HDR:], digest, signature)


def st_pta_verify_built_in(pta: Pta, _key: bytes, digest: Memref, signature: Memref) -> None:
    """With the key of the build."""
    rproc_pta_verify_rsa_signature(pta, digest, signature)


@pta_c
def st_pta_check_key(pta: Pta, key: bytes) -> None:
    """The key of an image must be the one whose hash was burnt."""
    if sha256(key).digest() != rproc_pta_read_otp(st_of(pta).otp, "oem_rproc_pkh"):
        raise ModelledError(TeeResult.SECURITY, "the image's public key is not the device's")


@pta_c
def st_pta_verify_rsa(pta: Pta, der: bytes, digest: Memref, signature: Memref) -> None:
    """RSA-2048, in 294 bytes of DER whose fixed part is compared."""
    if len(der) != RSA_DER_SIZE or der[: len(RSA_DER)] != RSA_DER:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "PKEYINFO is no RSA-2048 key in DER")
    st_pta_check_key(pta, rsa_part(der))
    modulus, exponent = der[len(RSA_DER) :][:256], der[-3:]
    key = rsa_from_numbers(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"))
    if key is None or not key.verify(digest.fetch(), signature.fetch()):
        raise ModelledError(TeeResult.SIGNATURE_INVALID, "not a signature by the image's RSA key")


@pta_c
def st_pta_verify_ecc(pta: Pta, der: bytes, digest: Memref, signature: Memref) -> None:
    """P-256, in 91 bytes of DER. Of its fixed part one byte is compared, by mistake (D-3)."""
    if len(der) != EC_DER_SIZE or der[:1] != EC_DER[:1]:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "PKEYINFO is no P-256 key in DER")
    point = der[len(EC_DER) :]
    st_pta_check_key(pta, point)
    key = ec_from_point(point)
    if key is None or not key.verify(digest.fetch(), signature.fetch()):
        raise ModelledError(TeeResult.SIGNATURE_INVALID, "not a signature by the image's EC key")


VERIFIERS: dict[bool, dict[int, Callable[[Pta, bytes, Memref, Memref], None]]] = {
    False: {TEE_ALG_RSASSA_PKCS1_V1_5_SHA256: st_pta_verify_built_in},
    True: {
        TEE_ALG_RSASSA_PKCS1_V1_5_SHA256: st_pta_verify_rsa,
        TEE_ALG_ECDSA_SHA256: st_pta_verify_ecc,
    },
}
