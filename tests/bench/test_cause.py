# SPDX-License-Identifier: GPL-2.0-or-later
"""The cause of a failure is the check that first said no, across the border and past ladders."""

from contextlib import suppress
from dataclasses import dataclass

import pytest

from rprocbench.base.errors import Errno, ModelledError, Span, TeeResult
from rprocbench.base.run import Run, Unwind, mirrors, tolerate
from rprocbench.base.trace import Failed, Lane
from rprocbench.bench.cause import Cause, cause_of

linux, optee = mirrors("linux:toy.c"), mirrors("optee_os:toy_ta.c")


@dataclass
class Thing:
    """What the toys work on."""

    run: Run


@linux
def toy_user(thing: Thing) -> None:
    """Boot, after a failure that nobody minds."""
    tolerate(toy_mailbox, thing)
    toy_core(thing)


@linux
def toy_mailbox(_thing: Thing) -> None:
    """Time out."""
    raise ModelledError(Errno.ETIME, "nobody answers")


@linux
def toy_core(thing: Thing) -> None:
    """Fail, and undo."""
    with Unwind(thing) as unwind:
        unwind.label("undo", toy_undo, thing)
        toy_client(thing)


@linux
def toy_undo(_thing: Thing) -> None:
    """Fail while undoing."""
    raise ModelledError(Errno.EBUSY, "undoing fails as well")


@linux
def toy_client(thing: Thing) -> None:
    """Turn the far side's result into an errno."""
    toy_invoke(thing)
    raise ModelledError(Errno.EIO, "the TA said no")


@linux
def toy_invoke(thing: Thing) -> None:
    """Cross the border; the error comes back as a value."""
    with suppress(ModelledError):
        toy_ta(thing)


@optee
def toy_ta(thing: Thing) -> None:
    """Check."""
    tolerate(toy_optional, thing)
    toy_check(thing)


@optee
def toy_optional(_thing: Thing) -> None:
    """Nothing there, which is fine."""
    raise ModelledError(TeeResult.NO_DATA)


@optee
def toy_check(_thing: Thing) -> None:
    """Say no."""
    raise ModelledError(TeeResult.SECURITY, "hash differs", span=Span("image", 4, 8))


def cause(run: Run) -> Cause:
    """The cause of the failure that the user was told of."""
    with pytest.raises(ModelledError):
        toy_user(Thing(run))
    return cause_of(run.trace, len(run.trace) - 1)


def test_the_cause_lies_across_the_border_and_before_undoing() -> None:
    found = cause(Run())
    assert (found.function, found.code, found.lane) == ("toy_check", "SECURITY", Lane.OPTEE)
    assert found.span == Span("image", 4, 8)
    assert not found.injected


def test_an_injected_failure_is_its_own_cause() -> None:
    from rprocbench.base.run import At, Fail

    found = cause(Run({At("toy_client"): Fail(Errno.ENOMEM)}))
    assert (found.function, found.code, found.injected) == ("toy_client", "ENOMEM", True)


def test_what_a_call_tolerated_is_not_its_cause() -> None:
    run = Run()
    with pytest.raises(ModelledError):
        toy_client(Thing(run))
    failures = [event.code for event in run.trace if isinstance(event, Failed)]
    assert failures == ["NO_DATA", "SECURITY", "SECURITY", "EIO"]
    assert cause_of(run.trace, len(run.trace) - 1).code == "SECURITY"
