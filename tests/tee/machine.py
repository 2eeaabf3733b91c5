# SPDX-License-Identifier: GPL-2.0-or-later
"""A secure world without a normal one: what the tests of `tee` drive."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from rprocbench.base.errors import TeeResult
from rprocbench.base.run import At, Disturbance, Run
from rprocbench.base.trace import Entered, Event, Failed, Left, Logged
from rprocbench.formats.keys import RsaPrivateKey, load_private_key
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

VECTORS = Path(__file__).parents[1] / "vectors" / "tee"


def vector(name: str) -> bytes:
    """A file of tests/vectors/tee, unpacked."""
    data = (VECTORS / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


@cache
def signing_key() -> RsaPrivateKey:
    """The throw-away key that the vectors are signed with."""
    key = load_private_key(vector("rsa2048.pem"))
    assert isinstance(key, RsaPrivateKey)
    return key


KEY = signing_key().public
GOOD = vector("m4_rsc_rsa2048.sig")


def without_aliases(board: Board = STM32MP157C_DK2, fill: int = 0xA5) -> Board:
    """The board of the recordings: every region a memory of its own, filled with 0xA5."""
    regions = board.optee_regions
    return replace(
        board,
        chips=tuple(Chip(r.name, r.size) for r in regions),
        a7=tuple(Mapped(r.pa, r.name, r.size) for r in regions),
        m4=tuple(Mapped(Da(r.pa), r.name, r.size) for r in regions),
        fill=fill,
    )


class Machine:
    """A board, its secure world, and a client that says which command it wants."""

    def __init__(
        self,
        script: Mapping[At, Disturbance] | None = None,
        *,
        key: Verifier = KEY,
        board: Board | None = None,
        **options: Any,
    ) -> None:
        self.script = dict(script or {})
        self.run = Run(script=self.script)
        self.soc = Soc(board or without_aliases(), self.run)
        self.tee = OpTee(self.run, self.soc, key, **options)
        self.soc.smc = self.tee.optee_entry
        self.session = 0
        self.mark = len(self.run.trace)

    def open(self, rproc_id: int = 0, params: tuple[Param, ...] | None = None) -> SmcResult:
        asked = (value(rproc_id),) if params is None else params
        result = self.tee.optee_entry(OpenSession(TA_REMOTEPROC_UUID, params=asked))
        if result.ret is TeeResult.SUCCESS:
            self.session = result.session
        return result

    def close(self) -> SmcResult:
        return self.tee.optee_entry(CloseSession(self.session))

    def invoke(self, cmd: int, *params: Param) -> SmcResult:
        return self.tee.optee_entry(Invoke(self.session, cmd, params))

    def load(
        self, image: bytes | bytearray | None, rproc_id: int = 0, offset: int = 0
    ) -> SmcResult:
        buffer = None if image is None else bytearray(image)
        return self.invoke(TaCmd.LOAD_FW, value(rproc_id), memref(buffer, "image", offset=offset))

    def start(self, rproc_id: int = 0) -> SmcResult:
        return self.invoke(TaCmd.START_FW, value(rproc_id))

    def stop(self, rproc_id: int = 0) -> SmcResult:
        return self.invoke(TaCmd.STOP_FW, value(rproc_id))

    def release(self, rproc_id: int = 0) -> SmcResult:
        return self.invoke(TaCmd.RELEASE_FW, value(rproc_id))

    def get_rsc(self, rproc_id: int = 0) -> tuple[SmcResult, list[int]]:
        pa, size = value(type_=ParamType.VALUE_OUTPUT), value(type_=ParamType.VALUE_OUTPUT)
        result = self.invoke(TaCmd.GET_RSC_TABLE, value(rproc_id), pa, size)
        return result, [pa.a, pa.b, size.a, size.b]

    def pta_calls(self, opened: int = 0) -> list[str]:
        """What the PTA and the reset lines did since the last time, in the recordings' words."""
        calls = harness_calls(self.run.trace[self.mark :], opened)
        self.mark = len(self.run.trace)
        return calls

    def messages(self) -> list[str]:
        """Error lines on the secure console since the last `pta_calls`."""
        events = self.run.trace[self.mark :]
        return [e.text for e in events if isinstance(e, Logged) and e.level == "err"]


NAMES = {
    "rproc_pta_open_session": "open",
    "rproc_pta_capabilities": "CAPS",
    "rproc_pta_verify_digest": "VERIFY",
    "rproc_pta_load_segment": "LOADSEG",
    "rproc_pta_set_memory": "SETMEM",
    "rproc_pta_da_to_pa": "DA2PA",
    "rproc_pta_start": "START",
    "rproc_pta_stop": "STOP",
    "rproc_pta_release": "RELEASE",
}


def described(text: str) -> str:
    """The arguments in a line that the PTA logs, as the recordings write them."""
    found = re.search(r"\(da=(\w+), size=(\w+)\)", text)
    if found is None:
        return ""
    return f"(da={'0' if found[1] == '0x0' else found[1]},size={found[2]})"


def harness_calls(trace: list[Event], opened: int = 0) -> list[str]:
    """The trace in the words of the recordings: `PTA.LOADSEG(da=0,size=0x40)=00000000`."""
    calls: list[str] = []
    stack: list[str] = []
    arguments = ""
    for event in trace:
        match event:
            case Entered(function=function):
                stack.append(function)
                arguments = f"({opened})" if function == "rproc_pta_open_session" else arguments
                if function.startswith("rstctrl_"):
                    calls.append(f"{function.split('_')[1]}({event.subject})")
            case Logged(text="PTA session closed"):
                calls.append("PTA.close")
            case Logged(text=text) if text.startswith("PTA "):
                arguments = described(text)
            case Left() | Failed():
                name, code = NAMES.get(stack.pop()), getattr(event, "code", "SUCCESS")
                if name and code != "TARGET_DEAD":
                    calls.append(f"PTA.{name}{arguments}={TeeResult[code]:08x}")
            case _:
                pass
    return calls
