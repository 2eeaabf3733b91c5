# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:core/pta/stm32mp/remoteproc_pta.c: what only the core may do, offered to one TA.

It copies, clears, translates, verifies and starts; it decides nothing. One state, ON or OFF, serves
all processors, and outlives the TA.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar, Protocol
from uuid import UUID

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import Run, Watched, mirrors, tolerate
from rprocbench.base.trace import Lane
from rprocbench.formats.tee_params import (
    TA_REMOTEPROC_UUID,
    Param,
    ParamType,
    PtaCmd,
    StPtaCmd,
)
from rprocbench.soc.memory import Da

from .commands import Command, Memref, Typed, check_types, command
from .generations import HEAD, Generation
from .protection import Protection
from .states import PtaState
from .stm32_remoteproc import (
    Stm32Rproc,
    stm32_remoteproc_clean,
    stm32_remoteproc_da_to_pa,
    stm32_remoteproc_get,
    stm32_remoteproc_map,
    stm32_remoteproc_start,
    stm32_remoteproc_stop,
    stm32_remoteproc_unmap,
)

pta_c = mirrors("optee_os:core/pta/stm32mp/remoteproc_pta.c")

PTA_RPROC_HWCAP_FMT_ELF = 1
PTA_RPROC_HWCAP_PROT_HASH_TABLE = 1
TEE_ALG_RSASSA_PKCS1_V1_5_SHA256 = 0x7000_4830
TEE_ALG_ECDSA_SHA256 = 0x7000_3042
SHA256_SIZE = 32
KEY_INFO_HDR = 8

VALUE, VALUE_OUT, MEMREF = ParamType.VALUE_INPUT, ParamType.VALUE_OUTPUT, ParamType.MEMREF_INPUT
PTA_COMMANDS: dict[int, Command] = {}
ST_NAMES = frozenset(StPtaCmd)
SHORT = {
    PtaCmd.HW_CAPABILITIES: "CAPS",
    PtaCmd.LOAD_SEGMENT_SHA256: "LOADSEG",
    PtaCmd.SET_MEMORY: "SETMEM",
    PtaCmd.FIRMWARE_START: "START",
    PtaCmd.FIRMWARE_STOP: "STOP",
    PtaCmd.FIRMWARE_DA_TO_PA: "DA2PA",
    PtaCmd.VERIFY_DIGEST: "VERIFY",
    PtaCmd.RELEASE: "RELEASE",
}


