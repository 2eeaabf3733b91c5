# SPDX-License-Identifier: GPL-2.0-or-later
"""The three state machines of a boot, as the models' own tables give them, and where they stand.

Coordinates are for a drawing `WIDTH` wide; they are chosen so that no two arcs of the processor's
machine cross.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from rprocbench.base.trace import Lane
from rprocbench.formats.tee_params import PtaCmd, TaCmd
from rprocbench.kernel import states as rproc
from rprocbench.tee import PTA_STATE, TA_FIRMWARE, PtaState, RemoteprocState
from rprocbench.tee.pta_remoteproc import PTA_COMMANDS
from rprocbench.tee.ta_remoteproc import COMMANDS

WIDTH = 880
Ways = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Node:
    """A state: its centre, and the way (-1 up, 1 down) where what it refused is told."""

    name: str
    x: int
    y: int
    refuses: int = 1


@dataclass(frozen=True)
class Machine:
    """A kind of state machine.

    `ways` gives, for a cause and a state, the states passed through; () changes nothing, a missing
    entry means `refusal`. `before` are moves that nobody asks for by a call. `asked` names the
    modelled functions that ask. Of moves that change nothing, `loops` draws all, not only those of
    the run.
    """

    key: str
    title: str
    kind: str
    lane: Lane
    nodes: tuple[Node, ...]
    ways: Ways
    asked: Mapping[str, str]
    refusal: str
    height: int
    before: Mapping[str, str] = field(default_factory=dict)
    loops: bool = True
    absent: str = ""

    @property
    def moves(self) -> set[tuple[str, str]]:
        """Every single step that the table knows."""
        found = set(self.before.items())
        for entries in self.ways.values():
            for state, way in entries.items():
                found |= set(zip((state, *way), way, strict=False))
        return found


def _names(table: Mapping[Any, Mapping[Any, Any]]) -> Ways:
    """A table of one step each, by names; a step to the same state changes nothing."""
    return {
        cause.name: {s.name: () if s is t else (t.name,) for s, t in entries.items()}
        for cause, entries in table.items()
    }


def _handlers(commands: Mapping[int, Callable[..., object]], names: type[Enum]) -> dict[str, str]:
    return {handler.__name__: names(number).name for number, handler in commands.items()}


RPROC = Machine(
    key="rproc",
    title="Linux: the remote processor",
    kind="Rproc",
    lane=Lane.LINUX,
    nodes=(
        Node("OFFLINE", 160, 210),
        Node("RUNNING", 430, 60, -1),
        Node("CRASHED", 700, 210),
        Node("ATTACHED", 430, 310, -1),
        Node("DETACHED", 430, 480, -1),
        Node("SUSPENDED", 700, 60, -1),
    ),
    ways={
        cause.value: {s.name: tuple(t.name for t in way) for s, way in entries.items()}
        for cause, entries in rproc.RPROC_STATE.items()
    },
    asked={name: cause.value for name, cause in rproc.ASKED_BY.items()},
    refusal="EINVAL",
    height=560,
    before={s.name: t.name for s, t in rproc.BEFORE_ADD.items()},
    loops=False,
    absent="No remote processor was made in this run.",
)
TA = Machine(
    key="ta",
    title="OP-TEE: the firmware, as the TA knows it",
    kind="RemoteprocContext",
    lane=Lane.OPTEE,
    nodes=(
        Node(RemoteprocState.OFF.name, 160, 110),
        Node(RemoteprocState.LOADED.name, 430, 110),
        Node(RemoteprocState.STARTED.name, 700, 110),
    ),
    ways=_names(TA_FIRMWARE),
    asked=_handlers({n: c.handler for n, c in COMMANDS.items() if n in TA_FIRMWARE}, TaCmd),
    refusal="BAD_STATE",
    height=260,
    absent="The TA was never asked to load a firmware in this run.",
)
PTA = Machine(
    key="pta",
    title="OP-TEE: the PTA, one state for all processors",
    kind="Pta",
    lane=Lane.OPTEE,
    nodes=(Node(PtaState.OFF.name, 230, 150), Node(PtaState.ON.name, 600, 150)),
    ways=_names(PTA_STATE),
    asked=_handlers({n: c.handler for n, c in PTA_COMMANDS.items() if n in PTA_STATE}, PtaCmd),
    refusal="BAD_STATE",
    height=240,
    absent="There is no PTA in this run.",
)
MACHINES = (RPROC, TA, PTA)
