# SPDX-License-Identifier: GPL-2.0-or-later
"""Thousands of messages of random size arrive in order and unchanged, whatever the rings are."""

import random

import pytest

from rprocbench.base.quiet import quietly
from rprocbench.base.state import check, fold
from rprocbench.base.trace import Entered, Lane, Message, Signalled
from rprocbench.bench.rpmsg_user import Port
from rprocbench.bench.volume import CHANNEL, exchange, volume_machine
from rprocbench.kernel.versions import LINUX

from .test_rpmsg_user import running

MANY = 10_000


def payloads(count: int, seed: int = 1) -> list[bytes]:
    """Of any size that a message can have."""
    dice = random.Random(seed)  # noqa: S311  no secret
    sizes = [0, 1, 495, 496, *(dice.randrange(497) for _ in range(count - 4))]
    return [dice.randbytes(size) for size in sizes[:count]]


def through(port: Port, count: int, batch: int = 16) -> None:
    """All of them, in order and unchanged."""
    said = payloads(count)
    with quietly(port.machine.run):
        heard = exchange(port, said, batch)
    assert heard == said


@pytest.mark.parametrize("coalesce", [True, False])
@pytest.mark.parametrize("ring", [1, 2, 4, 16, 64, 256])
def test_messages_arrive_through_rings_of_any_size(ring: int, coalesce: bool) -> None:
    machine = volume_machine(ring, coalesce=coalesce)
    (bus,) = machine.buses
    assert (bus.num_bufs, bus.rvq.ring.num) == (2 * ring, ring)
    through(machine.linux.rpmsg[CHANNEL], 300, batch=min(3 * ring, 100))


@pytest.mark.slow
@pytest.mark.parametrize("coalesce", [True, False])
@pytest.mark.parametrize("ring", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
def test_ten_thousand_messages_arrive(ring: int, coalesce: bool) -> None:
    machine = volume_machine(ring, coalesce=coalesce)
    through(machine.linux.rpmsg[CHANNEL], MANY)
    check(machine.run.trace)


@pytest.mark.slow
@pytest.mark.parametrize("linux", LINUX)
def test_ten_thousand_messages_arrive_in_each_kernel(linux: str) -> None:
    through(volume_machine(16, linux=linux).linux.rpmsg[CHANNEL], MANY)
    through(running("echo", linux).linux.rpmsg[CHANNEL], MANY)


def test_a_ring_of_512_has_512_buffers_all_the_same() -> None:
    machine = volume_machine(512)
    assert machine.buses[0].num_bufs == 512
    through(machine.linux.rpmsg[CHANNEL], 600, batch=300)


def test_the_indices_wrap() -> None:
    machine = volume_machine(16)
    with quietly(machine.run):
        for vq in (machine.buses[0].rvq, machine.buses[0].svq):
            assert vq.avail_idx < 100
    port = machine.linux.rpmsg[CHANNEL]
    said = [b""] * 70_000
    with quietly(machine.run):
        assert len(exchange(port, said, 64)) == len(said)
    assert machine.buses[0].svq.avail_idx == 70_000 - 65_536
    through(port, 50)


def test_few_doorbells_or_many() -> None:
    def rung(coalesce: bool) -> int:
        machine = volume_machine(16, coalesce=coalesce)
        start = len(machine.run.trace)
        exchange(machine.linux.rpmsg[CHANNEL], payloads(64), 16)
        signals = [e for e in machine.run.trace[start:] if isinstance(e, Signalled)]
        return sum(e.what == "rung" and e.source == Lane.LINUX for e in signals)

    assert rung(coalesce=False) == 64
    assert rung(coalesce=True) <= 8


def test_a_quiet_stretch_tells_messages_and_ends_where_a_loud_one_would() -> None:
    def run(quiet: bool):  # type: ignore[no-untyped-def]  # noqa: ANN202
        machine = volume_machine(4)
        port = machine.linux.rpmsg[CHANNEL]
        start = len(machine.run.trace)
        if quiet:
            with quietly(machine.run):
                exchange(port, payloads(40), 4)
        else:
            exchange(port, payloads(40), 4)
        machine.settle()
        return machine, machine.run.trace[start:]

    loud, loud_events = run(quiet=False)
    calm, calm_events = run(quiet=True)
    messages = [[e for e in part if isinstance(e, Message)] for part in (loud_events, calm_events)]
    assert messages[0] == messages[1]
    assert len(calm_events) < len(loud_events) / 5
    check(calm.run.trace)
    first, second = fold(loud.run.trace), fold(calm.run.trace)
    assert first.objects == second.objects
    size = first.memories["mcusram"].size
    assert first.memories["mcusram"].read(0, size) == second.memories["mcusram"].read(0, size)
    port = calm.linux.rpmsg[CHANNEL]
    assert exchange(port, [b"and loud again"]) == [b"and loud again"]
    assert isinstance(next(e for e in calm.run.trace[-200:] if isinstance(e, Entered)), Entered)
    check(calm.run.trace)
