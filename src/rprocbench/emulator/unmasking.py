# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks out for instructions that may change PRIMASK, BASEPRI or FAULTMASK.

They end a translated block, so it is enough to look at the end of each. The hook stays once it is
there, since to come and go would cost new translations; looking away costs nothing.
"""

import ctypes
from typing import TYPE_CHECKING, Any

import unicorn

from .native import PAGES, Unmask
from .stops import may_unmask

if TYPE_CHECKING:
    from .engine import Engine

uc: Any = unicorn  # typed in part only


class Unmasking:
    """Stops one engine in front of what follows such an instruction, while it looks."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._seen = Unmask()
        self.views: list[tuple[int, int, int]] = []
        self._hook: int | None = None
        self._is_native = False
        self._may_unmask = False

    def add(self, base: int, size: int, address: int) -> None:
        """Code may lie there."""
        self.views.append((base, size, address))

    def look(self) -> None:
        """From now on, stop."""
        if self._hook is None:
            self._install()
        self._may_unmask = False
        if self._is_native:
            self._seen.may_unmask = 0
            self._seen.count = len(self.views)

    def look_away(self) -> None:
        """Do not stop any more."""
        if self._is_native:
            self._seen.count = self._seen.may_unmask = 0
        elif self._hook is not None:
            self._engine.unicorn.hook_del(self._hook)
            self._hook = None
            self._engine.forget_all_code()

    def _install(self) -> None:
        native = self._engine.native
        if native is not None and len(self.views) <= PAGES:
            self._seen.limit = native.limit
            for view, (base, size, address) in zip(self._seen.views, self.views, strict=False):
                view.base, view.size, view.bytes = base, size, address
            self._hook = native.hook(uc.UC_HOOK_BLOCK, "unmasked", self._seen)
            self._is_native = True
        else:
            self._hook = self._engine.unicorn.hook_add(uc.UC_HOOK_BLOCK, self._on_block)
        self._engine.forget_all_code()

    def _on_block(self, _uc: Any, address: int, size: int, _user: object) -> None:
        if self._may_unmask:
            self._engine.stop()
        self._may_unmask = may_unmask(self._engine.load, address + size)


assert ctypes.sizeof(Unmask) == 24 + 24 * PAGES, "as the compiler lays it out"
