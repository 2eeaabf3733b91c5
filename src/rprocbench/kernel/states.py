# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: the states of a remote processor.

The functions keep their C conditions; this table is what they must agree with (a test tries every
cell) and what the diagram is drawn from. An entry is the way through the states if all goes well,
for the first user who comes and the last one who goes; an empty one is success that changes
nothing. A missing entry means EINVAL. (Reference: kernel.md section 1.4.)
"""

from enum import StrEnum

from .remoteproc import RprocState


class RprocCause(StrEnum):
    """What can move a remote processor, in the order it is told."""

    START = "start"
    STOP = "stop"
    DETACH = "detach"
    CRASH = "crash"
    RECOVER = "recover"
    REATTACH = "reattach"
    ADD = "add"


OFFLINE, SUSPENDED, RUNNING, CRASHED, ATTACHED, DETACHED, LAST = RprocState
STATES = tuple(state for state in RprocState if state is not LAST)
NOTHING: tuple[RprocState, ...] = ()

RPROC_STATE: dict[RprocCause, dict[RprocState, tuple[RprocState, ...]]] = {
    RprocCause.START: {
        OFFLINE: (RUNNING,), DETACHED: (ATTACHED,),
        SUSPENDED: NOTHING, RUNNING: NOTHING, CRASHED: NOTHING, ATTACHED: NOTHING,
    },
    RprocCause.STOP: {RUNNING: (OFFLINE,), ATTACHED: (OFFLINE,), CRASHED: (OFFLINE,)},
    RprocCause.DETACH: {ATTACHED: (DETACHED,)},
    RprocCause.CRASH: {
        RUNNING: (CRASHED,), ATTACHED: (CRASHED,), DETACHED: (CRASHED,), SUSPENDED: (CRASHED,),
        OFFLINE: NOTHING, CRASHED: NOTHING,
    },
    RprocCause.RECOVER: {CRASHED: (OFFLINE, RUNNING)}
    | {state: NOTHING for state in STATES if state is not CRASHED},
    RprocCause.REATTACH: {CRASHED: (DETACHED, ATTACHED)}
    | {state: NOTHING for state in STATES if state is not CRASHED},
    RprocCause.ADD: {OFFLINE: NOTHING, DETACHED: NOTHING},
}  # fmt: skip

# A driver that finds its core running says so before it adds it.
BEFORE_ADD = {OFFLINE: DETACHED}

# The functions that ask for a move. Which kind of recovery it is, the processor's features say.
ASKED_BY = {
    "rproc_boot": RprocCause.START,
    "__rproc_shutdown": RprocCause.STOP,
    "rproc_detach": RprocCause.DETACH,
    "rproc_crash_handler_work": RprocCause.CRASH,
    "rproc_boot_recovery": RprocCause.RECOVER,
    "rproc_attach_recovery": RprocCause.REATTACH,
    "rproc_add": RprocCause.ADD,
}
