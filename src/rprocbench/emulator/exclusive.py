# SPDX-License-Identifier: GPL-2.0-or-later
"""The exclusive monitor (LDREX, STREX), which unicorn has and shows to nobody.

It lies in the engine's saved state, at a place that is found by an experiment, once per process:
where an address appears when LDREX has read it. Without it, `state` is always the open monitor, and
a STREX behind an exception succeeds where silicon's would not.
"""

import ctypes
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import unicorn
from unicorn import arm_const

uc: Any = unicorn  # typed in part only
OPEN = 0xFFFF_FFFF_FFFF_FFFF
CODE, DATA, CONTENT = 0x100, 0x400, 0x1357_9BDF
LDREX = struct.pack("<HH", 0xE850, 0x1F00)  # ldrex r1, [r0]

State = tuple[int, int]  # the address, and the value that was read there


class Monitor:
    """The monitor of one engine."""

    def __init__(self, engine: Any, offset: int | None) -> None:
        self._engine, self._offset = engine, offset
        self._context: Any = None
        self._pair: Any = None

    def _refresh(self) -> Any:
        if self._context is None:
            self._context = self._engine.context_save()
            address = self._context.context.value + self._offset
            self._pair = (ctypes.c_uint64 * 2).from_address(address)
        else:
            self._engine.context_update(self._context)
        return self._pair

    @property
    def is_known(self) -> bool:
        """Whether it was found."""
        return self._offset is not None

    @property
    def state(self) -> State:
        """What is monitored."""
        if self._offset is None:
            return OPEN, 0
        address, value = self._refresh()
        return (address, value) if address != OPEN else (OPEN, 0)

    @state.setter
    def state(self, state: State) -> None:
        if self._offset is not None and self.state != state:
            self._pair[0], self._pair[1] = state
            self._engine.context_restore(self._context)

    def clear(self) -> None:
        """As CLREX does, and every exception."""
        self.state = (OPEN, 0)


@cache
def find(new: Callable[[], Any]) -> int | None:
    """Where in a saved state of an engine made by `new` the monitor lies; None if nowhere."""
    engine = new()
    engine.mem_map(0, 0x1000)
    engine.mem_write(CODE, LDREX)
    engine.mem_write(DATA, CONTENT.to_bytes(4, "little"))
    engine.reg_write(arm_const.UC_ARM_REG_R0, DATA)
    before = words(engine)
    try:
        engine.emu_start(CODE | 1, CODE + len(LDREX))
    except uc.UcError:
        return None
    after = words(engine)
    found = [
        8 * at
        for at in range(len(after) - 1)
        if (before[at], after[at], after[at + 1]) == (OPEN, DATA, CONTENT)
    ]
    return found[0] if len(found) == 1 else None


def words(engine: Any) -> list[int]:
    """The saved state, as numbers of eight bytes."""
    context = engine.context_save()
    words: list[int] = list(
        (ctypes.c_uint64 * (context.size // 8)).from_address(context.context.value)
    )
    return words
