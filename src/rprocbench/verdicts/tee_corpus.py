# SPDX-License-Identifier: GPL-2.0-or-later
"""Scripts in the notation of `verdicts.jsonl`: lists like `["load", 0, 1]`.

`open id` | `close` | `load id image [size [null]]` | `start`, `stop`, `get_rsc`, `release`,
`coredump id` | `raw cmd types v0..v7` | `poke image offset hex`
"""

from collections.abc import Sequence
from typing import Any

from rprocbench.base.errors import InputCode, InputError, TeeResult
from rprocbench.formats.tee_params import Param, ParamType, SmcResult, TaCmd, memref, value
from rprocbench.tee import TaFlags
from rprocbench.tee.optee import REMOTEPROC_FLAGS

from .tee_machine import IMAGE, TeeMachine
from .tee_player import Player, StepVerdict, param_type

SEVERAL_SESSIONS = REMOTEPROC_FLAGS | TaFlags.MULTI_SESSION  # the harness called the TA itself
COMMANDS = {
    "start": TaCmd.START_FW,
    "stop": TaCmd.STOP_FW,
    "release": TaCmd.RELEASE_FW,
    "coredump": TaCmd.GET_COREDUMP,
}
Step = Sequence[Any]


class CorpusPlayer(Player):
    """The commands, over images by number. `align` is the buffers' distance from a page's start."""

    def __init__(self, machine: TeeMachine, images: Sequence[bytes], align: int = 0) -> None:
        super().__init__(machine)
        self.images = [bytearray(image) for image in images]
        self.align = align
        self.sessions: list[int] = []

    def run(self, script: Sequence[Step]) -> list[StepVerdict]:
        """What came of each command; pokes are none."""
        return [self.step(step) for step in script if not self.poked(step)]

    def poked(self, step: Step) -> bool:
        """Do what a `poke` says, if it is one."""
        if step[0] != "poke":
            return False
        try:
            _, index, offset, text = step
            data = bytes.fromhex(text)
            self.images[index][offset : offset + len(data)] = data
        except (TypeError, ValueError, IndexError) as error:
            why = f"the step {step!r:.80} is not of its kind's shape: {error}"
            raise InputError(InputCode.BAD_VALUE, why) from error
        return True

    def step(self, step: Step) -> StepVerdict:
        """Give one command. Raises `InputError` BAD_VALUE for one that means nothing."""
        try:
            return self.given(*step)
        except (TypeError, ValueError, IndexError) as error:
            why = f"the step {step!r:.80} is not of its kind's shape: {error}"
            raise InputError(InputCode.BAD_VALUE, why) from error

    def given(self, verb: str, *args: Any) -> StepVerdict:
        """Give one command."""
        act = getattr(self, f"do_{verb}", None)
        if verb in COMMANDS:
            verdict = self.play(verb, lambda: self.invoke(COMMANDS[verb], value(args[0])))
        elif act is None:
            raise InputError(InputCode.BAD_VALUE, f"there is no command {verb!r}")
        else:
            verdict = self.play(verb, lambda: act(*args))
        if verdict.result is TeeResult.TARGET_DEAD:
            self.sessions.clear()  # the recording harness drops them
        return verdict

    def invoke(self, cmd: int, *params: Param) -> SmcResult:
        """A command in the session that was opened last."""
        self.machine.session = self.sessions[-1] if self.sessions else 0
        return self.machine.invoke(cmd, *params)

    def do_open(self, rproc_id: int) -> SmcResult:
        """Open one more session."""
        result = self.machine.open(rproc_id)
        if result.ret is TeeResult.SUCCESS:
            self.sessions.append(result.session)
        return result

    def do_close(self) -> SmcResult:
        """Close the session that was opened last."""
        self.machine.session = self.sessions.pop() if self.sessions else 0
        return self.machine.close()

    def do_load(self, rproc_id: int, index: int, size: int = -1, null: int = 0) -> SmcResult:
        """LOAD_FW; a `size` other than -1 cuts the image, or fills it up with zeros."""
        image = self.images[index]
        if size >= 0:
            image = image[:size].ljust(size, b"\0")
        buffer = memref(None if null else image, IMAGE, offset=self.align)
        return self.invoke(TaCmd.LOAD_FW, value(rproc_id), buffer)

    def do_get_rsc(self, rproc_id: int) -> SmcResult:
        """GET_RSC_TABLE"""
        pa, size = value(type_=ParamType.VALUE_OUTPUT), value(type_=ParamType.VALUE_OUTPUT)
        params = value(rproc_id), pa, size
        return self.note_table(self.invoke(TaCmd.GET_RSC_TABLE, *params), params)

    def do_raw(self, cmd: int, types: int, *values: int) -> SmcResult:
        """Any command with any types, five of them if the word has so many."""
        kinds = [param_type(types >> 4 * index & 15) for index in range(5)]
        pairs = zip(kinds, (*values[::2], 0), (*values[1::2], 0), strict=True)
        params = [Param(kind, a, b) for kind, a, b in pairs]
        result = self.invoke(cmd, *params[: 5 if kinds[4] else 4])
        return self.note_table(result, params) if cmd == TaCmd.GET_RSC_TABLE else result


def as_recorded(step: StepVerdict) -> dict[str, Any]:
    """A step as a line of `verdicts.jsonl` has it."""
    assert step.result is not None
    seen: dict[str, Any] = {"c": step.command, "res": f"0x{step.result:08X}"}
    if step.rsc_table is not None:
        pa, size = step.rsc_table
        seen |= {"rsc_pa": hex(pa), "rsc_size": hex(size)}
    for name, said in (
        ("m4", step.m4),
        ("msg", list(step.messages)),
        ("panic", step.panic),
        ("events", list(step.events)),
        ("mem", dict(step.memory)),
    ):
        if said:
            seen[name] = said
    return seen
