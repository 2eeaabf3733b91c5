# SPDX-License-Identifier: GPL-2.0-or-later
"""A secure world without a normal one, and a client that says which command it wants."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rprocbench.base.errors import TeeResult
from rprocbench.base.run import At, Disturbance, Run
from rprocbench.base.trace import Event, Lane, Logged, Signalled
from rprocbench.formats.tee_params import (
    TA_REMOTEPROC_UUID,
    CloseSession,
    Invoke,
    OpenSession,
    Param,
    ParamType,
    SmcResult,
    TaCmd,
    memref,
    value,
)
from rprocbench.soc.board import Board, Soc
from rprocbench.soc.memory import Chip, Da
from rprocbench.soc.memory import Mapping as Mapped
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee import OpTee, Verifier
from rprocbench.tee.quick import BareRun

IMAGE = "image"
UNTOUCHED = 0xA5  # what target memory was filled with before each recording


def recorded_board(board: Board = STM32MP157C_DK2, fill: int = UNTOUCHED) -> Board:
    """The board of the recordings: every region of OP-TEE's a memory of its own, and filled.

    On the real one, mcuram and mcuram2 are the same SRAM at two addresses.
    """
    regions = board.optee_regions
    return replace(
        board,
        chips=tuple(Chip(r.name, r.size) for r in regions),
        a7=tuple(Mapped(r.pa, r.name, r.size) for r in regions),
        m4=tuple(Mapped(Da(r.pa), r.name, r.size) for r in regions),
        fill=fill,
    )


class ConsoleRun(BareRun):
    """A run of which only consoles and wires are kept: three times as fast as a whole one."""

    def record(self, event: Event) -> None:
        """Keep what a recording harness could see."""
        if isinstance(event, (Logged, Signalled)):
            self.trace.append(event)

    def log(self, lane: Lane, text: str, level: str = "info") -> None:
        """A line on a console."""
        self.trace.append(Logged(lane, level, text))


class TeeMachine:
    """A board, its secure world, one client. `options` go to `OpTee`.

    `is_watched` False leaves out of the trace all but consoles and wires; nothing can disturb it.

    `script` may be added to while the machine lives. `mark` is where in the trace the command that
    was given last begins, once `pta_calls` was asked before it.
    """

    def __init__(
        self,
        script: Mapping[At, Disturbance] | None = None,
        *,
        key: Verifier,
        board: Board | None = None,
        is_watched: bool = True,
        **options: Any,
    ) -> None:
        self.script = dict(script or {})
        self.run = Run(script=self.script) if is_watched else ConsoleRun()
        self.soc = Soc(board or recorded_board(), self.run)
        self.tee = OpTee(self.run, self.soc, key, **options)
        self.soc.smc = self.tee.optee_entry
        self.session = 0
        self.mark, self.asked = len(self.run.trace), len(self.tee.pta.calls)

    def open(self, rproc_id: int = 0, params: tuple[Param, ...] | None = None) -> SmcResult:
        """Open a session with the TA; later commands are in it."""
        asked = (value(rproc_id),) if params is None else params
        result = self.tee.optee_entry(OpenSession(TA_REMOTEPROC_UUID, params=asked))
        if result.ret is TeeResult.SUCCESS:
            self.session = result.session
        return result

    def close(self) -> SmcResult:
        """Close the session."""
        return self.tee.optee_entry(CloseSession(self.session))

    def invoke(self, cmd: int, *params: Param) -> SmcResult:
        """Give any command."""
        return self.tee.optee_entry(Invoke(self.session, cmd, params))

    def load(
        self, image: bytes | bytearray | None, rproc_id: int = 0, offset: int = 0
    ) -> SmcResult:
        """LOAD_FW with a copy of `image`; None is a NULL pointer."""
        buffer = None if image is None else bytearray(image)
        return self.invoke(TaCmd.LOAD_FW, value(rproc_id), memref(buffer, IMAGE, offset=offset))

    def start(self, rproc_id: int = 0) -> SmcResult:
        """START_FW"""
        return self.invoke(TaCmd.START_FW, value(rproc_id))

    def stop(self, rproc_id: int = 0) -> SmcResult:
        """STOP_FW"""
        return self.invoke(TaCmd.STOP_FW, value(rproc_id))

    def release(self, rproc_id: int = 0) -> SmcResult:
        """RELEASE_FW"""
        return self.invoke(TaCmd.RELEASE_FW, value(rproc_id))

    def get_rsc(self, rproc_id: int = 0) -> tuple[SmcResult, list[int]]:
        """GET_RSC_TABLE: the result, and address low, high, size low, high."""
        pa, size = value(type_=ParamType.VALUE_OUTPUT), value(type_=ParamType.VALUE_OUTPUT)
        result = self.invoke(TaCmd.GET_RSC_TABLE, value(rproc_id), pa, size)
        return result, [pa.a, pa.b, size.a, size.b]

    def pta_calls(self) -> list[str]:
        """What the PTA and the reset lines did since the last time, in the recordings' words."""
        told = self.tee.pta.calls[self.asked :]
        self.mark, self.asked = len(self.run.trace), len(self.tee.pta.calls)
        return told

    def messages(self) -> list[str]:
        """Error lines on the secure console since the last `pta_calls`."""
        events = self.run.trace[self.mark :]
        return [e.text for e in events if isinstance(e, Logged) and e.level == "err"]

    def memories(self) -> dict[str, bytes]:
        """What lies in each region that OP-TEE gives to the M4."""
        a7 = self.soc.a7
        regions = self.soc.board.optee_regions
        return {r.name: a7.read(r.pa, r.size, self.tee.LANE) for r in regions}
