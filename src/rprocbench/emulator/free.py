# SPDX-License-Identifier: GPL-2.0-or-later
"""A tape of blocks at nearly the full speed of unicorn, which does not count meanwhile.

Counting takes unicorn five times as long as executing. Here a hook in machine code looks at each
block instead, and adds up its instructions; those that an IT makes conditional count themselves, by
hooks of their own. Wherever time matters to what happens, it is left to the exact way: near a
timer's next event, and in blocks that access registers, which are known from the first time on.
"""

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import unicorn

from .bank import function
from .decode import size_of
from .engine import Engine, Reg
from .native import PAGES, SPARE
from .native_stream import MAPS, Stream
from .snapshots import Camera
from .stops import Stopped, halfword
from .tape import ADDRESS

if TYPE_CHECKING:
    from .machine import CortexM4

uc: Any = unicorn  # typed in part only
STOP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
CAPACITY = 1 << 17
MOST_HOOKS = 1024  # of conditional instructions; more of them cost more than they save
STRETCH = 1 << 20
LEAST = 1 << 12  # instructions for which it pays to go freely
SHORT, LONG = 1 << 12, 1 << 18  # that are counted after it did not


class FreeTape:
    """Blocks, as `tape.Tape` gives them, of an engine that may run freely."""

    kind, words = "blocks", 2

    def __init__(self, engine: Engine, capacity: int = CAPACITY) -> None:
        assert engine.native, "where there is none, nobody comes here"
        self._engine, self._native = engine, engine.native
        self._entries = (ctypes.c_uint64 * (2 * (capacity + SPARE)))()
        self._stream = Stream(
            ctypes.cast(function(STOP, "uc_emu_stop"), ctypes.c_void_p).value,
            self._native.counter, self._native.limit,
            capacity=capacity, entries=ctypes.addressof(self._entries),
        )  # fmt: skip
        self._maps: list[Any] = []
        self._views = engine.views()[:PAGES]
        self.is_complete = len(self._views) == len(engine.views())
        for view, (base, size, address) in zip(self._stream.views, self._views, strict=False):
            maps = [(ctypes.c_uint8 * (size // 16 + 1))() for _ in range(MAPS)]
            self._maps.append(maps)
            view.base, view.size, view.bytes = base, size, address
            view.known, view.slow = (ctypes.addressof(each) for each in maps)
        self._stream.view_count = len(self._views)
        self._hooks = [self._native.hook(uc.UC_HOOK_BLOCK, "streamed", self._stream)]
        self.is_free = False
        engine.rings.append(self)
        engine.forget_all_code()

    def close(self) -> None:
        """Note nothing any more."""
        self._engine.rings.remove(self)
        for hook in self._hooks:
            self._native.remove(hook)
        self._engine.forget_all_code()

    @property
    def may_run(self) -> bool:
        """Whether it still pays."""
        return self.is_complete and len(self._hooks) < MOST_HOOKS

    def rebase(self, cycles: int) -> None:
        """A run begins at that cycle."""
        stream = self._stream
        stream.cycles, stream.conditional, stream.has_stopped = cycles, 0, 0
        stream.is_free, stream.carry, stream.unknown = 0, 0, 0

    def ended(self, pc: int, cycles: int) -> None:
        """A counted run ended in front of `pc`."""
        if not self.is_free:
            self._cut(pc, began=cycles)

    def read(self) -> Sequence[int]:
        """The entries since the last time; good until the engine runs again."""
        found = memoryview(self._entries).cast("B").cast("Q")[: 2 * int(self._stream.count)]
        self._stream.count = 0
        return found

    # Running freely

    def begin(self, cycles: int, limit: int) -> None:
        """A free run of at most `limit` instructions begins."""
        self.is_free = True
        self.rebase(cycles)
        self._stream.is_free, self._stream.room = 1, limit
        ctypes.memset(ctypes.addressof(self._stream.cache), 0, ctypes.sizeof(self._stream.cache))

    def finish(self, pc: int) -> int:
        """It ended in front of `pc`; at which cycle."""
        self.is_free = False
        if not self._stream.has_stopped:
            self._cut(pc)
        self._learn()
        return int(self._stream.cycles + self._stream.conditional)

    @property
    def has_stopped(self) -> bool:
        """Whether the hook stopped it, in front of a block."""
        return bool(self._stream.has_stopped)

    def drop(self) -> None:
        """The run did not count: forget it. The block that it ended in is slow from now on."""
        self.is_free = False
        if self._stream.count:
            self._mark(1, self._entries[2 * (self._stream.count - 1)] & ADDRESS)

    def forget_since(self, count: int) -> None:
        """Drop the entries behind the first `count`."""
        self._stream.count = count

    @property
    def count(self) -> int:
        """How many entries there are."""
        return int(self._stream.count)

    def _cut(self, pc: int, began: int | None = None) -> None:
        """The last block was executed up to `pc`."""
        stream = self._stream
        if not stream.count:
            return
        at = 2 * (stream.count - 1)
        start, size = self._entries[at] & ADDRESS, self._entries[at] >> 32
        if not start <= pc < start + size:
            return
        if began is not None and pc == start and self._entries[at + 1] != began:
            return  # it came back to where it started, and was stopped there
        stream.cycles -= self._count(start, size) - self._count(start, pc - start)
        if pc == start:
            stream.count -= 1
        else:
            self._entries[at] = start | (pc - start) << 32

    def _count(self, start: int, size: int) -> int:
        """The instructions there that no IT makes conditional."""
        load, at, conditional, count = self._engine.load, start, 0, 0
        while at < start + size:
            first = halfword(load, at)
            if conditional:
                conditional -= 1
            else:
                count += 1
                conditional = followers(first)
            at += size_of(load, at)
        return count

    def _learn(self) -> None:
        """Hook what an IT makes conditional, if that is what it was stopped for."""
        if not (it := int(self._stream.unknown)):
            return
        self._stream.unknown = 0
        load, at = self._engine.load, it + 2
        for _ in range(followers(halfword(load, it))):
            hook = self._native.hook(uc.UC_HOOK_CODE, "conditional", self._stream, at, at)
            self._hooks.append(hook)
            at += size_of(load, at)
        self._mark(0, it)
        self._engine.unicorn.ctl_flush_tb()

    def _mark(self, which: int, address: int) -> None:
        for (base, size, _), maps in zip(self._views, self._maps, strict=True):
            if base <= address < base + size:
                offset = address - base
                maps[which][offset >> 4] |= 1 << (offset >> 1 & 7)


def followers(first: int) -> int:
    """How many instructions an IT with this encoding makes conditional; 0 for any other."""
    if first >> 8 != 0xBF or not first & 0xF:
        return 0
    return 4 - ((first & -first).bit_length() - 1)


class FreeRunner:
    """Lets a core run freely where that cannot matter; `tape` is what it leaves."""

    def __init__(self, core: "CortexM4") -> None:
        self.core = core
        self.tape = FreeTape(core.engine)
        self.counted = SHORT  # instructions that are counted when it does not pay
        self._owed = 0  # ... of which so many are still to come
        self._camera = Camera(core)
        self._is_running = self._has_touched = False
        self._counts = True  # whether what is translated now counts
        self._longest, core.longest_slice = core.longest_slice, STRETCH
        core.free = self

    def close(self) -> None:
        """Run as everybody does."""
        self.core.free, self.core.longest_slice = None, self._longest
        self.tape.close()  # which forgets all code

    def touches(self) -> bool:
        """The core is about to access a register. Whether it runs freely, and has to go back."""
        if self._is_running:
            self._has_touched = True
            self.core.engine.unicorn.emu_stop()
        return self._is_running

    def run(self, limit: int) -> Stopped | None:
        """Run up to `limit` instructions; None if that did not come far, and has to be counted."""
        core, tape = self.core, self.tape
        if limit <= LEAST or not tape.may_run or self._owed > 0 or core.is_guarded:
            self._owed -= min(self._owed, limit)
            self._switch(counts=True)
            return None
        self._switch(counts=False)
        before, count = self._camera.take(0), tape.count
        self._is_running, self._has_touched = True, False
        tape.begin(core.cycles, limit)
        error = core.engine.start_freely()
        self._is_running = False
        if self._has_touched:
            tape.drop()
            tape.forget_since(count)
            self._camera.put(before)
            self._give_up()
            return None
        executed = tape.finish(core.engine[Reg.PC]) - core.cycles
        if executed == 0 and tape.has_stopped:
            self._give_up()
            return None
        if executed > LONG:
            self.counted = SHORT
        return core.engine.explain(error, executed, is_stopped=tape.has_stopped)

    def _give_up(self) -> None:
        """Count for a while; the longer, the more often in a row."""
        self._owed = self.counted = min(2 * self.counted, LONG)
        self._switch(counts=True)

    def _switch(self, *, counts: bool) -> None:
        """Code that was translated while unicorn did not count never does, and the reverse."""
        if counts is not self._counts:
            self._counts = counts
            self.core.engine.forget_all_code()
