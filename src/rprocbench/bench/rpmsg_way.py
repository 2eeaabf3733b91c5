# SPDX-License-Identifier: GPL-2.0-or-later
"""The M4's steps on a message's way, seen in memory as a debugger would see them.

The M4 tells nobody what it does with a ring. So whenever it touches the mailbox, the rings are
looked at before the signal moves, and an interrupt that it takes for a message is told. No call is
made for that, and Linux learns nothing of it.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from rprocbench.base.errors import Crash
from rprocbench.base.trace import Lane, Passed
from rprocbench.emulator.ipcc import RX_IRQ
from rprocbench.emulator.nvic import FIRST_IRQ

if TYPE_CHECKING:
    from collections.abc import Callable

    from rprocbench.emulator.machine import CortexM4

    from .machine import Machine

RECEIVE = FIRST_IRQ + RX_IRQ


class Way:
    """Somebody who looks at the rings of `machine` when its M4 acts."""

    def __init__(self, machine: "Machine", core: "CortexM4") -> None:
        self.machine, self.core = machine, core
        machine.soc.ipcc.watch_m4(self.look)
        self._before: Callable[[int], None] | None = core.exceptions.on_entry
        core.exceptions.on_entry = self.entered
        self._last = 0  # the last message whose interrupt was told

    def look(self) -> None:
        """Tell what the M4 has given back. What it fills comes before what it has emptied."""
        if self.machine.run.is_quiet:
            return
        with suppress(Crash):  # the rings are denied to Linux: it shall find that out by itself
            for bus in self.machine.buses:
                bus.rvq.look()
                bus.svq.look()

    def entered(self, exception: int) -> None:
        """The M4 takes an exception; the mailbox's is for the messages on their way."""
        if self._before:
            self._before(exception)
        run, soc = self.machine.run, self.machine.soc
        if exception != RECEIVE or run.is_quiet:
            return
        for bus in self.machine.buses:
            with suppress(Crash):
                bus.svq.look()
            waiting = tuple(id_ for id_ in bus.svq.away.values() if id_ > self._last)
            channel = getattr(bus.svq.priv, "notifyid", 0)
            if waiting and soc.ipcc.to_m4 >> channel & 1:
                self.core.tell("interrupted")
                self._last = waiting[-1]
                run.record(Passed("interrupted", Lane.M4, waiting, bus.svq.label))
