# SPDX-License-Identifier: GPL-2.0-or-later
"""Quiet stretches: what is told of them, and that the trace still folds to what is there."""

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.quiet import quietly
from rprocbench.base.run import At, Fail, Run, Skip
from rprocbench.base.state import check, fold
from rprocbench.base.trace import Changed, Created, Entered, Gone, Lane, Logged, Wrote
from rprocbench.soc.memory import Ram

from .test_run import Toy, shape, toy_boot, toy_start


def test_a_quiet_stretch_tells_its_outcome_and_not_its_way() -> None:
    run = Run()
    toy, ram = Toy(run), Ram(run, "ram", 4096)
    with quietly(run):
        toy_boot(toy)
        toy.power = 7
        ram.write(Lane.LINUX, 16, b"hello")
        run.log(Lane.LINUX, "a word")
    told = run.trace[2:]
    assert told == [
        Logged(Lane.LINUX, "info", "a word"),
        Changed("toy", "power", 0, 7),
        Changed("toy", "parts", (), ("engine",)),
        Wrote(Lane.HARDWARE, "ram", 16, b"hello"),
    ]
    check(run.trace)
    assert fold(run.trace).objects["toy"] == {"power": 7, "parts": ("engine",)}
    assert fold(run.trace).memories["ram"].read(16, 5) == b"hello"


def test_calls_are_counted_and_disturbed_in_quiet_as_well() -> None:
    run = Run({At("toy_start", 2): Fail(Errno.EIO)})
    toy = Toy(run)
    with quietly(run):
        toy_start(toy)
        with pytest.raises(ModelledError):
            toy_start(toy)
    toy_start(toy)
    assert [e.nth for e in run.trace if isinstance(e, Entered)] == [3]
    assert not run.stack
    check(run.trace)


def test_what_comes_and_goes_in_quiet_is_told() -> None:
    run = Run()
    first = Toy(run)
    with quietly(run):
        first.gone()
        second = Toy(run)
        second.power = 3
    assert run.trace[1:] == [
        Gone("toy"),
        Created("toy~2", "Toy", Lane.LINUX, (("power", 0), ("parts", ()))),
        Changed("toy~2", "power", 0, 3),
    ]
    check(run.trace)


def test_a_bug_in_a_quiet_stretch_leaves_a_sound_trace() -> None:
    run = Run()
    toy = Toy(run)
    with pytest.raises(ZeroDivisionError), quietly(run):
        toy.power = 1 // toy.power
    assert not run.is_quiet
    toy.power = 2
    check(run.trace)


def test_a_call_is_told_wholly_or_not_at_all() -> None:
    run = Run()
    with run.step(toy_start.cite, Toy(run)), pytest.raises(RuntimeError), quietly(run):  # type: ignore[attr-defined]
        pass


def test_a_skipped_call_returns_without_having_done_anything() -> None:
    run = Run({At("toy_start"): Skip("a result")})
    toy = Toy(run)
    assert toy_start(toy) == "a result"
    assert (toy.parts, shape(run)) == ((), ["toy_start"])
    check(run.trace)
