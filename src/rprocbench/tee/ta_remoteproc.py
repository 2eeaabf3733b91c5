# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:ta/remoteproc/src/remoteproc_core.c: the TA's entry points and commands.

No client is asked who it is (W-16). What the TA knows survives its sessions, and dies with its
instance.
"""

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import Unwind, mirrors
from rprocbench.formats.signed_image import HashRow
from rprocbench.formats.tee_params import (
    NUM_PARAMS,
    Login,
    Param,
    ParamType,
    PtaCmd,
    TaCmd,
    value,
)

from .commands import Command, check_types, command
from .heap import TEE_Free, TEE_Malloc
from .libutee import TEE_CloseTASession, TEE_InvokeTACommand, TEE_OpenTASession
from .remoteproc_core import remoteproc_load_elf
from .remoteproc_verify import (
    emsg_on_error,
    remoteproc_get_capabilities,
    remoteproc_verify_firmware,
)
from .shared_memory import SharedBuffer
from .st_ta import st_load_fw, st_start_fw, st_stop_fw
from .states import LOADED, OFF, STARTED
from .ta_context import CONTEXT_SIZE, RemoteprocContext, Ta

core_c = mirrors("optee_os:ta/remoteproc/src/remoteproc_core.c")

VALUE, VALUE_OUT, MEMREF = ParamType.VALUE_INPUT, ParamType.VALUE_OUTPUT, ParamType.MEMREF_INPUT
COMMANDS: dict[int, Command] = {}


@core_c
def TA_CreateEntryPoint(_ta: Ta) -> None:
    """A new instance knows nothing."""


@core_c
def TA_OpenSessionEntryPoint(ta: Ta, params: tuple[Param, ...]) -> None:
    """Open the PTA with the first session; only that session's processor id is looked at."""
    check_types((VALUE,), params)
    if ta.generation.requires_kernel_login and ta.login is not Login.REE_KERNEL:
        why = f"a client that logs in as {ta.login.name} is not the kernel"
        raise ModelledError(TeeResult.ACCESS_DENIED, why)
    if not ta.session_refcount:
        TEE_OpenTASession(ta, params)
    ta.session_refcount += 1


@core_c
def TA_CloseSessionEntryPoint(ta: Ta) -> None:
    """Close the PTA with the last session. Nothing is stopped, nothing unloaded."""
    ta.session_refcount -= 1
    if not ta.session_refcount:
        TEE_CloseTASession(ta)


@core_c
def TA_InvokeCommandEntryPoint(ta: Ta, cmd: int, params: tuple[Param, ...]) -> None:
    """Serve one command."""
    found = COMMANDS.get(cmd)
    if found is None or (cmd == TaCmd.RELEASE_FW and not ta.generation.has_release):
        raise ModelledError(TeeResult.BAD_PARAMETERS, f"no command {cmd}")
    if found.types is not None:
        check_types(found.types, params)
    found.handler(ta, *params[: NUM_PARAMS if found.types is None else len(found.types)])


def remoteproc_find_firmware(ta: Ta, rproc_id: int) -> RemoteprocContext | None:
    """The context of that processor, or NULL."""
    return next((ctx for ctx in ta.contexts if ctx.rproc_id == rproc_id), None)


@core_c
def remoteproc_add_firmware(ta: Ta, rproc_id: int) -> RemoteprocContext:
    """A new context, before anything about the processor id is known; it is never freed (W-15)."""
    TEE_Malloc(ta.heap, CONTEXT_SIZE[ta.pointers.bits])
    ctx = RemoteprocContext(ta.run, ta, rproc_id)
    ta.contexts += (ctx,)
    return ctx


def remoteproc_get_firmware(ta: Ta, rproc_id: int) -> RemoteprocContext:
    """The context of that processor, or BAD_PARAMETERS."""
    ctx = remoteproc_find_firmware(ta, rproc_id)
    if ctx is None:
        why = f"no firmware was ever loaded for processor {rproc_id}"
        raise ModelledError(TeeResult.BAD_PARAMETERS, why)
    return ctx


def bad_state(ctx: RemoteprocContext) -> ModelledError:
    """BAD_STATE, for a firmware in the wrong one."""
    return ModelledError(TeeResult.BAD_STATE, f"the firmware is {ctx.state.name}")


@command(COMMANDS, TaCmd.LOAD_FW, VALUE, MEMREF)
@core_c
def remoteproc_load_fw(ta: Ta, rproc_id: Param, image: Param) -> None:
    """Authenticate an image and load it.

    A firmware that is loaded already stays, and the new image is not even looked at (W-17). After
    an error, segments that were loaded before it stay in memory (W-26).
    """
    generation = ta.generation
    ctx = remoteproc_find_firmware(ta, rproc_id.a)
    if ctx is None:
        if generation.asks_before_context:
            remoteproc_get_capabilities(ta, rproc_id.a)
        ctx = remoteproc_add_firmware(ta, rproc_id.a)
    match ctx.state:
        case state if state is LOADED:
            if not generation.reloads_loaded:
                raise bad_state(ctx)
            if not generation.compares_loaded:
                return
        case state if state is STARTED:
            raise bad_state(ctx)
    if image.buffer is None:
        raise ModelledError(TeeResult.BAD_PARAMETERS, "no image")
    if not len(image.buffer):
        raise ModelledError(TeeResult.BAD_PARAMETERS, "an image of no bytes")
    ctx.fw = SharedBuffer(
        ta.run, image.name, image.buffer, image.offset, ta.shm_granule, ta.hazards
    )
    if ctx.state is LOADED:
        remoteproc_compare_loaded(ctx)
        return
    with Unwind(ctx) as unwind:
        if generation.scrubs:
            unwind.label("scrub", TEE_InvokeTACommand, ta, PtaCmd.RELEASE, value(ctx.rproc_id))
        unwind.label("out", remoteproc_forget_image, ctx)
        if generation.is_st:
            ctx.is_encrypted, ctx.row_size = False, HashRow.SIZE
            st_load_fw(ctx, remoteproc_verify_firmware, remoteproc_load_elf)
            ctx.state = LOADED
            remoteproc_forget_image(ctx)
            return
        with emsg_on_error(ctx, "Can't Authenticate the firmware (res = {res})"):
            remoteproc_verify_firmware(ctx)
        remoteproc_load_elf(ctx)
    ctx.state = LOADED
    remoteproc_forget_image(ctx)


