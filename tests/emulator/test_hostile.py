# SPDX-License-Identifier: GPL-2.0-or-later
"""Firmware that means no good can neither hang the host nor eat it up."""

import pytest

from rprocbench.base.trace import Logged
from rprocbench.emulator import save
from rprocbench.emulator.bus import MOST
from rprocbench.emulator.console import KEPT, TOLD

from .rig import MAIL, boot, rig

FLOOD = """
    ldr r1, =0x{base:08x}
    ldr r2, =0x{end:08x}
    1: str r1, [r1]
    adds r1, #{step}
    cmp r1, r2
    blo 1b
    b .
"""


@pytest.mark.parametrize("base", [0x4700_0000, 0x5600_0000])
def test_a_flood_of_registers_is_remembered_up_to_a_limit(base: int) -> None:
    it = rig(FLOOD.format(base=base, end=base + 0x0100_0000, step=16)).start().go(300_000)
    assert len(it.core.bus.stored) <= MOST
    assert len(it.core.bus.touched) <= MOST
    assert len(save(it.core).stored) <= MOST


def test_a_flood_of_a_controllers_registers_stays_in_its_page() -> None:
    it = rig(FLOOD.format(base=0x4001_5000, end=0x4001_6000, step=4)).start().go(100_000)
    assert len(it.core.blocks.by_name["I2C5"].words) <= 1024


def test_an_endless_string_is_cut() -> None:
    main = "ldr r1, =MAIL; movs r0, #4; bkpt 0xab; movs r4, #1; b ."
    it = rig(main)
    it.soc.m4.fill(MAIL, 0x2_0000, 0x41)
    it.start().go(100)
    assert it.r(4) == 1
    assert len(it.core.semihosting.console.text) == 0x1_0000


def test_a_talker_is_counted_and_not_kept() -> None:
    main = "1: ldr r1, =MAIL; movs r0, #4; bkpt 0xab; b 1b"
    it = rig(main)
    it.soc.m4.write(MAIL, (b"x" * 99 + b"\n") * 200)
    it.start().go(1000)
    console = it.core.semihosting.console
    assert console.sent > 2 * KEPT
    assert len(console.text) == KEPT
    logged = [event for event in it.soc.run.trace if isinstance(event, Logged)]
    assert len(logged) == TOLD


@pytest.mark.parametrize(
    "call",
    [
        "mvn r1, #3; movs r0, #5; bkpt 0xab",  # a block at the end of the world
        "mvn r1, #0; movs r0, #4; bkpt 0xab",
        "movs r1, #0; movs r0, #0x99; bkpt 0xab",
        "ldr r1, =MAIL; mvn r0, #0; str r0, [r1, #8]; str r0, [r1, #4]; movs r0, #1; str r0, [r1]; movs r0, #5; bkpt 0xab",  # noqa: E501
    ],
)
def test_nonsense_to_semihosting_is_refused(call: str) -> None:
    it = boot(call + "; movs r4, #1; b .")
    assert it.r(4) == 1
    assert it.r(0) != 0


def test_a_storm_of_exceptions_costs_cycles() -> None:
    """Each handler pends itself again, so thread mode never gets on; time does all the same."""
    again = "ldr r1, =SCS; ldr r0, =0x10000000; str r0, [r1, #0xd04]; ldr r3, =MAIL; ldr r2, [r3]; adds r2, #1; str r2, [r3]; bx lr"  # noqa: E501
    main = "ldr r1, =SCS; ldr r0, =0x10000000; str r0, [r1, #0xd04]; b ."
    it = rig(main, {14: again}).start().go(20_000)
    assert it.core.cycles == 20_000
    assert it.word() > 1000


def test_code_that_rewrites_itself_all_the_time_gets_on() -> None:
    main = """
        ldr r4, =0x10001000
        ldr r0, =0x4770
        strh r0, [r4, #2]
        movs r7, #0
    1:  adds r7, #1
        uxtb r0, r7
        orr r0, #0x2000
        strh r0, [r4]
        dsb
        isb
        adds r5, r4, #1
        blx r5
        adds r6, r0
        b 1b
    """
    it = rig(main).start().go(20_000)
    rounds = it.r(7) - 1
    assert rounds > 1000
    done = sum(number & 0xFF for number in range(1, rounds + 1))
    assert it.r(6) - done in (0, (rounds + 1) & 0xFF)  # the last round may be under way


def test_a_timer_that_overflows_each_cycle_does_not_stop_time() -> None:
    main = """
        ldr r1, =0x40005000
        movs r0, #1
        str r0, [r1, #0x2c]
        str r0, [r1, #0x0c]
        ldr r2, =SCS
        ldr r3, =0x00800000
        str r3, [r2, #0x104]
        str r0, [r1]
        1: wfi
        b 1b
    """
    it = rig(main, {16 + 55: "bx lr"}).start().go(5000)
    assert it.core.cycles == 5000


def test_an_mpu_that_changes_all_the_time_gets_on() -> None:
    main = """
        ldr r1, =SCS
        ldr r4, =0x10030000
        movs r7, #0
        movs r0, #5
        str r0, [r1, #0xd94]
    1:  adds r7, #1
        str r4, [r1, #0xd9c]
        ldr r0, =0x06000017
        str r0, [r1, #0xda0]
        ldr r5, [r4]
        movs r0, #0
        str r0, [r1, #0xda0]
        str r7, [r4]
        b 1b
    """
    it = rig(main).start().go(3000)
    assert it.core.cycles == 3000
    assert it.r(7) > 250
