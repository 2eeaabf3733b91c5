# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/remoteproc_core.c: is this image genuine? Header, TLVs, signature.

Up to the signature every byte is what the normal world says it is.
"""

from hashlib import sha256
from struct import Struct

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import Modelled, Unwind, mirrors
from rprocbench.base.trace import Lane
from rprocbench.formats.signed_image import MAGIC, VERSION, RemoteprocFwHdr
from rprocbench.formats.tee_params import ParamType, PtaCmd, value
from rprocbench.formats.tlv import TlvHdr, TlvType

from .arithmetic import HALF, add_overflow, roundup_64
from .commands import Memref
from .heap import HeapBlock, TEE_Free, TEE_Malloc
from .libutee import TEE_InvokeTACommand
from .panic import TaPanic
from .pta_remoteproc import (
    KEY_INFO_HDR,
    PTA_RPROC_HWCAP_FMT_ELF,
    PTA_RPROC_HWCAP_PROT_HASH_TABLE,
    SHA256_SIZE,
    TEE_ALG_ECDSA_SHA256,
    TEE_ALG_RSASSA_PKCS1_V1_5_SHA256,
)
from .ta_context import RemoteprocContext, Ta

core_c = mirrors("optee_os:ta/remoteproc/src/remoteproc_core.c")

TLV = Struct("<2I")
ALGORITHMS = {1: TEE_ALG_RSASSA_PKCS1_V1_5_SHA256, 2: TEE_ALG_ECDSA_SHA256}


def emsg(subject: Modelled, text: str) -> None:
    """`EMSG`: a line on the secure console."""
    subject.run.log(Lane.OPTEE, text, "err")


class emsg_on_error:
    """Log `text`, with `{res}` filled in, when the block fails, and pass the error on."""

    __slots__ = ("subject", "text")

    def __init__(self, subject: Modelled, text: str) -> None:
        self.subject = subject
        self.text = text

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ModelledError):
            emsg(self.subject, self.text.format(res=f"{error.code:#x}"))


@core_c
def remoteproc_get_capabilities(ta: Ta, rproc_id: int) -> None:
    """Does the hardware offer ELF loading, protected by a hash table?"""
    fmt, protection = value(type_=ParamType.VALUE_OUTPUT), value(type_=ParamType.VALUE_OUTPUT)
    TEE_InvokeTACommand(ta, PtaCmd.HW_CAPABILITIES, value(rproc_id), fmt, protection)
    if not protection.a & PTA_RPROC_HWCAP_PROT_HASH_TABLE:
        raise ModelledError(TeeResult.NOT_IMPLEMENTED, "no protection by a hash table")
    wanted = fmt.a & PTA_RPROC_HWCAP_FMT_ELF if ta.generation.is_st else fmt.a
    if wanted != PTA_RPROC_HWCAP_FMT_ELF:
        raise ModelledError(TeeResult.NOT_IMPLEMENTED, "ELF images are not what is supported")


@core_c
def remoteproc_save_fw_header_and_tlvs(ctx: RemoteprocContext) -> None:
    """Copy header, TLVs and signature out of the normal world's reach.

    - the lengths are read from shared memory first, to know how much to copy; the copy reads them
      again, and what is used later is the copy's (W-04)
    - they are read before anything is known about the buffer's size (W-18)
    - a signature length of 0xffff_fff9 or more is padded to 0 bytes (W-13)
    """
    fw, generation = ctx.image, ctx.ta.generation
    if generation.checks_size_first and fw.size < RemoteprocFwHdr.SIZE:
        why = f"{fw.size} bytes are no header"
        raise ModelledError(TeeResult.BAD_PARAMETERS, why, span=fw.span(0, fw.size))
    tlv_len = fw.field(0, RemoteprocFwHdr, "tlv_len", TeeResult.BAD_PARAMETERS)
    sign_len = fw.field(0, RemoteprocFwHdr, "sign_len", TeeResult.BAD_PARAMETERS)
    lengths = fw.span(*_place("tlv_len", "sign_len"))
    length = add_overflow(RemoteprocFwHdr.SIZE, roundup_64(tlv_len), roundup_64(sign_len))
    if length is None:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the lengths overflow 32 bits", span=lengths)
    if generation.refuses_wrapping_signature and roundup_64(sign_len) < sign_len:
        why = "the padded signature length wraps"
        raise ModelledError(TeeResult.BAD_PARAMETERS, why, span=lengths)
    if generation.refuses_wrapping_tlvs and roundup_64(tlv_len) < tlv_len:
        why = "the padded length of the TLVs wraps"
        raise ModelledError(TeeResult.BAD_PARAMETERS, why, span=lengths)
    if fw.size <= length:
        raise ModelledError(
            TeeResult.BAD_PARAMETERS,
            f"header, TLVs and signature take {length} bytes, the image has {fw.size}",
            span=lengths,
        )
    for name, size in (("sign_len", sign_len), ("tlv_len", tlv_len)):
        if not size:
            span = fw.span(*_place(name, name))
            raise ModelledError(TeeResult.BAD_PARAMETERS, f"{name} is 0", span=span)
    ctx.sec_cpy = TEE_Malloc(ctx.ta.heap, length, fw.name)
    ctx.sec_cpy.memory[:] = fw.fetch(0, length)
    if generation.compares_second_read and (
        ctx.sec_cpy.field(0, RemoteprocFwHdr, "tlv_len") != tlv_len
        or ctx.sec_cpy.field(0, RemoteprocFwHdr, "sign_len") != sign_len
    ):
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the lengths changed meanwhile", span=lengths)


def _place(first: str, last: str) -> tuple[int, int]:
    """Start and size of the header fields from `first` to `last`."""
    start, end = RemoteprocFwHdr.SPANS[first][0], RemoteprocFwHdr.SPANS[last][1]
    return start, end - start


@core_c
def remoteproc_verify_header(ctx: RemoteprocContext) -> None:
    """Magic, version, and lengths that add up to the size of the image; from the TA's own copy."""
    copy = ctx.copy
    values = (copy.field(0, RemoteprocFwHdr, name) for name in RemoteprocFwHdr.SPANS)
    magic, version, tlv_len, sign_len, img_len = values
    if magic != MAGIC:
        raise ModelledError(
            TeeResult.BAD_PARAMETERS, "wrong magic", span=copy.span(*_place("magic", "magic"))
        )
    if version != VERSION:
        span = copy.span(*_place("version", "version"))
        raise ModelledError(TeeResult.BAD_PARAMETERS, f"version {version}", span=span)
    parts = (roundup_64(n) for n in (sign_len, img_len, tlv_len))
    total = add_overflow(RemoteprocFwHdr.SIZE, *parts)
    if total != ctx.image.size:
        raise ModelledError(
            TeeResult.BAD_PARAMETERS,
            f"the lengths say {'too much' if total is None else total}, "
            f"the image has {ctx.image.size} bytes",
            span=ctx.image.span(*_place("tlv_len", "img_len")),
        )


