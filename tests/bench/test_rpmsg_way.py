# SPDX-License-Identifier: GPL-2.0-or-later
"""A message is followed by one id, from write() to the M4's interrupt and back."""

import os
import subprocess
import sys

import pytest

from rprocbench.base.state import check
from rprocbench.base.trace import STEPS, Lane, Message, Passed, Trace
from rprocbench.base.tracefile import decode_trace, encode_event
from rprocbench.bench.volume import CHANNEL, exchange, volume_machine
from rprocbench.bench.wire_stage import Stage
from rprocbench.views.ways import way_lines, way_of

from .test_rpmsg_user import running

WAY = [
    ("written", Lane.LINUX), ("buffered", Lane.LINUX), ("described", Lane.LINUX),
    ("published", Lane.LINUX), ("kicked", Lane.LINUX), ("interrupted", Lane.M4),
    ("answered", Lane.M4), ("interrupted", Lane.LINUX), ("taken", Lane.LINUX),
    ("delivered", Lane.LINUX), ("read", Lane.LINUX), ("used", Lane.M4),
    ("interrupted", Lane.LINUX),
]  # fmt: skip


def steps(trace: Trace, message: int) -> list[tuple[str, Lane]]:
    """The steps of one message, and who took them."""
    passed = (event for event in trace if isinstance(event, Passed))
    return [(event.step, event.lane) for event in passed if message in event.messages]


def test_the_whole_way_has_one_id() -> None:
    machine = running("echo")
    port = machine.linux.rpmsg["rpmsg-raw"]
    start = len(machine.run.trace)
    port.write("hello")
    assert port.read() == b"hello"
    machine.settle()
    new = machine.run.trace[start:]
    crossed = [event for event in new if isinstance(event, Message)]
    assert [(m.direction, m.id) for m in crossed] == [("sent", 2), ("received", 2)]
    assert steps(new, 2) == WAY
    assert {event.step for event in new if isinstance(event, Passed)} <= STEPS.keys()
    check(machine.run.trace)


def test_heads_and_indices_say_where_the_buffers_are() -> None:
    machine = running("echo")
    port = machine.linux.rpmsg["rpmsg-raw"]
    for text in ("one", "two"):
        port.write(text)
        port.read()
        machine.settle()
    told = [
        (event.step, event.queue, event.head, event.index)
        for event in machine.run.trace
        if isinstance(event, Passed) and 3 in event.messages and event.head >= 0
    ]
    assert told == [
        ("described", "vdev0.output", 1, -1),
        ("published", "vdev0.output", 1, 2),
        ("answered", "vdev0.input", 2, 3),
        ("taken", "vdev0.input", 2, 3),
        ("used", "vdev0.output", 1, 2),
    ]


def test_each_of_many_answers_has_the_id_of_its_question() -> None:
    machine = volume_machine(8)
    payloads = [bytes([n]) * n for n in range(40)]
    heard = exchange(machine.linux.rpmsg[CHANNEL], payloads, 8)
    assert heard == payloads
    crossed = [e for e in machine.run.trace if isinstance(e, Message) and e.target != 53]
    sent = {m.id: m.payload for m in crossed if m.direction == "sent"}
    received = {m.id: m.payload for m in crossed if m.direction == "received"}
    assert sent == received
    assert len(sent) == 40


def test_what_the_m4_says_by_itself_has_an_id_of_its_own() -> None:
    stage = Stage(with_remote=True)
    stage.remote.send(0x400, 0x400, b"by itself")
    stage.turn()
    last = [e for e in stage.machine.run.trace if isinstance(e, Message)][-1]
    assert (last.payload, last.direction) == (b"by itself", "received")
    ids = [e.id for e in stage.machine.run.trace if isinstance(e, Message)]
    assert ids.count(last.id) == 1


def test_a_lost_message_ends_where_it_was_lost() -> None:
    stage = Stage(with_remote=True)
    stage.remote.send(0x400, 0x400, b"x", used_len=513)
    stage.turn()
    trace = stage.machine.run.trace
    lost = next(e for e in trace if isinstance(e, Passed) and e.step == "lost")
    assert steps(trace, lost.messages[0])[-1] == ("lost", Lane.LINUX)


def test_the_way_reads_as_lines() -> None:
    machine = running("echo")
    machine.say(b"hello")
    strides = way_of(machine.run.trace, 2)
    assert [s.index for s in strides] == sorted(s.index for s in strides)
    assert [s.cycles for s in strides] == sorted(s.cycles for s in strides)
    lines = way_lines(machine.run.trace, 2)
    assert len(lines) == len(strides) > 10
    assert way_lines(machine.run.trace, 99) == ()


def test_the_trace_travels() -> None:
    machine = running("echo")
    machine.say(b"hello")
    trace = machine.run.trace
    assert decode_trace([encode_event(event) for event in trace]) == trace


SCRIPT = """
import hashlib
from tests.bench.test_rpmsg_way import volume_machine, exchange, CHANNEL
machine = volume_machine(4)
exchange(machine.linux.rpmsg[CHANNEL], [bytes([n]) for n in range(30)], 7)
print(hashlib.sha256(repr(machine.run.trace).encode()).hexdigest())
"""


@pytest.mark.parametrize("seeds", [("1", "2")])
def test_two_processes_leave_the_same_trace(seeds: tuple[str, str]) -> None:
    def digest(seed: str) -> str:
        env = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", SCRIPT]
        ran = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
        return ran.stdout.strip()

    first, second = map(digest, seeds)
    assert first == second
