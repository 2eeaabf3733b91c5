# SPDX-License-Identifier: GPL-2.0-or-later
"""The wires that start and stop the M4, and the engine that may be plugged in at their end."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Lane, Signalled


class Core(Protocol):
    """Something that executes the M4's instructions.

    `cycles` counts them since power-up (one instruction, one cycle; sleeping counts too).
    """

    @property
    def cycles(self) -> int: ...

    def reset(self) -> None:
        """Fetch stack pointer and entry from the vector table at device address 0."""

    def halt(self) -> None:
        """Stop executing, until the next reset."""

    def run_until(self, cycles: int) -> bool:
        """Execute until `cycles`, or until another world has something to look at.

        False when the core can make no progress: halted, locked up, asleep with nothing to wake it.
        """


@dataclass
class Mcu(Watched):
    """BOOT_MCU (hold-boot) and MCU reset of the STM32MP15 (RM0436: RCC_MP_GCR, RCC_MP_GRSTCSETR).

    The core starts when BOOT_MCU is set while it waits in reset. Clearing the bit lets a running
    core run on; it only decides what happens after the next reset.
    """

    LANE: ClassVar[Lane] = Lane.HARDWARE

    run: Run
    boot_mcu: bool = False
    running: bool = False
    starts: int = 0
    _core: Core | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.watch("MCU")

    def plug(self, core: Core | None) -> None:
        """Put an engine behind the wires. Without one the wires still move, and no code runs."""
        self._core = core

    @property
    def core(self) -> Core | None:
        """The engine, if one is plugged in."""
        return self._core

    def set_boot_mcu(self, value: bool, source: Lane) -> None:  # noqa: FBT001  a register bit
        """Write RCC_MP_GCR.BOOT_MCU: True releases the core, False holds it at its next reset."""
        self.boot_mcu = value
        what = "released" if value else "held"
        self.run.record(Signalled("hold_boot", what, source, Lane.M4))
        if value and not self.running:
            self._start()

    def assert_reset(self, source: Lane) -> None:
        """Pulse the MCU reset: the core stops, and starts again only if BOOT_MCU is set."""
        self.run.record(Signalled("mcu_rst", "asserted", source, Lane.M4))
        self.running = False
        if self._core:
            self._core.halt()
        if self.boot_mcu:
            self._start()

    def _start(self) -> None:
        self.running = True
        self.starts += 1
        if self._core:
            self._core.reset()
