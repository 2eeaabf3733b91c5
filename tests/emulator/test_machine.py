# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory, reset, cutting time into pieces, and going back."""

import random

import pytest

from rprocbench.base.state import fold
from rprocbench.base.trace import Lane, Ran, Signalled, Wrote
from rprocbench.emulator import restore, save
from rprocbench.emulator.nvic import PENDSV, SVCALL, SYSTICK
from rprocbench.soc.memory import Da, Pa

from .linux_side import Linux
from .rig import CODE, Rig, boot, rig
from .thumb import thumb

# A little of everything: ticks that preempt calls, calls, floating point, IT blocks, masking.
TORTURE = """
    ldr r1, =SCS
    ldr r0, =0x40600000
    str r0, [r1, #0xd20]
    ldr r0, =0x80000000
    str r0, [r1, #0xd1c]
    ldr r0, =36
    str r0, [r1, #0x14]
    movs r0, #7
    str r0, [r1, #0x10]
    movs r4, #0
    vmov.f32 s0, #1.0
    vmov.f32 s1, #1.0
1:  adds r4, #1
    tst r4, #3
    ittet eq
    addeq r5, #3
    subeq r5, #1
    eorne r5, r4
    addeq r5, #7
    tst r4, #1
    it ne
    svcne #1
    vadd.f32 s0, s0, s1
    cpsid i
    adds r6, #1
    push {r4, r5}
    pop {r2, r3}
    cpsie i
    tst r4, #15
    it ne
    bne 1b
    ldr r0, =0x10000000
    str r0, [r1, #0xd04]
    wfi
    b 1b
"""
HANDLERS = {
    SVCALL: "ldr r3, =MAIL; ldr r2, [r3]; adds r2, #1; str r2, [r3]; vmov s0, r2; bx lr",
    PENDSV: "ldr r3, =MAIL; ldr r2, [r3, #4]; adds r2, #1; str r2, [r3, #4]; bx lr",
    SYSTICK: "ldr r3, =MAIL; ldr r2, [r3, #8]; adds r2, #1; str r2, [r3, #8]; vmov s1, r2; bx lr",
}
LENGTH = 5_000


def outcome(it: Rig) -> tuple[object, ...]:
    """Everything there is to know about the M4."""
    return (
        it.core.cycles,
        it.core.engine.save(),
        {name: each.save() for name, each in it.core.peripherals.items()},
        {name: ram.read(0, ram.size) for name, ram in it.soc.rams.items()},
    )


@pytest.mark.parametrize("step", [1, 7, 1000, 100_000])
def test_time_may_be_cut_anywhere(step: int) -> None:
    whole = rig(TORTURE, HANDLERS).start()
    whole.core.run_until(LENGTH)
    pieces = rig(TORTURE, HANDLERS).start()
    for end in range(step, LENGTH + step, step):
        pieces.core.run_until(min(end, LENGTH))
    assert outcome(pieces) == outcome(whole)
    assert min(whole.words(3)) > 10


def test_a_hook_counts_as_unicorn_does() -> None:
    native = rig(TORTURE, HANDLERS).start().go(LENGTH)
    hooked = rig(TORTURE, HANDLERS, native_meter=False).start().go(LENGTH)
    assert native.core.engine.is_native
    assert outcome(hooked) == outcome(native)
    assert hooked.soc.run.trace == native.soc.run.trace


@pytest.mark.parametrize("seed", range(20))
def test_garbage_runs_or_locks_up_but_never_breaks_the_emulator(seed: int) -> None:
    garbage = random.Random(seed).randbytes(800)  # noqa: S311  repeatable is what it must be
    ends = []
    for step, native in ((2000, True), (3, True), (2000, False)):
        it = rig("nop", native_meter=native)
        it.soc.m4.write(CODE, garbage)
        it.start()
        while it.core.cycles < 2000 and it.core.run_until(min(it.core.cycles + step, 2000)):
            pass
        ends.append((outcome(it), it.console()))
    assert ends[0] == ends[1] == ends[2]


