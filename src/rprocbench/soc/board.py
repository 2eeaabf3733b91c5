# SPDX-License-Identifier: GPL-2.0-or-later
"""One board: `Board` is what its device trees say, `Soc` the live thing with memories and wires."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rprocbench.base.run import Run
from rprocbench.base.trace import Lane
from rprocbench.formats.tee_params import SmcCall, SmcResult

from .description import Board
from .exti import Exti
from .firewall import Firewall
from .ipcc import Ipcc
from .mcu import Mcu
from .memory import AddressSpace, Mapping, Pa, Ram
from .registers import Syscon

SLICE_MS = 1

__all__ = ["SLICE_MS", "Board", "Soc"]


@dataclass
class Soc:
    """The live silicon. `smc` is the border to the secure world; the bench plugs it in."""

    board: Board
    run: Run
    label: str = "soc"
    smc: Callable[[SmcCall], SmcResult] | None = None
    rams: dict[str, Ram] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rams = {
            chip.name: Ram(self.run, chip.name, chip.size, self.board.fill)
            for chip in self.board.chips
        }
        self.firewall = Firewall(self.run)
        self.a7 = AddressSpace(Lane.LINUX, self.board.a7, self.rams, self.firewall)
        self.m4 = AddressSpace(Lane.M4, self.board.m4, self.rams, self.firewall)
        self.firewall.connect(self._storage)
        for region in (*self.board.linux_regions, *self.board.optee_regions):
            self.firewall.define(region.name, region.pa, region.size)
        self.ipcc = Ipcc(self.run)
        self.exti = Exti(self.run)
        self.mcu = Mcu(self.run)
        self.syscon = Syscon(self.run)
        self._dma_next = self.board.dma_pool.pa

    def _storage(self, pa: int, size: int) -> tuple[str, int] | None:
        """The name and offset of the memory at a physical address, for the firewall."""
        found = self.a7.locate(Pa(pa), size)
        return (found[0].label, found[1]) if found else None

    def dma_alloc(self, size: int) -> Pa | None:
        """Zeroed memory from the pool, aligned to its size (1 MiB at most); None when it is full.

        Each block is a `Ram` of its own, so that it lives as long as the carveout that holds it.
        """
        pool = self.board.dma_pool
        size = -(-size // 4096) * 4096
        align = min(1 << max(size - 1, 0).bit_length(), 1 << 20)
        base = Pa(-(-self._dma_next // align) * align)
        if size <= 0 or base + size > pool.pa + pool.size:
            return None
        self._dma_next = Pa(base + size)
        ram = Ram(self.run, f"dma@{base:#x}", size)
        self.rams[ram.label] = ram
        self.a7.mappings.append(Mapping(base, ram.label, size))
        return base

    def dma_free(self, pa: Pa) -> None:
        """Give back what `dma_alloc` returned. The last block's addresses are used again."""
        mapping = next(m for m in self.a7.mappings if m.base == pa and m.chip.startswith("dma@"))
        self.a7.mappings.remove(mapping)
        self.rams.pop(mapping.chip).gone()
        ends = [m.base + m.size for m in self.a7.mappings if m.chip.startswith("dma@")]
        self._dma_next = Pa(max(ends, default=self.board.dma_pool.pa))

    @property
    def a7_pending(self) -> bool:
        """Whether the Cortex-A has an interrupt to take."""
        return self.ipcc.a7_pending or self.exti.a7_pending

    def deliver(self) -> None:
        """Let the Cortex-A take its pending interrupts."""
        self.ipcc.deliver()
        self.exti.deliver()

    def wait(self, until: Callable[[], bool], timeout_ms: int) -> bool:
        """Let the M4 run, and Linux take its interrupts, until `until()`; False when time is up.

        Time is the M4's own clock, so the answer is the same on every machine.
        """
        core = self.mcu.core
        self.deliver()
        if core is None:
            return until()
        end = core.cycles + timeout_ms * self.board.m4_hz // 1000
        while not until():
            if core.cycles >= end or not core.run_until(end):
                self.deliver()
                return until()
            self.deliver()
        return True
