# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: what a crash of the remote brings about."""

from functools import partial

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors, tolerate

from .firmware_loader import release_firmware, request_firmware
from .flow import complaining, dev_err, then
from .locking import locked, locked_interruptible
from .remoteproc import Rproc, RprocCrashType, RprocState
from .remoteproc_core import rproc_start, rproc_stop
from .remoteproc_core_attach import __rproc_attach, __rproc_detach, release_session, rproc_attach

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")
workqueue_c = mirrors("linux:kernel/workqueue.c")

CRASH_NAMES = {
    RprocCrashType.MMUFAULT: "mmufault",
    RprocCrashType.WATCHDOG: "watchdog",
    RprocCrashType.FATAL_ERROR: "fatal error",
}


@core_c
def rproc_crash_to_string(rproc: Rproc, kind: int) -> str:
    """The type of a crash in words; only the log line depends on it."""
    return next((name for number, name in CRASH_NAMES.items() if number == kind), "unknown")


@core_c
def rproc_report_crash(rproc: Rproc, kind: int) -> None:
    """Queue the crash worker, from wherever. Reports while it is pending are one."""
    if rproc.deleting:
        return
    rproc.stay_awake = True
    if not rproc.crash_pending:
        rproc.crash_pending = True
        rproc.host.queue_work(partial(crash_work, rproc))
    dev_err(rproc, f"crash detected in {rproc.name}: type {rproc_crash_to_string(rproc, kind)}")


def crash_work(rproc: Rproc) -> None:
    """The work item, unless it was cancelled."""
    if rproc.crash_pending:
        rproc.crash_pending = False
        rproc_crash_handler_work(rproc)


@core_c
def rproc_crash_handler_work(rproc: Rproc) -> None:
    """Mark the processor CRASHED, and start its recovery. One that is OFFLINE cannot crash.

    A crash of one that is CRASHED already leaves the wakeup source active.
    """
    with locked(rproc):
        if rproc.deleting:
            rproc.stay_awake = False
            return
        if rproc.state == RprocState.CRASHED:
            return
        if rproc.state == RprocState.OFFLINE:
            rproc.stay_awake = False
            return
        rproc.state = RprocState.CRASHED
        rproc.crash_cnt += 1
        dev_err(rproc, f"handling crash #{rproc.crash_cnt} in {rproc.name}")
    if not rproc.recovery_disabled:
        tolerate(rproc_trigger_recovery, rproc)
    rproc.stay_awake = False


@core_c
def rproc_trigger_recovery(rproc: Rproc) -> None:
    """Recover a processor that is CRASHED; success if it is not. `power` stays as it is."""
    with locked_interruptible(rproc):
        if rproc.deleting:
            raise ModelledError(Errno.ENODEV, f"{rproc.name} is being deleted")
        if rproc.state != RprocState.CRASHED:
            return
        dev_err(rproc, f"recovering {rproc.name}")
        if rproc.attach_on_recovery:
            rproc_attach_recovery(rproc)
        else:
            rproc_boot_recovery(rproc)


@core_c
def rproc_boot_recovery(rproc: Rproc) -> None:
    """Stop, dump, load the file that `firmware` names now, start.

    The image is not checked, nor is its table looked at: the old table and resources stay in use.
    """
    rproc_stop(rproc, crashed=True)
    if rproc.ops.coredump:
        rproc.ops.coredump(rproc)
    with complaining(rproc, "request_firmware failed"):
        fw = request_firmware(rproc)
    with then(release_firmware, rproc, fw):
        rproc_start(rproc, fw)


@core_c
def rproc_attach_recovery(rproc: Rproc) -> None:
    """Let the core go, and attach to it again. It restarts by itself, and no dump is taken.

    Older kernels go on with the resources, and with the copy of the table, that they have.
    """
    __rproc_detach(rproc)
    if not rproc.host.linux.attach_recovery_full:
        __rproc_attach(rproc)
        return
    release_session(rproc)
    rproc_attach(rproc)


@workqueue_c
def cancel_work_sync(rproc: Rproc) -> None:
    """Drop the crash worker if it is still queued."""
    rproc.crash_pending = False
