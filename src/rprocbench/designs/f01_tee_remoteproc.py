# SPDX-License-Identifier: GPL-2.0-or-later
"""lore:20240118100433.3984196-1, drivers/remoteproc/tee_remoteproc.c: the TA's client, as of v2.

The TEE device's probe allocates one context; each processor has an entry in its list, and holds a
pointer to it. There is no lock. What the seed's two answers (families F2a and F2b) leave alone of
this file, they use from here.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from rprocbench.base.errors import Crash, Errno, ModelledError, TeeResult, Undefined
from rprocbench.base.run import Run, Watched, mirrors, tolerate
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
from rprocbench.kernel.flow import dev_err, then
from rprocbench.kernel.remoteproc import Firmware, Host, Rproc
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

tee_c = mirrors("lore:20240118100433.3984196-1/drivers/remoteproc/tee_remoteproc.c")
ioremap_c = mirrors("linux:arch/arm/mm/ioremap.c")

COMMANDS = {
    TaCmd.LOAD_FW: "TA_RPROC_FW_CMD_LOAD_FW",
    TaCmd.START_FW: "TA_RPROC_FW_CMD_START_FW",
    TaCmd.STOP_FW: "TA_RPROC_FW_CMD_STOP_FW",
    TaCmd.GET_RSC_TABLE: "TA_RPROC_FW_CMD_GET_RSC_TABLE",
}
CONTEXT = "tee_rproc_ctx"


@dataclass
class TeeEntry(Watched):
    """What v2 and the seed's answers all keep of one processor that the TA manages."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"host", "rproc"})

    run: Run
    host: Host
    rproc_id: int
    session_id: int
    rproc: Rproc | None = None

    def __post_init__(self) -> None:
        self.watch(f"{self.name} {self.rproc_id}")

    @property
    def name(self) -> str:
        """The struct's name in C."""
        raise NotImplementedError

    @property
    def owner(self) -> Rproc:
        """`rproc`, where the C follows the pointer without asking."""
        assert self.rproc
        return self.rproc


@dataclass
class TeeRproc(TeeEntry):
    """`struct tee_rproc`: `rsc_va` is the resource table of what runs, while it is mapped."""

    rsc_va: LoadedTable | None = None

    @property
    def name(self) -> str:
        return "tee_rproc"