@core_c
def remoteproc_get_tlv(ctx: RemoteprocContext, tlv_type: TlvType) -> tuple[int, int]:
    """Where in the copy the first value of that type lies, and how long it is.

    - an area that would end beyond the last address has nothing in it (W-14)
    - a length that would overflow an address ends the search; before 07917406b it made the walk
      step back, and the TA hang
    - a matching TLV that overruns the area is skipped
    - a matching TLV without value counts as not found
    """
    copy, pointers = ctx.copy, ctx.ta.pointers
    checks = ctx.ta.generation.checks_tlv_lengths
    at, here = RemoteprocFwHdr.SIZE, len(copy.memory)
    end = pointers.add(at, copy.field(0, RemoteprocFwHdr, "tlv_len"))
    while at + TlvHdr.SIZE <= end:
        found, length = (
            TLV.unpack_from(copy.memory, at) if at + 8 <= here else (copy.u32(at), copy.u32(at + 4))
        )
        at += TlvHdr.SIZE
        if checks and pointers.wraps(length):
            break
        if found == tlv_type and (at + length <= end or not checks):
            if not length:
                span = copy.span(at - TlvHdr.SIZE, TlvHdr.SIZE)
                raise ModelledError(TeeResult.NO_DATA, f"TLV {tlv_type.name} is empty", span=span)
            return at, length
        step = roundup_64(length)
        if pointers.wraps(step) and step > HALF:
            raise TaPanic(TeeResult.TARGET_DEAD, "the TLV walk steps back and never returns")
        at += step
    raise ModelledError(TeeResult.NO_DATA, f"no TLV {tlv_type.name}")