class Verifier(Protocol):
    """The RSA public key that is compiled into the core."""

    @property
    def modulus_bytes(self) -> bytes:
        """Its modulus, big-endian; a signature must be as long."""

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Whether `signature` is RSASSA-PKCS1-v1_5 of a SHA-256 `digest` by this key."""


@dataclass
class Pta(Watched):
    """The PTA's globals. `state` is one for all processors.

    `calls` is what was asked of it and how it ended, and what its driver did with the reset lines:
    `LOADSEG(da=0,size=0x40)=00000000`, `assert(hold_boot)`; a trace is not needed for them.
    """

    LANE: ClassVar[Lane] = Lane.OPTEE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset(
        {"driver", "key", "generation", "calls", "protection", "commands", "st"}
    )

    run: Run
    driver: Stm32Rproc
    key: Verifier
    state: PtaState = PtaState.OFF
    generation: Generation = HEAD
    calls: list[str] = field(default_factory=list)
    commands: Mapping[int, Command] = field(default_factory=lambda: PTA_COMMANDS)
    st: object = None

    def __post_init__(self) -> None:
        self.calls = self.driver.calls
        self.protection = Protection(self.driver.soc.firewall)
        self.watch("remoteproc PTA")


@pta_c
def rproc_pta_open_session(pta: Pta, caller: UUID | None, params: tuple[Param, ...]) -> None:
    """Let the remoteproc TA in, and nobody else. `caller` None is the normal world, or a PTA."""
    check_types((VALUE,), params)
    if caller is None:
        raise ModelledError(TeeResult.ACCESS_DENIED, "only a trusted application may open the PTA")
    if caller != TA_REMOTEPROC_UUID:
        raise ModelledError(TeeResult.ACCESS_DENIED, "only the remoteproc TA may open the PTA")
    if stm32_remoteproc_get(pta.driver, params[0].a) is None:
        raise ModelledError(TeeResult.NOT_SUPPORTED, f"no remote processor {params[0].a}")


@pta_c
def rproc_pta_invoke_command(pta: Pta, cmd: int, *params: Typed) -> None:
    """Serve one command of the TA."""
    found = pta.commands.get(cmd)
    if found is None or not exists(pta, cmd):
        raise ModelledError(TeeResult.NOT_IMPLEMENTED, f"the PTA does not serve command {cmd}")
    assert found.types is not None
    check_types(found.types, params)
    if not pta.run.is_quiet:
        pta.run.log(Lane.OPTEE, describe(pta, cmd, params), "debug")
    name = f"PTA.{named(pta, cmd)}{arguments(cmd, params)}"
    try:
        found.handler(pta, *params)
    except ModelledError as error:
        pta.calls.append(f"{name}={error.code & 0xFFFF_FFFF:08x}")
        raise
    pta.calls.append(f"{name}=00000000")


def exists(pta: Pta, cmd: int) -> bool:
    """Whether that generation of the PTA has the command."""
    return cmd != PtaCmd.RELEASE or pta.generation.has_release or pta.generation.is_st


def arguments(cmd: int, params: tuple[Typed, ...]) -> str:
    """What a command is about, in the notation of the recordings."""
    match cmd, params:
        case PtaCmd.LOAD_SEGMENT_SHA256, (_, Memref(size=size), Param(a=da), _):
            pass
        case ((PtaCmd.SET_MEMORY | PtaCmd.FIRMWARE_DA_TO_PA), (_, Param(a=da), Param(a=size), _)):
            pass
        case _:
            return ""
    return f"(da={f'{da:#x}' if da else '0'},size={size:#x})"


def named(pta: Pta, cmd: int) -> str:
    """A command's short name. ST's numbers from 9 on mean other commands (D-7)."""
    if pta.generation.is_st and cmd in ST_NAMES:
        return StPtaCmd(cmd).name
    return SHORT[PtaCmd(cmd)]


def describe(pta: Pta, cmd: int, params: tuple[Typed, ...]) -> str:
    """A line for the reader of a trace: the command, and what it is about."""
    said = arguments(cmd, params).replace("da=0,", "da=0x0,").replace(",", ", ")
    is_st = pta.generation.is_st and cmd in ST_NAMES
    return f"PTA {(StPtaCmd if is_st else PtaCmd)(cmd).name} {said}".rstrip()


def must_be(pta: Pta, state: PtaState) -> None:
    """Refuse, with BAD_STATE, unless the PTA is in `state`."""
    if pta.state is not state:
        raise ModelledError(TeeResult.BAD_STATE, f"the remote processor is {pta.state.name}")


def must_know(pta: Pta, rproc_id: int) -> None:
    """Refuse, with NOT_SUPPORTED, a processor that the driver does not know."""
    if stm32_remoteproc_get(pta.driver, rproc_id) is None:
        raise ModelledError(TeeResult.NOT_SUPPORTED, f"no remote processor {rproc_id}")


@command(PTA_COMMANDS, PtaCmd.HW_CAPABILITIES, VALUE, VALUE_OUT, VALUE_OUT)
@pta_c
def rproc_pta_capabilities(pta: Pta, rproc_id: Param, fmt: Param, protection: Param) -> None:
    """Firmware formats and image protections that the hardware supports."""
    must_know(pta, rproc_id.a)
    fmt.a = PTA_RPROC_HWCAP_FMT_ELF
    protection.a = PTA_RPROC_HWCAP_PROT_HASH_TABLE


@command(PTA_COMMANDS, PtaCmd.LOAD_SEGMENT_SHA256, VALUE, MEMREF, VALUE, MEMREF)
@pta_c
def rproc_pta_load_segment(
    pta: Pta, rproc_id: Param, segment: Memref, address: Param, digest: Memref
) -> None:
    """Copy a segment to its place, and only then hash it there.

    What the normal world changes before the copy is caught by the hash; what it changes in its own
    buffer afterwards has no effect. On a mismatch the place is zeroed. The high word of the device
    address is ignored: physical addresses are 32 bits wide on this chip.
    """
    if digest.area is None or digest.size != SHA256_SIZE:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the hash is not 32 bytes long")
    must_be(pta, PtaState.OFF)
    pa = stm32_remoteproc_da_to_pa(pta.driver, rproc_id.a, Da(address.a), segment.size)
    va = stm32_remoteproc_map(pta.driver, rproc_id.a, pa, segment.size)
    a7 = pta.driver.soc.a7
    if pta.generation.firewalls_segments:  # before the copy: nobody writes between it and the hash
        pta.protection.protect(pa, segment.size)
    a7.write(va, segment.fetch(), Lane.OPTEE)
    matches = sha256(a7.read(va, segment.size, Lane.OPTEE)).digest() == digest.fetch()
    if not matches:
        a7.fill(va, segment.size, 0, Lane.OPTEE)
    tolerate(stm32_remoteproc_unmap, pta.driver, rproc_id.a, va, segment.size)
    if not matches:
        raise ModelledError(
            TeeResult.SECURITY,
            f"the segment at device address {address.a:#x} does not match its hash",
            span=segment.area.span(segment.start, segment.size) if segment.area else None,
        )


@command(PTA_COMMANDS, PtaCmd.SET_MEMORY, VALUE, VALUE, VALUE, VALUE)
@pta_c
def rproc_pta_set_memory(
    pta: Pta, rproc_id: Param, address: Param, size: Param, value: Param
) -> None:
    """Fill memory. The C's logical AND stores 1 for any value but 0 (W-28); the TA asks for 0."""
    must_be(pta, PtaState.OFF)
    pa = stm32_remoteproc_da_to_pa(pta.driver, rproc_id.a, Da(address.a), size.a)
    va = stm32_remoteproc_map(pta.driver, rproc_id.a, pa, size.a)
    byte = value.a & 0xFF if pta.generation.stores_value else int(value.a != 0)
    pta.driver.soc.a7.fill(va, size.a, byte, Lane.OPTEE)
    tolerate(stm32_remoteproc_unmap, pta.driver, rproc_id.a, va, size.a)


