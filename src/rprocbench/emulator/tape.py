# SPDX-License-Identifier: GPL-2.0-or-later
"""What an engine did, noted by a hook in machine code: blocks, instructions, or accesses.

A tape is read between two runs of the engine, and begins anew. When it is full, it stops the engine
so that somebody can read it. Without native hooks Python notes the same, some fifty times slower.
"""

import ctypes
from array import array
from collections.abc import Sequence
from typing import Any

import unicorn

from .engine import Engine
from .native import ON_ACCESS, SPARE, RawHooks, Ring

uc: Any = unicorn  # typed in part only
CAPACITY = 1 << 15
WRITE = uc.UC_MEM_WRITE
KINDS: dict[str, tuple[tuple[int, ...], str, int]] = {  # hooks, native function, words per entry
    "blocks": ((uc.UC_HOOK_BLOCK,), "passed", 2),
    "instructions": ((uc.UC_HOOK_CODE,), "executed", 2),
    "accesses": ((uc.UC_HOOK_MEM_WRITE, uc.UC_HOOK_MEM_READ_AFTER), "accessed", 3),
}
ADDRESS = 0xFFFF_FFFF


class Tape:
    """One kind of entries, of one engine.

    An entry is two or three numbers of eight bytes: an address with a size from bit 32 on (and an
    access' kind from bit 40 on), the cycle before which it happened, and the value of an access.
    """

    def __init__(self, engine: Engine, kind: str, capacity: int = CAPACITY) -> None:
        self.kind, self.capacity = kind, capacity
        self._engine = engine
        what, name, self.words = KINDS[kind]
        self._late = 0 if kind == "blocks" else 1  # whether unicorn has counted it already
        self._python: array[int] | None = None
        self._callback: Any = None
        native = engine.native
        self._raw: RawHooks = native or RawHooks(engine.unicorn)
        if native is None:
            self._python = array("Q")
            self._hooks = [self._slow_hook(each) for each in what]
        else:
            self._entries = (ctypes.c_uint64 * (self.words * (capacity + SPARE)))()
            self._ring = Ring(
                native.counter, native.limit, 0, 0, capacity, ctypes.addressof(self._entries)
            )
            self._hooks = [native.hook(each, name, self._ring) for each in what]
        engine.rings.append(self)
        engine.forget_all_code()

    def close(self) -> None:
        """Note nothing any more."""
        self._engine.rings.remove(self)
        for hook in self._hooks:
            if self._python is None or self.kind == "accesses":
                self._raw.remove(hook)
            else:
                self._engine.unicorn.hook_del(hook)
        self._engine.forget_all_code()

    # What the engine tells

    def rebase(self, cycles: int) -> None:
        """A run begins at that cycle."""
        if self._python is None:
            self._ring.base = (cycles - self._late) % (1 << 64)

    def ended(self, pc: int, cycles: int) -> None:
        """A run ended in front of `pc`: the block in progress is only as long as that."""
        if self.kind != "blocks" or not (count := self._count):
            return
        entries = self._entries if self._python is None else self._python
        at = 2 * (count - 1)
        start, size = entries[at] & ADDRESS, entries[at] >> 32
        if pc == start and entries[at + 1] == cycles:
            self._forget_last()
        elif start < pc < start + size:
            entries[at] = start | (pc - start) << 32

    @property
    def _count(self) -> int:
        if self._python is None:
            return int(self._ring.count)
        return len(self._python) // self.words

    def _forget_last(self) -> None:
        if self._python is None:
            self._ring.count -= 1
        else:
            del self._python[-self.words :]

    def read(self) -> Sequence[int]:
        """The entries since the last time; good until the engine runs again."""
        if self._python is not None:
            found = self._python
            self._python = array("Q")
            return found
        size = self.words * int(self._ring.count)
        self._ring.count = 0
        return memoryview(self._entries).cast("B").cast("Q")[:size]

    # Where nothing native can be had

    def _slow_hook(self, what: int) -> int:
        if self.kind == "accesses":  # the binding knows no hook that comes after a read
            self._callback = self._callback or ON_ACCESS(self._on_access)
            return self._raw.add(what, ctypes.cast(self._callback, ctypes.c_void_p).value or 0)
        hook: int = self._engine.unicorn.hook_add(what, self._on_code)
        return hook

    def _on_code(self, _uc: Any, address: int, size: int, _user: object) -> None:
        assert self._python is not None
        engine, is_full = self._engine, self._count >= self.capacity
        if is_full:
            engine.stop()
        if not is_full or self._late:
            cycles = engine.now + engine.in_flight + 1 - self._late
            self._python.extend((address & ADDRESS | size << 32, cycles))

    def _on_access(
        self, _uc: Any, kind: int, address: int, size: int, value: int, _user: object
    ) -> None:
        assert self._python is not None
        if self._count >= self.capacity:
            self._engine.stop()
        word = address & ADDRESS | size << 32 | kind << 40
        cycles = self._engine.now + self._engine.in_flight
        self._python.extend((word, cycles, value & 0xFFFF_FFFF_FFFF_FFFF))
