# SPDX-License-Identifier: GPL-2.0-or-later
"""One command to a secure world, and all that came of it: what both notations of scripts share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from rprocbench.base.errors import TeeResult
from rprocbench.base.trace import Signalled
from rprocbench.formats.tee_params import Param, ParamType, SmcResult, TaCmd

from .tee_machine import TeeMachine

REFUSED_BY_CORE = "0xFFFF0001"
FAULT = "fault signal 11 in TA"
ZERO = "zero"


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """What came of one command.

    - `result` is None for commands to the harness (`poke`, `strict`); `text` is their answer
    - `memory` has the SHA-256 of each region that changed, "zero" for one that is all zeros now
    - `m4` is "released", "reset" or ""; `panic` the code of a panic, `events` what else killed the
      TA, as the recordings put it
    """

    command: str
    result: TeeResult | None = None
    text: str = ""
    pta_calls: tuple[str, ...] = ()
    rsc_table: tuple[int, int] | None = None
    memory: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    m4: str = ""
    panic: str = ""
    events: tuple[str, ...] = ()
    undefined: str | None = None


class Player:
    """A machine, and what it looked like before the command that is played now."""

    def __init__(self, machine: TeeMachine) -> None:
        self.machine = machine
        self.before = machine.memories()
        self.table: tuple[int, int] | None = None

    def changed(self) -> dict[str, str]:
        """Regions that have changed since the last call, by name."""
        before, self.before = self.before, self.machine.memories()
        return {
            name: ZERO if data == bytes(len(data)) else sha256(data).hexdigest()
            for name, data in self.before.items()
            if data != before[name]
        }

    def play(self, command: str, act: Callable[[], SmcResult | str]) -> StepVerdict:
        """Do it, and gather what came of it."""
        machine = self.machine
        self.table = None
        known = len(machine.tee.hazards)
        machine.pta_calls()
        mark = machine.mark
        answer = act()
        if isinstance(answer, str):
            machine.pta_calls()
            self.changed()
            return StepVerdict(command, None, answer)
        dead = answer.ret is TeeResult.TARGET_DEAD
        refused = dead and "0xffff0001" in answer.why
        messages = machine.messages()
        calls = machine.pta_calls()
        signals = [e.what for e in machine.run.trace[mark:] if isinstance(e, Signalled)]
        return StepVerdict(
            command,
            answer.ret,
            answer.ret.name,
            tuple(calls),
            self.table,
            self.changed(),
            tuple(f"ta:{text}" for text in messages if "TA panicked" not in text),
            ("released" if "released" in signals else "reset") if signals else "",
            REFUSED_BY_CORE if refused else "",
            (FAULT,) if dead and not refused and "data abort" in answer.why else (),
            "; ".join(map(str, machine.tee.hazards[known:])) or None,
        )

    def note_table(self, result: SmcResult, params: list[Param] | tuple[Param, ...]) -> SmcResult:
        """Keep what GET_RSC_TABLE put into its parameters."""
        if result.ret is TeeResult.SUCCESS:
            self.table = params[1].a | params[1].b << 32, params[2].a | params[2].b << 32
        return result


def params_of(types: int, values: tuple[int, ...]) -> list[Param]:
    """Parameters by their types, one per nibble, with `values` in pairs."""
    kinds = [param_type(types >> 4 * index & 15) for index in range(4)]
    padded = [*values, *[0] * 8]
    return [Param(kind, padded[2 * i], padded[2 * i + 1]) for i, kind in enumerate(kinds)]


def param_type(nibble: int) -> Any:
    """The type a nibble means; the nibble itself where it means none."""
    return ParamType(nibble) if nibble in set(ParamType) else nibble


__all__ = ["FAULT", "Player", "StepVerdict", "TaCmd", "param_type", "params_of"]
