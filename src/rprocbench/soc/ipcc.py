# SPDX-License-Identifier: GPL-2.0-or-later
"""The inter-processor mailbox (IPCC): one occupied flag per channel and direction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Lane, Signalled

CHANNELS = 6


@dataclass
class Ipcc(Watched):
    """Flags as bit masks, bit n for channel n (counted from 0).

    A sender sets its flag; the receiver clears it when it has taken the signal, which in turn tells
    the sender that the channel is free. The Cortex-A is told by `listener(kind, channel)`, kind
    `rx` or `free`, whenever `deliver` is called: an interrupt waits until Linux can take it. The M4
    sees the flags in its registers (processor 2). RM0436, chapter "Inter-processor communication
    controller".
    """

    LANE: ClassVar[Lane] = Lane.HARDWARE

    run: Run
    to_m4: int = 0
    to_a7: int = 0
    rx_pending: int = 0
    free_pending: int = 0
    _listener: Callable[[str, int], None] | None = field(default=None, repr=False)
    _watchers: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.watch("IPCC")

    def listen(self, listener: Callable[[str, int], None] | None) -> None:
        """Plug in (or out) the handler of the Cortex-A's two mailbox interrupts."""
        self._listener = listener

    def watch_m4(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` from now on before the M4 moves a flag. It must change nothing."""
        self._watchers.append(watcher)

    def send_to_m4(self, channel: int) -> None:
        """The Cortex-A rings `channel`."""
        self.to_m4 |= 1 << channel
        self.run.record(Signalled(f"ipcc channel {channel}", "rung", Lane.LINUX, Lane.M4))

    def taken_by_m4(self, channel: int) -> None:
        """The M4 clears `channel`: the Cortex-A may send again."""
        if self.to_m4 & 1 << channel:
            for watcher in self._watchers:
                watcher()
            self.to_m4 &= ~(1 << channel)
            self.free_pending |= 1 << channel
            self.run.record(Signalled(f"ipcc channel {channel}", "taken", Lane.M4, Lane.LINUX))

    def send_to_a7(self, channel: int) -> None:
        """The M4 rings `channel`."""
        if not self.to_a7 & 1 << channel:
            for watcher in self._watchers:
                watcher()
            self.to_a7 |= 1 << channel
            self.rx_pending |= 1 << channel
            self.run.record(Signalled(f"ipcc channel {channel}", "rung", Lane.M4, Lane.LINUX))

    def taken_by_a7(self, channel: int) -> None:
        """The Cortex-A clears `channel`: the M4 may send again."""
        if self.to_a7 & 1 << channel:
            self.to_a7 &= ~(1 << channel)
            self.run.record(Signalled(f"ipcc channel {channel}", "taken", Lane.LINUX, Lane.M4))

    @property
    def a7_pending(self) -> bool:
        """Whether the Cortex-A has a mailbox interrupt to take."""
        return bool(self._listener and (self.rx_pending or self.free_pending))

    def deliver(self) -> None:
        """Let the Cortex-A take its pending mailbox interrupts, lowest channel first."""
        while self._listener and (self.rx_pending or self.free_pending):
            kind = "free" if self.free_pending else "rx"
            pending = self.free_pending or self.rx_pending
            channel = (pending & -pending).bit_length() - 1
            if kind == "free":
                self.free_pending &= ~(1 << channel)
            else:
                self.rx_pending &= ~(1 << channel)
            self._listener(kind, channel)
