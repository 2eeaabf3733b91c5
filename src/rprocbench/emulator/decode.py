# SPDX-License-Identifier: GPL-2.0-or-later
"""The few encodings that must be understood where unicorn cannot go on (Armv7-M ARM, chapter A5).

For text, see `symbols.disassemble`; this is about what an instruction does.
"""

from .stops import Load, halfword

IT = 0x0600_FC00  # the IT bits of xPSR: 7 to 2 at 15 to 10, 1 and 0 at 26 and 25
IT_LENGTH = 4  # instructions in a block at most
MSR_CONTROL = b"\x14\x88"  # the second half of `msr control, rn`; the first is 0xf380 | n


def size_of(load: Load, pc: int) -> int:
    """Bytes of the instruction at `pc`."""
    return 4 if halfword(load, pc) >> 11 in (0b11101, 0b11110, 0b11111) else 2


def packed(state: int) -> int:
    """ITSTATE where xPSR has it."""
    return state >> 2 << 10 | (state & 3) << 25


def it_of(xpsr: int) -> int:
    """ITSTATE out of xPSR."""
    return (xpsr >> 10 & 0x3F) << 2 | xpsr >> 25 & 3


def advanced(xpsr: int) -> int:
    """The state behind one more instruction of an IT block, or of none."""
    return xpsr & ~IT | packed(after(it_of(xpsr)))


def after(state: int) -> int:
    """ITAdvance()."""
    return state & 0xE0 | state << 1 & 0x1F if state & 7 else 0


def it_state(load: Load, pc: int) -> int:
    """The IT bits that hold at `pc`, from the IT instruction in front of it, if there is one.

    Constants in front of code may look like one; then a condition is attached that nobody wrote.
    It is asked only about instructions that access registers or are refused, which follow code.
    """
    for distance in range(2, 2 + 4 * IT_LENGTH, 2):
        word = halfword(load, pc - distance)
        if word >> 8 != 0xBF or not word & 0xF:
            continue
        state, at = word & 0xFF, pc - distance + 2
        while at < pc and state & 0xF:
            at += size_of(load, at)
            state = after(state)
        if at == pc and state & 0xF:
            return packed(state)
    return 0


def span(load: Load, pc: int) -> int:  # noqa: PLR0911  one encoding, one return
    """Bytes of memory that the instruction at `pc` accesses, where those are several words; or 0.

    LDM, STM, PUSH, POP, LDRD, STRD, and the floating-point ones.
    """
    first, second = halfword(load, pc), halfword(load, pc + 2)
    if first >> 12 == 0b1100:  # LDM, STM
        return 4 * (first & 0xFF).bit_count()
    if first & 0xF600 == 0xB400:  # PUSH, POP
        return 4 * (first & 0x1FF).bit_count()
    if first & 0xFE40 == 0xE800:  # LDM, STM, wide
        return 4 * second.bit_count()
    if first & 0xFE40 == 0xE840 and first & 0x0120:  # LDRD, STRD
        return 8
    if first & 0xFE00 == 0xEC00 and second & 0x0E00 == 0x0A00:
        is_double = bool(second & 0x100)
        if first & 0x0F00 == 0x0D00 and not first & 0x20:  # VLDR, VSTR
            return 8 if is_double else 4
        return 4 * (second & 0xFF)  # VLDM, VSTM
    return 0


def divides(load: Load, pc: int) -> tuple[bool, int, int, int] | None:
    """SDIV or UDIV: whether signed, and the numbers of quotient, dividend and divisor."""
    first, second = halfword(load, pc), halfword(load, pc + 2)
    if first & 0xFFD0 != 0xFB90 or second & 0xF0F0 != 0xF0F0:
        return None
    return not first & 0x20, second >> 8 & 0xF, first & 0xF, second & 0xF


def quotient(dividend: int, divisor: int, *, signed: bool) -> int:
    """Rounded towards zero; 0 for a divisor of 0, as the core does when it does not trap."""
    if divisor == 0:
        return 0
    if not signed:
        return dividend // divisor
    left, right = (value - (value >> 31 << 32) for value in (dividend, divisor))
    result = abs(left) // abs(right)
    return (result if (left < 0) == (right < 0) else -result) & 0xFFFF_FFFF


def is_exclusive(load: Load, pc: int) -> bool:
    """LDREX, STREX, and those of a byte or a halfword: an address that is not aligned faults."""
    first, second = halfword(load, pc), halfword(load, pc + 2)
    return first & 0xFFE0 == 0xE840 or (first & 0xFFE0 == 0xE8C0 and second & 0xE0 == 0x40)
