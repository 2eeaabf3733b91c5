# SPDX-License-Identifier: GPL-2.0-or-later
"""A core is stopped where somebody says: addresses, accesses, exceptions, sleep, threads."""

import threading

import pytest

from rprocbench.base.trace import Lane, Logged, Ran
from rprocbench.emulator.engine import Reg
from rprocbench.emulator.nvic import SVCALL
from rprocbench.emulator.watch import (
    Access,
    Address,
    ExceptionTaken,
    Hit,
    PeripheralAccess,
    Sleep,
    Until,
    Watch,
)
from rprocbench.soc.memory import Da

from .rig import CODE, MAIL, Rig, rig

LOOP = "ldr r1, =MAIL; movs r0, #0; 1: adds r0, #1; str r0, [r1]; ldr r2, [r1]; b 1b"
IT = "movs r0, #0; cmp r0, #0; itt eq; addeq r4, #1; addeq r4, #1; movs r5, #1; b ."


@pytest.fixture(params=["native", "in Python"])
def native(request: pytest.FixtureRequest) -> bool:
    """With hooks in machine code, and without."""
    return bool(request.param == "native")


def run(it: Rig, *untils: Until, native: bool = True, cycles: int = 100_000) -> Hit | None:
    """The first that is met, and then the core stands there."""
    if not native:
        it.core.engine.native = None
    it.core.sentry.arm(Watch(untils))
    it.core.run_until(it.core.cycles + cycles)
    hits = it.core.sentry.disarm().hits
    return hits[0] if hits else None


def test_an_address_is_stopped_at_before_it_executes(native: bool) -> None:
    it = rig(LOOP).start()
    for round_ in range(1, 4):
        hit = run(it, Address(CODE + 6), native=native)
        assert hit
        assert (it.pc, it.r(0)) == (CODE + 6, round_)
        assert it.core.cycles == 3 + 4 * (round_ - 1)


def test_an_address_that_is_never_reached_costs_nothing_but_time(native: bool) -> None:
    it = rig(LOOP).start()
    assert run(it, Address(CODE + 0x200), native=native, cycles=1000) is None
    assert it.core.cycles == 1000


def test_an_address_in_an_it_block_stops_in_front_of_it(native: bool) -> None:
    it = rig(IT).start()
    hit = run(it, Address(CODE + 8), native=native)
    assert hit
    assert (it.pc, it.r(4)) == (CODE + 4, 0)


@pytest.mark.parametrize(
    ("access", "pc", "value"),
    [
        (Access(MAIL, 4, "write"), CODE + 6, 1),
        (Access(MAIL, 4, "read"), CODE + 8, 1),
        (Access(MAIL + 1, 1, "any"), CODE + 6, 1),
        (Access(MAIL, 4, "write", 77), CODE + 6, 77),
        (Access(MAIL, 4, "read", 9), CODE + 8, 9),
        (Access(MAIL + 0x1000_0000, 4, "write"), CODE + 6, 1),  # the same bytes elsewhere
    ],
)
def test_an_access_is_told_after_it(access: Access, pc: int, value: int) -> None:
    it = rig(LOOP).start()
    hit = run(it, access)
    assert hit
    assert hit.touch
    assert (hit.touch.pc, hit.touch.value, it.pc) == (pc, value, pc + 2)
    assert hit.touch.lane is Lane.M4


def test_accesses_elsewhere_are_not_told() -> None:
    it = rig(LOOP).start()
    assert run(it, Access(MAIL + 4, 4, "any"), cycles=1000) is None
    assert run(it, Access(MAIL, 4, "write", 10**6), cycles=1000) is None


def test_an_exception_is_stopped_at_before_its_handler() -> None:
    it = rig("svc #0; b .", {SVCALL: "movs r4, #1; bx lr"}).start()
    hit = run(it, ExceptionTaken(SVCALL))
    assert hit
    assert (hit.number, it.pc, it.r(4)) == (SVCALL, it.handlers[SVCALL], 0)
    assert run(it, Address(it.handlers[SVCALL] + 2))
    assert it.r(4) == 1


