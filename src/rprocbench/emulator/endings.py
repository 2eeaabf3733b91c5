# SPDX-License-Identifier: GPL-2.0-or-later
"""How a run of the M4 comes to an end: by its own wish, by lockup, by a reset, by its watchdog."""

from typing import TYPE_CHECKING

from rprocbench.base.trace import Lane
from rprocbench.soc.exti import WWDG1 as WATCHDOG_EVENT

from .wwdg import REASONS

if TYPE_CHECKING:
    from .machine import CortexM4


def end(core: "CortexM4", why: str) -> None:
    """The firmware wants no more."""
    core.tell("ended")
    core.is_running = False
    core.run.log(Lane.M4, why)


def lock_up(core: "CortexM4", why: str) -> None:
    """The core can take no exception any more."""
    core.tell("locked up")
    core.is_running = False
    core.run.log(Lane.M4, f"lockup: {why}", "err")


def reset_system(core: "CortexM4") -> None:
    """AIRCR.SYSRESETREQ, which goes the way of any reset of the MCU."""
    core.scb.wants_reset = 0
    core.tell("asked for a reset")
    if not core.soc.mcu.boot_mcu:
        core.run.log(Lane.M4, "reset by itself, and held there: BOOT_MCU is 0", "warn")
    core.soc.mcu.assert_reset(Lane.M4)


def bite(core: "CortexM4") -> None:
    """The watchdog: Linux gets an interrupt, and the MCU is reset."""
    core.tell("its watchdog bites")
    why = REASONS[core.wwdg.bitten]
    core.wwdg.bitten = 0
    core.run.log(Lane.M4, f"watchdog: {why}", "warn")
    core.soc.exti.rise(WATCHDOG_EVENT, "watchdog", Lane.M4)
    core.soc.mcu.assert_reset(Lane.M4)
