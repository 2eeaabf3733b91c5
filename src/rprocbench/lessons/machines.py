# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines that lessons work on: one of the firmware suite, booted, with a debugger or without."""

from collections.abc import Mapping
from functools import cache

from rprocbench.base.errors import ModelledError
from rprocbench.base.run import At, Disturbance
from rprocbench.base.trace import Lane, Logged
from rprocbench.bench import Bench, Machine
from rprocbench.bench.session import Session
from rprocbench.debug import open_target
from rprocbench.emulator.symbols import Instruction, disassemble
from rprocbench.emulator.watch import Address, Why
from rprocbench.resources import resource
from rprocbench.soc.memory import Da

from .table import Table

PIN, WRONG_PIN = b"4711", b"0000"
STEPS = 10_000  # instructions within which a message is answered, or never
PATIENCE_MS = 3000
MOST = 64  # messages; no ring here takes as many


def opened(firmware: str) -> Session:
    """One of our firmwares, booted through v22, at the M4's first instruction, with its sources.

    Raises `InputError` NOT_FOUND where there is no such firmware.
    """
    target = open_target(resource("data", "firmware", firmware, f"{firmware}.sign"), Bench())
    target.session.info = target.info
    return target.session


def talking(firmware: str) -> Session:
    """The same, run up to where it has announced its channels and sleeps."""
    session = opened(firmware)
    assert session.machine
    session.machine.wait_for_channel()
    return session


def running(firmware: str, script: Mapping[At, Disturbance] | None = None) -> Machine:
    """A machine on which one of our firmwares runs, its channels announced.

    Raises what the boot reports, and `InputError` NOT_FOUND where there is no such firmware.
    """
    image = resource("data", "firmware", firmware, f"{firmware}.sign").read_bytes()
    machine = Bench().machine(image, script)
    machine.probe()
    machine.write_state("start")
    machine.wait_for_channel()
    return machine


def said(machine: Machine, lane: Lane = Lane.M4) -> list[str]:
    """What one of the worlds has logged so far."""
    logged = (event for event in machine.run.trace if isinstance(event, Logged))
    return [event.text for event in logged if event.lane is lane]


def story_of(machine: Machine, start: int = 0) -> Table:
    """What Linux and the M4 have logged since event `start`, in order."""
    rows = [
        (index, event.lane, event.text)
        for index, event in enumerate(machine.run.trace)
        if index >= start and isinstance(event, Logged) and event.lane in (Lane.LINUX, Lane.M4)
    ]
    return Table.of("What was logged", ("event", "by", "line"), rows)


def fill_up(machine: Machine, channel: str) -> tuple[int, str]:
    """How many messages a channel takes in a row from who does not wait; and the error then."""
    port = machine.linux.rpmsg[channel]
    for count in range(MOST):
        try:
            port.write(f"message {count}", nonblock=True)
        except ModelledError as error:
            return count, error.code.name
    return MOST, ""


def instructions(session: Session, function: str) -> list[Instruction]:
    """The instructions of a function up to its first way out: a return, or a jump elsewhere."""
    symbol = session.info.symbol(function)
    whole = session.info.function_at(symbol.da) if symbol else None
    if whole is None:
        return []
    code = list(disassemble(session.read(whole.da, whole.size), Da(whole.da)))
    ends = (at for at, one in enumerate(code) if leaves(one.text))
    return code[: next(ends, len(code)) + 1]


def leaves(text: str) -> bool:
    """Whether an instruction ends a function: a return, or a jump to another one."""
    return text == "bx lr" or (text.startswith("pop") and "pc" in text) or text.startswith("b.w ")


@cache
def secret() -> bytes:
    """What `secure_counter` answers to the right PIN."""
    port = running("secure_counter").linux.rpmsg["rpmsg-raw"]
    port.write(PIN)
    return port.read()


def skipping(da: int) -> bytes | None:
    """What `secure_counter` answers to a wrong PIN if the instruction at `da` is skipped, once.

    None: it does not answer, or never comes to that instruction.
    """
    session = talking("secure_counter")
    assert session.machine
    port = session.machine.linux.rpmsg["rpmsg-raw"]
    port.write(WRONG_PIN)
    if session.run(limit=STEPS, until=[Address(da)]).why is not Why.BREAKPOINT:
        return None
    (skipped,) = list(disassemble(session.read(session.pc, 4), Da(session.pc)))[:1]
    session.registers["pc"] = session.pc + len(skipped.code)
    try:
        return port.read(timeout_ms=PATIENCE_MS)
    except ModelledError:
        return None