def remoteproc_need_tlv(ctx: RemoteprocContext, tlv_type: TlvType) -> tuple[int, int]:
    """A TLV that an image must have. NO_DATA without it, as for much else (W-29)."""
    try:
        return remoteproc_get_tlv(ctx, tlv_type)
    except ModelledError as error:
        if error.code is TeeResult.NO_DATA and ctx.ta.generation.names_what_is_missing:
            code = TeeResult.ITEM_NOT_FOUND
            raise ModelledError(code, error.why, span=error.span) from error
        raise


def remoteproc_get_sign_type(ctx: RemoteprocContext) -> int:
    """The algorithm of SIGNTYPE, by the number that the PTA knows it by."""
    copy = ctx.copy
    try:
        at, length = remoteproc_get_tlv(ctx, TlvType.SIGNTYPE)
    except ModelledError as error:
        raise ModelledError(TeeResult.BAD_PARAMETERS, error.why, span=error.span) from error
    if length != 1:
        raise ModelledError(
            TeeResult.BAD_PARAMETERS, f"SIGNTYPE is {length} bytes long", span=copy.span(at, length)
        )
    sign_type = copy.fetch(at, 1)[0]
    if sign_type not in ALGORITHMS:
        emsg(ctx, f"Unsupported signature type {sign_type}")
        raise ModelledError(
            TeeResult.NOT_SUPPORTED, f"signature type {sign_type}", span=copy.span(at, 1)
        )
    return ALGORITHMS[sign_type]


@core_c
def remoteproc_verify_signature(ctx: RemoteprocContext) -> None:
    """Hash header and TLVs, and have the PTA verify the signature over them."""
    copy, later = ctx.copy, ctx.ta.generation.verifies_before_tlvs
    tlv_len, sign_len = (copy.field(0, RemoteprocFwHdr, n) for n in ("tlv_len", "sign_len"))
    algo = TEE_ALG_RSASSA_PKCS1_V1_5_SHA256 if later else remoteproc_get_sign_type(ctx)
    with Unwind(ctx) as unwind:
        digest = TEE_Malloc(ctx.ta.heap, SHA256_SIZE)
        unwind.label("free_digest", TEE_Free, ctx.ta.heap, digest)
        signed = RemoteprocFwHdr.SIZE + roundup_64(tlv_len)
        digest.memory[:] = sha256(copy.fetch(0, signed)).digest()
        key_info = remoteproc_get_key_info(ctx, algo)
        unwind.label("free_key_info", TEE_Free, ctx.ta.heap, key_info)
        with emsg_on_error(ctx, "Failed to verify signature, res = {res}"):
            TEE_InvokeTACommand(
                ctx.ta,
                PtaCmd.VERIFY_DIGEST,
                value(ctx.rproc_id),
                Memref(key_info, 0, len(key_info.memory)),
                Memref(digest, 0, SHA256_SIZE),
                Memref(copy, signed, sign_len),
            )
    ctx.genuine = bytes(digest.memory)
    TEE_Free(ctx.ta.heap, key_info)
    TEE_Free(ctx.ta.heap, digest)
    if later:
        remoteproc_get_sign_type(ctx)


def remoteproc_get_key_info(ctx: RemoteprocContext, algo: int) -> HeapBlock:
    """`struct rproc_pta_key_info`: the algorithm, and what the image says about its key."""
    try:
        if ctx.ta.generation.verifies_before_tlvs:
            at, length = 0, 0
        else:
            at, length = remoteproc_get_tlv(ctx, TlvType.PKEYINFO)
    except ModelledError:
        at, length = 0, 0
    block = TEE_Malloc(ctx.ta.heap, ctx.ta.pointers.size(KEY_INFO_HDR, length))
    said = ctx.copy.fetch(at, length)
    block.memory[:] = algo.to_bytes(4, "little") + length.to_bytes(4, "little") + said
    return block


@core_c
def remoteproc_verify_firmware(ctx: RemoteprocContext) -> None:
    """All that stands between a buffer of the normal world and the word "genuine"."""
    remoteproc_get_capabilities(ctx.ta, ctx.rproc_id)
    if not ctx.image.aligned(0):
        raise ModelledError(TeeResult.BAD_PARAMETERS, "the image is not 4-byte aligned")
    remoteproc_save_fw_header_and_tlvs(ctx)
    remoteproc_verify_header(ctx)
    remoteproc_verify_signature(ctx)
    ctx.fw_img = len(ctx.copy.memory)
    ctx.fw_img_sz = ctx.copy.field(0, RemoteprocFwHdr, "img_len")
