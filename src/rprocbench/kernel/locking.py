# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:kernel/locking/mutex.c: `rproc->lock`, which whoever boots or stops a processor holds.

Nothing sleeps in a run, so nobody ever waits for the lock. What would have waited is queued work:
it runs when the lock is given up.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rprocbench.base.run import mirrors

from .flow import then
from .remoteproc import Rproc

mutex_c = mirrors("linux:kernel/locking/mutex.c")


@mutex_c
def mutex_lock_interruptible(rproc: Rproc) -> None:
    """Take the lock. A signal while waiting is EINTR, which only a disturbance can bring about."""
    take(rproc)


@mutex_c
def mutex_lock(rproc: Rproc) -> None:
    """Take the lock."""
    take(rproc)


@mutex_c
def mutex_unlock(rproc: Rproc) -> None:
    """Give up the lock, and let the work run that was waiting for it."""
    rproc.lock_held = False
    rproc.host.run_work()


def take(rproc: Rproc) -> None:
    """Hold the lock. Raises `RuntimeError` where the real thing would wait for itself for ever."""
    if rproc.lock_held:
        raise RuntimeError(f"{rproc.label} deadlocks: its lock is held")
    rproc.lock_held = True


@contextmanager
def locked_interruptible(rproc: Rproc) -> Iterator[None]:
    """Hold the lock during the block. Reports EINTR, without the lock, when a signal comes first."""
    mutex_lock_interruptible(rproc)
    with then(mutex_unlock, rproc):
        yield


@contextmanager
def locked(rproc: Rproc) -> Iterator[None]:
    """Hold the lock during the block."""
    mutex_lock(rproc)
    with then(mutex_unlock, rproc):
        yield
