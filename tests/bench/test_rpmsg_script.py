# SPDX-License-Identifier: GPL-2.0-or-later
"""Disturbances of the wire in scripts: they strike where they are told, and travel with the run."""

from pathlib import Path

import pytest

from rprocbench.base.errors import InputError
from rprocbench.base.run import At, Disturbance, Skip
from rprocbench.base.trace import Lane, Wrote
from rprocbench.bench import Bench, Recording
from rprocbench.bench.demo import demo_elf
from rprocbench.bench.wire_script import FIELDS, SIGNALS, PokeRing, RingBell
from rprocbench.designs import MAINLINE

SECOND_KICK = At("rproc_virtio_notify", 2)  # the first one says that the driver is ready


def boot(script: dict[At, Disturbance], *say: bytes) -> Recording:
    return Bench(design=MAINLINE).boot(demo_elf(), script=script, say=say or (b"one", b"two"))


def answers(recording: Recording) -> list[bytes]:
    return [m.payload for m in recording.messages if m.direction == "received"]


def test_a_lost_kick() -> None:
    recording = boot({At("stm32_rproc_kick", 2): Skip()})
    assert recording.unreached == []
    ids = [(m.direction, m.id) for m in recording.messages]
    assert ids == [("sent", 2), ("sent", 3), ("received", 2), ("received", 3)]


@pytest.mark.parametrize(
    ("poke", "words"),
    [
        ("output.avail.idx=+100", "more buffers than it holds"),
        ("output.desc.addr=0x40000000", "buffer outside shared memory"),
        ("output.desc.len=0xffff0000", "buffer outside shared memory"),
        ("output.desc.flags=1", "unexpected flags"),
        ("output.avail.ring=77", "no such descriptor"),
    ],
)
def test_the_firmware_gives_a_ring_up_that_makes_no_sense(poke: str, words: str) -> None:
    recording = boot({SECOND_KICK: PokeRing.parse(poke)})
    assert words in recording.trace_buffer
    assert answers(recording) == []
    assert recording.verdict == "running"


@pytest.mark.parametrize("poke", ["input.used.id=99", "input.used.idx=+1000"])
def test_linux_meets_what_a_hostile_remote_wrote(poke: str) -> None:
    recording = boot({At("rpmsg_recv_done", 2): PokeRing.parse(poke)})
    changed = [e for e in recording.trace if isinstance(e, Wrote) and e.lane == Lane.HARDWARE]
    assert len(changed) == 1
    assert recording.verdict == "running"
    assert not recording.runs_unseen


def test_a_bell_for_nothing_changes_nothing() -> None:
    script: dict[At, Disturbance] = {
        SECOND_KICK: RingBell(1, to_m4=True),
        At("rpmsg_recv_done", 2): RingBell(5),
    }
    assert answers(boot(script)) == [b"one", b"two"]


def test_before_there_is_a_ring_nothing_happens() -> None:
    script: dict[At, Disturbance] = {
        At("rproc_boot"): PokeRing("input", "used.idx", 7),
        At("rproc_alloc"): RingBell(0),
    }
    assert answers(boot(script)) == [b"one", b"two"]


def test_a_script_travels_with_its_run(tmp_path: Path) -> None:
    script: dict[At, Disturbance] = {
        At("stm32_rproc_kick", 2): Skip(),
        At("rpmsg_recv_done", 2): PokeRing("input", "used.len", -3, by=True),
        At("rproc_vq_interrupt", 9): RingBell(1, to_m4=True),
    }
    recording = boot(script)
    recording.save(tmp_path / "run.json")
    assert Recording.load(tmp_path / "run.json").script == script


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ["0x10", "+3", "-1"])
def test_every_field_of_a_ring_can_be_written_and_read_back(field: str, value: str) -> None:
    poke = PokeRing.parse(f"input.{field}={value}")
    assert PokeRing.parse(str(poke)) == poke
    recording = boot({SECOND_KICK: poke}, b"hello")
    assert recording.verdict == "running"


@pytest.mark.parametrize(
    "text", ["", "input", "inout.avail.idx=1", "input.avail=1", "input.avail.idx=x"]
)
def test_what_is_no_poke_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="BAD_VALUE"):
        PokeRing.parse(text)


@pytest.mark.parametrize("function", SIGNALS)
def test_any_signal_may_be_lost_and_the_run_ends_all_the_same(function: str) -> None:
    for nth in (1, 2, 3):
        recording = boot({At(function, nth): Skip()})
        assert recording.verdict == "running"
        assert recording.states[-1] == "OFFLINE"
