# SPDX-License-Identifier: GPL-2.0-or-later
"""What crosses the border between the worlds: parameters, UUIDs, commands, calls, results."""

from dataclasses import dataclass, field
from enum import IntEnum
from uuid import UUID

from rprocbench.base.errors import TeeResult

TA_REMOTEPROC_UUID = UUID("80a4c275-0a47-4905-8285-1486a9771a08")
PTA_REMOTEPROC_UUID = UUID("54af4a68-19be-40d7-bbe6-8950350a8744")
NUM_PARAMS = 4


class TaCmd(IntEnum):
    """Commands of the remoteproc TA (optee_os: ta/remoteproc/include/ta_remoteproc.h)."""

    LOAD_FW = 1
    START_FW = 2
    STOP_FW = 3
    GET_RSC_TABLE = 4
    GET_COREDUMP = 5
    RELEASE_FW = 6


class PtaCmd(IntEnum):
    """Commands of the remoteproc PTA (optee_os: lib/libutee/include/remoteproc_pta.h)."""

    HW_CAPABILITIES = 1
    FIRMWARE_LOAD = 2
    LOAD_SEGMENT_SHA256 = 3
    SET_MEMORY = 4
    FIRMWARE_START = 5
    FIRMWARE_STOP = 6
    FIRMWARE_DA_TO_PA = 7
    VERIFY_DIGEST = 8
    RELEASE = 9


class StPtaCmd(IntEnum):
    """Commands of ST's downstream PTA that upstream's has not; 9 is RELEASE there (tee.md 7.3)."""

    TLV_PARAM = 9
    CLEAN = 10
    GET_MEM = 11
    RELEASE_MEM = 12


class ParamType(IntEnum):
    """How one parameter crosses; nibble n of a `param_types` word is parameter n."""

    NONE = 0
    VALUE_INPUT = 1
    VALUE_OUTPUT = 2
    VALUE_INOUT = 3
    MEMREF_INPUT = 5
    MEMREF_OUTPUT = 6
    MEMREF_INOUT = 7


class Origin(IntEnum):
    """Who produced a result: the client's library, the transport, OP-TEE itself, the TA."""

    API = 1
    COMMS = 2
    TEE = 3
    TRUSTED_APP = 4


class Login(IntEnum):
    """Who a session says it is opened by."""

    PUBLIC = 0
    REE_KERNEL = 0x8000_0000
    TRUSTED_APP = 0xF000_0000


@dataclass
class Param:
    """One parameter: two u32 values, or a buffer. The callee writes outputs in place.

    `buffer` is the very memory that both worlds see, so what one changes the other reads; `name` is
    what spans and pokes call it. `offset` is its distance from 8-byte alignment, 0..7.
    """

    type: ParamType = ParamType.NONE
    a: int = 0
    b: int = 0
    buffer: bytearray | None = None
    name: str = ""
    offset: int = 0


def value(a: int = 0, b: int = 0, type_: ParamType = ParamType.VALUE_INPUT) -> Param:
    """A pair of u32 numbers."""
    return Param(type_, a, b)


def memref(
    buffer: bytearray | None, name: str, type_: ParamType = ParamType.MEMREF_INPUT, offset: int = 0
) -> Param:
    """A buffer in shared memory; None is a NULL pointer."""
    return Param(type_, buffer=buffer, name=name, offset=offset)


def param_types(params: tuple[Param, ...]) -> int:
    """The `param_types` word of `params`."""
    return sum(param.type << 4 * index for index, param in enumerate(params))


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Ask the secure world for a session with the application `uuid`."""

    uuid: UUID
    login: Login = Login.REE_KERNEL
    params: tuple[Param, ...] = ()


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call command `cmd` on an open session."""

    session: int
    cmd: int
    params: tuple[Param, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseSession:
    """End a session."""

    session: int


SmcCall = OpenSession | Invoke | CloseSession


@dataclass(frozen=True, slots=True)
class SmcResult:
    """What comes back: the result, who produced it, and the session number of an open."""

    ret: TeeResult
    origin: Origin = Origin.TEE
    session: int = 0
    why: str = ""
    params: tuple[Param, ...] = field(default=())
