# SPDX-License-Identifier: GPL-2.0-or-later
"""The way of a message in a timeline, below a run, and what a story makes of thousands of them."""

from functools import cache

import pytest

from rprocbench.base.quiet import quietly
from rprocbench.base.trace import Trace
from rprocbench.bench import Bench, Recording
from rprocbench.bench.demo import demo_elf
from rprocbench.bench.volume import CHANNEL, exchange, volume_machine
from rprocbench.bench.wire_stage import Stage
from rprocbench.designs import MAINLINE
from rprocbench.views import render
from rprocbench.views.recording_view import recording_view
from rprocbench.views.terminal import Terminal
from rprocbench.views.timeline import timeline


@cache
def boot() -> Recording:
    return Bench(design=MAINLINE).boot(demo_elf(), "echo.elf")


def test_a_story_tells_the_steps_with_the_message() -> None:
    rows = timeline(boot().trace).rows
    sent = next(row for row in rows if row.kind == "message" and "hello" in row.text)
    assert sent.details[0].endswith("published descriptor 0 as 1, kicked")
    told = [row.text for row in rows if row.kind == "passed"]
    assert any(text.startswith("message 2: written, buffered") for text in told) or (
        "written" in sent.details[0]
    )
    assert "message 2: interrupted" in told
    assert any(text.startswith("message 2: answered descriptor 1") for text in told)
    assert "message 2: read" in told


def test_a_full_timeline_has_a_row_for_each_step() -> None:
    rows = [row for row in timeline(boot().trace, "full").rows if row.kind == "passed"]
    assert sum("message 2: " in row.text for row in rows) == 13
    assert any(row.text.startswith("no message: lent") for row in rows)


def test_below_a_run_stands_the_way_of_each_message() -> None:
    view = recording_view(boot())
    headings = [heading for heading, _lines in view.lists]
    assert headings[:2] == ["Messages", "The way of message 2"]
    assert view.messages[0].startswith("2  Linux → M4")
    text = render.text(view, Terminal(120))
    assert "the doorbell is rung for it" in text
    assert "a program has it" in render.body(view)


def many(count: int, *, quiet: bool) -> Trace:
    machine = volume_machine(16)
    port, said = machine.linux.rpmsg[CHANNEL], [b"x"] * count
    if quiet:
        with quietly(machine.run):
            exchange(port, said)
    else:
        exchange(port, said)
    return machine.run.trace


@pytest.mark.parametrize("quiet", [True, False])
def test_of_very_many_messages_the_first_and_the_last_are_told(quiet: bool) -> None:
    trace = many(400, quiet=quiet)
    view = timeline(trace)
    assert len(view.rows) < 150
    (gap,) = [row for row in view.rows if row.kind == "omitted"]
    assert "messages both ways" in gap.text
    assert gap.glyph == "…"
    indices = [row.index for row in view.rows]
    assert indices == sorted(indices)
    assert all(one.last < other.index for one, other in zip(view.rows, view.rows[1:], strict=False))
    assert "messages both ways" in render.text(view, Terminal(120))
    assert "messages both ways" in render.body(view)


def test_few_messages_are_all_told() -> None:
    view = timeline(many(20, quiet=False))
    assert not [row for row in view.rows if row.kind == "omitted"]
    assert sum(row.kind == "message" for row in view.rows) == 41


def test_an_error_among_the_omitted_is_told() -> None:
    stage = Stage(with_remote=True)
    for _ in range(40):
        stage.say()
    stage.remote.send(0x400, 53, bytes(39))
    stage.turn()
    for _ in range(10):
        stage.say()
    rows = timeline(stage.machine.run.trace).rows
    gap = next(i for i, row in enumerate(rows) if row.kind == "omitted")
    assert any("an announcement has 40 bytes, not 39" in row.text for row in rows[gap:])
