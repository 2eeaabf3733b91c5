# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a run of instructions ends, and the few encodings it takes to tell."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

WFI, WFE, YIELD, SEV, BRANCH_TO_SELF = 0xBF30, 0xBF20, 0xBF10, 0xBF40, 0xE7FE
WIDE_HINT = 0xF3AF  # the first half of a hint of four bytes; the second is one of these
WIDE = {0x8001: YIELD, 0x8002: WFE, 0x8003: WFI, 0x8004: SEV}
CPSIE, MSR = 0xB660, 0xF380

Load = Callable[[int, int], bytes]


class Stop(Enum):
    """Why a run ended before or at its limit."""

    LIMIT = "as many instructions as asked for"
    WFI = "wait for interrupt"
    WFE = "wait for event"
    HINT = "a hint that means nothing here"
    SVC = "supervisor call"
    BKPT = "breakpoint"
    EXC_RETURN = "exception return"
    UNDEFINED = "undefined instruction"
    COPROCESSOR = "no such coprocessor"
    STATE = "not in Thumb state"
    FETCH = "nothing to fetch there"
    XN = "never executable there"
    DATA = "no memory there"
    UNALIGNED = "an access that must be aligned"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A run's end: why, after how many instructions, and the data access at fault, if any."""

    why: Stop
    executed: int
    address: int = 0
    is_write: bool = False
    size: int = 1


def halfword(load: Load, address: int) -> int:
    """Two bytes of code; 0, which does nothing worth looking for, where there is no memory."""
    with suppress(IndexError):
        return int.from_bytes(load(address, 2), "little")
    return 0


def hint_before(load: Load, pc: int) -> int:
    """The hint that ends at `pc`, in its narrow form; something else if none does."""
    last = halfword(load, pc - 2)
    return WIDE.get(last, last) if halfword(load, pc - 4) == WIDE_HINT else last


def may_unmask(load: Load, end: int) -> bool:
    """Whether the instruction that ends at `end` may change PRIMASK, BASEPRI or FAULTMASK."""
    return halfword(load, end - 2) & ~7 == CPSIE or halfword(load, end - 4) & ~0x1F == MSR


def unit_end(load: Load, pc: int) -> int:
    """Where the unit at `pc` ends: one instruction, or a whole IT block."""
    first = halfword(load, pc)
    at = pc + width(first)
    if first >> 8 != 0xBF or not first & 0xF:
        return at
    for _ in range(4 - ((first & -first).bit_length() - 1)):
        at += width(halfword(load, at))
    return at


def width(first: int) -> int:
    """Bytes of the instruction that begins with this halfword."""
    return 4 if first >> 11 in (0b11101, 0b11110, 0b11111) else 2
