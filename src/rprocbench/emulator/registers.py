# SPDX-License-Identifier: GPL-2.0-or-later
"""Registers as views: each shows some bits of a field, and says what writing does to them.

Several registers may show one field, so that there is one state and nothing to keep in step.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

WORD = 0xFFFF_FFFF


def assign(old: int, value: int, lanes: int) -> int:
    """The register takes what is written to those of its bytes that are."""
    return old & ~lanes | value


def set_bits(old: int, value: int, _lanes: int) -> int:
    """Ones set, zeros do nothing."""
    return old | value


def clear_bits(old: int, value: int, _lanes: int) -> int:
    """Ones clear, zeros do nothing."""
    return old & ~value


def command(_old: int, value: int, _lanes: int) -> int:
    """Each one is an order; the field is a property that carries it out."""
    return value


def ignore(old: int, _value: int, _lanes: int) -> int:
    """Writing does nothing."""
    return old


@dataclass(frozen=True, slots=True)
class View:
    """A register: the bits of `field` from `shift`; only those in `mask` can be written."""

    field: str
    write: Callable[[int, int, int], int] = assign
    shift: int = 0
    mask: int = WORD


class Peripheral:
    """Some registers of one base address.

    Its state is dataclass fields that are integers with a default: that is what `reset` goes back
    to, and what `save` and `restore` copy. Other fields are wires to other things.
    """

    REGISTERS: ClassVar[Mapping[int, View]] = {}

    def read(self, offset: int) -> int:
        """The register at `offset`."""
        view = self.REGISTERS[offset]
        value: int = getattr(self, view.field) >> view.shift & WORD
        return value

    def write(self, offset: int, value: int, lanes: int = WORD) -> None:
        """Write those bits of the register at `offset` that are set in `lanes`."""
        view = self.REGISTERS[offset]
        lanes &= view.mask
        if view.write is ignore:
            return
        if view.write is command:  # reading may be an order, too
            setattr(self, view.field, value & lanes)
            return
        whole: int = getattr(self, view.field)
        new = view.write(whole >> view.shift & WORD, value & lanes, lanes) & WORD
        setattr(self, view.field, whole & ~(WORD << view.shift) | new << view.shift)

    @classmethod
    def defaults(cls) -> dict[str, int]:
        """The state after a reset."""
        mine: Any = cls
        return {f.name: f.default for f in fields(mine) if f.default is not MISSING}

    def reset(self) -> None:
        """Forget everything."""
        self.restore(self.defaults())

    def save(self) -> dict[str, int]:
        """The state, to compare and to `restore`."""
        return {name: getattr(self, name) for name in self.defaults()}

    def restore(self, state: Mapping[str, int]) -> None:
        """Go back to what `save` returned."""
        for name, value in state.items():
            setattr(self, name, value)