@dataclass
class TeeRprocContext(Watched):
    """`struct tee_rproc_context`: there is one as long as the TEE device is there."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"host"})

    run: Run
    host: Host
    tee_ctx: TeeContext
    sessions: tuple[TeeEntry, ...] = ()

    def __post_init__(self) -> None:
        self.watch(CONTEXT)


def context(entry: TeeEntry) -> TeeRprocContext:
    """The context, which the C takes to be there. Once the TEE device has gone, it is not."""
    ctx = entry.host.statics.get(CONTEXT)
    if ctx is None:
        raise Crash(Undefined.OOPS, f"{CONTEXT} is NULL, and followed")
    return cast("TeeRprocContext", ctx)


def invoke(entry: TeeEntry, cmd: TaCmd, *params: Param) -> SmcResult:
    """One command. A transport error is passed on; whatever the TA says against it is EIO."""
    call = Invoke(entry.session_id, cmd, (value(entry.rproc_id), *params))

    def complain(ret: TeeResult, error: int) -> None:
        dev_err(entry.owner, f"{COMMANDS[cmd]} invoke failed TEE err: {ret:x}, ret:{error}")

    try:
        answer = tee_client_invoke_func(context(entry).tee_ctx, call)
    except ModelledError as error:
        complain(TeeResult.SUCCESS, -error.code.value)
        raise
    if answer.ret != TeeResult.SUCCESS:
        complain(answer.ret, 0)
        why = f"the TA answered {answer.ret.name} ({answer.ret:#010x})"
        raise ModelledError(Errno.EIO, why)
    return answer


def load(entry: TeeEntry, fw: Firmware) -> None:
    """Share the image with the TA as long as LOAD takes."""
    shm = tee_shm_register_kernel_buf(context(entry).tee_ctx, fw.data, fw.label)
    with then(tee_shm_free, shm):
        invoke(entry, TaCmd.LOAD_FW, shm.param())


def where_table(entry: TeeEntry) -> tuple[Pa, int]:
    """Where the TA put the table, and its size; only the low words of the answer are looked at."""
    address, size = (value(type_=ParamType.VALUE_OUTPUT) for _ in range(2))
    invoke(entry, TaCmd.GET_RSC_TABLE, address, size)
    return Pa(address.a), size.a


@ioremap_c
def ioremap_wc(entry: TeeEntry, pa: Pa, size: int) -> LoadedTable:
    """Map `size` bytes at `pa`. `ENOMEM`: there is nothing to map."""
    soc = entry.host.soc
    if soc.a7.locate(pa, size) is None:
        raise ModelledError(Errno.ENOMEM, f"there is no memory at {pa:#x}+{size:#x}")
    return LoadedTable(entry.run, soc, pa, size)


@ioremap_c
def iounmap(entry: TeeEntry, table: LoadedTable) -> None:  # the C is given the address alone
    """Unmap what `ioremap_wc` mapped."""


@tee_c
def tee_rproc_load_fw(trproc: TeeRproc, fw: Firmware) -> None:
    """Hand the signed image to the TA, which authenticates and loads it."""
    load(trproc, fw)


@tee_c
def rproc_tee_get_rsc_table(trproc: TeeRproc) -> None:
    """Map the table of the loaded image, and let the processor have a copy of it.

    What `rsc_va` and `cached_table` were before is forgotten, not given back. An image without a
    table is all right, and leaves both as they are.
    """
    pa, size = where_table(trproc)
    if not size:
        return
    trproc.rsc_va = ioremap_wc(trproc, pa, size)
    rproc = trproc.owner
    rproc.cached_table = kmemdup(trproc.rsc_va, size, "cached_table")
    rproc.table_ptr = rproc.cached_table
    rproc.table_sz = size


@tee_c
def tee_rproc_get_loaded_rsc_table(trproc: TeeRproc) -> LoadedTable | None:
    """The mapped table, if there is one. The TA is not asked."""
    return trproc.rsc_va


@tee_c
def tee_rproc_start(trproc: TeeRproc) -> None:
    """Let the TA start the core."""
    invoke(trproc, TaCmd.START_FW)


@tee_c
def tee_rproc_stop(trproc: TeeRproc) -> None:
    """Let the TA stop the core, and unmap the table even if it does not."""
    with then(unmap, trproc):
        invoke(trproc, TaCmd.STOP_FW)


def unmap(trproc: TeeRproc) -> None:
    """Unmap the table, if it is mapped."""
    if trproc.rsc_va:
        iounmap(trproc, trproc.rsc_va)
        trproc.rsc_va = None


def open_session(host: Host, rproc_id: int) -> tuple[TeeRprocContext, int]:
    """A session for one processor. `EPROBE_DEFER`: no TEE device yet; `EINVAL`: the TA says no."""
    ctx: TeeRprocContext | None = host.statics.get(CONTEXT)
    if ctx is None:
        raise ModelledError(Errno.EPROBE_DEFER, "the TEE device is not there yet")
    call = OpenSession(TA_REMOTEPROC_UUID, params=(value(rproc_id),))
    answer = tee_client_open_session(ctx.tee_ctx, call)
    if answer.ret != TeeResult.SUCCESS:
        raise ModelledError(Errno.EINVAL, f"the TA answered {answer.ret.name} to a new session")
    return ctx, answer.session


@tee_c
def tee_rproc_register(host: Host, rproc_id: int) -> TeeRproc:
    """Open a session for a processor that does not exist yet, and put it on the list."""
    ctx, session = open_session(host, rproc_id)
    trproc = TeeRproc(host.run, host, rproc_id, session)
    ctx.sessions += (trproc,)
    return trproc


@tee_c
def tee_rproc_unregister(trproc: TeeEntry) -> None:
    """End the session, and take the entry off the list; devres frees it with the driver."""
    drop(context(trproc), trproc)


def drop(ctx: TeeRprocContext, entry: TeeEntry) -> None:
    """What takes one entry away."""
    tolerate(tee_client_close_session, ctx.tee_ctx, entry.session_id)
    ctx.sessions = tuple(other for other in ctx.sessions if other is not entry)
    entry.gone()


@tee_c
def tee_rproc_probe(host: Host) -> None:
    """The TEE device has appeared: become its client."""
    host.statics[CONTEXT] = TeeRprocContext(host.run, host, tee_client_open_context(host))


@tee_c
def tee_rproc_remove(host: Host) -> None:
    """The TEE device goes, and takes every entry along, whoever still points to one."""
    ctx: TeeRprocContext | None = host.statics.pop(CONTEXT, None)
    if ctx:
        for entry in ctx.sessions:
            drop(ctx, entry)
        tee_client_close_context(ctx.tee_ctx)
        ctx.gone()


SHARED: tuple[Any, ...] = (
    ioremap_wc, iounmap, tee_rproc_unregister, tee_rproc_probe, tee_rproc_remove,
)  # fmt: skip
TEE_FUNCTIONS: tuple[Any, ...] = (
    tee_rproc_load_fw, rproc_tee_get_rsc_table, tee_rproc_get_loaded_rsc_table, tee_rproc_start,
    tee_rproc_stop, tee_rproc_register, *SHARED,
)  # fmt: skip
