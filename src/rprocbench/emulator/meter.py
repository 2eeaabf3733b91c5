# SPDX-License-Identifier: GPL-2.0-or-later
"""How many instructions were executed, and how to stop right after the one in progress.

Unicorn counts instructions for `count=`, but tells nobody, and its `emu_stop` rewinds the
instruction that accesses a register, or is ignored in an IT block. Both are needed exactly: time is
counted in instructions, and what a register write sets off must come before the next instruction.

`EngineMeter` reads and lowers unicorn's own pair of numbers, found by experiment when the engine is
made. Where the experiment fails, `HookMeter` does the same with a Python hook: the same runs, some
hundred times slower.
"""

import ctypes
from typing import Any, Protocol

import unicorn

from .stops import WFI

SEARCHED = 0x800  # bytes of the engine's structure in which the numbers may lie
SCRATCH = 0x0000_0000  # where they are sought, before there is memory
HUGE = 1 << 40  # a limit that looks like nothing else


class Meter(Protocol):
    """Counts the instructions of one run; it is stopped before instruction number `limit`."""

    count: int  # what to pass to `emu_start`

    def start(self, limit: int) -> None:
        """Count from 0, and let at most `limit` instructions execute."""

    @property
    def begun(self) -> int:
        """Instructions that were begun, including the one that the limit kept from executing."""

    @property
    def is_over(self) -> bool:
        """Whether the limit was reached."""

    def stop(self) -> None:
        """Let nothing execute after the instruction (or IT block) in progress."""


class EngineMeter:
    """Unicorn's own counter and limit, `offset` bytes into its structure."""

    def __init__(self, engine: Any, offset: int) -> None:
        address = address_of(engine) + offset
        self.places = address, address + 8  # of the counter, and of the limit
        self._counter = ctypes.c_uint64.from_address(address)
        self._limit = ctypes.c_uint64.from_address(address + 8)
        self.count = 0

    def start(self, limit: int) -> None:
        """Unicorn zeroes its counter by itself."""
        self.count = limit

    @property
    def begun(self) -> int:
        """Instructions begun."""
        return self._counter.value

    @property
    def is_over(self) -> bool:
        """Whether the limit was reached."""
        return self._counter.value > self._limit.value

    def stop(self) -> None:
        """The limit is looked at before each instruction."""
        self._limit.value = 0


class HookMeter:
    """The same numbers, kept by a hook that `attend` is called from before each instruction."""

    def __init__(self) -> None:
        self.count = 0  # no limit of unicorn's own
        self.begun = 0
        self._limit = 0

    def start(self, limit: int) -> None:
        """Count from 0."""
        self.begun, self._limit = 0, limit

    @property
    def is_over(self) -> bool:
        """Whether the limit was reached."""
        return self.begun > self._limit

    def attend(self, engine: Any, *_where: object) -> None:
        """One more instruction is about to execute."""
        self.begun += 1
        if self.begun > self._limit:
            engine.emu_stop()

    def stop(self) -> None:
        """The limit is looked at before each instruction."""
        self._limit = 0


def address_of(engine: Any) -> int:
    """Where unicorn keeps the structure behind `engine`."""
    handle: int = engine._uch.value  # noqa: SLF001  the binding has no public name for it
    return handle


def find_numbers(engine: Any, attempts: dict[int, int]) -> int | None:
    """The offset at which counter and limit lie side by side, or None.

    `attempts` maps how many instructions to try to the address of so many, the last a WFI. The
    engine can do without the answer, so anything unexpected means None.
    """
    found = set(range(0, SEARCHED, 8))
    try:
        for length, start in attempts.items():
            engine.emu_start(start | 1, 0, count=HUGE + length)
            base = address_of(engine)
            words = (ctypes.c_uint64 * (SEARCHED // 8 + 1)).from_address(base)
            pair = (length, HUGE + length)
            found &= {at for at in found if (words[at // 8], words[at // 8 + 1]) == pair}
    except (AttributeError, ValueError):
        return None
    return found.pop() if len(found) == 1 else None


def meter_of(engine: Any, *, is_native: bool = True) -> Meter:
    """The fastest meter that an engine without memory can have."""
    starts = {length: SCRATCH + 0x100 * length for length in (3, 7, 12)}
    engine.mem_map(SCRATCH, 0x1000)
    for length, start in starts.items():
        engine.mem_write(start, b"\x00\xbf" * (length - 1) + WFI.to_bytes(2, "little"))
    offset = find_numbers(engine, starts) if is_native else None
    engine.mem_unmap(SCRATCH, 0x1000)
    if offset is not None:
        return EngineMeter(engine, offset)
    meter = HookMeter()
    engine.hook_add(unicorn.UC_HOOK_CODE, meter.attend)
    return meter
