# SPDX-License-Identifier: GPL-2.0-or-later
"""Three shapes of C's control flow that the models share, and `dev_err` and its kin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rprocbench.base.errors import Crash, Errno, ModelledError, RprocError, Span, Undefined
from rprocbench.base.run import Modelled
from rprocbench.base.trace import Lane

from .remoteproc import Host


def dev_err(subject: Modelled, text: str) -> None:
    """A kernel message that something failed."""
    subject.run.log(Lane.LINUX, text, "err")


def dev_warn(subject: Modelled, text: str) -> None:
    """A kernel message that something is odd."""
    subject.run.log(Lane.LINUX, text, "warn")


def dev_info(subject: Modelled, text: str) -> None:
    """A kernel message."""
    subject.run.log(Lane.LINUX, text, "info")


def dev_dbg(subject: Modelled, text: str) -> None:
    """A kernel message that is only printed when debugging is on."""
    subject.run.log(Lane.LINUX, text, "debug")


@contextmanager
def complaining(subject: Modelled, text: str) -> Iterator[None]:
    """If the block reports an error, log `text` and its number, as C does after `if (ret)`."""
    try:
        yield
    except ModelledError as error:
        dev_err(subject, f"{text}: -{error.code.value}")
        raise


@contextmanager
def then(undo: Callable[..., object], *args: object) -> Iterator[None]:
    """After the block call `undo`, even if it reported an error, but not after a crash."""
    try:
        yield
    except ModelledError:
        undo(*args)
        raise
    undo(*args)


def undefined(
    host: Host, why: str, span: Span | None = None, careful: Errno = Errno.EINVAL
) -> RprocError:
    """What to raise where the C has no defined result: a crash, which nothing unwinds.

    A hardened kernel looks first, says so, and reports the error that a `careful` one would.
    """
    if host.hardened:
        host.run.log(Lane.LINUX, why, "err")
        return ModelledError(careful, why, span=span)
    return Crash(Undefined.OOPS, why, span=span)


def called(host: Host, op: Callable[..., None] | None, name: str) -> Callable[..., None]:
    """An op that the C calls without asking whether there is one."""
    if op is None:
        raise undefined(host, f"ops.{name} is NULL, and called")
    return op
