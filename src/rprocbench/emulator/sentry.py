# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands at a core's side, and stops it where a `Watch` says so.

Addresses are looked for once per translated block, and instruction by instruction only in a block
that holds one. Accesses are heard from hooks that unicorn calls for those addresses alone.
"""

from typing import TYPE_CHECKING

from .engine import PATIENT, Reg
from .hooks import Hooks
from .stops import unit_end
from .watch import Access, Hit, Touch, Watch

if TYPE_CHECKING:
    from .machine import CortexM4

MOST_ACCESSES = 1 << 13


class Sentry:
    """What one core is stopped by. Off duty it costs nothing."""

    def __init__(self, core: "CortexM4") -> None:
        self._core = core
        self._hooks = Hooks(core.engine)
        self.watch = Watch()
        self.is_on_duty = False

    def arm(self, watch: Watch) -> None:
        """Look for what `watch` holds, from where the core stands now."""
        core = self._core
        watch.origin = (core.cycles, core.entries)
        self.watch, self.is_on_duty = watch, True
        self._hooks.gate(watch.addresses, self._passed if watch.collects else None)
        for access in watch.accesses:
            for da in self._aliases(access):
                self._hooks.listen(da, access.size, access.kind, self._heard)
        self._hooks.settle()

    def disarm(self) -> Watch:
        """Look for nothing any more; gives back what was armed."""
        watch, self.watch, self.is_on_duty = self.watch, Watch(), False
        self._hooks.open()
        return watch

    @property
    def is_over(self) -> bool:
        """Whether the core has to stop."""
        return self.is_on_duty and self.watch.is_over

    def _aliases(self, access: Access) -> list[int]:
        """Everywhere that the bytes appear to the core."""
        mappings = self._core.soc.m4.mappings
        for mapping in mappings:
            at = access.da - mapping.base
            if 0 <= at < mapping.size:
                where = mapping.offset + at
                return [
                    m.base + where - m.offset
                    for m in mappings
                    if m.chip == mapping.chip and m.offset <= where < m.offset + m.size
                ]
        return [access.da]

    # What the core asks and tells

    def room(self, room: int) -> int:
        """How far it may run before it has to ask again; 0 if it has to stop here."""
        watch, core = self.watch, self._core
        if watch.is_over:
            return 0
        if watch.collects or not watch.addresses:
            return room
        pc, load = core.engine[Reg.PC], core.engine.load
        end = unit_end(load, pc)
        if (core.cycles, core.entries) != watch.origin:
            for da in (pc, *(range(pc + 2, end, 2) if end > pc + 4 else ())):
                if until := watch.addresses.get(da):
                    watch.met(Hit(until, core.cycles, core.entries))
                    return 0
        if self._hooks.is_near(pc, end):
            return 1
        return min(room, PATIENT) if self._hooks.is_slow else room

    def took(self, number: int) -> None:
        """It entered an exception."""
        if self.is_on_duty and self.watch.exceptions:
            self.watch.took(number, self._core.cycles)

    def counted(self) -> None:
        """It stands before the first instruction of the handler that it entered."""
        if self.is_on_duty and self.watch.exceptions:
            self.watch.counted(self._core.cycles, self._core.entries)

    def fell_asleep(self) -> None:
        """It sleeps."""
        self.watch.fell_asleep(self._core.cycles)

    def count_access(self) -> None:
        """Accesses to registers take their time: some thousands are enough for a slice."""
        core = self._core
        core.accesses += 1
        if core.accesses % MOST_ACCESSES == 0:
            core.engine.stop()

    def touched(self, address: int, size: int, value: int, *, is_write: bool) -> None:
        """It accesses a register."""
        if not self.watch.peripherals:
            return
        core = self._core
        touch = Touch(address, size, is_write, value, core.engine[Reg.PC])
        found = core.bus.at(address)
        names = [name for name, each in core.peripherals.items() if each is found]
        if self.watch.touched(touch, names, *self._moment):
            core.engine.stop()

    @property
    def _moment(self) -> tuple[int, int]:
        """Cycles and entries before the instruction in progress."""
        core, done = self._core, self._core.engine.in_flight
        return core.cycles + done, 0 if done else core.entries

    def _heard(self, address: int, size: int, value: int, *, is_write: bool) -> None:
        """It accesses memory that somebody looks at."""
        for access in self.watch.accesses:
            if access.kind != "any" and (access.kind == "write") != is_write:
                continue
            at = next((address - da for da in self._aliases(access)
                       if da < address + size and address < da + access.size), None)  # fmt: skip
            if at is None or not self._has_value(access, at, size, value, is_write=is_write):
                continue
            touch = Touch(access.da + at, size, is_write, value, self._core.engine[Reg.PC])
            if self.watch.met(Hit(access, *self._moment, touch)):
                self._core.engine.stop()

    def _has_value(self, access: Access, at: int, size: int, value: int, *, is_write: bool) -> bool:
        """Whether the bytes read as wanted, `size` of them from offset `at` being `value`."""
        if access.value is None:
            return True
        whole = int.from_bytes(self._core.engine.load(access.da, access.size), "little")
        if is_write:
            mask, shift = (1 << 8 * size) - 1, 8 * at
            value &= mask
            cleared = whole & ~(mask << shift if shift >= 0 else mask >> -shift)
            whole = cleared | (value << shift if shift >= 0 else value >> -shift)
        return whole & (1 << 8 * access.size) - 1 == access.value & (1 << 8 * access.size) - 1

    def _passed(self, address: int) -> None:
        """It is about to execute an instruction that somebody looks for."""
        self.watch.met(Hit(self.watch.addresses[address], *self._moment))
