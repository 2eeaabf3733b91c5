# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults on the wire: each ends in a defined way, in every kernel, and takes nobody down."""

import random
from pathlib import Path

import pytest

from rprocbench.base.errors import InputError, RprocError
from rprocbench.base.run import At, Disturbance, Skip
from rprocbench.base.state import check
from rprocbench.base.trace import Entered, Failed
from rprocbench.bench.wire import FAULTS, wire_faults, wire_table
from rprocbench.bench.wire_script import FIELDS, RINGS, SIGNALS, PokeRing
from rprocbench.bench.wire_stage import ENDS, Stage, play
from rprocbench.kernel.versions import LINUX

# What a kernel as it is, and a hardened one, come to. Not told here: unharmed in both.
EXPECTED = {
    "lost-kick": ("late", "late"),
    "early-kick": ("late", "late"),
    "kick-storm": ("refused", "refused"),
    "lost-interrupt": ("late", "late"),
    "stuck-channel": ("deaf", "deaf"),
    **dict.fromkeys(
        ("avail-ahead", "avail-behind", "avail-entry", "desc-outside", "desc-wraps", "desc-long",
         "desc-loop", "desc-write"), ("gives up", "gives up")),
    "desc-empty": ("loses", "loses"),
    "header-lies": ("loses", "loses"),
    "hung-core": ("mute", "mute"),
    "used-id-range": ("deaf", "deaf"),
    "used-id-huge": ("deaf", "deaf"),
    "used-twice": ("refused", "refused"),
    "used-ahead": ("misled", "deaf"),
    "used-behind": ("misled", "deaf"),
    "used-id-send": ("mute", "mute"),
    "used-long": ("loses", "refused"),
    "used-all-long": ("deaf", "refused"),
    "used-short": ("believed", "refused"),
    "used-zero-leak": ("misled", "refused"),
    "used-zero-far": ("crash", "refused"),
    "header-long": ("loses", "refused"),
    "to-nobody": ("refused", "refused"),
    "keeps-buffers": ("mute", "mute"),
    "silent-return": ("late", "late"),
    "dies-in-send": ("loses", "loses"),
    "ns-length": ("refused", "refused"),
    "ns-duplicate": ("refused", "refused"),
    "ns-any": ("refused", "refused"),
    "ns-unknown": ("refused", "refused"),
    "ns-own": ("crash", "refused"),
    "ns-flood": ("unharmed", "refused"),
    "ns-terminals": ("refused", "refused"),
}  # fmt: skip
SLOW = {"used-behind"}


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - SLOW))
def test_each_fault_ends_in_a_defined_way(name: str) -> None:
    ends = [one.end for one in wire_faults([name], ["7.3"])]
    assert tuple(ends) == EXPECTED.get(name, ("unharmed", "unharmed"))


@pytest.mark.slow
def test_all_faults_in_all_kernels() -> None:
    outcomes = list(wire_faults())
    assert len(outcomes) == 2 * len(LINUX) * len(FAULTS)
    assert {one.end for one in outcomes} <= ENDS.keys()
    for one in outcomes:
        expected = EXPECTED.get(one.fault.name, ("unharmed", "unharmed"))
        assert (one.linux, one.end) == (one.linux, expected[one.hardened]), one
    table = wire_table(outcomes)
    assert all(name in table for name in FAULTS)


def test_the_same_fault_leaves_the_same_trace_each_time() -> None:
    def trace() -> list[object]:
        stage = Stage(with_remote=True)
        FAULTS["used-ahead"].play(stage)
        stage.say()
        check(stage.machine.run.trace)
        return list(stage.machine.run.trace)

    assert trace() == trace()


def test_a_lost_kick_is_made_good_by_the_next() -> None:
    outcome = play(FAULTS["lost-kick"])
    assert outcome.answers == ("echo", None, "echo", "echo", "echo")


def test_a_leak_shows_bytes_of_the_next_buffer() -> None:
    stage = Stage(with_remote=True)
    stage.remote.write(stage.bus.rbuf(2) + 16, b"not meant for you")
    stage.remote.send(0x400, 0x400, b"x", used_len=8, says=600)
    stage.turn()
    (heard,) = stage.drain()
    assert len(heard) == 600
    assert b"not meant for you" in heard


def test_a_silent_return_costs_the_sender_fifteen_seconds() -> None:
    stage = Stage(with_remote=True)
    before = stage.remote.cycles
    FAULTS["silent-return"].play(stage)
    waited = (stage.remote.cycles - before) / stage.machine.soc.board.m4_hz
    assert 15 <= waited < 18
    assert stage.answers[-1] == "echo"


def test_a_remote_that_dies_in_a_send_is_recovered_when_the_sender_has_given_up() -> None:
    stage = Stage(with_remote=True)
    FAULTS["dies-in-send"].play(stage)
    assert stage.answers[-1] == "ERESTARTSYS"
    stage.say()
    assert stage.answers[-1] == "echo"
    assert stage.machine.rproc
    assert stage.machine.rproc.crash_cnt == 1
    trace = stage.machine.run.trace
    sent = next(i for i, e in enumerate(trace) if isinstance(e, Failed) and "tx_buf" in e.function)
    recovery = next(
        i for i, e in enumerate(trace) if isinstance(e, Entered) and "recovery" in e.function
    )
    assert sent < recovery
    check(trace)


def test_an_unknown_fault_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="no fault 'gremlins'"):
        list(wire_faults(["gremlins"]))


PLACES = (
    "rproc_vq_interrupt", "rpmsg_recv_done", "rproc_virtio_notify", "virtqueue_add_outbuf",
    "rpmsg_recv_single", "stm32_rproc_kick", "rpmsg_send_offchannel_raw", "rpmsg_xmit_done",
)  # fmt: skip
VALUES = (0, 1, 2, 15, 16, 77, 512, 513, 0xFFFF, 0xFFFF_FFFF, 0x1004_2000, 0x4000_0000, -1, 100)


def wild(dice: random.Random) -> dict[At, Disturbance]:
    """A few random disturbances of the wire."""
    script: dict[At, Disturbance] = {}
    for _ in range(dice.randrange(1, 4)):
        at = At(dice.choice(PLACES), dice.randrange(1, 7))
        field = dice.choice(list(FIELDS))
        if field == "used.idx":  # far ahead is tried above, and takes long
            script[at] = PokeRing("input", field, dice.choice((1, 3, 17, 40)), by=True)
        else:
            value = dice.choice(VALUES)
            script[at] = PokeRing(dice.choice(RINGS), field, value, by=dice.random() < 0.5)
        script[At(dice.choice(SIGNALS), dice.randrange(1, 9))] = Skip()
    return script


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_on_the_wire_ends_in_a_defined_way(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  no secret
    hardened, with_remote = dice.random() < 0.3, dice.random() < 0.5
    try:
        stage = Stage("7.3", hardened, with_remote, wild(dice))
        for _ in range(4):
            stage.say(nonblock=dice.random() < 0.5)
        stage.machine.write_state("stop")
        stage.machine.remove()
    except RprocError:
        return  # it was refused, or the kernel would have crashed: both are told
    check(stage.machine.run.trace)


def test_the_page_on_messages_has_the_same_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    told = {row[0].strip("| `"): (row[3], row[4].strip(" |")) for row in rows}
    assert told == {name: EXPECTED.get(name, ("unharmed", "unharmed")) for name in FAULTS}
