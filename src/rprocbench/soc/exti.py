# SPDX-License-Identifier: GPL-2.0-or-later
"""What the extended interrupt controller (EXTI) brings to the Cortex-A: the M4's watchdog."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Lane, Signalled

WWDG1 = 68  # the event that the device tree calls the M4's watchdog interrupt


@dataclass
class Exti(Watched):
    """Pending events as a bit mask, bit n for event n (RM0436, chapter EXTI).

    An edge is kept until Linux can take it: `deliver` calls the handler that listens for the event.
    An event that nobody listens for is kept as well: a driver that comes later finds it.
    """

    LANE: ClassVar[Lane] = Lane.HARDWARE

    run: Run
    pending: int = 0
    _listeners: dict[int, Callable[[], None]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.watch("EXTI")

    def listen(self, event: int, listener: Callable[[], None] | None) -> None:
        """Plug in (or out, with None) the Cortex-A's handler of `event`."""
        if listener:
            self._listeners[event] = listener
        else:
            self._listeners.pop(event, None)

    def rise(self, event: int, what: str, source: Lane) -> None:
        """The line of `event` rises."""
        self.pending |= 1 << event
        self.run.record(Signalled(f"exti {event}", what, source, Lane.LINUX))

    @property
    def a7_pending(self) -> bool:
        """Whether the Cortex-A has an event to take."""
        return any(self.pending & 1 << event for event in self._listeners)

    def deliver(self) -> None:
        """Let the Cortex-A take the pending events that somebody listens for."""
        for event in sorted(self._listeners):
            if self.pending & 1 << event:
                self.pending &= ~(1 << event)
                self._listeners[event]()
