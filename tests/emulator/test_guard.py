# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may not, does not: the firewall's word and the MPU's, at the instruction, to the byte."""

import random
from itertools import pairwise

import pytest

from rprocbench.base.trace import Lane
from rprocbench.emulator.engine import Reg
from rprocbench.emulator.guard import ALL, in_pages, joined
from rprocbench.emulator.nvic import BUS_FAULT, HARD_FAULT, MEM_MANAGE
from rprocbench.soc.memory import Pa

from .rig import CODE, MAIL, Rig, boot, rig
from .test_faults import ALL_FAULTS, LAST_WORDS

LEAD = 12  # bytes of ALL_FAULTS
TOLD = {BUS_FAULT: LAST_WORDS, MEM_MANAGE: LAST_WORDS, HARD_FAULT: LAST_WORDS}
PAGE = 1024
STEP_OVER = "ldr r0, [sp, #24]; adds r0, #2; str r0, [sp, #24]; "
SECRET = 0x1003_0000  # where the firewall says no


def denied(main: str, *, size: int = 0x400, pa: int = SECRET, readable: bool = False) -> Rig:
    """A board whose firewall keeps a region from the M4."""
    it = rig(ALL_FAULTS + main, TOLD)
    it.soc.firewall.define("secret", pa, size)
    it.soc.firewall.deny("secret", [Lane.M4], is_readable=readable)
    return it.start().go()


@pytest.mark.parametrize("alias", [0x1003_0000, 0x2003_0000, 0x3003_0000])
@pytest.mark.parametrize(
    ("access", "at"),
    [("ldr r0, [r4]", 0), ("str r0, [r4]", 0), ("ldrb r0, [r4, #9]", 9), ("strh r0, [r4, #10]", 10),
     ("ldm r4, {r0, r2}", 0), ("strd r0, r2, [r4, #16]", 16)],
)  # fmt: skip
def test_a_denied_access_faults_at_the_instruction_at_each_alias(
    alias: int, access: str, at: int
) -> None:
    it = denied(f"ldr r4, =MAIL; adds r4, #0; ldr r4, ={alias:#x}; {access}; b .")
    where = CODE + LEAD + 6  # each load of a constant has two bytes here
    assert it.words(5) == [BUS_FAULT, 0x8200, 0, where, alias + at]


def test_a_region_that_is_readable_only_refuses_writes() -> None:
    main = f"ldr r4, ={SECRET:#x}; ldr r5, [r4]; movs r6, #1; str r5, [r4, #4]; b ."
    it = denied(main, readable=True)
    assert (it.r(6), it.word(), it.word(4)) == (1, BUS_FAULT, SECRET + 4)


def test_a_stack_in_the_denied_region_locks_up() -> None:
    it = denied(f"ldr r0, ={SECRET + 0x100:#x}; mov sp, r0; push {{r0}}; b .")
    assert not it.core.is_running
    assert "cfsr 0x00009200" in it.console()[0]


def test_code_in_the_denied_region_is_not_fetched() -> None:
    it = denied(f"ldr r0, ={SECRET + 1:#x}; bx r0")
    assert it.words(4) == [BUS_FAULT, 0x100, 0, SECRET]


def test_a_small_region_denies_no_neighbour() -> None:
    main = f"""
        ldr r4, ={SECRET:#x}
        ldr r0, [r4, #-4]
        str r4, [r4, #32]
        ldr r5, [r4, #32]
        movs r6, #7
        ldr r0, [r4, #28]
        b .
    """
    it = denied(main, size=32)
    assert (it.r(5), it.r(6)) == (SECRET, 7)
    assert (it.word(), it.word(4)) == (BUS_FAULT, SECRET + 28)


def test_a_peripheral_may_be_denied() -> None:
    main = "ldr r4, =0x4c005000; ldr r5, =0x4c004000; str r4, [r5]; str r4, [r4, #16]; b ."
    it = denied(main, pa=0x4C00_5000)
    assert it.core.bus.stored == {0x4C00_4000: 0x4C00_5000}
    assert (it.word(), it.word(4)) == (BUS_FAULT, 0x4C00_5010)


def test_a_denied_register_in_an_it_block_is_precise() -> None:
    main = """
        movs r2, #0
        ldr r4, =0x4c005000
        cmp r2, #0
        ittet eq
        addeq r2, #1
        ldreq r0, [r4]
        addne r2, #16
        addeq r2, #2
        b .
    """
    it = rig(
        main,
        {HARD_FAULT: "ldr r0, =MAIL; str r2, [r0]; " + STEP_OVER + "bx lr"},
    )
    it.soc.firewall.define("crypto", 0x4C00_5000, 0x400)
    it.soc.firewall.deny("crypto", [Lane.M4])
    it.start().go()
    assert it.word() == 1  # what stands behind has not happened, at the time of the fault


