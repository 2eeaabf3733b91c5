# SPDX-License-Identifier: GPL-2.0-or-later
"""The interrupt controller: which exceptions are pending, enabled, active, and how urgent."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .registers import WORD, Peripheral, View, clear_bits, command, ignore, set_bits

NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 2, 3, 4, 5, 6
SVCALL, PENDSV, SYSTICK, FIRST_IRQ = 11, 14, 15, 16
IRQS = 150  # of the STM32MP15's Cortex-M4
PRIORITY_BITS = 0xF0F0_F0F0  # four bits of each byte are implemented
THREAD = 256  # the priority of thread mode: less urgent than any exception's
FIXED = {1: -3, NMI: -2, HARD_FAULT: -1}
ALWAYS_ENABLED = 1 << NMI | 1 << HARD_FAULT | 1 << SVCALL | 1 << PENDSV | 1 << SYSTICK

SHCSR = {  # bit: the mask it belongs to, and the exception
    0: ("active", MEM_MANAGE), 1: ("active", BUS_FAULT), 3: ("active", USAGE_FAULT),
    7: ("active", SVCALL), 10: ("active", PENDSV), 11: ("active", SYSTICK),
    12: ("pending", USAGE_FAULT), 13: ("pending", MEM_MANAGE), 14: ("pending", BUS_FAULT),
    15: ("pending", SVCALL),
    16: ("enabled", MEM_MANAGE), 17: ("enabled", BUS_FAULT), 18: ("enabled", USAGE_FAULT),
}  # fmt: skip


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


@dataclass
class Nvic(Peripheral):
    """Masks with one bit per exception, interrupt n being exception 16 + n.

    `priority` has one byte per exception, `lines` is the level of the interrupt wires, `current` is
    the exception being handled (0 in thread mode). Armv7-M ARM (DDI 0403E), B1.5 and B3.4.
    """

    pending: int = 0
    enabled: int = ALWAYS_ENABLED
    active: int = 0
    priority: int = 0
    prigroup: int = 0
    lines: int = 0
    current: int = 0
    heard: int = 0

    def sample(self, lines: int) -> None:
        """Look at the wires: one that rises, or that is up with its handler done, gets pending."""
        self.lines = lines
        self.pending |= lines & ~self.active

    def hear(self) -> bool:
        """Whether anything became pending since the last call."""
        is_new = bool(self.pending & ~self.heard)
        self.heard = self.pending
        return is_new

    def priority_of(self, exception: int) -> int:
        """Its priority as programmed: the lower, the more urgent."""
        return FIXED.get(exception, self.priority >> 8 * exception & 0xFF)

    def group(self, priority: int) -> int:
        """The part of a priority that counts for preemption."""
        return priority if priority < 0 else priority >> self.prigroup + 1 << self.prigroup + 1

    def most_urgent(self) -> int:
        """The pending and enabled exception to take first; 0 if there is none."""
        waiting = list(bits(self.pending & self.enabled))
        return min(waiting, key=lambda n: (self.priority_of(n), n)) if waiting else 0

    def preempts(self, exception: int, masks: tuple[int, ...] = (0, 0, 0)) -> bool:
        """Whether the exception is more urgent than what is being handled, and than the masks."""
        return self.group(self.priority_of(exception)) < self.running_priority(masks)

    def running_priority(self, masks: tuple[int, ...] = (0, 0, 0)) -> int:
        """How urgent what runs is, under these PRIMASK, BASEPRI and FAULTMASK (B1.5.4)."""
        primask, basepri, faultmask = masks
        priority = min((self.group(self.priority_of(n)) for n in bits(self.active)), default=THREAD)
        if basepri:
            priority = min(priority, self.group(basepri))
        if primask:
            priority = min(priority, 0)
        return min(priority, -1) if faultmask else priority

    def begin(self, exception: int) -> None:
        """The exception is taken."""
        self.pending &= ~(1 << exception)
        self.heard &= self.pending
        self.active |= 1 << exception
        self.current = exception

    def end(self, exception: int, resumed: int) -> None:
        """Its handler returned, to `resumed`. A wire that is still up makes it pending again."""
        self.active &= ~(1 << exception)
        self.pending |= self.lines & 1 << exception
        self.current = resumed

    @property
    def icsr(self) -> int:
        """Interrupt control and state: what is active, what is next, and PendSV, SysTick, NMI."""
        urgent = self.most_urgent()
        return (
            self.current
            | bool(self.active & (self.active - 1) == 0) << 11
            | urgent << 12
            | bool(self.pending >> FIRST_IRQ) << 22
            | (self.pending >> SYSTICK & 1) << 26
            | (self.pending >> PENDSV & 1) << 28
            | (self.pending >> NMI & 1) << 31
        )

    @icsr.setter
    def icsr(self, orders: int) -> None:
        self.pending &= ~((orders >> 25 & 1) << SYSTICK | (orders >> 27 & 1) << PENDSV)
        self.pending |= (orders >> 26 & 1) << SYSTICK | (orders >> 28 & 1) << PENDSV
        self.pending |= (orders >> 31 & 1) << NMI

    @property
    def shcsr(self) -> int:
        """System handler control and state, gathered from the masks."""
        return sum((getattr(self, mask) >> n & 1) << bit for bit, (mask, n) in SHCSR.items())

    @shcsr.setter
    def shcsr(self, value: int) -> None:
        for bit, (mask, n) in SHCSR.items():
            setattr(self, mask, getattr(self, mask) & ~(1 << n) | (value >> bit & 1) << n)

    @property
    def stir(self) -> int:
        """Software trigger: write only."""
        return 0

    @stir.setter
    def stir(self, irq: int) -> None:
        if irq < IRQS:
            self.pending |= 1 << FIRST_IRQ + irq

    def write(self, offset: int, value: int, lanes: int = WORD) -> None:
        """Write a register. An interrupt whose wire is up stays pending."""
        super().write(offset, value, lanes)
        self.sample(self.lines)

    REGISTERS: ClassVar[dict[int, View]] = {
        0xD04: View("icsr", command),
        0xD24: View("shcsr"),
        0xF00: View("stir", command, mask=0x1FF),
        **{0xD14 + 4 * n: View("priority", shift=32 * n, mask=PRIORITY_BITS) for n in (1, 2, 3)},
        **{
            offset + 4 * n: View(mask, write, FIRST_IRQ + 32 * n, WORD if n < 4 else (1 << 22) - 1)
            for offset, mask, write in (
                (0x100, "enabled", set_bits),
                (0x180, "enabled", clear_bits),
                (0x200, "pending", set_bits),
                (0x280, "pending", clear_bits),
                (0x300, "active", ignore),
            )
            for n in range(5)
        },
        **{
            0x400 + 4 * n: View("priority", shift=8 * (FIRST_IRQ + 4 * n), mask=PRIORITY_BITS)
            for n in range(-(-IRQS // 4))
        },
    }
