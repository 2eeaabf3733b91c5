# SPDX-License-Identifier: GPL-2.0-or-later
"""Every cell of the processor's state table, tried."""

from collections.abc import Callable

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import MIRRORED
from rprocbench.base.trace import Changed
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf
from rprocbench.bench.scenarios import SCENARIOS
from rprocbench.designs import MAINLINE
from rprocbench.kernel.remoteproc import Rproc, RprocCrashType, RprocState
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_shutdown
from rprocbench.kernel.remoteproc_core_attach import rproc_detach
from rprocbench.kernel.remoteproc_core_device import rproc_add
from rprocbench.kernel.remoteproc_core_recovery import rproc_report_crash, rproc_trigger_recovery
from rprocbench.kernel.states import ASKED_BY, BEFORE_ADD, RPROC_STATE, STATES, RprocCause

from .driver import leave_table, machine
from .images import GOOD, RPMSG

S = RprocState


def crash(rproc: Rproc) -> None:
    rproc_report_crash(rproc, RprocCrashType.WATCHDOG)
    rproc.host.run_work()


def in_state(state: RprocState) -> Rproc:
    """One that came into `state` as it does in life, with one user where it has any."""
    if state in (S.ATTACHED, S.DETACHED):
        rproc = machine(GOOD, detached=True)
        leave_table(rproc, RPMSG)
        if state is S.ATTACHED:
            rproc_boot(rproc)
    else:
        rproc = machine(GOOD)
        if state is not S.OFFLINE:
            rproc_boot(rproc)
    rproc.recovery_disabled = True
    if state is S.CRASHED:
        crash(rproc)
    if state is S.SUSPENDED:
        rproc.state = S.SUSPENDED  # nobody ever does
    assert rproc.state is state
    return rproc


def reattach(rproc: Rproc) -> None:
    if rproc.state is S.CRASHED:
        leave_table(rproc, RPMSG)
        rproc_shutdown_to_attach(rproc)
    rproc.attach_on_recovery = True
    rproc_trigger_recovery(rproc)


def rproc_shutdown_to_attach(rproc: Rproc) -> None:
    """Attach it, and let it crash: only an attached one can be recovered by attaching."""
    rproc_shutdown(rproc)
    rproc.state = S.DETACHED
    rproc_boot(rproc)
    crash(rproc)


DO: dict[RprocCause, Callable[[Rproc], None]] = {
    RprocCause.START: rproc_boot,
    RprocCause.STOP: rproc_shutdown,
    RprocCause.DETACH: rproc_detach,
    RprocCause.CRASH: crash,
    RprocCause.RECOVER: rproc_trigger_recovery,
    RprocCause.REATTACH: reattach,
    RprocCause.ADD: rproc_add,
}


@pytest.mark.parametrize("cause", RprocCause)
@pytest.mark.parametrize("state", STATES)
def test_every_cell(cause: RprocCause, state: RprocState) -> None:
    rproc = in_state(state)
    code, before = None, len(rproc.run.trace)
    try:
        DO[cause](rproc)
    except ModelledError as error:
        code = error.code
    moves = [e.after for e in rproc.run.trace[before:] if isinstance(e, Changed)
             and e.owner == rproc.label and e.field == "state"]  # fmt: skip
    way = RPROC_STATE[cause].get(state)
    assert code is (Errno.EINVAL if way is None else None)
    asked = moves[-len(way) :] if way else moves
    assert asked == [step.name for step in way or ()]
    assert rproc.state is (way[-1] if way else state)


def test_a_start_that_fails_changes_nothing() -> None:
    rproc = machine(GOOD, fail={"ops.start": Errno.EIO})
    with pytest.raises(ModelledError):
        rproc_boot(rproc)
    assert rproc.state is S.OFFLINE


def test_a_driver_that_finds_its_core_running_says_so_before_it_adds_it() -> None:
    machine = Bench(design=MAINLINE).machine(demo_elf())
    SCENARIOS["attach"](machine)
    moves = [e for e in machine.run.trace if isinstance(e, Changed) and e.field == "state"]
    first = next(move for move in moves if move.owner == "remoteproc0")
    assert {first.before: first.after} == {s.name: t.name for s, t in BEFORE_ADD.items()}


def test_who_asks_is_in_the_model() -> None:
    assert set(ASKED_BY) <= set(MIRRORED)
    assert set(ASKED_BY.values()) == set(RprocCause)
