# SPDX-License-Identifier: GPL-2.0-or-later
"""What the TA answers when it is given an image: the secure world alone, with nothing around it."""

from dataclasses import dataclass

from rprocbench.base.errors import Cite, Span, TeeResult
from rprocbench.base.run import Run
from rprocbench.base.trace import Failed, Lane, Logged, Trace
from rprocbench.formats.tee_params import (
    TA_REMOTEPROC_UUID,
    Invoke,
    OpenSession,
    Origin,
    TaCmd,
    memref,
    value,
)
from rprocbench.soc.board import Board, Soc
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee.optee import OpTee
from rprocbench.tee.pta_remoteproc import Verifier

from .cause import Cause, cause_of

IMAGE = "image"


@dataclass(frozen=True, slots=True)
class TaAnswer:
    """The answer to LOAD_FW: the result, and the check that gave it."""

    code: TeeResult
    origin: Origin
    why: str = ""
    function: str = ""
    cite: Cite | None = None
    span: Span | None = None
    console: tuple[str, ...] = ()

    @property
    def is_success(self) -> bool:
        """Whether the image is loaded."""
        return self.code is TeeResult.SUCCESS

    def __str__(self) -> str:
        text = f"{self.code.name} ({self.code:#010x})"
        if self.why:
            text += f": {self.why}"
        return text + (f" at {self.span}" if self.span else "")


def secure_world(
    key: Verifier, board: Board = STM32MP157C_DK2, generation: str = "head"
) -> tuple[OpTee, int]:
    """OP-TEE on that board, nothing loaded, and a session with the TA."""
    run = Run()
    optee = OpTee(run, Soc(board, run), key, generation)
    opened = optee.optee_entry(OpenSession(TA_REMOTEPROC_UUID, params=(value(0),)))
    return optee, opened.session


def ta_load(
    image: bytes, key: Verifier, board: Board = STM32MP157C_DK2, generation: str = "head"
) -> TaAnswer:
    """Load `image` into an OP-TEE that has `key` built in; no kernel, no M4.

    The TA and the PTA are the ones of a whole boot: only who asks them differs.
    """
    optee, session = secure_world(key, board, generation)
    params = value(0), memref(bytearray(image), IMAGE)
    result = optee.optee_entry(Invoke(session, TaCmd.LOAD_FW, params))
    trace = optee.run.trace
    said = tuple(e.text for e in trace if isinstance(e, Logged) and _is_error(e))
    if result.ret is TeeResult.SUCCESS:
        return TaAnswer(result.ret, result.origin, console=said)
    cause = _cause(trace)
    return TaAnswer(
        result.ret, result.origin, cause.why, cause.function, cause.cite, cause.span, said
    )


def _is_error(line: Logged) -> bool:
    return line.lane is Lane.OPTEE and line.level == "err"


def _cause(trace: Trace) -> Cause:
    last = max(
        index
        for index, event in enumerate(trace)
        if isinstance(event, Failed) and event.function == "tee_ta_invoke_command"
    )
    return cause_of(trace, last)
