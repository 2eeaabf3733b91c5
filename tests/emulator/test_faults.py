# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults say what happened and where, and become worse ones where nobody may take them."""

import pytest

from rprocbench.emulator.nvic import (
    BUS_FAULT,
    HARD_FAULT,
    MEM_MANAGE,
    SVCALL,
    USAGE_FAULT,
)
from rprocbench.emulator.scb import FORCED

from .rig import CODE, MAIL, boot, rig
from .test_exceptions import NOTE

LAST_WORDS = """
    ldr r1, =MAIL
    mrs r0, ipsr
    str r0, [r1]
    ldr r2, =SCS
    ldr r0, [r2, #0xd28]
    str r0, [r1, #4]
    ldr r0, [r2, #0xd2c]
    str r0, [r1, #8]
    ldr r0, [sp, #24]
    str r0, [r1, #12]
    ldr r0, [r2, #0xd38]
    str r0, [r1, #16]
    b .
"""
ALL_FAULTS = "ldr r1, =SCS; ldr r0, =0x70000; str r0, [r1, #0xd24]; "


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize(
    ("bad", "fault", "cfsr", "at"),
    [
        ("ldr r0, =0x80000000; ldr r0, [r0]; b .", BUS_FAULT, 0x8200, 4),
        ("ldr r0, =0x80000000; str r0, [r0]; b .", BUS_FAULT, 0x8200, 4),
        ("nop; udf #0; b .", USAGE_FAULT, 0x0001_0000, 2),
        ("sev; wfe; udf #0; b .", USAGE_FAULT, 0x0001_0000, 4),
        ("ldr r0, =0x10008000; bx r0", USAGE_FAULT, 0x0002_0000, 0x8000),
        ("ldr r0, =0x40000001; bx r0", MEM_MANAGE, 0x1, 0x3000_0000),
        ("ldr r0, =0x80000001; bx r0", BUS_FAULT, 0x100, 0x7000_0000),
        ("ldr r0, =0xfffffff9; bx r0", MEM_MANAGE, 0x1, 0xEFFF_FFF8),
    ],
)
def test_faults_name_the_instruction_and_the_reason(
    bad: str, fault: int, cfsr: int, at: int, enabled: bool
) -> None:
    lead = ALL_FAULTS if enabled else ""
    handlers = dict.fromkeys((HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT), LAST_WORDS)
    it = boot(lead + bad, handlers)
    size = 12 if enabled else 0  # of the lead
    expected = CODE + at + (size if at < 0x100 else 0)
    assert it.words(4) == [
        fault if enabled else HARD_FAULT,
        cfsr,
        0 if enabled else FORCED,
        expected & 0xFFFF_FFFF,
    ]
    if cfsr == 0x8200:
        assert it.word(4) == 0x8000_0000


def test_a_fault_in_an_it_block_can_be_returned_from() -> None:
    main = """
        movs r2, #0
        movs r0, #0
        ldr r1, =0x80000000
        cmp r0, #0
        ittet eq
        addeq r2, #1
        ldreq r0, [r1]
        addne r2, #16
        addeq r2, #1
        b .
    """
    handler = "ldr r0, =MAIL; str r0, [sp, #4]; bx lr"  # a better r1
    assert boot(main, {HARD_FAULT: handler}).r(2) == 2


def test_a_breakpoint_without_a_debugger_is_a_hard_fault() -> None:
    it = boot("nop; bkpt #1; b .", {HARD_FAULT: LAST_WORDS})
    assert it.words(4) == [HARD_FAULT, 0, 1 << 31, CODE + 2]


def test_a_call_that_is_not_urgent_enough_is_a_hard_fault() -> None:
    it = boot("cpsid i; svc #0; b .", {HARD_FAULT: LAST_WORDS})
    assert it.words(4) == [HARD_FAULT, 0, FORCED, CODE + 4]


