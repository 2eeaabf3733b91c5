# SPDX-License-Identifier: GPL-2.0-or-later
"""A race, as a disturbance: here, between two calls of Linux, the M4 is quicker than usual."""

from dataclasses import dataclass
from typing import Any

from rprocbench.base.run import Modelled
from rprocbench.soc.board import Soc


@dataclass(frozen=True, slots=True)
class Outrun:
    """A disturbance: before the call does anything, the M4 executes for `ms` milliseconds.

    Linux does not take its interrupts meanwhile: it is busy, and they wait. A core that is not
    running, or a place that no board belongs to, makes it a disturbance without effect.
    """

    ms: int

    def __call__(self, subject: Modelled) -> None:
        soc = _soc_of(subject)
        core = soc.mcu.core if soc else None
        if soc is None or core is None:
            return
        end = core.cycles + self.ms * soc.board.m4_hz // 1000
        before = -1
        while before < core.cycles < end:
            before = core.cycles
            core.run_until(end)


def _soc_of(subject: Any) -> Soc | None:
    """The board that a modelled object belongs to."""
    for owner in (subject, getattr(subject, "host", None), getattr(subject, "rproc", None)):
        soc = getattr(owner, "soc", None) or getattr(getattr(owner, "host", None), "soc", None)
        if isinstance(soc, Soc):
            return soc
    return None
