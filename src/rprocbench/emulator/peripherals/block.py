# SPDX-License-Identifier: GPL-2.0-or-later
"""A peripheral of which some registers do something, and all others remember."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.emulator.nvic import FIRST_IRQ
from rprocbench.emulator.registers import WORD, Peripheral


@dataclass
class Block(Peripheral):
    """Registers by offset. A subclass overrides `read` and `wrote` for those that are special.

    `irq` is the interrupt line of the M4 that its `is_raised` drives; -1 for none.
    """

    RESET: ClassVar[Mapping[int, int]] = {}

    name: str
    irq: int = field(default_factory=lambda: -1)  # a wire, no state
    words: dict[int, int] = field(default_factory=dict)

    def peek(self, offset: int) -> int:
        """What is stored, without what reading would do."""
        return self.words.get(offset, self.RESET.get(offset, 0))

    def read(self, offset: int) -> int:
        """The register at `offset`."""
        return self.peek(offset)

    def write(self, offset: int, value: int, lanes: int = WORD) -> None:
        """Write those bits of the register at `offset` that are set in `lanes`."""
        self.wrote(offset, value & lanes, self.peek(offset) & ~lanes | value & lanes)

    def wrote(self, offset: int, _written: int, new: int) -> None:
        """Keep `new`, what the register would hold; `_written` has zeros where none was written."""
        self.words[offset] = new

    @property
    def is_raised(self) -> bool:
        """Whether it wants an interrupt."""
        return False

    @property
    def lines(self) -> int:
        """Its interrupt wires, as bits of the exceptions they raise."""
        return 1 << FIRST_IRQ + self.irq if self.irq >= 0 and self.is_raised else 0

    @property
    def next_event(self) -> int | None:
        """The cycle at which it does something by itself, if it will."""
        return None

    def catch_up(self) -> None:
        """Do what is due by now."""

    def reset(self) -> None:
        """The M4's reset does not reach it."""

    def save(self) -> dict[str, int]:
        """The state, to compare and to `restore`."""
        stored = {f"+{offset:#x}": self.words[offset] for offset in sorted(self.words)}
        return super().save() | stored

    def restore(self, state: Mapping[str, int]) -> None:
        """Go back to what `save` returned."""
        super().restore({name: value for name, value in state.items() if name[0] != "+"})
        self.words = {int(n[1:], 16): value for n, value in state.items() if n[0] == "+"}

    def clear(self, offset: int, bits: int) -> None:
        """Clear bits of a stored register."""
        self.words[offset] = self.peek(offset) & ~bits

    def put(self, offset: int, bits: int) -> None:
        """Set bits of a stored register."""
        self.words[offset] = self.peek(offset) | bits
