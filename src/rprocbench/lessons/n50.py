# SPDX-License-Identifier: GPL-2.0-or-later
"""Exercises of 50_the_machine."""

from rprocbench.base.trace import Lane
from rprocbench.emulator.watch import Access, ExceptionTaken, Sleep, Why

from .answers import number, one_of
from .exercise import Key, exercise
from .looking import CFSR, HFSR
from .machines import instructions, opened, secret, skipping, talking

HARD_FAULT = 3
PARTIES = ("Linux", "OP-TEE", "M4", "hardware")


@exercise("50.1", number, (
    "session.run_back([Access(TICKS)]) again and again, until it says that nothing was before.",
    "A word of .bss is cleared before main, and perhaps not only once.",
))  # fmt: skip
def writes_of_ticks() -> Key:
    """How many times was `ticks` written from power-on to the end of the first tick, by anybody?"""
    session = opened("echo")
    symbol = session.info.symbol("ticks")
    assert symbol
    for _ in range(2):  # it sleeps until the first tick, and again after that
        session.run(until=[Sleep()])
    writers: list[Lane] = []
    while True:
        met = session.run_back([Access(symbol.da)])
        if met.why is Why.START:
            break
        assert met.touch
        writers.append(met.touch.lane)
    mine = writers.count(Lane.M4)
    return Key(
        len(writers),
        f"The M4 did it {mine} times: its start code clears .bss, and the tick counts. Before "
        "that, OP-TEE had cleared what the segment has in memory and not in the file.",
        {
            mine: "So often by the M4. Did nobody clear that memory before it ran?",
            1: "That is the tick. Who made it zero?",
        },
    )


@exercise("50.2", one_of(*PARTIES), (
    "session.who_wrote(0, 4) tells it: .by has the name.",
    "Before the M4 runs, somebody copies the segments of a signed image. Who may, in v22?",
))  # fmt: skip
def who_wrote_the_vectors() -> Key:
    """Who wrote the first word of the vector table, at address 0?"""
    write = opened("echo").who_wrote(0, 4)
    assert write
    return Key(
        str(write.by),
        "The segments of a signed image are copied by the secure world, before the M4 runs.",
        {
            str(Lane.M4): "It reads that word at reset, before its first instruction.",
            str(Lane.LINUX): "In mainline, yes. This image is signed, and the design is v22.",
        },
    )


@exercise("50.3", number, (
    'As above, with port.write("usage"): talking("crash"), write, run, faults.',
    "The upper half of CFSR is the UsageFault's.",
))  # fmt: skip
def cfsr_of_an_undefined_instruction() -> Key:
    """What does CFSR hold at the hard fault, if the firmware is told `usage` instead of `bus`?"""
    held = {}
    for word in ("bus", "usage"):
        session = talking("crash")
        assert session.machine
        session.machine.linux.rpmsg["rpmsg-raw"].write(word)
        session.run(until=[ExceptionTaken(HARD_FAULT)])
        held[word] = session.peek(CFSR), session.peek(HFSR)
    answer, hard = held["usage"]
    return Key(
        answer,
        "UNDEFINSTR: there is no such instruction. The fault was of another kind, and is not "
        "enabled either, so it too became a hard one.",
        {
            held["bus"][0]: "That is what `bus` leaves.",
            hard: "That is HFSR: it says only that another fault became a hard one.",
        },
        shown=f"{answer:#x}",
    )


def opens(da: int) -> str | None:
    """None if the safe opens to a wrong PIN without the instruction at `da`; else a hint."""
    session = opened("secure_counter")
    code = {one.da for name in ("hear", "pin_is_right") for one in instructions(session, name)}
    if da not in code:
        return "No instruction of hear or pin_is_right begins there."
    answer = skipping(da)
    if answer is None:
        return "Then there is no answer; or the M4 never comes there, with a wrong PIN."
    if answer == secret():
        return None
    return f"Then it answers {answer.decode('ascii', 'replace').rstrip(chr(0))!r}."


@exercise("50.4", number, (
    "The branch itself does not help: it is taken when the PIN is right. Look at what it tests.",
    "r0 decides. Which instruction turns what memcmp said into yes or no? And who calls it?",
))  # fmt: skip
def which_instruction_to_skip() -> Key:
    """Which instruction, at which address, must be skipped for a wrong PIN to open the safe?"""
    session = opened("secure_counter")
    code = [one for name in ("pin_is_right", "hear") for one in instructions(session, name)]
    tests = ("clz", "bl ")
    found = [one for one in code if one.text.startswith(tests) and opens(one.da) is None]
    answer = found[0]
    return Key(
        answer.da,
        f"{answer.text!r} is gone, so any difference counts as yes. It is not the only one.",
        judge=opens,
        shown=f"{answer.da:#x}",
    )
