# SPDX-License-Identifier: GPL-2.0-or-later
"""Rings at a moment of a run: whose each buffer is, in text and as a picture with a table."""

from functools import cache
from xml.etree import ElementTree as ET

import pytest

from rprocbench.base.trace import Passed, Trace
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf
from rprocbench.bench.volume import CHANNEL, volume_machine
from rprocbench.bench.wire_stage import Stage
from rprocbench.designs import MAINLINE
from rprocbench.views import render
from rprocbench.views.rings import COMING, FREE, WITH_M4, Rings, busiest, rings
from rprocbench.views.show import show
from rprocbench.views.terminal import Terminal
from rprocbench.views.wording import columns


@cache
def talk() -> Trace:
    """Boot, one message and its echo, then two that nobody has heard yet, then a stop."""
    machine = Bench(design=MAINLINE).machine(demo_elf())
    machine.probe()
    machine.write_state("start")
    machine.wait_for_channel()
    port = machine.linux.rpmsg["rpmsg-raw"]
    port.write("one")
    port.read()
    machine.settle()
    port.write("two")
    port.write("three")
    machine.write_state("stop")
    return machine.run.trace


def at(step: str, message: int) -> int:
    """The event at which a message takes a step."""
    steps = ((i, e) for i, e in enumerate(talk()) if isinstance(e, Passed))
    return next(i for i, e in steps if e.step == step and message in e.messages)


def output(view: Rings) -> dict[str, int]:
    return view.queues[1].owners


def test_a_buffer_goes_from_hand_to_hand() -> None:
    before = rings(talk(), at("written", 2))
    assert before.queues[0].owners == {FREE: 0, WITH_M4: 16, COMING: 0}
    assert output(before) == {FREE: 16, WITH_M4: 0, COMING: 0}
    sent = rings(talk(), at("kicked", 2))
    assert output(sent) == {FREE: 15, WITH_M4: 1, COMING: 0}
    slot = sent.queues[1].slots[0]
    assert (slot.owner, slot.place, slot.message, slot.size) == (WITH_M4, "avail[0]", 2, 19)
    assert slot.content == "0x400 → 0x400, 3 bytes"
    answered = rings(talk(), at("answered", 2)).queues[0]
    assert answered.owners == {FREE: 0, WITH_M4: 15, COMING: 1}
    assert [s.message for s in answered.slots if s.owner == COMING] == [2]
    used = rings(talk(), at("used", 2))
    assert output(used) == {FREE: 15, WITH_M4: 0, COMING: 1}


def test_it_says_the_same_as_linux_itself() -> None:
    view = rings(talk(), at("kicked", 4))
    assert output(view) == {FREE: 13, WITH_M4: 2, COMING: 1}
    assert [s.message for s in view.queues[1].slots[:4]] == [2, 3, 4, 0]
    indices = view.queues[1]
    assert (indices.avail_idx, indices.used_idx, indices.last_used_idx) == (3, 1, 0)


def test_before_and_after_there_are_no_rings() -> None:
    for moment in (-1, 0, len(talk()) - 1):
        view = rings(talk(), moment)
        assert view.queues == ()
        assert "no ring" in render.text(view, Terminal())
        assert "no ring" in render.body(view)


def test_the_busiest_moment_has_a_message_on_its_way() -> None:
    moment = busiest(talk())
    assert moment == at("kicked", 2)
    assert busiest(talk()[:5]) == 4


def test_nonsense_in_a_ring_is_told_and_not_believed() -> None:
    stage = Stage(with_remote=True)
    stage.remote.move_used_index(stage.bus.rvq, 100)
    view = rings(stage.machine.run.trace)
    assert "apart" in view.queues[0].oddity or "from what Linux" in view.queues[0].oddity
    assert "✗" in render.text(view, Terminal())
    assert "✗" in render.body(view)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = render.text(rings(talk(), at("kicked", 4)), Terminal(width))
    assert max(map(columns, text.splitlines())) <= width


def test_the_text_says_who_has_what() -> None:
    text = str(show(rings(talk(), at("kicked", 4), "Rings")))
    assert "vdev0.output: Linux sends, the M4 hears; 16 descriptors" in text
    assert "message 4: 0x400 → 0x400, 5 bytes" in text
    assert "3…15  Linux's" in text


def test_the_html_has_a_picture_with_words_and_a_table() -> None:
    body = render.body(rings(talk(), at("kicked", 4)))
    root = ET.fromstring(body)  # noqa: S314  our own
    images = list(root.iter("img"))
    assert [image.get("alt") for image in images] == [
        "16 descriptors: 16 the M4's.",
        "16 descriptors: 13 Linux's, 2 the M4's, 1 given back.",
    ]
    rows = list(root.iter("tr"))
    assert len(rows) == 2 * 17
    assert body == render.body(rings(talk(), at("kicked", 4)))


def test_a_ring_of_256_is_drawn_in_rows() -> None:
    machine = volume_machine(256)
    machine.linux.rpmsg[CHANNEL].write("x")
    view = rings(machine.run.trace)
    assert [queue.num for queue in view.queues] == [256, 256]
    assert render.body(view).count("<tr") == 2 * 257
    assert "255 Linux's, 1 the M4's" in view.alt