def test_an_it_block_is_not_cut() -> None:
    main = "movs r0, #0; cmp r0, #0; ittt eq; addeq r4, #1; addeq r4, #1; addeq r4, #1; b ."
    it = rig(main).start()
    seen = []
    for cycles in range(1, 9):
        it.core.run_until(cycles)
        seen.append((it.core.cycles, it.r(4)))
    assert seen == [(1, 0), (2, 0), (6, 3), (6, 3), (6, 3), (6, 3), (7, 3), (8, 3)]


@pytest.mark.parametrize(
    "unmask",
    [
        "cpsie i",
        "msr primask, r7",
        "cmp r7, r7; itt eq; msreq primask, r7; addeq r0, #1",
        "msr control, r7; isb; cpsie i",
    ],
)
@pytest.mark.parametrize("native", [True, False])
def test_a_long_masked_stretch_ends_at_the_instruction(unmask: str, native: bool) -> None:
    main = f"""
        ldr r1, =SCS
        movs r7, #1
        str r7, [r1, #0x100]
        cpsid i
        str r7, [r1, #0x200]
        movs r7, #0
        ldr r0, =3000
    1:  subs r0, #1
        bne 1b
        {unmask}
        adds r0, #1
        adds r0, #1
        b .
    """
    it = rig(main, {16: "ldr r1, =MAIL; str r0, [r1]; movs r0, #7; str r0, [r1, #4]; bx lr"},
             native_meter=native)  # fmt: skip
    it.start().go(10_000)
    assert (it.word(), it.word(1)) == ("itt" in unmask, 7)
    assert it.r(0) == (3 if "itt" in unmask else 2)


def test_it_goes_on_from_a_checkpoint_bit_for_bit() -> None:
    it = rig(TORTURE, HANDLERS).start().go(3333)
    checkpoint = save(it.core)
    first = outcome(it.go(LENGTH))
    for _ in range(2):
        restore(it.core, checkpoint)
        assert save(it.core) == checkpoint
        assert outcome(it.go(LENGTH)) == first
    memories = fold(it.soc.run.trace).memories
    assert memories["mcusram"].read(0, 0x60000) == it.soc.rams["mcusram"].read(0, 0x60000)


def test_a_checkpoint_can_be_taken_to_another_machine() -> None:
    it = rig(TORTURE, HANDLERS).start().go(777)
    other = rig("b .")
    restore(other.core, save(it.core))
    assert outcome(other.go(LENGTH)) == outcome(it.go(LENGTH))


def test_a_checkpoint_in_the_middle_of_a_conversation() -> None:
    linux = Linux().load().start()
    linux.connect()
    assert linux.wait_for(1)
    checkpoint = save(linux.core)
    endings = []
    for _ in range(2):
        restore(linux.core, checkpoint)
        linux.sent, linux.taken = 0, 1
        linux.send(0x400, b"again")
        assert linux.wait_for(len(linux.received) + 1)
        endings.append(save(linux.core))
    assert endings[0] == endings[1]


def test_unprivileged_code_can_be_saved_too() -> None:
    main = "ldr r0, =0x10030000; msr psp, r0; cpsid i; movs r0, #3; msr control, r0; isb; nop; b ."
    it = boot(main)
    saved = save(it.core)
    restore(it.core, saved)
    assert save(it.core) == saved
    assert it.core.engine.masks == (1, 0, 0)


def test_aliases_share_the_storage() -> None:
    main = """
        ldr r0, =0x10020000
        ldr r1, =0x30020000
        movs r2, #7
        str r2, [r0]
        ldr r3, [r1]
        str r3, [r1, #4]
        ldr r1, =0x20020000
        ldr r4, [r1, #4]
        ldr r0, =0x38000000
        ldr r5, [r0, #4]
        b .
    """
    it = boot(main)
    assert (it.r(4), it.r(5)) == (7, CODE | 1)
    assert it.soc.a7.read(Pa(0x3002_0000), 8) == it.soc.a7.read(Pa(0x1002_0000), 8)
    written = [event for event in it.soc.run.trace if isinstance(event, Wrote)]
    mine = [event for event in written if event.lane == Lane.M4]
    assert [(event.offset, event.data) for event in mine] == [(0x20000, b"\7\0\0\0\7")]


