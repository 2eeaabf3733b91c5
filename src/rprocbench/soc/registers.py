# SPDX-License-Identifier: GPL-2.0-or-later
"""System-controller registers that Linux and OP-TEE use to talk about the M4."""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Lane


@dataclass
class Syscon(Watched):
    """The registers behind `st,syscfg-*` of the remote processor's device-tree node.

    `pdds` is PWR_MCUCR bit 0, `rsc_tbl` TAMP backup register 17 (device address of a table left by
    a boot loader, 0 for none), `m4_state` backup register 18.
    """

    LANE: ClassVar[Lane] = Lane.HARDWARE

    run: Run
    pdds: int = 0
    rsc_tbl: int = 0
    m4_state: int = 0

    def __post_init__(self) -> None:
        self.watch("syscon")
