# SPDX-License-Identifier: GPL-2.0-or-later
"""A cursor in the history of a machine: any moment of its worlds and of its M4, to be looked at.

The worlds' moments come from the trace, the M4's from a replica that executes again; so a cursor
moves over Linux, OP-TEE and the M4 together. At the newest moment the machine itself is looked at.
"""

from contextlib import suppress
from functools import cached_property

from rprocbench.base.errors import InputCode, InputError
from rprocbench.base.state import State, state_at
from rprocbench.base.trace import Trace  # noqa: TC001  as everywhere
from rprocbench.emulator.coverage import Coverage, coverage
from rprocbench.emulator.debuginfo import DebugInfo
from rprocbench.emulator.machine import CortexM4
from rprocbench.emulator.profile import Profile, profile
from rprocbench.emulator.regfile import Registers
from rprocbench.emulator.snapshots import SPACING, Album, Keeper
from rprocbench.emulator.timeline import Position
from rprocbench.emulator.tracing import INSTRUCTIONS, KINDS, LIMIT, M4Trace, Tracer
from rprocbench.emulator.travel import Moment, Traveller
from rprocbench.soc.board import Board
from rprocbench.soc.boards import BOARDS
from rprocbench.soc.memory import Da

from .machine import FollowedCore, Machine
from .recording import Recording
from .scenarios import elf_of


class Cursor:
    """A machine, or a finished recording of one, and a moment of it that is looked at."""

    def __init__(
        self, subject: Machine | Recording, *, board: Board | None = None, spacing: int = SPACING
    ) -> None:
        self.machine = subject if isinstance(subject, Machine) else None
        self._live: CortexM4 | None = None
        self.trace: Trace = subject.run.trace if isinstance(subject, Machine) else subject.trace
        album = Album()
        if isinstance(subject, Machine):
            board = subject.soc.board
            core = subject.soc.mcu.core
            core = core.core if isinstance(core, FollowedCore) else core
            if not isinstance(core, CortexM4):
                raise InputError(InputCode.UNSUPPORTED, "this machine has no engine")
            self._live = core
            self._keeper = Keeper(core, album, spacing)
        else:
            board = board or board_named(subject.board)
            self._image = subject.image
        self._traveller = Traveller(board, self.trace, album, spacing=spacing)
        self._past: Moment | None = None if self._live else self._traveller.end
        self.registers = Registers(lambda: self.core.engine, self.write_register)

    # Where it is

    @property
    def is_live(self) -> bool:
        """Whether the machine itself is looked at, at the newest moment."""
        return self._past is None

    @property
    def core(self) -> CortexM4:
        """The core that is looked at: the machine's, or a replica standing in the past."""
        if self._past is None:
            assert self._live
            return self._live
        self._traveller.goto(self._past)
        return self._traveller.core

    @property
    def _moment(self) -> Moment:
        if self._past is not None:
            return self._past
        assert self._live
        return Moment(self._live.cycles, len(self.trace), self._live.entries)

    @property
    def position(self) -> Position:
        """Where the cursor is."""
        return self._name(self._moment)

    @property
    def end(self) -> Position:
        """The newest moment that was recorded."""
        return self._name(self._traveller.end)

    @property
    def index(self) -> int:
        """How many events of the trace have happened: `state_at(trace, index - 1)`."""
        return self._moment.index

    def _name(self, moment: Moment) -> Position:
        self._traveller.timeline.refresh()
        return self._traveller.position_of(moment)

    @property
    def pc(self) -> int:
        """The address of the next instruction."""
        return self.registers["pc"]

    # Looking

    def read(self, da: int, size: int) -> bytes:
        """Memory as the M4 addresses it; no access leaves a trace. Raises `InputError`."""
        found = self.core.soc.m4.locate(Da(da), size)
        if found is None:
            raise InputError(InputCode.NOT_READABLE, f"the M4 sees no memory at {da:#x}+{size:#x}")
        return found[0].read(found[1], size)

    def word(self, da: int) -> int:
        """Four bytes as a number."""
        return int.from_bytes(self.read(da, 4), "little")

    def peek(self, da: int, size: int = 4) -> int:
        """A register of a peripheral, as reading would give it. The machine itself is not asked."""
        moment = self._moment
        self._traveller.goto(moment)
        value = self._traveller.core.bus.read(da, size)
        self._traveller.forget()
        return value

    def state(self) -> State:
        """Every object and every byte, of all the worlds, at this moment."""
        state = state_at(self.trace, self.index - 1)
        for name, ram in self.core.soc.rams.items():
            if name in state.memories:
                state.memories[name].write(0, ram.read(0, ram.size))
        return state

    def write_register(self, name: str, value: int) -> None:
        """Change a register. A cursor only looks."""
        raise InputError(InputCode.UNSUPPORTED, f"{name} cannot be changed to {value:#x} here")

    # Moving

    def goto(self, position: Position) -> None:
        """Look at another moment. Raises `InputError` BAD_VALUE for one outside of the run."""
        self._look_at(self._traveller.moment_of(position))

    def goto_event(self, index: int) -> None:
        """Look at the moment just after the first `index` events of the trace."""
        if not 0 <= index <= len(self.trace):
            why = f"the trace has {len(self.trace)} events, not {index}"
            raise InputError(InputCode.BAD_VALUE, why)
        self._traveller.timeline.refresh()
        self._look_at(Moment(self._traveller.timeline.cycles_at(index), index))

    def _look_at(self, moment: Moment) -> None:
        if self._live and moment >= self._traveller.end:
            self._past = None
        else:
            self._past = self._traveller.goto(moment)

    # Traces

    @cached_property
    def info(self) -> DebugInfo:
        """What the firmware says of itself. Another file with more in it may be assigned."""
        return DebugInfo(self._elf())

    def _elf(self) -> bytes | None:
        files = self.machine.host.files.values() if self.machine else [self._image]
        image = next(iter(files), b"")
        with suppress(InputError):
            return elf_of(image).data
        return None

    def _window(self, start: Position | None, end: Position | None) -> tuple[Moment, Moment]:
        traveller = self._traveller
        first = traveller.moment_of(start) if start else Moment(0, 0)
        return first, traveller.moment_of(end) if end else traveller.end

    @property
    def _tracer(self) -> Tracer:
        return Tracer(self._traveller, self.info)

    def trace_m4(
        self,
        *kinds: str,
        start: Position | None = None,
        end: Position | None = None,
        limit: int = LIMIT,
    ) -> M4Trace:
        """What the M4 did in a window, or in all of the run: lines of some kinds.

        Kinds are `blocks`, `instructions` (if none is named), `accesses`, `exceptions` and
        `peripherals`. Raises `InputError` BAD_VALUE for others.
        """
        for kind in kinds:
            if kind not in KINDS:
                why = f"{kind!r} is not one of {', '.join(KINDS)}"
                raise InputError(InputCode.BAD_VALUE, why)
        return self._tracer.trace(kinds or (INSTRUCTIONS,), *self._window(start, end), limit)

    def profile(self, start: Position | None = None, end: Position | None = None) -> Profile:
        """Where the M4's instructions went: a call tree, and by function."""
        return profile(self._tracer, *self._window(start, end))

    def coverage(self, start: Position | None = None, end: Position | None = None) -> Coverage:
        """Which lines and functions were executed, and how often."""
        return coverage(self._tracer, *self._window(start, end))


def board_named(name: str) -> Board:
    """The board of a recording. Raises `InputError` UNSUPPORTED for one that nobody knows."""
    if name not in BOARDS:
        raise InputError(InputCode.UNSUPPORTED, f"no board is called {name!r}")
    return BOARDS[name]
