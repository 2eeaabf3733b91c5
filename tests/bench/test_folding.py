# SPDX-License-Identifier: GPL-2.0-or-later
"""Folding a trace rebuilds the first and last state of every object, whatever fails."""

from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rprocbench.base.errors import Errno, TeeResult
from rprocbench.base.run import MIRRORED, At, Fail, Run, Watched
from rprocbench.base.state import check, fold
from rprocbench.base.trace import Changed, Created, Entered, Gone
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.designs import DESIGNS

First = dict[str, Any]
CANNOT_FAIL = {"mutex_lock", "mutex_unlock"}


class Witness:
    """Remembers each watched object, and what it looked like when it was announced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[Watched, str, First]] = []
        announce = Watched.watch

        def watch(thing: Watched, name: str) -> None:
            announce(thing, name)
            self.seen.append((thing, thing.label, dict(thing.frozen())))

        monkeypatch.setattr(Watched, "watch", watch)


@cache
def places(design: str) -> list[At]:
    """Every call of a clean run."""
    run = boot(design, {})
    entered = (event for event in run if isinstance(event, Entered))
    return [At(e.function, e.nth) for e in entered if e.function not in CANNOT_FAIL]


def boot(design: str, script: dict[At, Fail]) -> list[Any]:
    """The trace of one run."""
    chosen = DESIGNS[design]
    image = demo_image() if chosen.signed else demo_elf()
    return Bench(design=chosen).boot(image, script=script).trace


# No shrinking: an example is a whole boot, and says by itself what it disturbed.
@settings(max_examples=20, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.data())
def test_folding_rebuilds_the_first_and_the_last_state(data: st.DataObject) -> None:
    design = data.draw(st.sampled_from(sorted(DESIGNS)))
    script: dict[At, Fail] = {}
    for at in data.draw(st.lists(st.sampled_from(places(design)), max_size=2)):
        secure = MIRRORED[at.function][0].tree == "optee_os"
        codes: list[Errno | TeeResult] = [*(TeeResult if secure else Errno)]
        codes = [code for code in codes if code != 0]
        script[at] = Fail(data.draw(st.sampled_from(codes)))
    with pytest.MonkeyPatch.context() as monkeypatch:
        witness = Witness(monkeypatch)
        trace = boot(design, script)

    check(trace)
    last = fold(trace)
    created = {event.owner: dict(event.fields) for event in trace if isinstance(event, Created)}
    gone = {event.owner for event in trace if isinstance(event, Gone)}
    assert witness.seen
    for thing, label, first in witness.seen:
        assert created[label] == first
        now = last.objects.get(label, dict(thing.frozen()))
        assert first == rewound(trace, label, now, first)
        if label not in gone:
            assert last.objects[label] == dict(thing.frozen())
    for name, memory in last.memories.items():
        ram = next(thing for thing, label, _ in witness.seen if label == name)
        assert memory.read(0, memory.size) == ram.read(0, memory.size)  # type: ignore[attr-defined]


def rewound(trace: list[Any], label: str, state: First, first: First) -> First:
    """`state` with every change of that object taken back, newest first."""
    state = dict(state)
    for event in reversed(trace):
        if isinstance(event, Changed) and event.owner == label:
            assert state[event.field] == event.after
            state[event.field] = event.before
    # A field that C leaves uninitialised is None before it is first assigned.
    return {name: value for name, value in state.items() if value is not None or name in first}


def test_a_run_that_nothing_disturbs_needs_no_script() -> None:
    assert Run().script == {}
