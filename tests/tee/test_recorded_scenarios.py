# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequences of commands, with faults and races, as the real TA, PTA and driver answered them."""

import json
from typing import Any

import pytest

from rprocbench.base.errors import TeeResult
from rprocbench.base.run import At, Fail, Poke
from rprocbench.base.trace import Lane
from rprocbench.formats.tee_params import Param, ParamType, SmcResult, TaCmd, memref, value
from rprocbench.soc.memory import Pa
from rprocbench.tee import Panic

from .images import image
from .machine import Machine, vector

SCENARIOS = json.loads(vector("scenarios.json"))
GENERATIONS = {
    "ta_head.so": "HEAD",
    "ta_preelf.so": "pre-5597ed385",
    "ta_pretlv.so": "pre-07917406b",
}
IGNORED = {"strict", "clearhooks"}
HOOKS = {("0", "1"): At("TEE_Malloc", 2), ("1", "2"): At("stm32_remoteproc_map", 2)}
RESETS = {2: ("rstctrl_deassert_to", "rstctrl_assert_to"), 3: ("rstctrl_assert_to",) * 2}


def params_of(types: int, rproc_id: int) -> list[Param]:
    kinds = [ParamType(types >> 4 * i & 15) for i in range(4)]
    return [Param(kind, rproc_id if i == 0 else 0) for i, kind in enumerate(kinds)]


class Player:
    """One scenario."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        is_strict = any(step["cmd"] == "strict 1" for step in scenario["steps"])
        self.machine = Machine(
            generation=GENERATIONS[scenario["ta"]], shm_granule=1 if is_strict else 4096
        )
        self.failing_reset = 0

    def step(self, verb: str, *args: str) -> str:
        if verb in IGNORED:
            return "ok"
        result = getattr(self, verb)(*args)
        return result.ret.name if isinstance(result, SmcResult) else str(result)

    def open(self, rproc_id: str, types: str = "1") -> SmcResult:
        return self.machine.open(params=tuple(params_of(int(types, 16), int(rproc_id))))

    def close(self) -> SmcResult:
        return self.machine.close()

    def load(self, rproc_id: str, name: str, _size: str = "-1", types: str = "51") -> SmcResult:
        params = params_of(int(types, 16), int(rproc_id))
        data = image(name)
        params[1] = memref(None if data is None else bytearray(data), "image", params[1].type)
        return self.machine.invoke(TaCmd.LOAD_FW, *params)

    def cmd(self, number: str, types: str, rproc_id: str) -> SmcResult:
        cmd = int(number, 16)
        if self.failing_reset:
            functions = RESETS[cmd][: self.failing_reset]
            calls = self.machine.run.calls[functions[-1]] + functions.count(functions[-1])
            self.machine.script[At(functions[-1], calls)] = Fail(TeeResult.TIMEOUT)
            self.failing_reset = 0
        return self.machine.invoke(cmd, *params_of(int(types, 16), int(rproc_id)))

    def rstfail(self, nth: str) -> str:
        self.failing_reset = int(nth)
        return "ok"

    def hook(self, where: str, nth: str, offset: str, data: str) -> str:
        poke = Poke("image", int(offset), bytes.fromhex(data))
        self.machine.script[HOOKS[where, nth]] = poke
        return "ok"

    def crash(self) -> str:
        calls = self.machine.run.calls["remoteproc_get_coredump"]
        self.machine.script[At("remoteproc_get_coredump", calls + 1)] = Panic()
        result = self.machine.invoke(TaCmd.GET_COREDUMP, value())
        assert result.ret is TeeResult.TARGET_DEAD
        self.machine.pta_calls()
        return "ok (TA instance lost)"

    def peek(self, address: str, size: str) -> str:
        return f"MEM {self.machine.soc.a7.read(Pa(int(address, 16)), int(size)).hex()}"

    def poke(self, address: str, data: str) -> str:
        self.machine.soc.a7.write(Pa(int(address, 16)), bytes.fromhex(data), Lane.LINUX)
        return "ok"


def trace_of(text: str) -> list[str]:
    """The recorded trace, without what the harness says of itself."""
    return [call for call in text.split(";") if call and not call.startswith("TOCTOU")]


@pytest.mark.parametrize(
    "scenario", SCENARIOS, ids=[f"{s['scenario']}-{s['ta']}" for s in SCENARIOS]
)
def test_scenario(scenario: dict[str, Any]) -> None:
    player = Player(scenario)
    player.machine.pta_calls()
    for step in scenario["steps"]:
        verb, *args = step["cmd"].split()
        assert player.step(verb, *args) == step["result"], step["cmd"]
        calls = player.machine.pta_calls(int(args[0]) if verb == "open" else 0)
        if step["trace"] in {"424)", "640)"}:
            continue  # the harness printed the end of a message of the allocator instead
        assert calls == trace_of(step["trace"]), step["cmd"]
