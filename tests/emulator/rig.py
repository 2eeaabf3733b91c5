# SPDX-License-Identifier: GPL-2.0-or-later
"""A board with hand-made code on it."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from rprocbench.base.run import Run
from rprocbench.base.trace import Lane, Logged
from rprocbench.emulator import CortexM4
from rprocbench.emulator.engine import R, Reg
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .thumb import thumb

CODE, MAIL, STACK = Da(0x1000_0000), Da(0x1002_0000), 0x1004_0000
EXCEPTIONS = 16 + 150
STOP = "b ."


@dataclass
class Rig:
    """The board, its core, and where the pieces of code lie."""

    soc: Soc
    core: CortexM4
    main: int
    handlers: dict[int, int]
    has_floats: bool = True

    def start(self) -> "Rig":
        """Release the core, with its floating-point unit switched on as start-up code does."""
        self.soc.mcu.set_boot_mcu(value=True, source=Lane.LINUX)
        self.core.scb.cpacr = 0xF0_0000 if self.has_floats else 0
        return self

    def go(self, cycles: int = 1000) -> "Rig":
        """Run for so long."""
        self.core.run_until(self.core.cycles + cycles)
        return self

    def word(self, index: int = 0) -> int:
        """The word that the code left at `MAIL + 4 * index`."""
        return int.from_bytes(self.soc.m4.read(Da(MAIL + 4 * index), 4), "little")

    def words(self, count: int) -> list[int]:
        """The first words at `MAIL`."""
        return [self.word(index) for index in range(count)]

    def r(self, number: int) -> int:
        """A register."""
        return self.core.engine[R[number]]

    @property
    def pc(self) -> int:
        """Where it is."""
        return self.core.engine[Reg.PC]

    def console(self) -> list[str]:
        """What was logged about the M4."""
        trace = self.soc.run.trace
        return [event.text for event in trace if isinstance(event, Logged)]


def rig(
    main: str,
    handlers: Mapping[int, str] | None = None,
    *,
    native_meter: bool = True,
    stack: int = STACK,
) -> Rig:
    """Code that starts at `main`; `handlers` by exception number, the others never return."""
    soc = Soc(STM32MP157C_DK2, Run())
    core = CortexM4(soc, soc.run, native_meter=native_meter)
    soc.mcu.plug(core)
    stray = CODE + 0x8000
    vectors = [stack, CODE | 1] + [stray | 1] * (EXCEPTIONS - 2)
    soc.m4.write(Da(stray), thumb(STOP), Lane.LINUX)
    soc.m4.write(CODE, thumb(main), Lane.LINUX)
    places = {}
    for index, (number, code) in enumerate((handlers or {}).items()):
        places[number] = CODE + 0x1000 + 0x100 * index
        soc.m4.write(Da(places[number]), thumb(code), Lane.LINUX)
        vectors[number] = places[number] | 1
    soc.m4.write(Da(0), struct.pack(f"<{len(vectors)}I", *vectors), Lane.LINUX)
    return Rig(soc, core, CODE, places)


def boot(main: str, handlers: Mapping[int, str] | None = None, *, stack: int = STACK) -> Rig:
    """The same, started, and given time to finish."""
    return rig(main, handlers, stack=stack).start().go()
