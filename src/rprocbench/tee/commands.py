# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands as data: which parameters each takes (ours; the C compares in every function)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.formats.tee_params import NUM_PARAMS, ParamType

from .heap import HeapBlock
from .shared_memory import SharedBuffer

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Memref:
    """What the TA hands to the PTA: `size` bytes from `start` of memory that the TA can read."""

    area: SharedBuffer | HeapBlock | None
    start: int
    size: int
    type: ParamType = ParamType.MEMREF_INPUT

    @property
    def accessible(self) -> bool:
        """Whether the core lets it pass: the TA must be able to read all of it."""
        return self.area is None or self.area.holds(self.start, self.size)

    def fetch(self) -> bytes:
        """Read the bytes, as they are now."""
        return b"" if self.area is None else self.area.fetch(self.start, self.size)


class Typed(Protocol):
    """Anything with a parameter type."""

    @property
    def type(self) -> ParamType: ...


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its parameter types (None: any), and the function that serves it."""

    types: tuple[ParamType, ...] | None
    handler: Callable[..., None]


def command(
    table: dict[int, Command], number: int, *types: ParamType, any_types: bool = False
) -> Callable[[F], F]:
    """Declare the decorated function as command `number` of `table`."""

    def declare(fn: F) -> F:
        table[number] = Command(None if any_types else types, fn)
        return fn

    return declare


def check_types(types: tuple[ParamType, ...], params: Sequence[Typed]) -> None:
    """`if (pt != exp_pt)`: all four types must be the expected ones, NONE where none is."""
    got = tuple([param.type for param in params])
    if got == types:
        return
    got += (ParamType.NONE,) * (NUM_PARAMS - len(got))
    if got != types + (ParamType.NONE,) * (NUM_PARAMS - len(types)):
        names = ", ".join(each.name for each in got)
        raise ModelledError(TeeResult.BAD_PARAMETERS, f"wrong parameter types ({names})")
