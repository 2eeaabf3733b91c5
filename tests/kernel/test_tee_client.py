# SPDX-License-Identifier: GPL-2.0-or-later
"""The near side of the border: two kinds of errors that are not mixed up."""

import pytest

from rprocbench.base.errors import Errno, ModelledError, TeeResult
from rprocbench.base.run import At, Disturbance, Fail, Poke, Run
from rprocbench.formats.tee_params import (
    TA_REMOTEPROC_UUID,
    Invoke,
    OpenSession,
    Origin,
    SmcCall,
    SmcResult,
    value,
)
from rprocbench.kernel.remoteproc import Host
from rprocbench.kernel.tee_client import (
    TeeContext,
    tee_client_close_context,
    tee_client_close_session,
    tee_client_invoke_func,
    tee_client_open_context,
    tee_client_open_session,
    tee_shm_free,
    tee_shm_register_kernel_buf,
)
from rprocbench.soc.board import Soc
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2


def client(**script: Disturbance) -> tuple[TeeContext, list[SmcCall]]:
    run = Run(script={At(name): disturbance for name, disturbance in script.items()})
    host = Host(run, Soc(STM32MP157C_DK2, run))
    calls: list[SmcCall] = []

    def secure_world(call: SmcCall) -> SmcResult:
        calls.append(call)
        if isinstance(call, Invoke) and call.cmd == 99:
            return SmcResult(TeeResult.BAD_PARAMETERS, Origin.TRUSTED_APP, why="no such command")
        return SmcResult(TeeResult.SUCCESS, session=7)

    host.soc.smc = secure_world
    return tee_client_open_context(host), calls


OPEN = OpenSession(TA_REMOTEPROC_UUID, params=(value(0),))


def test_a_session_is_opened_used_and_closed() -> None:
    ctx, calls = client()
    assert tee_client_open_session(ctx, OPEN).session == 7
    assert tee_client_invoke_func(ctx, Invoke(7, 2, (value(0),))).ret == TeeResult.SUCCESS
    tee_client_close_context(ctx)
    assert [type(call).__name__ for call in calls] == ["OpenSession", "Invoke", "CloseSession"]


def test_what_the_ta_refuses_comes_back_as_a_value() -> None:
    ctx, _ = client()
    tee_client_open_session(ctx, OPEN)
    answer = tee_client_invoke_func(ctx, Invoke(7, 99))
    assert (answer.ret, answer.origin) == (TeeResult.BAD_PARAMETERS, Origin.TRUSTED_APP)


def test_a_transport_error_is_raised_and_nothing_crosses() -> None:
    ctx, calls = client(tee_client_invoke_func=Fail(Errno.EIO))
    tee_client_open_session(ctx, OPEN)
    with pytest.raises(ModelledError) as caught:
        tee_client_invoke_func(ctx, Invoke(7, 2))
    assert caught.value.code == Errno.EIO
    assert len(calls) == 1


def test_an_injected_answer_is_an_answer() -> None:
    ctx, calls = client(
        optee_invoke_func=Fail(TeeResult.SECURITY), optee_open_session=Fail(TeeResult.BUSY)
    )
    assert tee_client_open_session(ctx, OPEN).ret == TeeResult.BUSY
    assert ctx.sessions == ()
    tee_client_open_session(ctx, OPEN)
    answer = tee_client_invoke_func(ctx, Invoke(7, 2))
    assert (answer.ret, answer.origin) == (TeeResult.SECURITY, Origin.TRUSTED_APP)
    assert len(calls) == 1


def test_sessions_that_are_not_open() -> None:
    ctx, _ = client()
    for call in (
        lambda: tee_client_invoke_func(ctx, Invoke(3, 2)),
        lambda: tee_client_close_session(ctx, 3),
    ):
        with pytest.raises(ModelledError) as caught:
            call()
        assert caught.value.code == Errno.EINVAL


def test_without_a_tee_there_is_no_context() -> None:
    run = Run()
    with pytest.raises(ModelledError) as caught:
        tee_client_open_context(Host(run, Soc(STM32MP157C_DK2, run)))
    assert caught.value.code == Errno.ENOENT


def test_shared_memory_is_the_memory_itself() -> None:
    ctx, _ = client(optee_invoke_func=Poke("image", 0, b"!"))
    tee_client_open_session(ctx, OPEN)
    memory = bytearray(b"firmware")
    shm = tee_shm_register_kernel_buf(ctx, memory, "image")
    tee_client_invoke_func(ctx, Invoke(7, 1, (value(0), shm.param())))
    assert memory == b"!irmware"
    assert shm.param().buffer is memory
    tee_shm_free(shm)
    assert ctx.run.buffers == {}
    with pytest.raises(ModelledError):
        tee_shm_register_kernel_buf(ctx, bytearray(), "image")
