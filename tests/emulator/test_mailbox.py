# SPDX-License-Identifier: GPL-2.0-or-later
"""The mailbox registers of the M4: levels, masks, and what Linux learns."""

import pytest

from rprocbench.base.trace import Lane, Ran, Signalled
from rprocbench.emulator.ipcc import RX_IRQ, TX_IRQ

from .rig import Rig, rig

RX, TX = 16 + RX_IRQ, 16 + TX_IRQ
COUNT = "ldr r3, =MAIL; ldr r2, [r3, #{at}]; adds r2, #1; str r2, [r3, #{at}]; ldr r1, =IPCC; "
OPEN = """
    ldr r1, =SCS
    movs r0, #0x180
    str r0, [r1, #0x10c]
    ldr r1, =IPCC
    ldr r0, ={masks}
    str r0, [r1, #0x14]
    ldr r0, =0x10001
    str r0, [r1, #0x10]
    1: wfi
    b 1b
"""
TAKE_ALL = COUNT.format(at=0) + "ldr r0, [r1, #0xc]; str r0, [r1, #0x18]; dsb; bx lr"
TAKE_NONE = COUNT.format(at=0) + "bx lr"
NO_TX = "0x3f0000"


def test_an_occupied_channel_interrupts_until_it_is_taken() -> None:
    it = rig(OPEN.format(masks=NO_TX), {RX: TAKE_ALL}).start().go()
    for count, channel in enumerate((0, 3, 5), start=1):
        it.soc.ipcc.send_to_m4(channel)
        it.go()
        assert (it.word(), it.soc.ipcc.to_m4) == (count, 0)


def test_an_occupied_channel_that_is_not_taken_interrupts_again_and_again() -> None:
    it = rig(OPEN.format(masks=NO_TX), {RX: TAKE_NONE}).start().go()
    it.soc.ipcc.send_to_m4(0)
    it.go(1000)
    assert it.word() > 50


def test_a_masked_channel_does_not_interrupt() -> None:
    it = rig(OPEN.format(masks="0x3f0001"), {RX: TAKE_ALL}).start().go()
    it.soc.ipcc.send_to_m4(0)
    assert it.go().word() == 0
    it.soc.ipcc.send_to_m4(1)
    assert it.go().word() == 1


def test_without_its_enable_bit_nothing_interrupts() -> None:
    main = OPEN.format(masks=NO_TX).replace("=0x10001", "=0x10000")
    it = rig(main, {RX: TAKE_ALL}).start().go()
    it.soc.ipcc.send_to_m4(0)
    assert it.go().word() == 0


def test_free_channels_interrupt_until_they_are_masked() -> None:
    stop = COUNT.format(at=4) + "ldr r0, =0x3f0000; str r0, [r1, #0x14]; dsb; bx lr"
    it = rig(OPEN.format(masks="0x3e0000"), {TX: stop}).start().go()
    assert it.word(1) == 1


def test_a_channel_gets_free_when_linux_takes_it() -> None:
    ring = "ldr r1, =IPCC; ldr r0, =0x10000; str r0, [r1, #0x18]; "
    stop = COUNT.format(at=4) + "ldr r0, =0x3f0000; str r0, [r1, #0x14]; dsb; bx lr"
    it = rig(ring + OPEN.format(masks="0x3e0000"), {TX: stop}).start().go()
    assert (it.word(1), it.soc.ipcc.to_a7) == (0, 1)
    it.soc.ipcc.taken_by_a7(0)
    assert it.go().word(1) == 1


def test_ringing_stops_the_core_behind_the_ring() -> None:
    heard: list[tuple[str, int]] = []
    main = "ldr r1, =IPCC; ldr r0, =0x80000; movs r4, #0; str r0, [r1, #0x18]; adds r4, #1; b ."
    it = rig(main)
    it.soc.ipcc.listen(lambda kind, channel: heard.append((kind, channel)))
    it.start()
    assert it.core.run_until(1000)
    assert (it.core.cycles, it.r(4), heard) == (4, 0, [])
    it.soc.ipcc.deliver()
    assert heard == [("rx", 3)]
    assert it.core.run_until(1000)
    assert (it.core.cycles, it.r(4)) == (1000, 1)


def test_without_a_listener_ringing_stops_nothing() -> None:
    main = "ldr r1, =IPCC; ldr r0, =0x80000; str r0, [r1, #0x18]; b ."
    it = rig(main).start()
    assert it.core.run_until(1000)
    assert it.core.cycles == 1000


def rings(it: Rig) -> list[int]:
    """Where in the trace the M4 rang."""
    return [
        index
        for index, event in enumerate(it.soc.run.trace)
        if isinstance(event, Signalled) and event.source == Lane.M4
    ]


def test_two_channels_rung_at_once_are_two_signals_of_one_stretch() -> None:
    main = "ldr r1, =IPCC; ldr r0, =0x30000; str r0, [r1, #0x18]; b ."
    it = rig(main).start().go()
    assert len(rings(it)) == 2
    rans = [event for event in it.soc.run.trace if isinstance(event, Ran)]
    assert [(ran.start, ran.end, ran.why) for ran in rans] == [
        (0, 3, "rang channel 0"),
        (3, 1000, "time is up"),
    ]


@pytest.mark.parametrize("again", ["0x10000", "0x1"])
def test_an_order_that_moves_no_flag_is_not_told(again: str) -> None:
    ring = "ldr r1, =IPCC; ldr r0, =0x10000; str r0, [r1, #0x18]; "
    it = rig(ring + f"ldr r0, ={again}; str r0, [r1, #0x18]; b .").start().go()
    assert len(rings(it)) == 1


def test_the_registers_of_processor_1_are_the_other_end() -> None:
    main = """
        ldr r1, =IPCC
        ldr r0, =0x30000
        str r0, [r1, #0x18]
        ldr r4, [r1, #0x1c]
        movs r0, #1
        str r0, [r1, #0x08]
        ldr r5, [r1, #0x1c]
        ldr r0, =0x80000
        str r0, [r1, #0x08]
        ldr r6, [r1, #0x0c]
        ldr r7, [r1, #0x04]
        b .
    """
    it = rig(main).start().go()
    assert (it.r(4), it.r(5), it.r(6), it.r(7)) == (0b11, 0b10, 0b1000, 0xFFFF_FFFF)


def test_flags_cannot_be_written() -> None:
    it = rig(
        "ldr r1, =IPCC; mvn r0, #0; str r0, [r1, #0x0c]; str r0, [r1, #0x1c]; movs r4, #1; b ."
    )
    it.start().go()
    assert (it.r(4), it.soc.ipcc.to_m4, it.soc.ipcc.to_a7) == (1, 0, 0)
