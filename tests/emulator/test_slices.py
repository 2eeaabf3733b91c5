# SPDX-License-Identifier: GPL-2.0-or-later
"""How a run is cut into slices decides nothing: registers, memory, NVIC and peripherals agree."""

from pathlib import Path

import pytest

from rprocbench.emulator import CortexM4, save
from rprocbench.emulator.history import Checkpoint
from rprocbench.soc.memory import Da

from .linux_side import FIRMWARE
from .torture import TORTURE, load

DATA = Path(__file__).parents[2] / "data"
SIZES = [1, 7, 997, 10_000, 100_000]
IMAGES = {
    "torture": (TORTURE / "torture.elf", 700_000),
    "hal": (DATA / "hal" / "hal.elf", 120_000),
    "echo": (FIRMWARE, 700_000),
}


def outcome(path: Path, cycles: int, size: int | None) -> tuple[int, Checkpoint, bytes]:
    """Run an image for a while, in slices of `size` instructions."""
    core: CortexM4 = load(path.read_bytes(), slice_size=size)
    core.run_until(cycles)
    return core.cycles, save(core), bytes(core.semihosting.console.text)


@pytest.mark.slow
@pytest.mark.parametrize("name", IMAGES)
def test_the_size_of_a_slice_decides_nothing(name: str) -> None:
    path, cycles = IMAGES[name]
    whole = outcome(path, cycles, None)
    for size in SIZES:
        assert outcome(path, cycles, size) == whole, size


THREADS = """
    ldr r1, =SCS
    ldr r0, =0x00ff0000
    str r0, [r1, #0xd20]
    ldr r0, =499
    str r0, [r1, #0x14]
    movs r0, #7
    str r0, [r1, #0x10]
    ldr r0, =0x10030800
    msr psp, r0
    movs r0, #2
    msr control, r0
    isb
    1: vadd.f32 s0, s0, s1
    adds r4, #1
    movs r0, #0x40
    msr basepri, r0
    push {r4, r5}
    pop {r5, r6}
    movs r0, #0
    msr basepri, r0
    b 1b
"""


def test_nor_does_it_for_threads_that_are_switched() -> None:
    """As an RTOS does it: a tick pends PendSV, which swaps two process stacks."""
    from .rig import rig

    tick = "ldr r1, =SCS; ldr r0, =0x10000000; str r0, [r1, #0xd04]; bx lr"
    switch = """
        mrs r0, psp
        tst lr, #16
        it eq
        vstmdbeq r0!, {s16-s31}
        stmdb r0!, {r4-r11, lr}
        ldr r1, =MAIL
        ldr r2, [r1, #4]
        str r0, [r1, #4]
        ldr r3, [r1]
        adds r3, #1
        str r3, [r1]
        cmp r2, #0
        it eq
        moveq r2, r0
        ldmia r2!, {r4-r11, lr}
        tst lr, #16
        it eq
        vldmiaeq r2!, {s16-s31}
        msr psp, r2
        bx lr
    """
    found = []
    for size in (None, *SIZES):
        it = rig(THREADS, {14: switch, 15: tick})
        it.core.slice_size = size
        it.start().go(30_000)
        found.append((save(it.core), it.word()))
        assert it.soc.m4.read(Da(0x1003_0000), 4) == bytes(4)
    assert all(each == found[0] for each in found)
    assert found[0][1] > 50
