# SPDX-License-Identifier: GPL-2.0-or-later
"""lore:20260414152904.1679724-1, drivers/remoteproc/remoteproc_tee.c: the TA's client, as of v22.

Every call goes the same way: take the context's lock, find the processor's entry, invoke. The lock
is held across the border.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.errors import Errno, ModelledError, TeeResult
from rprocbench.base.run import Run, Unwind, Watched, mirrors, tolerate
from rprocbench.formats.tee_params import (
    TA_REMOTEPROC_UUID,
    Invoke,
    OpenSession,
    Param,
    ParamType,
    SmcResult,
    TaCmd,
    value,
)  # fmt: skip
from rprocbench.kernel.flow import dev_err
from rprocbench.kernel.locking import locked_interruptible
from rprocbench.kernel.remoteproc import Firmware, Host, Rproc, RprocState
from rprocbench.kernel.remoteproc_core_device import rproc_add, rproc_del
from rprocbench.kernel.remoteproc_table import LoadedTable, kmemdup
from rprocbench.kernel.tee_client import (
    TeeContext,
    tee_client_close_context,
    tee_client_close_session,
    tee_client_invoke_func,
    tee_client_open_context,
    tee_client_open_session,
    tee_shm_free,
    tee_shm_register_kernel_buf,
)  # fmt: skip
from rprocbench.soc.memory import Pa

tee_c = mirrors("lore:20260414152904.1679724-1/drivers/remoteproc/remoteproc_tee.c")
core_c = mirrors("lore:20260414152904.1679724-1/drivers/remoteproc/remoteproc_core.c")
iomem_c = mirrors("linux:kernel/iomem.c")
link_c = mirrors("linux:drivers/base/core.c")

PROC_ID = 0
COMMANDS = {
    TaCmd.LOAD_FW: "TA_RPROC_CMD_LOAD_FW",
    TaCmd.START_FW: "TA_RPROC_CMD_START",
    TaCmd.STOP_FW: "TA_RPROC_CMD_STOP",
    TaCmd.GET_RSC_TABLE: "TA_RPROC_CMD_GET_RSC_TABLE",
    TaCmd.RELEASE_FW: "TA_RPROC_CMD_RELEASE_FW",
}


@dataclass
class RprocTee(Watched):
    """`struct rproc_tee`: one processor that the TA manages, and the session for it."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"rproc"})

    run: Run
    rproc: Rproc
    rproc_id: int
    session_id: int

    def __post_init__(self) -> None:
        self.watch(f"rproc_tee {self.rproc_id}")


@dataclass
class RprocTeeContext(Watched):
    """`struct rproc_tee_context`: static; `dev` is False while the TEE device is not there."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"host"})

    run: Run
    host: Host
    dev: bool = False
    tee_ctx: TeeContext | None = None
    sessions: tuple[RprocTee, ...] = ()
    links: tuple[str, ...] = ()
    lock_held: bool = False

    def __post_init__(self) -> None:
        self.watch("rproc_tee_ctx")


def rproc_tee_ctx(host: Host) -> RprocTeeContext:
    """The module's one context."""
    if "rproc_tee_ctx" not in host.statics:
        host.statics["rproc_tee_ctx"] = RprocTeeContext(host.run, host)
    ctx: RprocTeeContext = host.statics["rproc_tee_ctx"]
    return ctx


def find_entry(ctx: RprocTeeContext, rproc: Rproc) -> RprocTee | None:
    """The entry of `rproc`, while the TEE is there."""
    return next((entry for entry in ctx.sessions if ctx.dev and entry.rproc is rproc), None)


def entry_of(ctx: RprocTeeContext, rproc: Rproc) -> RprocTee:
    """The entry of `rproc`. `ENODEV`: the TEE has gone; `EINVAL`: it was never registered."""
    if not ctx.dev:
        raise ModelledError(Errno.ENODEV, "the TEE device is not there")
    entry = find_entry(ctx, rproc)
    if entry is None:
        raise ModelledError(Errno.EINVAL, f"{rproc.name} is not registered with the TEE")
    return entry


