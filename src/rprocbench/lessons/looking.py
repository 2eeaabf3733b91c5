# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables of what a debugger shows: the place, the calls, who wrote, faults, what it cost."""

from collections.abc import Mapping
from contextlib import suppress

from rprocbench.base.errors import InputError
from rprocbench.bench.session import Session
from rprocbench.emulator.coverage import spans
from rprocbench.resources import resource

from .machines import instructions
from .table import Table

SHOWN = ("r0", "r1", "r2", "r3", "sp", "lr", "pc")
# The bits of the core's fault registers, as Armv7-M names them (Arm DDI 0403E, B3.2.15, B3.2.16).
CFSR, HFSR, BFAR = 0xE000_ED28, 0xE000_ED2C, 0xE000_ED38
CFSR_BITS = {
    0: "IACCVIOL", 1: "DACCVIOL", 3: "MUNSTKERR", 4: "MSTKERR", 7: "MMARVALID", 8: "IBUSERR",
    9: "PRECISERR", 10: "IMPRECISERR", 11: "UNSTKERR", 12: "STKERR", 15: "BFARVALID",
    16: "UNDEFINSTR", 17: "INVSTATE", 18: "INVPC", 19: "NOCP", 24: "UNALIGNED", 25: "DIVBYZERO",
}  # fmt: skip
HFSR_BITS = {1: "VECTTBL", 30: "FORCED", 31: "DEBUGEVT"}


def source_at(session: Session, pc: int) -> str:
    """File and line of an instruction, and the line itself where the sources are at hand."""
    place = session.info.line_at(pc)
    if place is None:
        return ""
    file, line = place
    text = ""
    with suppress(OSError, InputError, IndexError, ValueError):
        lines = resource("data", "firmware", *file.split("/")).read_text("utf-8").splitlines()
        text = f": {lines[line - 1].strip()}"
    return f"{file}:{line}{text}"


def here(session: Session) -> Table:
    """Where the cursor is, and the registers there."""
    registers = ", ".join(f"{name}={session.registers[name]:#010x}" for name in SHOWN)
    rows = [
        ("position", session.position),
        ("function", session.info.name_at(session.pc)),
        ("source", source_at(session, session.pc)),
        ("registers", registers),
    ]
    return Table.of("At the cursor", ("what", "value"), rows)


def calls(session: Session) -> Table:
    """Who called whom, innermost first."""
    found = session.info.backtrace(dict(session.registers), session.read)
    rows = [(f"#{number}", str(call)) for number, call in enumerate(found)]
    return Table.of("The calls, innermost first", ("", "call"), rows)


def writers(session: Session, places: Mapping[str, int]) -> Table:
    """Who last wrote each of some words, before the cursor."""
    rows = []
    for name, da in places.items():
        write = session.who_wrote(da, 4)
        if write is None:
            rows.append((name, f"{da:#010x}", "nobody", "", "", ""))
            continue
        where = source_at(session, write.pc) if write.pc else ""
        by, value = str(write.by), f"{write.value:#x}"
        rows.append((name, f"{da:#010x}", by, value, str(write.position), where))
    head = ("word", "at", "last written by", "value", "position", "source line")
    return Table.of("Who wrote it last?", head, rows)


def named_bits(value: int, names: Mapping[int, str]) -> str:
    """The names of the bits that are set."""
    found = [names.get(bit, f"bit {bit}") for bit in range(32) if value >> bit & 1]
    return ", ".join(found) or "nothing"


def faults(session: Session) -> Table:
    """What the core's fault registers say."""
    cfsr, hfsr, bfar = (session.peek(da) for da in (CFSR, HFSR, BFAR))
    held = "the address that was tried" if cfsr >> 15 & 1 else "holds nothing: BFARVALID is clear"
    rows = [
        ("CFSR", f"{cfsr:#010x}", named_bits(cfsr, CFSR_BITS)),
        ("HFSR", f"{hfsr:#010x}", named_bits(hfsr, HFSR_BITS)),
        ("BFAR", f"{bfar:#010x}", held),
    ]
    return Table.of("The fault registers", ("register", "value", "says"), rows)


def listing(session: Session, *functions: str) -> Table:
    """The instructions of functions up to the first way out, with the source lines they are of."""
    rows, shown = [], ""
    for function in functions:
        for one in instructions(session, function):
            line = source_at(session, one.da).partition(":")[2]
            rows.append((f"{one.da:#010x}", one.text, "" if line == shown else line))
            shown = line
    return Table.of(", ".join(functions), ("at", "instruction", "source line"), rows)


def dearest(session: Session, count: int = 8) -> Table:
    """The functions that took most instructions of their own, up to the newest moment."""
    profile = session.profile()
    whole = profile.root.total or 1
    rows: list[tuple[object, ...]] = [
        (spent.name, spent.own, f"{100 * spent.own / whole:.1f} %", spent.calls)
        for spent in profile.functions()[:count]
    ]
    rows.append(("(asleep)", profile.idle, "", ""))
    head = ("function", "instructions", "share", "calls")
    return Table.of("Where the instructions went", head, rows)


def unreached(session: Session) -> Table:
    """For each source file, how many of its lines with code the run has reached."""
    rows = []
    for file, lines in sorted(session.coverage().lines().items()):
        missed = [line for line, count in sorted(lines.items()) if not count]
        reached = f"{len(lines) - len(missed)} of {len(lines)}"
        rows.append((file, reached, spans(missed)))
    head = ("file", "lines reached", "not reached")
    return Table.of("What this run has not tried", head, rows)
