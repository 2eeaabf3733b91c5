# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/tee/tee_core.c: the near side of the border to the secure world.

A call can fail in two ways, which must not be mixed up. A *transport error* is an errno: it is
raised. A *TEE error* is what the other side answered: it comes back as a value, `SmcResult.ret`,
and the call itself has succeeded. To inject the first, disturb `tee_client_invoke_func` with an
errno; to inject the second, disturb `optee_invoke_func` with a TEE result.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.errors import Errno, ModelledError, TeeResult
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.formats.tee_params import (
    CloseSession,
    Invoke,
    OpenSession,
    Origin,
    Param,
    ParamType,
    SmcCall,
    SmcResult,
    memref,
)
from rprocbench.soc.board import Soc

from .remoteproc import Host

tee_core_c = mirrors("linux:drivers/tee/tee_core.c")
tee_shm_c = mirrors("linux:drivers/tee/tee_shm.c")
optee_call_c = mirrors("linux:drivers/tee/optee/call.c")


# Where a TEE result may be injected: it comes back as the TA's answer.
CROSSINGS = ("optee_open_session", "optee_invoke_func", "optee_close_session")


@dataclass
class TeeContext(Watched):
    """`struct tee_context`: a client of the TEE, and the sessions it has open."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"soc"})

    run: Run
    soc: Soc
    sessions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.watch("tee context")


@dataclass
class TeeShm(Watched):
    """`struct tee_shm`: memory of the kernel's own that the secure world may read and write."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"memory"})

    run: Run
    name: str
    memory: bytearray
    size: int

    def __post_init__(self) -> None:
        self.watch(f"shm {self.name}")

    def param(self, type_: ParamType = ParamType.MEMREF_INPUT) -> Param:
        """All of it, as a parameter of a call."""
        return memref(self.memory, self.name, type_)


@tee_core_c
def tee_client_open_context(host: Host) -> TeeContext:
    """Find the TEE. `ENOENT`: this machine has none."""
    if host.soc.smc is None:
        raise ModelledError(Errno.ENOENT, "there is no TEE")
    return TeeContext(host.run, host.soc)


@tee_core_c
def tee_client_close_context(ctx: TeeContext) -> None:
    """Leave the TEE. Sessions that are still open are closed."""
    for session in ctx.sessions:
        tee_client_close_session(ctx, session)
    ctx.gone()


@tee_core_c
def tee_client_open_session(ctx: TeeContext, arg: OpenSession) -> SmcResult:
    """Ask for a session; its number is in the answer, if that is SUCCESS.

    Raises a transport error; a TEE error is in the answer's `ret`.
    """
    answer = answer_of(optee_open_session, ctx, arg)
    if answer.ret == TeeResult.SUCCESS:
        ctx.sessions += (answer.session,)
    return answer


@tee_core_c
def tee_client_invoke_func(ctx: TeeContext, arg: Invoke) -> SmcResult:
    """Call a command of an open session.

    Raises a transport error (`EINVAL`: no such session); a TEE error is in the answer's `ret`.
    """
    if arg.session not in ctx.sessions:
        raise ModelledError(Errno.EINVAL, f"session {arg.session} is not open")
    return answer_of(optee_invoke_func, ctx, arg)


@tee_core_c
def tee_client_close_session(ctx: TeeContext, session: int) -> None:
    """End a session. `EINVAL`: it is not open."""
    if session not in ctx.sessions:
        raise ModelledError(Errno.EINVAL, f"session {session} is not open")
    ctx.sessions = tuple(other for other in ctx.sessions if other != session)
    answer_of(optee_close_session, ctx, CloseSession(session))


@tee_shm_c
def tee_shm_register_kernel_buf(ctx: TeeContext, memory: bytearray, name: str) -> TeeShm:
    """Share `memory` itself, not a copy: what changes while the TEE looks, it sees."""
    if not memory:
        raise ModelledError(Errno.EINVAL, f"{name} has no bytes to share")
    ctx.run.buffers[name] = memory
    return TeeShm(ctx.run, name, memory, len(memory))


@tee_shm_c
def tee_shm_free(shm: TeeShm) -> None:
    """Share it no more."""
    shm.run.buffers.pop(shm.name, None)
    shm.gone()


@optee_call_c
def optee_open_session(ctx: TeeContext, arg: OpenSession) -> SmcResult:
    """Cross the border to open a session."""
    return call_secure_world(ctx, arg)


@optee_call_c
def optee_invoke_func(ctx: TeeContext, arg: Invoke) -> SmcResult:
    """Cross the border to call a command."""
    return call_secure_world(ctx, arg)


@optee_call_c
def optee_close_session(ctx: TeeContext, arg: CloseSession) -> SmcResult:
    """Cross the border to close a session."""
    return call_secure_world(ctx, arg)


def call_secure_world(ctx: TeeContext, arg: SmcCall) -> SmcResult:
    """One SMC, with nobody in between. A TEE that has gone answers COMMUNICATION."""
    if ctx.soc.smc is None:
        return SmcResult(TeeResult.COMMUNICATION, Origin.COMMS, why="there is no TEE any more")
    return ctx.soc.smc(arg)


def answer_of(crossing: Callable[..., SmcResult], ctx: TeeContext, arg: SmcCall) -> SmcResult:
    """What `crossing` answers. A TEE result that was injected there is an answer, too."""
    try:
        return crossing(ctx, arg)
    except ModelledError as error:
        if isinstance(error.code, TeeResult):
            return SmcResult(error.code, Origin.TRUSTED_APP, why=error.why)
        raise
