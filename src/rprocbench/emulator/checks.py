# SPDX-License-Identifier: GPL-2.0-or-later
"""What unicorn does not look at by itself, and is made to look at when the firmware asks for it."""

from collections.abc import Callable, Iterable
from typing import Any

import unicorn

from .alignment import Alignment
from .stops import Load
from .traps import Traps, find_architecture

uc: Any = unicorn  # typed in part only


class Checks:
    """Switches of one engine, all off at first; each costs new translations when it is moved."""

    def __init__(self, engine: Any, load: Load, stop: Callable[[], None]) -> None:
        self._uc = engine
        self._stop = stop
        self._traps = Traps.find(engine)
        self.alignment = Alignment(engine, find_architecture(engine), load, stop)
        self._sites: dict[int, int] = {}  # addresses of `stop_at`, and their hooks

    @property
    def can_refuse(self) -> bool:
        """Whether `refuse` does anything here."""
        return self._traps is not None

    def refuse(self, *, floating: bool, division: bool) -> None:
        """Stop in front of such instructions: COPROCESSOR, and UNDEFINED."""
        if self._traps and self._traps.set(floating=floating, division=division):
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