def remoteproc_compare_loaded(ctx: RemoteprocContext) -> None:
    """Against W-17: SUCCESS only for the firmware that is loaded."""
    loaded = ctx.genuine
    try:
        remoteproc_verify_firmware(ctx)
        if ctx.genuine != loaded:
            raise ModelledError(TeeResult.BAD_STATE, "another firmware is LOADED")
    finally:
        ctx.genuine = loaded
        remoteproc_forget_image(ctx)


def remoteproc_forget_image(ctx: RemoteprocContext) -> None:
    """Free the copies, and forget where the image lay."""
    TEE_Free(ctx.ta.heap, ctx.hash_table)
    TEE_Free(ctx.ta.heap, ctx.sec_cpy)
    ctx.hash_table = ctx.sec_cpy = ctx.fw = None
    ctx.fw_img = ctx.fw_img_sz = 0


@command(COMMANDS, TaCmd.START_FW, VALUE)
@core_c
def remoteproc_start_fw(ta: Ta, rproc_id: Param) -> None:
    """Start the loaded firmware."""
    ctx = remoteproc_get_firmware(ta, rproc_id.a)
    match ctx.state:
        case state if state is OFF:
            raise bad_state(ctx)
        case state if state is LOADED and ta.generation.is_st:
            st_start_fw(ctx)
        case state if state is LOADED:
            TEE_InvokeTACommand(ta, PtaCmd.FIRMWARE_START, value(ctx.rproc_id))
            ctx.state = STARTED


@command(COMMANDS, TaCmd.STOP_FW, VALUE)
@core_c
def remoteproc_stop_fw(ta: Ta, rproc_id: Param) -> None:
    """Stop the running firmware. Memory stays; it must be loaded again before the next start."""
    if ta.generation.stop_asks_pta and remoteproc_stop_unknown(ta, rproc_id.a):
        return
    ctx = remoteproc_get_firmware(ta, rproc_id.a)
    if ta.generation.is_st:
        st_stop_fw(ctx)
        return
    match ctx.state:
        case state if state is LOADED:
            raise bad_state(ctx)
        case state if state is STARTED:
            TEE_InvokeTACommand(ta, PtaCmd.FIRMWARE_STOP, value(ctx.rproc_id))
            ctx.state = OFF
            if ta.generation.scrubs:
                TEE_InvokeTACommand(ta, PtaCmd.RELEASE, value(ctx.rproc_id))


def remoteproc_stop_unknown(ta: Ta, rproc_id: int) -> bool:
    """Against W-27: stop a core of which this instance knows nothing. False when none runs."""
    ctx = remoteproc_find_firmware(ta, rproc_id)
    if ctx is not None and ctx.state is not OFF:
        return False
    try:
        TEE_InvokeTACommand(ta, PtaCmd.FIRMWARE_STOP, value(rproc_id))
    except ModelledError as error:
        if error.code is TeeResult.BAD_STATE:
            return False
        raise
    return True


@command(COMMANDS, TaCmd.GET_RSC_TABLE, VALUE, VALUE_OUT, VALUE_OUT)
@core_c
def remoteproc_get_rsc_table(ta: Ta, rproc_id: Param, pa: Param, size: Param) -> None:
    """Where the resource table of the loaded firmware lies; zeros when it has none."""
    ctx = remoteproc_get_firmware(ta, rproc_id.a)
    if ctx.state is OFF:
        raise bad_state(ctx)
    pa.a, pa.b = ctx.rsc_pa & 0xFFFF_FFFF, ctx.rsc_pa >> 32
    size.a, size.b = ctx.rsc_size, 0


@command(COMMANDS, TaCmd.GET_COREDUMP, any_types=True)
@core_c
def remoteproc_get_coredump(_ta: Ta, *_params: Param) -> None:
    """Promised by the interface, not there."""
    raise ModelledError(TeeResult.NOT_IMPLEMENTED, "no core dump")


@command(COMMANDS, TaCmd.RELEASE_FW, VALUE)
@core_c
def remoteproc_release_fw(ta: Ta, rproc_id: Param) -> None:
    """Zero the processor's memories, and forget that a firmware was loaded."""
    ctx = remoteproc_get_firmware(ta, rproc_id.a)
    match ctx.state:
        case state if state is STARTED:
            raise bad_state(ctx)
        case _:
            TEE_InvokeTACommand(ta, PtaCmd.RELEASE, value(ctx.rproc_id))
            ctx.state = OFF