def invoke(ctx: RprocTeeContext, entry: RprocTee, cmd: TaCmd, *params: Param) -> SmcResult:
    """One command. A transport error is passed on; whatever the TA says against it is EIO."""
    assert ctx.tee_ctx
    call = Invoke(entry.session_id, cmd, (value(entry.rproc_id), *params))

    def complain(ret: TeeResult, error: int) -> None:
        text = f"{COMMANDS[cmd]} invoke failed TEE err: {ret:x}, ret:{error}"
        dev_err(entry.rproc, text)

    try:
        answer = tee_client_invoke_func(ctx.tee_ctx, call)
    except ModelledError as error:
        complain(TeeResult.SUCCESS, -error.code.value)
        raise
    if answer.ret != TeeResult.SUCCESS:
        complain(answer.ret, 0)
        why = f"the TA answered {answer.ret.name} ({answer.ret:#010x})"
        raise ModelledError(Errno.EIO, why)
    return answer


@tee_c
def rproc_tee_release_fw(rproc: Rproc) -> None:
    """Let the TA forget the image and clear the memories. Nobody can be told that it failed."""
    ctx = rproc_tee_ctx(rproc.host)
    with locked_interruptible(ctx):
        entry = find_entry(ctx, rproc)
        if entry is None or rproc.state == RprocState.DETACHED:
            return
        if rproc.state != RprocState.OFFLINE:
            dev_err(rproc, f"the image of {rproc.name} cannot be released: {rproc.state.name}")
            return
        tolerate(invoke, ctx, entry, TaCmd.RELEASE_FW)


@tee_c
def rproc_tee_load_fw(rproc: Rproc, fw: Firmware) -> None:
    """Hand the signed image to the TA, which authenticates and loads it."""
    ctx = rproc_tee_ctx(rproc.host)
    with locked_interruptible(ctx):
        entry = entry_of(ctx, rproc)
        assert ctx.tee_ctx
        shm = tee_shm_register_kernel_buf(ctx.tee_ctx, fw.data, fw.label)
        try:
            invoke(ctx, entry, TaCmd.LOAD_FW, shm.param())
        finally:
            tee_shm_free(shm)


@tee_c
def rproc_tee_get_loaded_rsc_table(rproc: Rproc) -> tuple[Pa, int]:
    """Where the TA put the resource table, and its size in bytes; size 0 when it found none."""
    ctx = rproc_tee_ctx(rproc.host)
    with locked_interruptible(ctx):
        entry = entry_of(ctx, rproc)
        address, size = (value(type_=ParamType.VALUE_OUTPUT) for _ in range(2))
        invoke(ctx, entry, TaCmd.GET_RSC_TABLE, address, size)
        return Pa(address.b << 32 | address.a), size.b << 32 | size.a


@iomem_c
def memremap(rproc: Rproc, pa: Pa, size: int) -> LoadedTable:
    """Map `size` bytes at `pa`. `ENOMEM`: there is nothing to map."""
    if rproc.host.soc.a7.locate(pa, size) is None:
        raise ModelledError(Errno.ENOMEM, f"there is no memory at {pa:#x}+{size:#x}")
    return LoadedTable(rproc.run, rproc.host.soc, pa, size)


@tee_c
def rproc_tee_parse_fw(rproc: Rproc, fw: Firmware) -> None:
    """Load the image, since only then is there a table to trust; keep a copy of that table.

    An image without a table is all right.
    """
    rproc_tee_load_fw(rproc, fw)
    with Unwind(rproc) as unwind:
        unwind.label("release_fw", rproc_tee_release_fw, rproc)
        pa, size = rproc_tee_get_loaded_rsc_table(rproc)
        if not size:
            rproc.table_ptr = None
            rproc.table_sz = 0
            return
        table = memremap(rproc, pa, size)
        rproc.cached_table = kmemdup(table, size, "cached_table")
        rproc.table_ptr = rproc.cached_table
        rproc.table_sz = size


@core_c
def rproc_pa_to_va(rproc: Rproc, pa: Pa, size: int) -> Pa | None:
    """Where the kernel has mapped `[pa, pa + size)`, if one carveout holds all of it."""
    for carveout in rproc.carveouts:
        offset = pa - carveout.dma
        if carveout.va is not None and offset >= 0 and offset + size <= carveout.len:
            return Pa(carveout.va + offset)
    return None


@tee_c
def rproc_tee_find_loaded_rsc_table(rproc: Rproc, fw: Firmware) -> LoadedTable | None:
    """Where the remote will look for its table. Whatever goes wrong, the answer is none."""
    try:
        pa, size = rproc_tee_get_loaded_rsc_table(rproc)
    except ModelledError:
        return None
    if not size:
        return None
    rproc.table_sz = size
    va = rproc_pa_to_va(rproc, pa, size)
    return None if va is None else LoadedTable(rproc.run, rproc.host.soc, va, size)


