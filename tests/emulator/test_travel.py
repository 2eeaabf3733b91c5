# SPDX-License-Identifier: GPL-2.0-or-later
"""Time travel: any moment of a run is had again, bit for bit, whatever snapshots there are."""

import random
from dataclasses import dataclass, field

import pytest

from rprocbench.base.trace import Ran, Trace
from rprocbench.emulator import CortexM4
from rprocbench.emulator.snapshots import Album, Camera, Keeper, Snapshot
from rprocbench.emulator.timeline import Position
from rprocbench.emulator.travel import Moment, Traveller
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .linux_side import Linux
from .rig import Rig, rig
from .test_machine import HANDLERS, TORTURE

# The rig lets code use floating point from outside, which no trace tells of: here the code does.
BUSY = "ldr r1, =SCS; ldr r0, =0xf00000; str r0, [r1, #0xd88]; " + TORTURE


def busy() -> Rig:
    """A little of everything."""
    made = rig(BUSY, HANDLERS)
    made.has_floats = False
    return made


SPACINGS = [1, 5_000, 100_000, 10**9]


def content(core: CortexM4, snapshot: Snapshot) -> tuple[object, ...]:
    """Everything in a snapshot, as bytes and numbers."""
    memories = {name: ram.read(0, ram.size) for name, ram in core.soc.rams.items()}
    return (
        snapshot.cycles, snapshot.flags, snapshot.event, snapshot.registers,
        snapshot.peripherals, snapshot.stored, dict(snapshot.wires), memories,
    )  # fmt: skip


@dataclass
class Diary:
    """What a live core was like, every now and then."""

    core: CortexM4
    every: int
    pages: list[tuple[int, int, tuple[object, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.camera = Camera(self.core)
        self.core.between = self.write

    def write(self) -> None:
        """Between two slices."""
        if len(self.pages) * self.every <= self.core.cycles and not self.core.entries:
            index = len(self.core.run.trace)
            self.pages.append((self.core.cycles, index, self.now()))

    def now(self) -> tuple[object, ...]:
        """The core as it is."""
        return content(self.core, self.camera.take(0))


def told(core: CortexM4, trace: Trace, cycles: int, index: int) -> Moment:
    """The moment in the finished trace: what was a stretch's middle then may be so no longer."""
    last = trace[index - 1]
    if isinstance(last, Ran) and last.end > cycles:
        index -= 1
    assert core is not None
    return Moment(cycles, index)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_fifty_random_moments_of_a_run_with_linux_are_bit_exact(spacing: int) -> None:
    linux = Linux()
    linux.core.slice_size = 997
    diary = Diary(linux.core, every=120)
    play(linux)
    traveller = Traveller(STM32MP157C_DK2, linux.soc.run.trace, Album(), spacing=spacing)
    camera = Camera(traveller.core)
    assert len(diary.pages) > 60
    chosen = random.Random(spacing).sample(diary.pages, 50)  # noqa: S311  repeatable
    for cycles, index, expected in chosen:
        traveller.goto(told(linux.core, linux.soc.run.trace, cycles, index))
        assert content(traveller.core, camera.take(0)) == expected


def play(linux: Linux) -> None:
    """A boot, messages, a shutdown, and a second boot."""
    linux.load().start()
    linux.connect()
    assert linux.wait_for(1)
    for number in range(20):
        linux.send(0x400, b"%d" % number * 20)
        assert linux.wait_for(number + 2)
    assert linux.shut_down()
    linux.start().connect()


@pytest.mark.parametrize("spacing", SPACINGS)
def test_fifty_random_cycles_of_a_torture_are_bit_exact(spacing: int) -> None:
    live = busy()
    keeper = Keeper(live.core, Album(), spacing)
    live.start().go(20_000)
    traveller = Traveller(STM32MP157C_DK2, live.soc.run.trace, keeper.album, spacing=spacing)
    camera = Camera(traveller.core)
    dice = random.Random(spacing)  # noqa: S311
    seen = {}
    for wanted in (dice.randrange(20_000) for _ in range(50)):
        moment = traveller.moment_of(Position(wanted))
        place = traveller.goto(moment)
        assert wanted - 4 <= place.cycles <= wanted  # an IT block is one unit
        seen[place.cycles] = content(traveller.core, camera.take(0))
    fresh = busy().start()
    camera = Camera(fresh.core)
    for cycles, state in sorted(seen.items()):
        fresh.core.run_until(cycles)
        assert content(fresh.core, camera.take(0)) == state