@command(PTA_COMMANDS, PtaCmd.FIRMWARE_START, VALUE)
@pta_c
def rproc_pta_start(pta: Pta, rproc_id: Param) -> None:
    """Start the remote processor."""
    must_be(pta, PtaState.OFF)
    stm32_remoteproc_start(pta.driver, rproc_id.a)
    pta.state = PtaState.ON


@command(PTA_COMMANDS, PtaCmd.FIRMWARE_STOP, VALUE)
@pta_c
def rproc_pta_stop(pta: Pta, rproc_id: Param) -> None:
    """Stop the remote processor. Its memory stays as it is."""
    must_be(pta, PtaState.ON)
    stm32_remoteproc_stop(pta.driver, rproc_id.a)
    pta.state = PtaState.OFF


@command(PTA_COMMANDS, PtaCmd.FIRMWARE_DA_TO_PA, VALUE, VALUE, VALUE, VALUE_OUT)
@pta_c
def rproc_pta_da_to_pa(pta: Pta, rproc_id: Param, address: Param, size: Param, pa: Param) -> None:
    """Translate a device address, in any state."""
    if address.b or size.b:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "a device address is 32 bits wide")
    found = stm32_remoteproc_da_to_pa(pta.driver, rproc_id.a, Da(address.a), size.a)
    if pta.generation.firewalls_segments:  # Linux writes to the resource table
        pta.protection.open(found, size.a)
    pa.a, pa.b = found & 0xFFFF_FFFF, found >> 32


@command(PTA_COMMANDS, PtaCmd.VERIFY_DIGEST, VALUE, MEMREF, MEMREF, MEMREF)
@pta_c
def rproc_pta_verify_digest(
    pta: Pta, rproc_id: Param, key_info: Memref, digest: Memref, signature: Memref
) -> None:
    """Verify a signature with the key from the build; a key in the key info is ignored."""
    must_know(pta, rproc_id.a)
    must_be(pta, PtaState.OFF)
    info = key_info.fetch()
    size = int.from_bytes(info[4:8], "little")
    if not info or (KEY_INFO_HDR + size) & 0xFFFF_FFFF != key_info.size:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the key info has another size than it says")
    if int.from_bytes(info[:4], "little") != TEE_ALG_RSASSA_PKCS1_V1_5_SHA256:
        raise ModelledError(
            TeeResult.NOT_SUPPORTED, "only RSA PKCS#1 v1.5 with SHA-256 is verified"
        )
    rproc_pta_verify_rsa_signature(pta, digest, signature)


@pta_c
def rproc_pta_verify_rsa_signature(pta: Pta, digest: Memref, signature: Memref) -> None:
    """RSASSA-PKCS1-v1_5 with SHA-256."""
    if digest.size != SHA256_SIZE:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the digest is not 32 bytes long")
    span = signature.area.span(signature.start, signature.size) if signature.area else None
    modulus_size = len(pta.key.modulus_bytes)
    if signature.size != modulus_size:
        raise ModelledError(
            TeeResult.SIGNATURE_INVALID,
            f"{signature.size} bytes of signature, {modulus_size} of modulus",
            span=span,
        )
    if not pta.key.verify(digest.fetch(), signature.fetch()):
        raise ModelledError(
            TeeResult.SIGNATURE_INVALID, "not a signature of this digest by this key", span=span
        )


@command(PTA_COMMANDS, PtaCmd.RELEASE, VALUE)
@pta_c
def rproc_pta_release(pta: Pta, rproc_id: Param) -> None:
    """Zero the remote processor's memories."""
    must_be(pta, PtaState.OFF)
    stm32_remoteproc_clean(pta.driver, rproc_id.a)
    pta.protection.lift()