def test_what_is_denied_while_it_runs_is_denied_at_once() -> None:
    main = f"ldr r4, ={SECRET:#x}; ldr r3, =MAIL; 1: ldr r0, [r4]; adds r5, #1; b 1b"
    it = rig(ALL_FAULTS + main, TOLD).start().go()
    assert it.word() == 0
    it.soc.firewall.define("secret", SECRET, 0x1000)
    it.soc.firewall.deny("secret", [Lane.M4])
    assert it.go().word() == BUS_FAULT
    it.soc.firewall.allow("secret", [Lane.M4])
    it.soc.mcu.assert_reset(Lane.LINUX)
    it.soc.m4.fill(MAIL, 4, 0)
    assert it.go().word() == 0


def test_linux_is_denied_and_the_m4_is_not() -> None:
    it = rig(f"ldr r4, ={SECRET:#x}; movs r0, #5; str r0, [r4]; ldr r5, [r4]; b .")
    it.soc.firewall.define("secret", SECRET, 0x400)
    it.soc.firewall.deny("secret", [Lane.LINUX])
    assert it.start().go().r(5) == 5
    assert it.soc.rams["mcusram"].read(Pa(SECRET) - 0x1000_0000, 4) == b"\5\0\0\0"


MPU = """
    ldr r1, =SCS
    ldr r0, ={base:#x}
    str r0, [r1, #0xd9c]
    ldr r0, ={attributes:#x}
    str r0, [r1, #0xda0]
    movs r0, #{control}
    str r0, [r1, #0xd94]
    dsb
    isb
"""


def protected(main: str, base: int, attributes: int, control: int = 5) -> Rig:
    """A core whose MPU has one region, and the default map behind it."""
    setup = MPU.format(base=base, attributes=attributes, control=control)
    return boot(ALL_FAULTS + setup + main, TOLD)


def test_a_peripheral_may_be_protected() -> None:
    it = protected("ldr r4, =0x40015000; ldr r0, [r4, #0x18]; b .", 0x4001_5000, 0x17)
    assert it.words(3) == [MEM_MANAGE, 0x82, 0]
    assert it.core.scb.mmfar == 0x4001_5018


def test_a_page_that_was_refused_once_is_refused_again() -> None:
    count = "ldr r1, =MAIL; ldr r2, [r1]; adds r2, #1; str r2, [r1]; bx lr"
    setup = MPU.format(base=SECRET, attributes=0x17, control=5)
    main = f"{setup} ldr r4, ={SECRET:#x}; ldr r5, [r4]; ldr r5, [r4, #4]; ldr r5, [r4, #8]; b ."
    it = boot(main, {HARD_FAULT: STEP_OVER + count})
    assert it.word() == 3


def test_code_may_go_on_after_giving_up_privilege_only_where_it_may() -> None:
    main = f"ldr r4, ={SECRET:#x}; ldr r5, [r4]; movs r0, #1; msr control, r0; ldr r6, [r4]; b ."
    it = protected(main, SECRET, 0x0100_0017)  # privileged code only; nothing else for the other
    assert it.word() == MEM_MANAGE
    assert it.core.scb.cfsr & 0x1  # even its next instruction it may not fetch


def test_ldr_beyond_memory_in_an_urgent_handler_is_ignored_when_asked() -> None:
    main = "ldr r1, =SCS; ldr r0, =0x300; str r0, [r1, #0xd14]; cpsid f; ldr r4, =0x80000000; ldr r0, [r4]; movs r5, #1; b ."  # noqa: E501
    it = boot(main)
    assert it.core.is_running
    assert (it.r(5), it.core.scb.cfsr, it.core.scb.bfar) == (1, 0x8200, 0x8000_0000)


@pytest.mark.parametrize("seed", range(200))
def test_permissions_in_pages_are_what_all_of_a_page_allows(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311  repeatable is what it must be
    end = 16 * PAGE
    inner = {source.randrange(0, end, source.choice([32, PAGE])) for _ in range(seed % 12)}
    points = sorted({0, end} | inner)
    pieces = [(a, b - a, source.choice([0, 1, 3, 5, 7])) for a, b in pairwise(points)]
    wanted = dict.fromkeys(range(0, end, PAGE), ALL)
    for base, size, access in pieces:
        for page in range(base & -PAGE, base + size, PAGE):
            wanted[page] &= access
    found = [
        (page, access)
        for base, size, access in joined(in_pages(pieces))
        for page in range(base, base + size, PAGE)
    ]
    assert found == sorted(wanted.items())


def test_registers_hold_while_an_access_is_taken_back() -> None:
    main = "ldr r4, =0x4c005000; movs r0, #3; ldr r0, [r4], #4; b ."
    it = denied(main, pa=0x4C00_5000)
    assert it.core.engine[Reg.SP] % 8 == 0
    assert it.r(4) == 0x4C00_5000  # no write-back