@pytest.mark.parametrize("alias", [0x1000_0000, 0x3000_0000])
def test_code_that_linux_rewrites_is_executed_as_rewritten(alias: int) -> None:
    it = boot("1: movs r4, #1; nop; b 1b")
    it.soc.a7.write(Pa(alias), thumb("movs r4, #2"))
    assert it.go().r(4) == 2


def test_code_that_the_m4_rewrites_is_executed_as_rewritten() -> None:
    main = "ldr r0, =0x2402; ldr r1, =0x10000101; subs r2, r1, #1; strh r0, [r2]; isb; bx r1"
    it = rig(main)
    it.soc.m4.write(Da(CODE + 0x100), thumb("movs r4, #1; b ."))
    assert it.start().go().r(4) == 2


def test_an_unmodelled_register_keeps_its_bytes() -> None:
    main = """
        ldr r1, =0x4c004000
        ldr r0, =0x11223344
        str r0, [r1]
        movs r0, #0x55
        strb r0, [r1, #1]
        ldrh r4, [r1]
        ldr r5, [r1, #2]
        b .
    """
    it = boot(main)
    assert (it.r(4), it.r(5)) == (0x5544, 0x1122)
    assert it.core.bus.touched == {0x4C00_4000, 0x4C00_4004}


def test_bytes_of_core_registers() -> None:
    main = """
        ldr r1, =SCS
        movs r0, #0xff
        strb r0, [r1, #0x401]
        ldr r4, [r1, #0x400]
        ldr r0, =0xd23
        strb r0, [r1, r0]
        ldr r5, [r1, #0xd20]
        ldr r6, [r1, #0xd00]
        b .
    """
    it = boot(main)
    assert (it.r(4), it.r(5), it.r(6)) == (0xF000, 0x2000_0000, 0x410F_C241)


ASK_FOR_A_RESET = """
    ldr r1, =MAIL
    ldr r0, [r1]
    adds r0, #1
    str r0, [r1]
    ldr r1, =SCS
    ldr r0, =0x05fa0004
    str r0, [r1, #0xd0c]
    b .
"""


def test_a_reset_of_its_own_is_for_good_without_boot_mcu() -> None:
    it = rig(ASK_FOR_A_RESET).start()
    it.soc.mcu.set_boot_mcu(value=False, source=Lane.LINUX)
    assert not it.core.run_until(1000)
    assert (it.word(), it.soc.mcu.running) == (1, False)
    assert it.console() == ["reset by itself, and held there: BOOT_MCU is 0"]
    assert any(
        isinstance(event, Signalled) and (event.line, event.source) == ("mcu_rst", Lane.M4)
        for event in it.soc.run.trace
    )


def test_a_reset_of_its_own_starts_again_with_boot_mcu() -> None:
    it = rig(ASK_FOR_A_RESET).start().go(70)
    assert it.word() > 5
    assert it.soc.mcu.starts == it.word() + 1


def test_halted_it_does_not_run() -> None:
    it = rig("1: adds r4, #1; b 1b").start().go(100)
    it.soc.mcu.set_boot_mcu(value=False, source=Lane.LINUX)
    assert it.core.run_until(200)  # it only decides what the next reset does
    it.soc.mcu.assert_reset(Lane.LINUX)
    assert not it.core.run_until(300)
    assert it.core.cycles == 200


def test_busy_waiting_is_one_event() -> None:
    it = rig("1: adds r4, #1; b 1b").start()
    for _ in range(50):
        it.go(1000)
    (ran,) = (event for event in it.soc.run.trace if isinstance(event, Ran))
    assert (ran.start, ran.end) == (0, 50_000)


def test_held_interrupts_do_not_stop_the_clock() -> None:
    main = """
        ldr r1, =SCS
        movs r0, #1
        str r0, [r1, #0x100]
        cpsid i
        str r0, [r1, #0x200]
        b .
    """
    it = rig(main).start()
    assert it.core.run_until(10**9)
    assert it.core.cycles == 10**9
