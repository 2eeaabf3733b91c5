# SPDX-License-Identifier: GPL-2.0-or-later
"""Scripts in the notation of `scenarios.json`: lines like `load 0 A_good_baseline.bin`.

- to the TA: `open ID [TYPES]` | `close` | `load ID FILE [OFFSET [TYPES]]` | `cmd N TYPES ID`; N and
  TYPES in hex; OFFSET is the buffer's distance from alignment, -1 puts its end at a page's end; a
  FILE that does not exist is a NULL pointer
- to the harness: `strict 1` (nothing is mapped around buffers) | `rstfail N` (the next command's
  Nth move of a reset line times out) | `hook WHERE NTH OFFSET HEX` (change the image before the
  TA's (0) or the PTA's (1), or behind the PTA's (2) NTH copy) | `clearhooks` | `crash` (the TA's
  instance is lost) | `peek PA SIZE` | `poke PA HEX`
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rprocbench.base.errors import InputCode, InputError, TeeResult
from rprocbench.base.run import At, Fail, Modelled, Poke
from rprocbench.base.trace import Lane
from rprocbench.formats.tee_params import SmcResult, TaCmd, memref, value
from rprocbench.soc.memory import Pa
from rprocbench.tee import Panic

from .tee_machine import IMAGE, TeeMachine
from .tee_player import Player, StepVerdict, params_of

Images = Callable[[str], bytes | None]  # by file name; None: there is no such file
RESETS = {2: ("rstctrl_deassert_to", "rstctrl_assert_to"), 3: ("rstctrl_assert_to",) * 2}
COPIES = {"1": "stm32_remoteproc_map", "2": "stm32_remoteproc_unmap"}


@dataclass(frozen=True, slots=True)
class LineFails:
    """A disturbance: a reset line is moved, and reports that it took too long."""

    move: str

    def __call__(self, subject: Modelled) -> None:
        line: Any = subject
        line.calls.append(f"{self.move}({line.label})")
        Fail(TeeResult.TIMEOUT)(subject)


class ScenarioPlayer(Player):
    """The commands, over images by name."""

    def __init__(self, machine: TeeMachine, images: Images) -> None:
        super().__init__(machine)
        self.images = images
        self.failing_reset = 0

    def run(self, steps: Sequence[str]) -> list[StepVerdict]:
        """What came of each line. Raises `InputError` BAD_VALUE for one that means nothing."""
        return [self.step(step) for step in steps]

    def step(self, line: str) -> StepVerdict:
        """Give one command."""
        words = line.split()
        act = getattr(self, f"do_{words[0]}", None) if words else None
        if act is None:
            raise InputError(InputCode.BAD_VALUE, f"there is no command {line!r}")
        try:
            return self.play(line, lambda: act(*words[1:]))
        except (TypeError, ValueError, IndexError) as error:
            why = f"the command {line!r} is not of its kind's shape: {error}"
            raise InputError(InputCode.BAD_VALUE, why) from error

    def do_open(self, rproc_id: str, types: str = "1") -> SmcResult:
        """Open the session."""
        return self.machine.open(params=tuple(params_of(int(types, 16), (int(rproc_id),))))

    def do_close(self) -> SmcResult:
        """Close it."""
        return self.machine.close()

    def do_load(self, rproc_id: str, name: str, offset: str = "0", types: str = "51") -> SmcResult:
        """LOAD_FW"""
        params = params_of(int(types, 16), (int(rproc_id),))
        data = self.images(name)
        buffer = None if data is None else bytearray(data)
        params[1] = memref(buffer, IMAGE, params[1].type, max(int(offset), 0))
        return self.machine.invoke(TaCmd.LOAD_FW, *params)

    def do_cmd(self, number: str, types: str, rproc_id: str) -> SmcResult:
        """Any command."""
        cmd = int(number, 16)
        if self.failing_reset:
            functions = RESETS[cmd][: self.failing_reset]
            nth = self.machine.run.calls[functions[-1]] + functions.count(functions[-1])
            self.machine.script[At(functions[-1], nth)] = LineFails(functions[-1].split("_")[1])
            self.failing_reset = 0
        params = params_of(int(types, 16), (int(rproc_id),))
        return self.note_table(self.machine.invoke(cmd, *params), params)

    def do_strict(self, on: str) -> str:
        """Map nothing but the client's own bytes. The TA must not have an instance yet."""
        self.machine.tee.shm_granule = 1 if int(on) else 4096
        return "ok"

    def do_rstfail(self, nth: str) -> str:
        """Let a reset line fail."""
        self.failing_reset = int(nth)
        return "ok"

    def do_hook(self, where: str, nth: str, offset: str, data: str) -> str:
        """Change the image while it is looked at."""
        calls = self.machine.run.calls
        if where == "0":  # the TA copies into each block that it allocates, but for its context
            known = self.machine.tee.ta is not None and bool(self.machine.tee.ta.contexts)
            place = At("TEE_Malloc", calls["TEE_Malloc"] + int(nth) + (not known))
        elif where in COPIES:
            place = At(COPIES[where], calls[COPIES[where]] + int(nth))
        else:
            raise ValueError(f"no hook {where!r}")
        self.machine.script[place] = Poke(IMAGE, int(offset), bytes.fromhex(data))
        return "ok"

    def do_clearhooks(self) -> str:
        """Forget all hooks."""
        for at in [at for at, what in self.machine.script.items() if isinstance(what, Poke)]:
            del self.machine.script[at]
        return "ok"

    def do_crash(self) -> str:
        """Lose the TA's instance, in a command that does nothing else."""
        calls = self.machine.run.calls["remoteproc_get_coredump"]
        self.machine.script[At("remoteproc_get_coredump", calls + 1)] = Panic()
        self.machine.invoke(TaCmd.GET_COREDUMP, value())
        return "ok (TA instance lost)"

    def do_peek(self, address: str, size: str) -> str:
        """Read memory as Linux does."""
        return f"MEM {self.machine.soc.a7.read(Pa(int(address, 16)), int(size)).hex()}"

    def do_poke(self, address: str, data: str) -> str:
        """Write memory as Linux does."""
        self.machine.soc.a7.write(Pa(int(address, 16)), bytes.fromhex(data), Lane.LINUX)
        return "ok"
