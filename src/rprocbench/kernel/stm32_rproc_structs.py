# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/stm32_rproc.c: its structs."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.soc.board import Soc

from .mailbox import MboxChan, MboxClient
from .remoteproc import Rproc
from .remoteproc_table import LoadedTable
from .stm32_ipcc import Stm32Ipcc


class M4State(IntEnum):
    """What the register behind `st,syscfg-m4-state` says. Only CRUN matters to the driver."""

    OFF = 0
    INI = 1
    CRUN = 2
    CSTOP = 3
    STANDBY = 4
    CRASH = 5


@dataclass
class Stm32Mbox(Watched):
    """`struct stm32_mbox`: a mailbox, and the ring whose doorbell it is (-1 for none).

    `pending` is set while its work is queued: work that is queued again runs once.
    """

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"rproc", "client"})

    run: Run
    rproc: Rproc
    name: str
    vq_id: int
    client: MboxClient
    chan: MboxChan | None = None
    pending: bool = False

    def __post_init__(self) -> None:
        self.watch(f"mbox {self.name}")


@dataclass
class Stm32Rproc(Watched):
    """`struct stm32_rproc`: `rsc_va` is the table that a boot loader left, once it was mapped."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"soc"})

    run: Run
    soc: Soc
    ipcc: Stm32Ipcc
    mb: tuple[Stm32Mbox, ...] = ()
    rsc_va: LoadedTable | None = None
    workqueue: bool = False

    def __post_init__(self) -> None:
        self.watch("stm32_rproc")
