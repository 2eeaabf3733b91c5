# SPDX-License-Identifier: GPL-2.0-or-later
"""State transitions: what a run did to three machines, in every form but the live one."""

import re

import pytest

from rprocbench.base.errors import Errno
from rprocbench.base.run import At, Fail
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_image, with_flipped_byte
from rprocbench.views import render
from rprocbench.views.show import show
from rprocbench.views.states import StateMachines, Told, state_machines
from rprocbench.views.states_layout import BOX, arcs
from rprocbench.views.states_pack import states_pack
from rprocbench.views.states_tables import MACHINES, WIDTH
from rprocbench.views.states_text import mermaid, table
from rprocbench.views.terminal import Terminal
from rprocbench.views.wording import columns
from tests.views.workbench_stage import clean, hostile_run, recovery, refused


def told(view: StateMachines, key: str) -> Told:
    return next(one for one in view.told if one.machine.key == key)


def test_the_path_of_a_clean_boot() -> None:
    view = state_machines(clean().trace)
    paths = [one.path for one in view.told]
    assert paths == [
        ("OFFLINE", "RUNNING", "OFFLINE"),
        ("OFF", "LOADED", "STARTED", "OFF"),
        ("OFF", "ON", "OFF"),
    ]
    steps = [s for s in told(view, "ta").steps if s.outcome == "moved"]
    assert [s.cause for s in steps] == ["LOAD_FW", "START_FW", "STOP_FW"]
    assert next(s.by for s in steps) == "remoteproc_load_fw"


def test_every_state_is_that_of_the_fold() -> None:
    run = clean()
    view = state_machines(run.trace)
    for index in range(0, len(run.trace), 97):
        objects = run.state_at(index).objects
        for one in view.told:
            held = objects.get(one.owner, {}).get("state", "")
            assert one.state_at(index) == held, (index, one.owner)


def test_what_is_refused_and_what_fails_are_told_apart() -> None:
    rproc = told(state_machines(refused().trace), "rproc")
    kinds = {(s.cause, s.outcome, s.code) for s in rproc.steps}
    assert ("start", "failed", "EIO") in kinds
    assert ("stop", "refused", "EINVAL") in kinds  # the driver is removed: nothing is there to stop
    assert rproc.path == ("OFFLINE",)


def test_an_image_that_is_refused_leaves_the_ta_off() -> None:
    run = Bench().boot(with_flipped_byte(demo_image()))
    ta = told(state_machines(run.trace), "ta")
    assert ta.path == ("OFF",)
    assert [(s.cause, s.code) for s in ta.steps if s.outcome == "failed"] == [
        ("LOAD_FW", "SECURITY")
    ]


def test_a_refusal_by_the_ta() -> None:
    script = {At("remoteproc_stop_fw"): Fail(Errno.EIO)}
    assert told(state_machines(Bench().boot(demo_image(), script=script).trace), "ta").steps


def test_a_recovery_goes_through_offline() -> None:
    rproc = told(state_machines(recovery()), "rproc")
    assert rproc.path == ("OFFLINE", "RUNNING", "CRASHED", "OFFLINE", "RUNNING", "OFFLINE")
    assert [s.cause for s in rproc.steps if s.outcome == "moved"] == [
        "start", "crash", "recover", "recover", "stop",
    ]  # fmt: skip


def test_a_machine_without_an_object_is_drawn_all_the_same() -> None:
    ta = told(state_machines(recovery()), "ta")
    assert ta.lives == ()
    assert "never asked" in ta.alt
    assert "LOAD_FW" in render.text(state_machines(recovery()), Terminal())


@pytest.mark.parametrize("width", [40, 60, 120])
def test_text_keeps_to_the_width(width: int) -> None:
    for run in (clean(), refused()):
        text = render.text(state_machines(run.trace), Terminal(width))
        assert max(map(columns, text.split("\n"))) <= width
        for word in ("● OFFLINE", "○ CRASHED", "✗ OFFLINE"):
            assert word in text or run is not clean()


def test_html_has_a_picture_with_words_and_the_same_as_a_table() -> None:
    view = state_machines(clean().trace)
    shown = show(view)
    assert shown.html().count("<img") == 3
    assert (
        'alt="OP-TEE: the firmware, as the TA knows it (firmware 0): OFF → LOADED' in shown.html()
    )
    for row in table(told(view, "pta")):
        assert row.cause in shown.html()
        assert row.cause in shown.text()


def test_equal_runs_look_equal() -> None:
    again = Bench().boot(demo_image())
    assert states_pack(state_machines(again.trace)) == states_pack(state_machines(clean().trace))
    assert len(states_pack(state_machines(again.trace))) < 25_000


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.key)
def test_the_drawing_holds_all_labels(machine: object) -> None:
    for run in (clean().trace, refused().trace, recovery()):
        for one in state_machines(run).told:
            if one.machine is machine:
                for arc in arcs(one):
                    for label in arc.labels:
                        assert 0 < label.y < one.machine.height
                        width = 7.2 * len(label.text)
                        left = {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
                        assert label.x - left > -4, label
                        assert label.x - left + width < WIDTH + 4, label
    assert BOX[0] > 0


def test_mermaid() -> None:
    text = mermaid(told(state_machines(clean().trace), "pta"))
    assert text.startswith("stateDiagram-v2\n")
    assert "    OFF --> ON : FIRMWARE_START ×1" in text
    hostile = mermaid(told(state_machines(hostile_run().trace), "rproc"))
    assert not re.search(r"[<>\"'&;](?!-)", hostile.replace("-->", ""))


def test_hostile_names_stay_text() -> None:
    view = state_machines(hostile_run().trace)
    html = render.body(view)
    assert "<img src=x" not in html
    assert "<script" not in html
    text = render.text(view, Terminal())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "! " in text  # a state that no table knows
