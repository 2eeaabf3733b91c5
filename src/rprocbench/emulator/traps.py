# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions that unicorn shall refuse, so that we can: floating point (NOCP), division (DIV_0).

And where it keeps what `alignment` changes.

Unicorn translates what the feature registers of its core promise, and knows neither CPACR nor
CCR.DIV_0_TRP. Its private copies of ID_ISAR0 and MVFR0 are found by the values that lie around
them, and tried out before they are believed. Lowering them makes unicorn stop in front of each such
instruction, at no cost for all others. Where they are not found, `Traps.find` returns None, and the
limit stands that those two faults are never raised.
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import unicorn
from unicorn import arm_const

from .alignment import FEATURES as ARCHITECTURE
from .alignment import M_MAIN
from .meter import address_of

uc: Any = unicorn  # typed in part only
FEATURES = struct.pack("<2I", 0x1011_0021, 0x1100_0011)  # MVFR0, MVFR1 of a Cortex-M4F
ISAR0_BEFORE, ISAR0 = 48, 0x0110_1110  # bytes in front of MVFR0, and its value
DIVIDE, FLOATING = 0x0F00_0000, 0xFFFF_FFFF  # the fields that are lowered
POINTERS, DEPTH = 0x400, 0x1_0000  # bytes of the engine, and of what it points at, to look at
TRIAL = 0x0000_1000
LDR = b"\x01\x68"  # ldr r1, [r0]
UDIV, VMOV = b"\xb2\xfb\xf3\xf1", b"\x10\xee\x10\x1a"  # udiv r1, r2, r3; vmov r1, s0


class Traps:
    """The two words of one engine."""

    def __init__(self, isar0: int, mvfr0: int) -> None:
        self._isar0 = ctypes.c_uint32.from_address(isar0)
        self._mvfr0 = ctypes.c_uint32.from_address(mvfr0)
        self._whole = self._isar0.value, self._mvfr0.value
        self.floating = self.division = False

    def set(self, *, floating: bool, division: bool) -> bool:
        """Which of the two to refuse; True if that changes (and code must be translated anew)."""
        if (floating, division) == (self.floating, self.division):
            return False
        self.floating, self.division = floating, division
        isar0, mvfr0 = self._whole
        self._isar0.value = isar0 & ~DIVIDE if division else isar0
        self._mvfr0.value = mvfr0 & ~FLOATING if floating else mvfr0
        return True

    @classmethod
    def find(cls, engine: Any) -> "Traps | None":
        """Look for the words in an engine without memory."""
        engine.mem_map(TRIAL, 0x1000)  # unicorn makes its core when there is memory, not before
        try:
            with suppress(OSError, ValueError, AttributeError, uc.UcError):
                for address in candidates(address_of(engine)):
                    traps = cls(address - ISAR0_BEFORE, address)
                    if is_believable(engine, traps):
                        return traps
        finally:
            engine.mem_unmap(TRIAL, 0x1000)
        return None


def candidates(engine: int) -> list[int]:
    """Addresses of MVFR0 behind the pointers of the engine; `OSError` where one cannot look."""
    found = []
    for pointer, near in surroundings(engine):
        at = near.find(FEATURES, ISAR0_BEFORE)
        while at > 0:
            if near[at - ISAR0_BEFORE :][:4] == ISAR0.to_bytes(4, "little"):
                found.append(pointer + at)
            at = near.find(FEATURES, at + 1)
    return found


def surroundings(engine: int) -> Iterator[tuple[int, bytes]]:
    """The memory behind each pointer of the engine, and where it lies."""
    fd = os.open("/proc/self/mem", os.O_RDONLY)
    try:
        pointers = struct.unpack(f"<{POINTERS // 8}Q", os.pread(fd, POINTERS, engine))
        for pointer in dict.fromkeys(pointers):
            if 0x1_0000 <= pointer < 1 << 47 and pointer % 8 == 0:
                with suppress(OSError):
                    yield pointer, os.pread(fd, DEPTH, pointer)
    finally:
        os.close(fd)


def find_architecture(engine: Any) -> int | None:
    """Where an engine without memory keeps what its architecture is; None if nowhere."""
    engine.mem_map(TRIAL, 0x1000)
    engine.mem_write(TRIAL, LDR)
    engine.reg_write(arm_const.UC_ARM_REG_R0, TRIAL + 0x101)
    wanted = ARCHITECTURE.to_bytes(8, "little")
    try:
        with suppress(OSError, ValueError, AttributeError, uc.UcError):
            for pointer, near in surroundings(address_of(engine)):
                at = near.find(wanted)
                if at >= 0 and at % 8 == 0 and checks_alignment(engine, pointer + at):
                    return pointer + at
    finally:
        engine.reg_write(arm_const.UC_ARM_REG_R0, 0)
        engine.mem_unmap(TRIAL, 0x1000)
    return None


def checks_alignment(engine: Any, address: int) -> bool:
    """Whether the word there decides about alignment."""
    word = ctypes.c_uint64.from_address(address)
    try:
        for refuse in (False, True, False):
            word.value = ARCHITECTURE & ~M_MAIN if refuse else ARCHITECTURE
            engine.ctl_flush_tb()
            if is_refused(engine, TRIAL) != refuse:
                return False
    finally:
        word.value = ARCHITECTURE
    return True


def is_believable(engine: Any, traps: Traps) -> bool:
    """Whether the two instructions stop exactly when they shall."""
    engine.mem_write(TRIAL, UDIV)
    try:
        engine.mem_write(TRIAL + 0x100, VMOV)
        for refuse in (False, True, False):
            traps.set(floating=refuse, division=refuse)
            engine.ctl_flush_tb()
            if is_refused(engine, TRIAL) != refuse or is_refused(engine, TRIAL + 0x100) != refuse:
                return False
        return True
    finally:
        traps.set(floating=False, division=False)


def is_refused(engine: Any, at: int) -> bool:
    """Whether the instruction at `at` does not execute."""
    try:
        engine.emu_start(at | 1, 0, count=1)
    except uc.UcError:
        return True
    return False
