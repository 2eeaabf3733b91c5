# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to be seen at the cursor: the calls, the selected frame, memory, registers, variables."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rprocbench.base.errors import InputCode, InputError, RprocError
from rprocbench.emulator.debuginfo import Call, DebugInfo, Frame, Local, safely
from rprocbench.formats.dwarf_values import Printer

from .target import Target

PERIPHERALS = ((0x4000_0000, 0x6000_0000), (0xE000_0000, 0xE010_0000))
MAX_READ = 1 << 20


def is_peripheral(da: int) -> bool:
    """Whether registers lie there, not memory."""
    return any(start <= da < end for start, end in PERIPHERALS)


@dataclass
class View:
    """The machine as a debugger shows it. Which call is selected is forgotten when it moves on."""

    target: Target
    _at: object = field(default=None, repr=False)
    _calls: list[Call] = field(default_factory=list, repr=False)
    selected: int = 0

    @property
    def info(self) -> DebugInfo:
        """The debug information."""
        return self.target.info

    # Memory and registers

    def read(self, da: int, size: int) -> bytes:
        """Memory, or registers of peripherals as reading would give them; nothing is disturbed.

        Raises `InputError` NOT_READABLE.
        """
        if not 0 <= size <= MAX_READ:
            raise InputError(InputCode.BAD_VALUE, f"{size} bytes are too many")
        if not is_peripheral(da):
            return self.target.session.read(da, size)
        data = b""
        for at in range(da & ~3, da + size, 4):
            try:
                data += self.target.session.peek(at, 4).to_bytes(4, "little")
            except (RprocError, IndexError, KeyError):
                raise InputError(InputCode.NOT_READABLE, f"nothing answers at {at:#010x}") from None
        return data[da & 3 : (da & 3) + size]

    def write(self, da: int, data: bytes) -> None:
        """Write memory. Raises `InputError`: registers of peripherals are for code to write."""
        if is_peripheral(da):
            why = f"{da:#010x} is a register of a peripheral: only code writes there"
            raise InputError(InputCode.NOT_WRITABLE, why)
        self.target.session.write(da, data)

    def registers(self) -> dict[str, int]:
        """The registers of the selected frame, as far as they are known."""
        return dict(self.frame.registers)

    def printer(self, base: int = 10) -> Printer:
        """Shows values of this machine."""
        return Printer(safely(self.read), self.info.pointed_at, base)

    # Calls

    @property
    def moment(self) -> tuple[object, ...]:
        """What tells this moment from others."""
        session = self.target.session
        return (id(session), session.position, session.is_live, session.registers["pc"])

    @property
    def calls(self) -> list[Call]:
        """Who called whom, innermost first; never empty."""
        if self._at != self.moment:
            self.refresh()
        return self._calls

    def refresh(self) -> None:
        """Look again: something was written."""
        registers = self.target.registers()
        self._calls = self.info.backtrace(registers, self.read)
        self._at = self.moment
        self.selected = 0

    def select(self, index: int) -> Call:
        """Choose a call. Raises `InputError` BAD_VALUE where there is none."""
        if not 0 <= index < len(self.calls):
            why = f"there are frames 0 to {len(self.calls) - 1}"
            raise InputError(InputCode.BAD_VALUE, why)
        self.selected = index
        return self.calls[index]

    @property
    def call(self) -> Call:
        """The selected call."""
        calls = self.calls
        return calls[min(self.selected, len(calls) - 1)]

    @property
    def frame(self) -> Frame:
        """The frame of the selected call."""
        return self.call.frame

    def frames(self) -> list[Frame]:
        """The selected frame and those of its callers."""
        found: list[Frame] = []
        for call in self.calls[self.selected :]:
            if not found or found[-1] is not call.frame:
                found.append(call.frame)
        return found

    def _inlined(self) -> int:
        """How many inlined calls of the same frame are inside of the selected one."""
        before = self.calls[: self.selected]
        return sum(call.frame is self.frame for call in before)

    def locals(self, base: int = 10) -> list[Local]:
        """The variables of the selected call."""
        if self.frame.exception:
            return []
        return self.info.locals_of(
            self.frames(), self.read, printer=self.printer(base), inlined=self._inlined()
        )

    def local(self, name: str) -> Local | None:
        """The variable of that name in the selected call; the innermost, as in C."""
        return next((each for each in self.locals() if each.name == name), None)

    # Places

    def where(self, da: int) -> str:
        """An address for people: `0x10000360 <rpmsg_send+0x4> at common/rpmsg.c:55`."""
        name, line = self.info.name_at(da), self.info.line_at(da)
        text = f"{da:#010x}" + (f" <{name}>" if name else "")
        return text + (f" at {line[0]}:{line[1]}" if line else "")

    def backtrace(self, limit: int | None = None) -> Iterator[str]:
        """The calls as text, one a line."""
        calls = self.calls
        for index, call in enumerate(calls[:limit]):
            mark = "*" if index == self.selected else " "
            yield f"{mark}#{index:<2} {call}{self._arguments(index)}"
        if limit is not None and len(calls) > limit:
            yield f"  ... {len(calls) - limit} more"

    def _arguments(self, index: int) -> str:
        call = self.calls[index]
        how = call.frame.how
        return " (guessed)" if how == "stack search" and not call.is_inlined else ""
