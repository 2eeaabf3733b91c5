# SPDX-License-Identifier: GPL-2.0-or-later
"""What a core may be run by, instead of by its engine alone."""

from typing import Protocol

from .stops import Stopped


class FreeRunner(Protocol):
    """`free.FreeRunner`."""

    counted: int

    def run(self, limit: int) -> Stopped | None:
        """Run without counting; None if that has to be counted."""

    def touches(self) -> bool:
        """Whether a register may not be accessed now."""
