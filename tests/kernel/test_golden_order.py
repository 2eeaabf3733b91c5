# SPDX-License-Identifier: GPL-2.0-or-later
"""The model calls what Linux was recorded to call, in that order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rprocbench.kernel.remoteproc import Rproc, RprocState
from rprocbench.kernel.remoteproc_debugfs import rproc_crash_write
from rprocbench.kernel.remoteproc_sysfs import state_store

from . import images
from .driver import calls, leave_table, machine

VECTORS = Path(__file__).parents[1] / "vectors/kernel/call_order.txt"


def recorded() -> dict[str, list[str]]:
    """The recorded names, by scenario."""
    scenarios: dict[str, list[str]] = {}
    for line in VECTORS.read_text().splitlines():
        if line.startswith("## "):
            current = scenarios.setdefault(line[3:].split(" (")[0], [])
        elif line and not line.startswith("#"):
            current.append(line.strip())
    return scenarios


RECORDED = recorded()
NAMES = {name for names in RECORDED.values() for name in names}


def order(rproc: Rproc, since: int) -> list[str]:
    return [name for name in calls(rproc, since) if name in NAMES]


def running() -> Rproc:
    rproc = machine(images.GOOD)
    state_store(rproc, "start\n")
    return rproc


def attached(subdevs: int = 2) -> Rproc:
    rproc = machine(detached=True, subdevs=subdevs)
    rproc.attach_on_recovery = True
    leave_table(rproc, images.RPMSG)
    state_store(rproc, "start")
    return rproc


def boot() -> tuple[Rproc, int]:
    rproc = machine(images.GOOD)
    since = len(rproc.run.trace)
    state_store(rproc, "start")
    return rproc, since


def shutdown() -> tuple[Rproc, int]:
    rproc = running()
    since = len(rproc.run.trace)
    state_store(rproc, "stop")
    return rproc, since


def crash(rproc: Rproc) -> tuple[Rproc, int]:
    since = len(rproc.run.trace)
    rproc_crash_write(rproc, "2")
    rproc.host.run_work()
    return rproc, since


def attach() -> tuple[Rproc, int]:
    rproc = machine(detached=True)
    leave_table(rproc, images.RPMSG)
    since = len(rproc.run.trace)
    state_store(rproc, "start")
    assert rproc.state == RprocState.ATTACHED
    return rproc, since


def detach() -> tuple[Rproc, int]:
    rproc = attached()
    since = len(rproc.run.trace)
    state_store(rproc, "detach")
    return rproc, since


SCENARIOS: dict[str, Callable[[], tuple[Rproc, int]]] = {
    "plain boot": boot,
    "shutdown": shutdown,
    "crash -> boot recovery": lambda: crash(running()),
    "attach": attach,
    "detach": detach,
    "crash -> attach recovery": lambda: crash(attached(subdevs=0)),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_calls_come_in_the_recorded_order(scenario: str) -> None:
    rproc, since = SCENARIOS[scenario]()
    assert order(rproc, since) == RECORDED[scenario]


def test_every_recorded_scenario_is_replayed() -> None:
    assert set(RECORDED) == set(SCENARIOS)