@tee_c
def rproc_tee_start(rproc: Rproc) -> None:
    """Let the TA start the core."""
    simple(rproc, TaCmd.START_FW)


@tee_c
def rproc_tee_stop(rproc: Rproc) -> None:
    """Let the TA stop the core."""
    simple(rproc, TaCmd.STOP_FW)


def simple(rproc: Rproc, cmd: TaCmd) -> None:
    """A command that needs nothing but the processor's number."""
    ctx = rproc_tee_ctx(rproc.host)
    with locked_interruptible(ctx):
        invoke(ctx, entry_of(ctx, rproc), cmd)


@tee_c
def rproc_tee_open_session(ctx: RprocTeeContext, rproc_id: int) -> int:
    """A session for one processor. What the TA says against it is EINVAL."""
    assert ctx.tee_ctx
    call = OpenSession(TA_REMOTEPROC_UUID, params=(value(rproc_id),))
    answer = tee_client_open_session(ctx.tee_ctx, call)
    if answer.ret != TeeResult.SUCCESS:
        raise ModelledError(Errno.EINVAL, f"the TA answered {answer.ret.name} to a new session")
    return answer.session


@link_c
def device_link_add(ctx: RprocTeeContext, consumer: str) -> None:
    """Let the TEE device leave only after `consumer` has."""
    ctx.links += (consumer,)


@tee_c
def rproc_tee_register(rproc: Rproc) -> None:
    """Open a session for the processor and show it to the world, all under the context's lock."""
    ctx = rproc_tee_ctx(rproc.host)
    rproc_id = rproc.host.soc.board.rproc_tee or PROC_ID  # the cell of `st,rproc-tee`
    with locked_interruptible(ctx), Unwind(rproc) as unwind:
        if not ctx.dev:
            raise ModelledError(Errno.EPROBE_DEFER, "the TEE device is not there yet")
        session = rproc_tee_open_session(ctx, rproc_id)
        unwind.label("close_session", close_session, ctx, session)
        entry = RprocTee(rproc.run, rproc, rproc_id, session)
        unwind.label("free_entry", entry.gone)
        rproc_add(rproc)
        unwind.label("del_rproc", rproc_del, rproc)
        device_link_add(ctx, rproc.label)
        ctx.sessions += (entry,)


def close_session(ctx: RprocTeeContext, session: int) -> None:
    """End a session with the TA."""
    assert ctx.tee_ctx
    tee_client_close_session(ctx.tee_ctx, session)


@tee_c
def rproc_tee_unregister(rproc: Rproc) -> None:
    """Take the processor away, then end its session. A signal between the two leaks the session."""
    ctx = rproc_tee_ctx(rproc.host)
    with locked_interruptible(ctx):
        entry = entry_of(ctx, rproc)
    rproc_del(rproc)
    with locked_interruptible(ctx):
        tolerate(close_session, ctx, entry.session_id)
        ctx.sessions = tuple(other for other in ctx.sessions if other is not entry)
        ctx.links = tuple(link for link in ctx.links if link != rproc.label)
        entry.gone()


@tee_c
def rproc_tee_probe(host: Host) -> None:
    """The TEE device has appeared: become its client."""
    ctx = rproc_tee_ctx(host)
    with locked_interruptible(ctx):
        ctx.tee_ctx = tee_client_open_context(host)
        ctx.dev = True


@tee_c
def rproc_tee_remove(host: Host) -> None:
    """The TEE device goes. A signal while waiting for the lock leaves everything as it was."""
    ctx = rproc_tee_ctx(host)
    with locked_interruptible(ctx):
        ctx.dev = False
    if ctx.tee_ctx:
        tee_client_close_context(ctx.tee_ctx)
        ctx.tee_ctx = None


Patch = Callable[..., object]
TEE_FUNCTIONS: tuple[Patch, ...] = (
    rproc_tee_release_fw, rproc_tee_load_fw, rproc_tee_get_loaded_rsc_table, rproc_tee_parse_fw,
    rproc_tee_find_loaded_rsc_table, rproc_tee_start, rproc_tee_stop, rproc_tee_register,
    rproc_tee_unregister, rproc_tee_probe, rproc_tee_remove, rproc_pa_to_va,
)  # fmt: skip
