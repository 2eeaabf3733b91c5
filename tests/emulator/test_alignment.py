# SPDX-License-Identifier: GPL-2.0-or-later
"""Where alignment is checked, nothing else changes."""

import pytest

from rprocbench.emulator.nvic import HARD_FAULT

from .rig import MAIL, Rig, rig
from .test_faults import LAST_WORDS
from .test_machine import HANDLERS, LENGTH, TORTURE, outcome

TRAP = "ldr r1, =SCS; ldr r0, =0x208; str r0, [r1, #0xd14]; dsb; ldr r4, =MAIL; "


def strict(main: str) -> Rig:
    """A strict core."""
    it = rig(main, {HARD_FAULT: LAST_WORDS})
    it.core.answers.strict = True
    return it.start()


@pytest.mark.parametrize(
    "access",
    ["ldr r5, [r4, #33]", "str r5, [r4, #34]", "ldrh r5, [r4, #35]", "strh r5, [r4, #33]",
     "adds r5, r4, #2; ldm r5, {r0, r2}", "adds r5, r4, #1; strd r0, r2, [r5, #32]"],
)  # fmt: skip
def test_with_unalign_trp_every_access_must_be_aligned(access: str) -> None:
    it = rig(TRAP + access + "; b .", {HARD_FAULT: LAST_WORDS}).start().go()
    assert it.words(2) == [HARD_FAULT, 0x0100_0000]


def test_bytes_and_aligned_accesses_are_fine() -> None:
    access = "ldrb r5, [r4, #3]; "
    access += "ldrh r5, [r4, #2]; ldr r5, [r4, #4]; strb r5, [r4, #7]; movs r6, #1; b ."
    assert rig(TRAP + access).start().go().r(6) == 1


def test_masks_and_privilege_can_be_written_all_the_same() -> None:
    main = (
        TRAP
        + """
        movs r0, #0x40
        msr basepri, r0
        mrs r7, basepri
        cpsid f
        mrs r3, faultmask
        cpsie f
        movs r0, #0x20
        msr basepri_max, r0
        mrs r5, basepri
        cmp r0, r0
        itt eq
        moveq r0, #1
        msreq control, r0
        mrs r6, control
        ldr r0, [r4, #1]
        b .
    """
    )
    it = rig(main, {HARD_FAULT: LAST_WORDS}).start().go()
    assert (it.r(7), it.r(3), it.r(5), it.r(6)) == (0x40, 1, 0x20, 1)
    assert it.words(2) == [HARD_FAULT, 0x0100_0000]


def test_a_strict_core_lets_single_words_pass() -> None:
    main = """
        ldr r4, =MAIL
        ldr r0, =0x11223344
        movs r6, #0
    1:  str r0, [r4, #33]
        ldr r5, [r4, #33]
        cmp r5, r0
        ittt eq
        addeq r6, #1
        ldrheq r7, [r4, #33]
        strheq r7, [r4, #41]
        cmp r6, #9
        bne 1b
        b .
    """
    it = strict(main).go(5000)
    assert (it.r(5), it.r(6), it.r(7)) == (0x1122_3344, 9, 0x3344)
    assert it.soc.m4.read(type(MAIL)(MAIL + 41), 2) == b"\x44\x33"


def test_a_strict_core_does_what_others_do() -> None:
    plain = rig(TORTURE, HANDLERS).start().go(LENGTH)
    checked = rig(TORTURE, HANDLERS)
    checked.core.answers.strict = True
    assert outcome(checked.start().go(LENGTH)) == outcome(plain)
