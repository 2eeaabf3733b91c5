# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may touch which bytes: ETZPC of the STM32MP15, RISAF and RISUP of the STM32MP25 (ours).

A rule is about storage, not about an address: what is denied at one alias is denied at the others.
Peripherals are ranges of bus addresses. Everything is allowed until somebody denies it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.run import Run, Watched
from rprocbench.base.trace import Lane

BUS = ""  # the "chip" of what is no memory: offsets in it are bus addresses

Locate = Callable[[int, int], tuple[str, int] | None]


@dataclass(frozen=True, slots=True)
class Protected:
    """`size` bytes from `offset` of the memory called `chip`, under a name."""

    name: str
    chip: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Rule:
    """These lanes may not write the region, nor read it unless `is_readable`."""

    region: Protected
    lanes: frozenset[Lane]
    is_readable: bool = False


@dataclass
class Firewall(Watched):
    """The firewall of one chip. OP-TEE configures it, and passes it always.

    `listeners` are called after each change: an engine that caches permissions asks again.
    """

    LANE: ClassVar[Lane] = Lane.HARDWARE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"regions", "rules", "listeners"})

    run: Run
    regions: dict[str, Protected] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    listeners: list[Callable[[], None]] = field(default_factory=list)
    denied: tuple[tuple[str, tuple[Lane, ...], str], ...] = ()
    _locate: Locate | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.watch("firewall")

    def connect(self, locate: Locate) -> None:
        """Tell how a physical address becomes a memory and an offset in it."""
        self._locate = locate

    def define(self, name: str, pa: int, size: int) -> None:
        """Give `size` bytes at a physical address a name that `deny` and `allow` understand."""
        chip, offset = self._storage(pa, size)
        self.regions[name] = Protected(name, chip, offset, size)

    def deny(self, name: str, lanes: Iterable[Lane], *, is_readable: bool = False) -> None:
        """From now on, `lanes` may not touch the region; with `is_readable`, not write it.

        Other lanes of an earlier rule for it stay as they were. Raises `InputError` BAD_VALUE for a
        name that `define` was not told.
        """
        region, lanes = self._region(name), frozenset(lanes)
        kept = self._without(name, lanes)
        self._set((*kept, Rule(region, lanes, is_readable)))

    def allow(self, name: str, lanes: Iterable[Lane] = tuple(Lane)) -> None:
        """From now on, `lanes` (without: all) may touch the region. Raises as `deny` does."""
        self._region(name)
        self._set(self._without(name, frozenset(lanes)))

    def allows(self, lane: Lane, pa: int, size: int, *, write: bool) -> bool:
        """Whether `lane` may touch all of `[pa, pa + size)`."""
        if not self.rules:
            return True
        return self.allows_chip(lane, *self._storage(pa, size), size, write=write)

    def allows_chip(self, lane: Lane, chip: str, offset: int, size: int, *, write: bool) -> bool:
        """Whether `lane` may touch these bytes of a memory; `BUS` for addresses of peripherals."""
        return self.blocker(lane, chip, offset, size, write=write) is None

    def blocker(
        self, lane: Lane, chip: str, offset: int, size: int, *, write: bool
    ) -> Protected | None:
        """The first denied region that the access meets; None when it may pass."""
        for rule in self.rules:
            region = rule.region
            meets = region.offset < offset + size and offset < region.offset + region.size
            denies = lane in rule.lanes and (write or not rule.is_readable)
            if meets and denies and region.chip == chip:
                return region
        return None

    def denied_to(self, lane: Lane) -> list[tuple[Protected, bool]]:
        """Every region that `lane` may not touch, and whether it may still read it."""
        return [(rule.region, rule.is_readable) for rule in self.rules if lane in rule.lanes]

    def _storage(self, pa: int, size: int) -> tuple[str, int]:
        found = self._locate(pa, size) if self._locate else None
        return found or (BUS, pa)

    def _region(self, name: str) -> Protected:
        if name not in self.regions:
            known = ", ".join(self.regions) or "none"
            why = f"the firewall knows no region {name!r} (known: {known})"
            raise InputError(InputCode.BAD_VALUE, why)
        return self.regions[name]

    def _without(self, name: str, lanes: frozenset[Lane]) -> tuple[Rule, ...]:
        """The rules, after `lanes` were taken out of those about a region."""
        kept = (
            Rule(rule.region, rule.lanes - lanes, rule.is_readable)
            if rule.region.name == name
            else rule
            for rule in self.rules
        )
        return tuple(rule for rule in kept if rule.lanes)

    def _set(self, rules: tuple[Rule, ...]) -> None:
        if rules == self.rules:
            return
        self.rules = rules
        self.denied = tuple(
            (rule.region.name, tuple(sorted(rule.lanes)), "write" if rule.is_readable else "all")
            for rule in rules
        )
        for listener in self.listeners:
            listener()
