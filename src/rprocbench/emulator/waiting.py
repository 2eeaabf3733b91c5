# SPDX-License-Identifier: GPL-2.0-or-later
"""What a firmware waits for, found by letting a copy of the machine go on for a little while."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from rprocbench.base.run import Run
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da

from .history import restore, save
from .loads import Loads
from .machine import CortexM4
from .mpu import SYSTEM
from .nvic import FIRST_IRQ, bits
from .peripherals.addresses import IRQ_NAMES, name_of

LOOKED_AT = 3000  # instructions
OFTEN = 4  # times a loop must have come round
SHORT = 400  # instructions in a loop
EXCEPTIONS = {2: "NMI", 11: "SVCall", 14: "PendSV", 15: "SysTick"}
CORE = {0xE000_E010: "SysTick.CSR", 0xE000_E018: "SysTick.CVR", 0xE000_1004: "DWT.CYCCNT"}
BUS = range(0x4000_0000, 0x6000_0000)


@dataclass(frozen=True, slots=True)
class Waiting:
    """`how` it waits: asleep, polling or halted; and `what` for, `addresses` being where it looks.

    Of a loop that looks at nothing that could change, `what` is empty.
    """

    how: str
    what: tuple[str, ...] = ()
    addresses: tuple[int, ...] = ()

    def __str__(self) -> str:
        if not self.what:
            return f"{self.how}, for nothing that could come"
        return f"{self.how}: waits for {' or '.join(self.what)}"


def waits_for(core: CortexM4, names: Callable[[int], str | None] | None = None) -> Waiting | None:
    """What `core` waits for; None while it gets on. `names` knows names of addresses in memory.

    The core itself does not move.
    """
    if not core.is_running:
        return Waiting("halted")
    if core.is_asleep:
        return Waiting("asleep", tuple(wakers(core)))
    other = copy_of(core)
    seen = Seen(other)
    for _ in range(LOOKED_AT):
        if not seen.step():
            return Waiting("asleep", tuple(wakers(other))) if other.is_running else None
    return seen.conclusion(names or (lambda _da: None))


def wakers(core: CortexM4) -> list[str]:
    """The interrupts that it has enabled."""
    enabled = [n for n in bits(core.nvic.enabled) if n >= FIRST_IRQ]
    found = [IRQ_NAMES.get(n - FIRST_IRQ, f"interrupt {n - FIRST_IRQ}") for n in enabled]
    return [*(["SysTick"] if core.systick.next_interrupt else []), *found]


def copy_of(core: CortexM4) -> CortexM4:
    """Another machine in the same state, which leaves no trace."""
    soc = Soc(core.soc.board, Run())
    soc.firewall.rules = core.soc.firewall.rules
    other = CortexM4(soc, soc.run, is_silent=True, slice_size=1)
    restore(other, save(core))
    return other


class Seen:
    """What the copy does, instruction by instruction."""

    def __init__(self, core: CortexM4) -> None:
        self.core = core
        self.loads = Loads(core.engine)
        self.places: Counter[int] = Counter()
        self.read: Counter[int] = Counter()
        self.written: set[int] = set()

    def step(self) -> bool:
        """One instruction, or unit; False if the copy cannot go on or falls asleep."""
        self.places[self.loads.pc] += 1
        for address, is_write in self.loads.next():
            if is_write:
                self.written.add(address & ~3)
            else:
                self.read[address & ~3] += 1
        return self.core.run_until(self.core.cycles + 1) and not self.core.is_asleep

    def conclusion(self, names: Callable[[int], str | None]) -> Waiting | None:
        """What the loop looks at, if it is one; memory may be changed by handlers, too."""
        if len(self.places) > SHORT or max(self.places.values()) < OFTEN:
            return None
        polled = [at for at, times in self.read.most_common() if times >= OFTEN]
        registers = [at for at in polled if at in BUS or (at in SYSTEM and at in CORE)]
        if registers:
            what = [f"{CORE.get(at) or name_of(at)}, {self._now(at)}" for at in registers[:3]]
            return Waiting("polling", tuple(what), tuple(registers[:3]))
        words = [at for at in polled if at not in self.written and self._may_change(at)]
        what = [f"{names(at) or f'the word at {at:#010x}'}, {self._now(at)}" for at in words[:3]]
        return Waiting("polling", (*what, *wakers(self.core)), tuple(words[:3]))

    def _now(self, address: int) -> str:
        return f"which reads {self._word(address):#010x}"

    def _word(self, address: int) -> int:
        if address in BUS or address in SYSTEM:
            return self.core.bus.read(address, 4)
        return int.from_bytes(self.core.engine.load(address, 4), "little")

    def _may_change(self, address: int) -> bool:
        """Whether the word is neither a pointer nor a constant beside the code that reads it."""
        if self.core.soc.m4.locate(Da(address), 4) is None:
            return False
        value = self._word(address)
        is_pointer = value > 0x1_0000 and self.core.soc.m4.locate(Da(value), 1) is not None
        return not is_pointer and not any(abs(address - pc) < 64 for pc in self.places)
