# SPDX-License-Identifier: GPL-2.0-or-later
"""What unicorn does not look at by itself, and is made to look at when the firmware asks for it."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import unicorn

from .stops import Stop
from .traps import Traps

uc: Any = unicorn  # typed in part only


class Deny(Protocol):
    """`Engine.deny`."""

    def __call__(self, address: int, size: int, *, is_write: bool, why: Stop) -> None: ...


class Checks:
    """Switches of one engine, all off at first; each costs new translations when it is moved."""

    def __init__(self, engine: Any, stop: Callable[[], None], deny: Deny) -> None:
        self._uc = engine
        self._stop, self._deny = stop, deny
        self._traps = Traps.find(engine)
        self._sites: dict[int, int] = {}  # addresses of `stop_at`, and their hooks
        self._alignment: int | None = None
        self._check: Callable[[], bool] | None = None

    @property
    def can_refuse(self) -> bool:
        """Whether `refuse` does anything here."""
        return self._traps is not None

    def refuse(self, *, floating: bool, division: bool) -> None:
        """Stop in front of such instructions: COPROCESSOR, and UNDEFINED."""
        if self._traps and self._traps.set(floating=floating, division=division):
            self._uc.ctl_flush_tb()

    def alignment(self, check: Callable[[], bool] | None) -> None:
        """Ask `check()` about each unaligned access; False is a fault. Slow."""
        self._check = check
        if (check is None) == (self._alignment is None):
            return
        if self._alignment is not None:
            self._uc.hook_del(self._alignment)
            self._alignment = None
        else:
            kinds = uc.UC_HOOK_MEM_READ | uc.UC_HOOK_MEM_WRITE
            self._alignment = self._uc.hook_add(kinds, self._on_access)
        self._uc.ctl_flush_tb()

    def stop_at(self, starts: Iterable[int]) -> None:
        """Stop whenever a block begins at one of these addresses, and no longer at others."""
        wanted = set(starts)
        if wanted == self._sites.keys():
            return
        for hook in self._sites.values():
            self._uc.hook_del(hook)
        self._sites = {
            at: self._uc.hook_add(uc.UC_HOOK_BLOCK, self._on_site, begin=at, end=at)
            for at in sorted(wanted)
        }
        self._uc.ctl_flush_tb()

    def _on_site(self, _engine: Any, _address: int, _size: int, _user: object) -> None:
        self._stop()

    def _on_access(
        self, _engine: Any, kind: int, address: int, size: int, _value: int, _user: object
    ) -> None:
        if address % size and self._check and not self._check():
            self._deny(address, size, is_write=kind == uc.UC_MEM_WRITE, why=Stop.UNALIGNED)
