# SPDX-License-Identifier: GPL-2.0-or-later
"""What the M4 may do where: the MPU's word and the firewall's, as page permissions of the engine.

Unicorn keeps permissions in pages of 1 KiB, for one kind of code at a time. A page that is not all
alike gets what all of it allows; an access that this refuses is judged to the byte, and let through
with the page open for one instruction. LDRT and STRT are judged like LDR and STR.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from rprocbench.base.trace import Lane
from rprocbench.soc.board import Soc
from rprocbench.soc.firewall import BUS
from rprocbench.soc.twin import PAGE

from .decode import MSR_CONTROL, size_of, span
from .engine import Engine, Reg
from .mpu import EXECUTE, READ, WRITE, Mpu

ALL = READ | WRITE | EXECUTE
Run = tuple[int, int, int]  # base, size, access


class Guard:
    """Keeps the permissions of the engine up to date."""

    def __init__(self, soc: Soc, engine: Engine, mpu: Mpu) -> None:
        self.soc, self.engine, self.mpu = soc, engine, mpu
        self.privileged, self.urgent = True, False
        self._known: tuple[object, ...] | None = None
        self._plans: dict[tuple[object, ...], tuple[Run, ...]] = {}
        self._applied: dict[int, Run] = {}
        self._opened: list[Run] = []
        self._watches = False

    @property
    def is_on(self) -> bool:
        """Whether anything is forbidden to anybody."""
        return self.mpu.is_on or bool(self.soc.firewall.rules)

    @property
    def was_on(self) -> bool:
        """Whether the engine still forbids something."""
        return self._known is not None

    def refresh(self, *, privileged: bool, urgent: bool) -> None:
        """Let the engine's permissions be those for such code."""
        self.privileged, self.urgent = privileged, urgent
        mpu = tuple(self.mpu.save().values()) if self.mpu.is_on else ()
        setting = (mpu, self.soc.firewall.rules)
        key = (*setting, privileged, urgent) if mpu else setting
        if key == self._known:
            return
        if self._known is None or self._known[:2] != setting:
            self._plans.clear()
            self._watch_drops()
        if key not in self._plans:
            self._plans[key] = tuple(self._plan())
        self._apply(self._plans[key])
        self._known = key if self.is_on else None

    def access(self, address: int) -> int:
        """What is allowed at one address, by the MPU and the firewall."""
        allowed = self.mpu.access(address, privileged=self.privileged, urgent=self.urgent)
        found = self.soc.m4.locate(address, 1)  # type: ignore[arg-type]
        chip, offset = (found[0].name, found[1]) if found else (BUS, address)
        if self.soc.firewall.rules:
            if not self.soc.firewall.allows_chip(Lane.M4, chip, offset, 1, write=False):
                return 0
            if not self.soc.firewall.allows_chip(Lane.M4, chip, offset, 1, write=True):
                return allowed & ~WRITE
        return allowed

    def allows(self, address: int, size: int, *, write: bool) -> bool:
        """Whether every byte may be accessed."""
        return self.denied(address, size, write=write) is None

    def denied(self, address: int, size: int, *, write: bool) -> int | None:
        """The first address in the range that may not be accessed; None if all may."""
        needed = WRITE if write else READ
        samples = self._samples(address, size)
        return next((at for at in samples if not self.access(at) & needed), None)

    def reached(self, address: int, size: int) -> int:
        """How many bytes the instruction in progress accesses, from `address` to the page's end."""
        whole = max(size, span(self.engine.load, self.engine[Reg.PC]))
        return min(whole, (address & -PAGE) + PAGE - address)

    def is_protected(self, address: int, *, write: bool) -> bool:
        """Whether it is the MPU that refuses: then it is a MemManage fault, else a BusFault."""
        allowed = self.mpu.access(address, privileged=self.privileged, urgent=self.urgent)
        return not allowed & (WRITE if write else READ)

    def is_unfetchable(self, pc: int) -> bool:
        """The same for an instruction at `pc`."""
        return not all(
            self.mpu.access(at, privileged=self.privileged, urgent=self.urgent) & EXECUTE
            for at in range(pc, pc + size_of(self.engine.load, pc), 2)
        )

    def opens(self, address: int, size: int, *, write: bool) -> bool:
        """Look closely at an access that was refused: if it is allowed, open its page.

        Of an instruction that accesses several words, those on the same page are looked at.
        """
        page = address & -PAGE
        held = next((run for run in self._applied.values() if 0 <= page - run[0] < run[1]), None)
        if held is None or not self.allows(address, self.reached(address, size), write=write):
            return False
        self._opened.append((page, PAGE, held[2]))
        self.engine.protect(page, PAGE, ALL)
        return True

    def close(self) -> None:
        """After the instruction: protect again what was opened for it."""
        for run in self._opened:
            self.engine.protect(*run)
        self._opened.clear()

    def _samples(self, address: int, size: int) -> Iterator[int]:
        """Addresses that stand for all bytes: regions begin and end at multiples of 4 at least."""
        yield address
        yield from range((address & ~3) + 4, address + size, 4)

    def _plan(self) -> Iterator[Run]:
        """Permissions of all memory, in runs of whole pages."""
        cuts = self.mpu.cuts()
        for mapping in self.soc.m4.mappings:
            end = mapping.base + mapping.size
            inner = set(cuts)
            for region, _ in self.soc.firewall.denied_to(Lane.M4):
                if region.chip == mapping.chip:
                    at = mapping.base + region.offset - mapping.offset
                    inner |= {at, at + region.size}
            points = [mapping.base, *sorted(c for c in inner if mapping.base < c < end), end]
            yield from joined(in_pages(self._pieces(points)))

    def _pieces(self, points: list[int]) -> Iterator[Run]:
        for start, stop in pairwise(points):
            yield start, stop - start, self.access(start)

    def _apply(self, plan: tuple[Run, ...]) -> None:
        self._opened.clear()
        wanted = {run[0]: run for run in plan}
        for base, run in wanted.items():
            if self._applied.get(base) != run:
                self.engine.protect(*run)
                if not run[2] & EXECUTE:  # what was translated would go on being executed
                    self.engine.forget_code(base, run[1])
        self._applied = wanted

    def _watch_drops(self) -> None:
        """While the MPU is on, look again whenever privilege may have been given up."""
        if self.mpu.is_on != self._watches:
            self._watches = self.mpu.is_on
            self.engine.checks.stop_at(self._privilege_drops() if self._watches else ())

    def _privilege_drops(self) -> set[int]:
        """The addresses behind every instruction that may give up privilege."""
        found = set()
        for mapping in self.soc.m4.mappings:
            code = self.soc.rams[mapping.chip].read(mapping.offset, mapping.size)
            at = code.find(MSR_CONTROL)
            while at >= 0:
                if at % 2 == 0 and code[at - 1] == 0xF3 and code[at - 2] & 0xF0 == 0x80:
                    found.add(mapping.base + at + 2)
                at = code.find(MSR_CONTROL, at + 1)
        return found


def in_pages(pieces: Iterable[Run]) -> Iterator[Run]:
    """The same in whole pages; one that holds several pieces gets what all of them allow."""
    mixed, shared = -1, ALL  # the page that was begun, and what its pieces allow so far
    for base, size, access in pieces:
        first, stop = -(-base // PAGE) * PAGE, (base + size) // PAGE * PAGE
        if base % PAGE:
            shared &= access
            if base + size >= mixed + PAGE:
                yield mixed, PAGE, shared
        if first < stop:
            yield first, stop - first, access
        if (base + size) % PAGE and stop >= first:
            mixed, shared = stop, access


def joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Neighbours with the same permissions as one."""
    base, size, access = -1, 0, 0
    for start, length, allowed in runs:
        if size and allowed == access:
            size += length
            continue
        if size:
            yield base, size, access
        base, size, access = start, length, allowed
    if size:
        yield base, size, access
