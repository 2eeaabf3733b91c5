# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:kernel/locking/mutex.c: a lock, such as `rproc->lock`, which whoever boots or stops holds.

Nothing sleeps in a run, so nobody ever waits for a lock. What would have waited is queued work: it
runs when the last lock is given up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rprocbench.base.run import Run, mirrors

from .flow import then
from .remoteproc import Host

mutex_c = mirrors("linux:kernel/locking/mutex.c")


class Lockable(Protocol):
    """A struct with a mutex in it."""

    lock_held: bool
    label: str
    run: Run

    @property
    def host(self) -> Host: ...


@mutex_c
def mutex_lock_interruptible(owner: Lockable) -> None:
    """Take the lock. A signal while waiting is EINTR, which only a disturbance can bring about."""
    take(owner)


@mutex_c
def mutex_lock(owner: Lockable) -> None:
    """Take the lock."""
    take(owner)


@mutex_c
def mutex_unlock(owner: Lockable) -> None:
    """Give up the lock, and let the work run that was waiting for it."""
    owner.lock_held = False
    owner.host.locks -= 1
    if not owner.host.locks:
        owner.host.run_work()


def take(owner: Lockable) -> None:
    """Hold the lock. Raises `RuntimeError` where the real thing would wait for itself for ever."""
    if owner.lock_held:
        raise RuntimeError(f"{owner.label} deadlocks: its lock is held")
    owner.lock_held = True
    owner.host.locks += 1


@contextmanager
def locked_interruptible(owner: Lockable) -> Iterator[None]:
    """Hold the lock during the block. Reports EINTR, without the lock, after a signal."""
    mutex_lock_interruptible(owner)
    with then(mutex_unlock, owner):
        yield


@contextmanager
def locked(owner: Lockable) -> Iterator[None]:
    """Hold the lock during the block."""
    mutex_lock(owner)
    with then(mutex_unlock, owner):
        yield
