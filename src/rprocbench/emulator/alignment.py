# SPDX-License-Identifier: GPL-2.0-or-later
"""Accesses that must be aligned: unicorn checks them all, for a core that it takes for an Armv6-M.

The mark of the larger architecture (M_MAIN) decides that when code is translated; but it decides,
too, when code runs, whether MSR and CPS may write BASEPRI, FAULTMASK and CONTROL. So it is taken
away while unicorn runs, given back for each block that ends in such an instruction, and what was
translated behind that block is translated again. Looking at each block makes it slow: this is for
firmware that asks for UNALIGN_TRP, and for users who ask for strictness.
"""

import ctypes
from collections.abc import Callable
from typing import Any

import unicorn

from .stops import MSR, Load, halfword

uc: Any = unicorn  # typed in part only
CPS = 0xB660  # and what enables, disables, and which masks, in the lowest bits
FEATURES = 0x74_0902_C2E8  # of the core that unicorn makes
M_MAIN = 1 << 38


class Alignment:
    """The mark, in one engine. `address` is where it lies; None where it was not found."""

    def __init__(
        self, engine: Any, address: int | None, load: Load, stop_here: Callable[[], None]
    ) -> None:
        self._uc, self._load, self._stop_here = engine, load, stop_here
        self._word = ctypes.c_uint64.from_address(address) if address else None
        self._hook: int | None = None
        self._is_given_back = False
        self._stale: int | None = None

    @property
    def is_possible(self) -> bool:
        """Whether `check` does anything here."""
        return self._word is not None

    @property
    def is_checked(self) -> bool:
        """Whether unaligned accesses stop the engine now."""
        return self._hook is not None

    def check(self, *, wanted: bool) -> None:
        """From now on, let each unaligned access stop the engine in front of it; or none."""
        if self._word is None or wanted == self.is_checked:
            return
        if wanted:
            self._hook = self._uc.hook_add(uc.UC_HOOK_BLOCK, self._on_block)
        else:
            self._uc.hook_del(self._hook)
            self._hook = None
        self._uc.ctl_flush_tb()

    def begin(self) -> None:
        """Before unicorn runs."""
        if self.is_checked:
            if self._stale is not None:
                self._uc.ctl_remove_cache(self._stale, self._stale + 2)
                self._stale = None
            self._give(back=False)

    def end(self) -> None:
        """After it ran: what else is asked of unicorn wants the whole architecture."""
        if self.is_checked:
            self._give(back=True)
            self._is_given_back = False

    def allow(self, pc: int, run: Callable[[], Any]) -> Any:
        """Execute the instruction at `pc` unchecked, by `run()`."""
        self._uc.ctl_remove_cache(pc, pc + 2)
        hook, self._hook = self._hook, None
        try:
            return run()
        finally:
            self._hook = hook
            self._uc.ctl_remove_cache(pc, pc + 2)

    def _give(self, *, back: bool) -> None:
        assert self._word is not None
        self._word.value = self._word.value | M_MAIN if back else self._word.value & ~M_MAIN

    def _on_block(self, _engine: Any, address: int, size: int, _user: object) -> None:
        if self._hook is None:  # `allow`
            return
        if self._is_given_back:
            self._is_given_back, self._stale = False, address
            self._give(back=False)
            self._stop_here()
        if writes_masks(self._load, address + size):
            self._is_given_back = True
            self._give(back=True)


def writes_masks(load: Load, end: int) -> bool:
    """Whether the instruction that ends at `end` is MSR or CPS."""
    return halfword(load, end - 2) & ~0x1F == CPS or halfword(load, end - 4) & ~0x1F == MSR