def test_a_return_to_nowhere_is_a_usage_fault() -> None:
    handler = "ldr lr, =0xfffffff1; bx lr"  # to handler mode, but none was interrupted
    it = boot("svc #0; b .", {SVCALL: handler, HARD_FAULT: LAST_WORDS})
    assert it.words(3) == [HARD_FAULT, 0x0004_0000, FORCED]


@pytest.mark.parametrize(
    ("main", "handler"),
    [
        ("udf #0", "udf #0"),
        ("udf #0", "svc #0"),
        ("cpsid f; udf #0", "b ."),
    ],
)
def test_a_fault_where_none_can_be_taken_locks_up(main: str, handler: str) -> None:
    it = boot(main, {HARD_FAULT: handler})
    assert not it.core.is_running
    assert not it.core.run_until(it.core.cycles + 1)
    (line,) = it.console()
    assert line.startswith("lockup: pc 0x1000")
    assert "cfsr 0x00010000" in line


def test_a_stack_that_runs_out_of_memory_locks_up() -> None:
    it = boot("svc #0; b .", {HARD_FAULT: "push {r0}; b ."}, stack=0x1000_0000)
    assert not it.core.is_running
    assert "cfsr 0x00009200" in it.console()[0]  # pushing the frame, then the handler's own push


def test_nothing_loaded_locks_up() -> None:
    it = rig("nop")
    it.soc.m4.fill(type(MAIL)(0), 0x1000, 0)
    it.start().go()
    assert not it.core.is_running
    assert it.console()[0].startswith("lockup: pc 0x00000000 cfsr 0x00021000")


def test_an_unaligned_load_is_fine() -> None:
    it = boot("ldr r1, =MAIL; ldr r0, =0x11223344; str r0, [r1, #1]; ldr r2, [r1, #1]; b .")
    assert (it.r(2), it.words(2)) == (0x1122_3344, [0x2233_4400, 0x11])


@pytest.mark.parametrize(("cpacr", "control", "faults"), [
    (0x00F0_0000, 0, False), (0x00F0_0000, 1, False), (0x0050_0000, 0, False),
    (0x0050_0000, 1, True), (0, 0, True), (0, 1, True),
])  # fmt: skip
def test_who_may_use_floating_point(cpacr: int, control: int, faults: bool) -> None:
    main = f"movs r0, #{control}; msr control, r0; isb; svc #0; vmov.f32 s0, #1.0; b ."
    it = rig(main, {SVCALL: "bx lr", HARD_FAULT: LAST_WORDS}).start()
    it.core.scb.cpacr = cpacr
    it.go()
    assert it.words(2) == ([HARD_FAULT, 0x0008_0000] if faults else [0, 0])


def test_the_core_says_who_it_is() -> None:
    core = rig("b .").start().core
    seen = {at: core.bus.read(0xE000_E000 + at, 4) for at in (0xD00, 0x4, 0xD40, 0xD90, 0xF40)}
    assert seen == {0xD00: 0x410F_C241, 0x4: 4, 0xD40: 0x30, 0xD90: 0x800, 0xF40: 0x1011_0021}


def test_a_frame_that_cannot_be_pushed_makes_the_fault_of_that_go_first() -> None:
    main = "ldr r0, =0x80000000; msr psp, r0; movs r0, #2; msr control, r0; isb; svc #0; b ."
    it = boot(ALL_FAULTS + main, {BUS_FAULT: NOTE + "b .", SVCALL: NOTE + "b ."})
    assert it.words(2) == [1, BUS_FAULT]
    assert it.core.scb.cfsr == 0x1000
    assert it.core.nvic.pending >> SVCALL & 1


def test_a_vector_table_out_of_memory_is_a_hard_fault_that_finds_no_vector_either() -> None:
    it = boot("ldr r1, =SCS; ldr r0, =0x80000000; str r0, [r1, #0xd08]; svc #0; b .")
    assert not it.core.is_running
    assert "hfsr 0x00000002" in it.console()[0]
