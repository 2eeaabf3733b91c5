# SPDX-License-Identifier: GPL-2.0-or-later
"""ST's downstream TA: what it does between the upstream steps (tee.md section 7.2).

The firewall is closed while it loads; HASHTYPE is needed; platform TLVs go to the PTA before the
ELF image is looked at; encrypted segments have a table of their own.
"""

from collections.abc import Callable

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import mirrors, tolerate
from rprocbench.formats.signed_image import EncRow, HashRow, RemoteprocFwHdr
from rprocbench.formats.tee_params import PtaCmd, StPtaCmd, value
from rprocbench.formats.tlv import PLATFORM, TlvHdr, TlvType
from rprocbench.soc.memory import Da

from .arithmetic import roundup_64
from .commands import Memref
from .heap import TEE_Free, TEE_Malloc
from .libutee import TEE_InvokeTACommand
from .remoteproc_verify import emsg, emsg_on_error, remoteproc_get_tlv
from .st_pta import ENC_AES_CBC, ENC_NONE, SEGMENT_PARAM_SIZE, TEE_ALG_SHA256
from .states import LOADED, OFF, STARTED
from .ta_context import RemoteprocContext

core_c = mirrors("optee_os:ta/remoteproc/src/remoteproc_core.c")

HASH_SHA256 = 1
IMG_ELF, IMG_ENC_ELF = 1, 2


def clean(ctx: RemoteprocContext) -> None:
    """Have the memories zeroed; whether that works is not asked."""
    tolerate(TEE_InvokeTACommand, ctx.ta, StPtaCmd.CLEAN, value(ctx.rproc_id))


@core_c
def st_load_fw(
    ctx: RemoteprocContext,
    verify: Callable[[RemoteprocContext], None],
    load: Callable[[RemoteprocContext], None],
) -> None:
    """GET_MEM, verify, HASHTYPE, platform TLVs, ELF, RELEASE_MEM.

    - a wrong ELF header returns before anything is cleaned: boot parameters that the TLVs have set
      stay set, and no later LOAD can set them (D-2)
    - the memories are released whatever happens (ours: the reference does not say otherwise)
    """
    TEE_InvokeTACommand(ctx.ta, StPtaCmd.GET_MEM, value(ctx.rproc_id))
    try:
        with emsg_on_error(ctx, "Can't Authenticate the firmware (res = {res})"):
            verify(ctx)
        st_check_hash_type(ctx)
        ctx.is_encrypted = st_is_encrypted(ctx)
        ctx.row_size = EncRow.SIZE if ctx.is_encrypted else HashRow.SIZE
        st_push_platform_tlvs(ctx)
        load(ctx)
    finally:
        tolerate(TEE_InvokeTACommand, ctx.ta, StPtaCmd.RELEASE_MEM, value(ctx.rproc_id))


@core_c
def st_check_hash_type(ctx: RemoteprocContext) -> None:
    """HASHTYPE must be there, and say SHA-256."""
    at, _length = remoteproc_get_tlv(ctx, TlvType.HASHTYPE)
    found = ctx.copy.fetch(at, 1)[0]
    if found != HASH_SHA256:
        span = ctx.copy.span(at, 1)
        raise ModelledError(TeeResult.NOT_SUPPORTED, f"hash type {found}", span=span)


@core_c
def st_is_encrypted(ctx: RemoteprocContext) -> bool:
    """What ENCTYPE says; without it the image is in the clear."""
    try:
        at, _length = remoteproc_get_tlv(ctx, TlvType.ENCTYPE)
    except ModelledError:
        return False
    found = ctx.copy.fetch(at, 1)[0]
    if found != ENC_AES_CBC:
        span = ctx.copy.span(at, 1)
        raise ModelledError(TeeResult.NOT_SUPPORTED, f"encryption type {found}", span=span)
    return True


@core_c
def st_push_platform_tlvs(ctx: RemoteprocContext) -> None:
    """Hand every platform TLV to the PTA. Its walker keeps 16 bits of a length (D-6)."""
    copy = ctx.copy
    at = RemoteprocFwHdr.SIZE
    end = at + copy.field(0, RemoteprocFwHdr, "tlv_len")
    while at + TlvHdr.SIZE <= end:
        type_, length = copy.u32(at), copy.u32(at + 4) & 0xFFFF
        at += TlvHdr.SIZE
        if type_ in PLATFORM:
            TEE_InvokeTACommand(
                ctx.ta,
                StPtaCmd.TLV_PARAM,
                value(ctx.rproc_id),
                value(type_),
                Memref(copy, at, length),
            )
        at += roundup_64(length)


def st_check_img_type(ctx: RemoteprocContext, kind: int) -> bool:
    """Whether an image's type agrees with ENCTYPE."""
    return kind == (IMG_ENC_ELF if ctx.is_encrypted else IMG_ELF)


@core_c
def st_load_segment(ctx: RemoteprocContext, src: int, size: int, da: Da, index: int) -> None:
    """Have the PTA load a segment by its row; when it cannot, have everything cleaned."""
    assert ctx.hash_table
    at = ctx.row_size * index + HashRow.SPANS["hash"][0]
    row = bytes(ctx.hash_table.memory[at : at + ctx.row_size])
    param = TEE_Malloc(ctx.ta.heap, SEGMENT_PARAM_SIZE)
    enc_algo = ENC_AES_CBC if ctx.is_encrypted else ENC_NONE
    iv = row[32:48] if ctx.is_encrypted else bytes(16)
    param.memory[:] = (
        TEE_ALG_SHA256.to_bytes(4, "little")
        + row[:32].ljust(64, b"\0")
        + enc_algo.to_bytes(4, "little")
        + iv
    )
    try:
        TEE_InvokeTACommand(
            ctx.ta,
            PtaCmd.LOAD_SEGMENT_SHA256,
            value(ctx.rproc_id),
            Memref(ctx.image, src, size),
            value(da),
            Memref(param, 0, SEGMENT_PARAM_SIZE),
        )
    finally:
        TEE_Free(ctx.ta.heap, param)


@core_c
def st_start_fw(ctx: RemoteprocContext) -> None:
    """Start. A start that fails cleans the memories, and leaves the state LOADED (D-5)."""
    try:
        TEE_InvokeTACommand(ctx.ta, PtaCmd.FIRMWARE_START, value(ctx.rproc_id))
    except ModelledError:
        emsg(ctx, "Failed to start the firmware")
        clean(ctx)
        raise
    ctx.state = STARTED


@core_c
def st_stop_fw(ctx: RemoteprocContext) -> None:
    """Stop, and clean. What was only loaded is cleaned too, and the answer is BAD_STATE."""
    if ctx.state is LOADED:
        clean(ctx)
        ctx.state = OFF
        raise ModelledError(TeeResult.BAD_STATE, "the firmware was LOADED, and is no more")
    if ctx.state is STARTED:
        TEE_InvokeTACommand(ctx.ta, PtaCmd.FIRMWARE_STOP, value(ctx.rproc_id))
        clean(ctx)
        ctx.state = OFF
