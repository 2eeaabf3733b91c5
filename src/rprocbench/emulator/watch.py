# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run may be stopped by: an address, an access, an exception, sleep, and so on.

An `Until` says what to look for. `Watch` holds those that are armed, and the core asks it where it
can be told something: before instructions, at accesses, at exceptions, between stretches.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from rprocbench.base.trace import Lane


@dataclass(frozen=True, slots=True)
class Address:
    """Before the instruction at device address `da` executes.

    An IT block is one unit: an address inside of it stops in front of the IT.
    """

    da: int


@dataclass(frozen=True, slots=True)
class Access:
    """After an instruction that touched one of `size` bytes from `da`, at whichever alias.

    `kind` is `read`, `write` or `any`. With `value`, only where a number of `size` bytes reads so
    afterwards.
    """

    da: int
    size: int = 4
    kind: str = "write"
    value: int | None = None


@dataclass(frozen=True, slots=True)
class ExceptionTaken:
    """On entry to exception `number` (16 + n for interrupt n; None: any), before its handler."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class PeripheralAccess:
    """After an instruction that touched a register: of the peripheral `name`, or of a range."""

    name: str | None = None
    base: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Sleep:
    """When the core falls asleep: WFI, WFE or sleep on exit."""


@dataclass(frozen=True, slots=True)
class RpmsgMessage:
    """When a message has crossed; `direction` is `sent`, `received` or None for both."""

    direction: str | None = None


@dataclass(frozen=True, slots=True)
class Instructions:
    """After so many instructions (a cycle of sleep counts as one)."""

    count: int


@dataclass(frozen=True, slots=True)
class Predicate:
    """When `holds(session)`, which is asked after each instruction: exact, and slow."""

    holds: Callable[[Any], bool]


Until = (
    Address | Access | ExceptionTaken | PeripheralAccess | Sleep | RpmsgMessage | Instructions
    | Predicate
)  # fmt: skip


class Why(StrEnum):
    """Why a run stopped."""

    LIMIT = "as many instructions as asked for"
    STEP = "stepped"
    BREAKPOINT = "breakpoint"
    WATCHPOINT = "watchpoint"
    EXCEPTION = "exception"
    PERIPHERAL = "peripheral access"
    SLEEP = "asleep"
    MESSAGE = "rpmsg message"
    PREDICATE = "condition"
    INTERRUPTED = "interrupted"
    HALTED = "the core does not run"
    LOCKED_UP = "locked up"
    NO_PROGRESS = "asleep, with nothing to wake it"
    START = "nothing was recorded before this"
    END = "the recording ends here"
    BUDGET = "the trace is full"


WHY: dict[type, Why] = {
    Address: Why.BREAKPOINT, Access: Why.WATCHPOINT, ExceptionTaken: Why.EXCEPTION,
    PeripheralAccess: Why.PERIPHERAL, Sleep: Why.SLEEP, RpmsgMessage: Why.MESSAGE,
    Instructions: Why.LIMIT, Predicate: Why.PREDICATE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Touch:
    """One access: `size` bytes at `da`, by `lane`; `pc` is the instruction's, 0 for a host's."""

    da: int
    size: int
    is_write: bool
    value: int
    pc: int
    lane: Lane = Lane.M4


@dataclass(frozen=True, slots=True)
class Hit:
    """What was met: after `cycles` instructions and `entries` exceptions since, and how.

    It is the moment before the instruction in question. `entries` of an exception are -1 until the
    core has counted it.
    """

    until: Until
    cycles: int
    entries: int = 0
    touch: Touch | None = None
    number: int = 0  # of an exception


@dataclass
class Watch:
    """What is armed on one core. With `collects`, hits are gathered and nothing stops.

    `origin` is where the run began: an address is not met there again.
    """

    untils: Sequence[Until] = ()
    collects: bool = False
    hits: list[Hit] = field(default_factory=list)
    origin: tuple[int, int] = (-1, 0)
    addresses: dict[int, Address] = field(init=False)
    accesses: list[Access] = field(init=False)
    exceptions: list[ExceptionTaken] = field(init=False)
    peripherals: list[PeripheralAccess] = field(init=False)
    sleeps: list[Sleep] = field(init=False)

    def __post_init__(self) -> None:
        self.addresses = {u.da & ~1: u for u in self.untils if isinstance(u, Address)}
        self.accesses = [u for u in self.untils if isinstance(u, Access)]
        self.exceptions = [u for u in self.untils if isinstance(u, ExceptionTaken)]
        self.peripherals = [u for u in self.untils if isinstance(u, PeripheralAccess)]
        self.sleeps = [u for u in self.untils if isinstance(u, Sleep)]

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing that a core can meet."""
        return not (
            self.addresses or self.accesses or self.exceptions or self.peripherals or self.sleeps
        )

    @property
    def is_over(self) -> bool:
        """Whether the core has to stop."""
        return bool(self.hits) and not self.collects

    def met(self, hit: Hit) -> bool:
        """Note one hit; whether the core has to stop for it."""
        self.hits.append(hit)
        return not self.collects

    def took(self, number: int, cycles: int) -> None:
        """The core entered exception `number`."""
        for until in self.exceptions:
            if until.number in (None, number):
                self.met(Hit(until, cycles, -1, None, number))

    def counted(self, cycles: int, entries: int) -> None:
        """The core has entered the exceptions that it took, and stands there."""
        for at in range(len(self.hits) - 1, -1, -1):
            if self.hits[at].entries >= 0:
                break
            self.hits[at] = replace(self.hits[at], cycles=cycles, entries=entries)

    def fell_asleep(self, cycles: int) -> None:
        """The core sleeps."""
        for until in self.sleeps:
            self.met(Hit(until, cycles))

    def touched(self, touch: Touch, names: Collection[str], cycles: int, entries: int = 0) -> bool:
        """A register was accessed, of one of the peripherals `names`; whether to stop."""
        for until in self.peripherals:
            of_name = until.name is not None and until.name in names
            end = until.base + until.size
            if of_name or (until.base < touch.da + touch.size and touch.da < end):
                return self.met(Hit(until, cycles, entries, touch))
        return False