def test_a_fault_stops_with_no_instruction_done_and_the_trace_says_so() -> None:
    it = rig("movs r0, #0; udf #0", {3: "b ."}).start()
    assert run(it, ExceptionTaken(3))
    assert (it.core.cycles, it.pc) == (1, it.handlers[3])
    rans = [event for event in it.soc.run.trace if isinstance(event, Ran)]
    assert [(ran.start, ran.end) for ran in rans] == [(0, 1), (1, 1)]


def test_registers_of_a_peripheral_by_name_and_by_address() -> None:
    main = "ldr r1, =SCS; movs r0, #1; str r0, [r1, #0x14]; ldr r2, =IPCC; ldr r3, [r2, #0xc]; b ."
    it = rig(main).start()
    hit = run(it, PeripheralAccess("ipcc"))
    assert hit
    assert hit.touch
    assert (hit.touch.da, hit.touch.is_write) == (0x4C00_100C, False)
    hit = run(rig(main).start(), PeripheralAccess(base=0xE000_E010, size=0x10))
    assert hit
    assert hit.touch
    assert (hit.touch.da, hit.touch.is_write, hit.touch.value) == (0xE000_E014, True, 1)


def test_sleep_is_told() -> None:
    it = rig("movs r0, #1; wfi; b .").start()
    assert run(it, Sleep())
    assert it.core.is_asleep
    assert it.core.cycles == 2


def test_collecting_stops_nowhere() -> None:
    it = rig(LOOP).start()
    it.core.sentry.arm(Watch((Address(CODE + 6), Access(MAIL, 4, "write")), collects=True))
    it.core.run_until(42)
    hits = it.core.sentry.disarm().hits
    assert [hit.cycles for hit in hits] == [c for n in range(10) for c in (3 + 4 * n, 3 + 4 * n)]


def test_another_thread_stops_it_between_two_instructions() -> None:
    it = rig(LOOP).start()
    timer = threading.Timer(0.05, it.core.interrupt)
    timer.start()
    assert not it.core.run_until(10**15)
    timer.join()
    assert it.core.cycles < 10**15
    cycles, word = it.core.cycles, it.word()
    assert abs(cycles - 4 * word) <= 4  # exactly counted
    it.core.is_interrupted = False
    assert it.core.run_until(cycles + 10)


@pytest.mark.parametrize("size", [1, 7, 997, 10_000, 100_000])
def test_slices_change_nothing(size: int) -> None:
    it, whole = rig(LOOP), rig(LOOP)
    it.core.slice_size = size
    for each in (it, whole):
        each.start().go(20_011)
    assert it.core.engine.save() == whole.core.engine.save()
    assert it.soc.run.trace == whole.soc.run.trace


def test_a_trace_is_bounded() -> None:
    it = rig("ldr r1, =MAIL; 1: adds r0, #1; strb r0, [r1, r0]; b 1b")
    it.core.recorder.most = 100_000
    it.start()
    steps = 0
    while it.core.run_until(it.core.cycles + 1000):
        it.soc.run.log(Lane.LINUX, "and so on")
        steps += 1
    assert 0 < steps < 1000
    assert any(isinstance(e, Logged) and "trace holds" in e.text for e in it.soc.run.trace)
    assert not it.core.run_until(it.core.cycles + 1000)


def test_code_across_pages_and_code_that_is_written_by_others() -> None:
    it = rig("nop").start()
    it.soc.m4.write(MAIL, b"\x00\xbf" * 1024 + b"\xfe\xe7")  # two KiB of nop
    it.core.engine[Reg.PC] = MAIL | 1
    it.go(1000)
    assert (it.pc, it.core.cycles) == (MAIL + 2000, 1000)
    it.soc.m4.write(Da(MAIL + 2000), b"\x2a\x24", Lane.LINUX)  # movs r4, #42
    it.go(1)
    assert it.r(4) == 42
