# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hardened PTA asks of the firewall (W-09): hands off what was verified (ours).

The chip's own firewall (ETZPC) knows whole memories only; this one is finer, as that of later chips
is.
"""

from rprocbench.base.trace import Lane
from rprocbench.soc.firewall import Firewall


class Protection:
    """Ranges of physical addresses that Linux may read, and not write."""

    def __init__(self, firewall: Firewall) -> None:
        self.firewall = firewall
        self.ranges: list[tuple[int, int]] = []
        self.names = 0

    def protect(self, pa: int, size: int) -> None:
        """From now on, only the M4 and OP-TEE write these bytes."""
        self._set([*self.ranges, (pa, pa + size)])

    def open(self, pa: int, size: int) -> None:
        """Leave these bytes out again."""
        left: list[tuple[int, int]] = []
        for start, end in self.ranges:
            pieces = ((start, min(end, pa)), (max(start, pa + size), end))
            left += [piece for piece in pieces if piece[0] < piece[1]]
        self._set(left)

    def lift(self) -> None:
        """Protect nothing any more."""
        self._set([])

    def _set(self, ranges: list[tuple[int, int]]) -> None:
        if ranges == self.ranges:
            return
        for name in range(self.names):
            self.firewall.allow(f"firmware.{name}", [Lane.LINUX])
        self.ranges, self.names = ranges, len(ranges)
        for name, (start, end) in enumerate(ranges):
            self.firewall.define(f"firmware.{name}", start, end - start)
            self.firewall.deny(f"firmware.{name}", [Lane.LINUX], is_readable=True)
