# SPDX-License-Identifier: GPL-2.0-or-later
"""Which pages an engine may execute: those that were fetched from, and no others.

A store to an executable page takes unicorn half as long again, since it has to look for code that
it translated from there. So memory is mapped without; the first fetch from a block faults, and that
block becomes executable. It stays writable: code that changes itself works, if unicorn finds the
right one of the views of a memory; so all of them are cut at the same places.
"""

from collections.abc import Iterator
from typing import Any

READ_WRITE, EXECUTE = 3, 4
ALL = READ_WRITE | EXECUTE
PAGE = 1024
BLOCK = 4 * PAGE  # what becomes executable at once: each takes unicorn 0.1 ms


class Views:
    """The permissions of one engine's memory, as they are wanted and as they are."""

    def __init__(self, engine: Any) -> None:
        self._uc = engine
        self._mapped: list[tuple[int, int]] = []
        self._addresses: list[int] = []  # in this process, of what is mapped
        self._granted: set[int] = set()  # blocks
        self._wanted: dict[int, int] = {}  # page: access, where it is not all

    def add(self, base: int, size: int, address: int) -> None:
        """Let the `size` bytes at `address` of this process appear at `base`."""
        self._uc.mem_map_ptr(base, size, READ_WRITE, address)
        self._mapped.append((base, base + size))
        self._addresses.append(address)

    def protect(self, base: int, size: int, access: int) -> None:
        """From now on, only such accesses shall be possible there."""
        for page in range(base, base + size, PAGE):
            if access == ALL:
                self._wanted.pop(page, None)
            else:
                self._wanted[page] = access
        self._uc.mem_protect(base, size, access & READ_WRITE)
        if access & EXECUTE:
            for block in range(base & -BLOCK, base + size, BLOCK):
                if block in self._granted:
                    first, end = max(base, block), min(base + size, block + BLOCK)
                    self._uc.mem_protect(first, end - first, access)

    def grant(self, pc: int) -> bool:
        """The instruction at `pc` could not be fetched. Whether it can now."""
        blocks = {pc & -BLOCK, pc + 2 & -BLOCK} - self._granted
        may_be_fetched = all(self._wanted.get(half & -PAGE, ALL) & EXECUTE for half in (pc, pc + 2))
        blocks = {block for block in blocks if self._within(block)}
        if not blocks or not may_be_fetched:
            return False
        for block in blocks:
            self._granted.add(block)
            for base, size, access in self._runs(block):
                if access & EXECUTE:
                    self._uc.mem_protect(base, size, access)
            self._cut_others(block)
        return True

    def _cut_others(self, block: int) -> None:
        """Let the same bytes be a block of their own wherever else they appear."""
        views = list(zip(self._mapped, self._addresses, strict=True))
        (start, _), here = next(view for view in views if view[0][0] <= block < view[0][1])
        for (first, end), address in views:
            at = first + here + block - start - address
            if first <= at < end and at != block and at not in self._granted:
                self._uc.mem_protect(at, min(BLOCK, end - at), 0)  # cut, even if it is restored
                for base, size, access in self._runs(at):
                    self._uc.mem_protect(base, size, access & READ_WRITE)

    def _within(self, block: int) -> bool:
        return any(first <= block < end for first, end in self._mapped)

    def _runs(self, block: int) -> Iterator[tuple[int, int, int]]:
        """The pages of a block that are mapped, neighbours with the same access together."""
        end = min(block + BLOCK, next(end for first, end in self._mapped if first <= block < end))
        base, access = block, self._wanted.get(block, ALL)
        for page in range(block + PAGE, end, PAGE):
            here = self._wanted.get(page, ALL)
            if here != access:
                yield base, page - base, access
                base, access = page, here
        yield base, end - base, access

    def has_code(self, address: int, size: int) -> bool:
        """Whether anything there may have been translated."""
        return any(
            block in self._granted for block in range(address & -BLOCK, address + size, BLOCK)
        )
