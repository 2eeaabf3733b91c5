# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/remoteproc_core.c: from a genuine image to a loaded one.

Hash rows are in the TA's memory and signed; the ELF images are neither.
"""

from functools import partial
from struct import Struct

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import Unwind, mirrors
from rprocbench.formats.elf import PT_LOAD
from rprocbench.formats.signed_image import HashRow
from rprocbench.formats.tee_params import ParamType, PtaCmd, value
from rprocbench.formats.tlv import TlvType
from rprocbench.soc.memory import Da, Pa

from .arithmetic import HALF, WRAP, wrapping_add
from .commands import Memref
from .elf_parser import ElfImage, bad_format, e32_parse_ehdr, e32_parser_load_elf_image
from .elf_sections import e32_parser_find_rsc_table
from .heap import TEE_Malloc
from .libutee import TEE_InvokeTACommand
from .panic import TaPanic
from .remoteproc_verify import emsg, emsg_on_error, remoteproc_need_tlv
from .st_ta import clean, st_check_img_type, st_load_segment
from .ta_context import RemoteprocContext

core_c = mirrors("optee_os:ta/remoteproc/src/remoteproc_core.c")

ELF_TYPE = 1
PHDR = Struct("<8I")


@core_c
def remoteproc_get_hash_table(ctx: RemoteprocContext) -> None:
    """A copy of the signed hash table, one row per program header of all images."""
    kind = TlvType.ENCTABLE if ctx.is_encrypted else TlvType.HASHTABLE
    at, length = remoteproc_need_tlv(ctx, kind)
    if length % ctx.row_size:
        raise ModelledError(
            TeeResult.BAD_PARAMETERS,
            f"{length} bytes of hash table are no whole rows",
            span=ctx.copy.span(at, length),
        )
    ctx.hash_table = TEE_Malloc(ctx.ta.heap, length, ctx.image.name)
    ctx.hash_table.memory[:] = ctx.copy.fetch(at, length)


def remoteproc_rows(ctx: RemoteprocContext) -> list[HashRow]:
    """The rows of the hash table, in order."""
    assert ctx.hash_table is not None
    table = ctx.hash_table.memory
    return [HashRow.parse(table, at) for at in range(0, len(table), ctx.row_size)]


def remoteproc_find_row(ctx: RemoteprocContext, da: Da, size: int, memsz: int) -> int | None:
    """Which row is about a segment: the first with its p_paddr, whatever else it says (W-08)."""
    assert ctx.hash_table is not None
    table = ctx.hash_table.memory
    for index, at in enumerate(range(0, len(table), ctx.row_size)):
        p_type, _, _, p_paddr, filesz, row_memsz, _, _ = PHDR.unpack_from(table, at)
        if p_paddr == da and (
            not ctx.ta.generation.matches_whole_row
            or (p_type, filesz, row_memsz) == (PT_LOAD, size, memsz)
        ):
            return index
    return None


@core_c
def remoteproc_get_num_img(ctx: RemoteprocContext) -> int:
    """How many ELF images there are."""
    at, length = remoteproc_need_tlv(ctx, TlvType.NUM_IMG)
    span = ctx.copy.span(at, length)
    if length != 1:
        raise ModelledError(TeeResult.BAD_FORMAT, f"NUM_IMG is {length} bytes long", span=span)
    num_img = ctx.copy.fetch(at, 1)[0]
    if not num_img:
        distinct = ctx.ta.generation.names_what_is_missing
        code = TeeResult.BAD_FORMAT if distinct else TeeResult.NO_DATA
        raise ModelledError(code, "no image", span=span)
    return num_img


@core_c
def remoteproc_load_segment(
    ctx: RemoteprocContext, src: int, size: int, da: Da, memsz: int
) -> None:
    """Load one segment, if the hash table knows it.

    - the first row with that address decides, whatever its type
    - sizes must be the row's, and the bytes must lie in the images
    - the tail beyond the file's bytes is cleared, wherever it may lie
    """
    index, span = remoteproc_find_row(ctx, da, size, memsz), ctx.image.span(src, size)
    if index is None:
        why = f"no hash row for device address {da:#x}"
        raise ModelledError(TeeResult.NO_DATA, why, span=span)
    assert ctx.hash_table is not None
    row = PHDR.unpack_from(ctx.hash_table.memory, ctx.row_size * index)
    end = ctx.fw_img + ctx.fw_img_sz
    if row[0] != PT_LOAD:
        why = f"hash row {index} is of type {row[0]:#x}, no PT_LOAD"
        raise ModelledError(TeeResult.BAD_PARAMETERS, why, span=span)
    if row[4] != size:
        why = f"hash row {index} is of another segment: {row[4]} bytes in the file"
        raise ModelledError(TeeResult.BAD_PARAMETERS, why, span=span)
    if row[5] != memsz:
        why = f"hash row {index} is of another segment: {row[5]} bytes in memory"
        raise ModelledError(TeeResult.BAD_PARAMETERS, why, span=span)
    if src < ctx.fw_img or src > end or src + size > end:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "a segment is not in the images", span=span)
    if ctx.ta.generation.requires_row_order and index <= ctx.last_row:
        raise bad_format(f"hash row {index} comes after row {ctx.last_row}", span)
    ctx.last_row = index
    rproc_id = ctx.rproc_id
    if size and ctx.ta.generation.is_st:
        with emsg_on_error(ctx, "Fails to load segment, res = 0x{res}"):
            st_load_segment(ctx, src, size, da, index)
    elif size:
        with emsg_on_error(ctx, "Fails to load segment, res = 0x{res}"):
            TEE_InvokeTACommand(
                ctx.ta,
                PtaCmd.LOAD_SEGMENT_SHA256,
                value(rproc_id),
                Memref(ctx.image, src, size),
                value(da),
                Memref(ctx.hash_table, HashRow.SIZE * index + HashRow.SPANS["hash"][0], 32),
            )
    if size < memsz:
        tail = value(wrapping_add(da, size))
        with emsg_on_error(ctx, "Fails to clear segment, res = {res}"):
            TEE_InvokeTACommand(
                ctx.ta, PtaCmd.SET_MEMORY, value(rproc_id), tail, value(memsz - size), value(0)
            )
    ctx.rows_loaded |= {index}
    ctx.segments += ((src, size, da),)


@core_c
def remoteproc_da_to_pa(ctx: RemoteprocContext, da: Da, size: int) -> Pa:
    """Where Linux finds a device address; whatever goes wrong is ACCESS_DENIED."""
    pa = value(type_=ParamType.VALUE_OUTPUT)
    try:
        TEE_InvokeTACommand(
            ctx.ta, PtaCmd.FIRMWARE_DA_TO_PA, value(ctx.rproc_id), value(da), value(size), pa
        )
    except ModelledError as error:
        emsg(ctx, f"Failed to translate device address {f'{da:#x}' if da else '0'}")
        raise ModelledError(TeeResult.ACCESS_DENIED, error.why) from error
    if not pa.a | pa.b:
        raise TaPanic(TeeResult.TARGET_DEAD, "assertion failed: a physical address of 0")
    return Pa(pa.a | pa.b << 32)


@core_c
def remoteproc_parse_rsc_table(ctx: RemoteprocContext, elf: ElfImage) -> None:
    """Note where the resource table will lie. No table is fine; a second one is not."""
    binds = ctx.ta.generation.binds_rsc_table
    accept = partial(remoteproc_bind_rsc_table, ctx) if binds else None
    try:
        da, size = e32_parser_find_rsc_table(elf, accept)
    except ModelledError as error:
        if error.code is TeeResult.NO_DATA:
            return
        raise
    if ctx.rsc_pa or ctx.rsc_size:
        emsg(ctx, "More than one resource table found")
        raise ModelledError(TeeResult.BAD_FORMAT, "a second resource table")
    ctx.rsc_pa = remoteproc_da_to_pa(ctx, da, size)
    ctx.rsc_size = size


def remoteproc_bind_rsc_table(ctx: RemoteprocContext, da: Da, size: int, src: int) -> None:
    """Against W-05: the table must be hashed bytes of a segment that was loaded."""
    for start, length, paddr in ctx.segments:
        offset = da - paddr
        if offset >= 0 and offset + size <= length and src == start + offset:
            return
    span = ctx.image.span(src, size)
    raise bad_format("the resource table is not in a segment that was loaded", span)


def remoteproc_check_header(ctx: RemoteprocContext, index: int, at: int) -> None:
    """Against W-07: program header `index` of an image is the next row of the table."""
    assert ctx.hash_table is not None
    start = HashRow.SIZE * (ctx.first_row + index)
    row = bytes(ctx.hash_table.memory[start : start + PHDR.size])
    ctx.next_row = ctx.first_row + index + 1
    if ctx.image.fetch(at, PHDR.size) != row:
        span = ctx.image.span(at, PHDR.size)
        raise bad_format(f"program header {index} is not hash row {ctx.first_row + index}", span)


@core_c
def remoteproc_load_elf(ctx: RemoteprocContext) -> None:
    """Load all images, and find the resource table.

    Not checked: whether the image sizes add up, whether images lie in the buffer, the ELF headers
    of images after the first (W-06), whether every PT_LOAD row was loaded (W-02), HASHTYPE.
    """
    generation, fw, pointers = ctx.ta.generation, ctx.image, ctx.ta.pointers
    whole = ElfImage(fw, ctx.fw_img, ctx.fw_img_sz, generation, pointers)
    with emsg_on_error(ctx, "Failed to parse firmware, res = {res}"):
        e32_parse_ehdr(whole)
    with Unwind(ctx) as unwind:
        if generation.is_st:
            unwind.label("clean", clean, ctx)
        remoteproc_load_images(ctx)


def remoteproc_load_images(ctx: RemoteprocContext) -> None:
    """The rest, once image 0 is known to be an ELF file."""
    generation, fw, pointers = ctx.ta.generation, ctx.image, ctx.ta.pointers
    remoteproc_get_hash_table(ctx)
    num_img = remoteproc_get_num_img(ctx)
    ctx.rsc_pa, ctx.rsc_size, ctx.rows_loaded = Pa(0), 0, frozenset()
    ctx.last_row, ctx.first_row, ctx.next_row, ctx.segments = -1, 0, 0, ()
    check_header = partial(remoteproc_check_header, ctx) if generation.binds_rows_to_image else None
    base = ctx.fw_img
    for index in range(num_img):
        remoteproc_check_img_type(ctx, index, num_img)
        size = remoteproc_get_img_size(ctx, index, num_img)
        elf = ElfImage(fw, base, size, generation, pointers, ctx.is_encrypted)
        if index and generation.checks_every_ehdr:
            e32_parse_ehdr(elf)
        e32_parser_load_elf_image(elf, partial(remoteproc_load_segment, ctx), check_header)
        ctx.first_row = ctx.next_row
        remoteproc_parse_rsc_table(ctx, elf)
        offset = wrapping_add(base - ctx.fw_img, size)  # an `int` in the C, in both builds
        base = ctx.fw_img + (offset if offset < HALF or pointers.bits == 32 else offset - WRAP)
    if generation.requires_every_row:
        wanted = {i for i, row in enumerate(remoteproc_rows(ctx)) if row.p_type == PT_LOAD}
        if missing := sorted(wanted - ctx.rows_loaded):
            raise ModelledError(TeeResult.BAD_FORMAT, f"hash row {missing[0]} was not loaded")


@core_c
def remoteproc_check_img_type(ctx: RemoteprocContext, index: int, num_img: int) -> None:
    """Image `index` must be an ELF file, by the TLV IMGTYPE."""
    at, length = remoteproc_need_tlv(ctx, TlvType.IMGTYPE)
    span = ctx.copy.span(at, length)
    if length != num_img:
        why = f"{length} image types for {num_img} images"
        raise ModelledError(TeeResult.BAD_PARAMETERS, why, span=span)
    kind = ctx.copy.fetch(at + index, 1)[0]
    if not (st_check_img_type(ctx, kind) if ctx.ta.generation.is_st else kind == ELF_TYPE):
        raise ModelledError(
            TeeResult.BAD_FORMAT, f"image type {kind}", span=span.sub(index, index + 1)
        )


@core_c
def remoteproc_get_img_size(ctx: RemoteprocContext, index: int, num_img: int) -> int:
    """The size of image `index`, by the TLV IMGSIZE."""
    at, length = remoteproc_need_tlv(ctx, TlvType.IMGSIZE)
    if length != 4 * num_img:
        raise ModelledError(
            TeeResult.BAD_PARAMETERS,
            f"{length} bytes of image sizes for {num_img} images",
            span=ctx.copy.span(at, length),
        )
    return ctx.copy.u32(at + 4 * index)
