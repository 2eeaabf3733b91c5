# SPDX-License-Identifier: GPL-2.0-or-later
"""Call frame information: where a function's caller left its registers (our zone; DWARF 5, 6.4)."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from .dwarf_bytes import Cursor, DwarfError
from .dwarf_sections import Sections

MAX_RECORDS = 1 << 18
MAX_REMEMBERED = 64
PCREL, OMIT = 0x10, 0xFF  # DW_EH_PE_*

Kind = Literal["same", "undefined", "at", "is", "register", "at expression", "is expression"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How to find a register of the caller: `at` and `is` are offsets from the CFA."""

    kind: Kind
    number: int = 0
    expression: bytes = b""


@dataclass
class Rules:
    """What holds at one instruction: the CFA is a register plus an offset, or an expression."""

    cfa_register: int = 13
    cfa_offset: int = 0
    cfa_expression: bytes | None = None
    registers: dict[int, Rule] = field(default_factory=dict)
    return_register: int = 14
    is_signal: bool = False

    def copy(self) -> "Rules":
        """A copy that may be changed."""
        return Rules(
            self.cfa_register, self.cfa_offset, self.cfa_expression, dict(self.registers),
            self.return_register, self.is_signal,
        )  # fmt: skip


@dataclass(frozen=True)
class Common:
    """A CIE: what several descriptions have in common."""

    code_factor: int
    data_factor: int
    return_register: int
    program: Cursor
    address_size: int
    encoding: int = 0
    has_augmentation: bool = False
    is_signal: bool = False


@dataclass(frozen=True)
class Description:
    """An FDE: the rules for one stretch of code."""

    start: int
    end: int
    common: Common
    program: Cursor


class FrameTable:
    """All descriptions of .debug_frame and .eh_frame, by address; damaged ones are left out."""

    def __init__(self, sections: Sections, eh_frame_address: int = 0) -> None:
        self._sections = sections
        self._eh_frame_address = eh_frame_address

    @cached_property
    def descriptions(self) -> list[Description]:
        """By address."""
        found: list[Description] = []
        for name in ("debug_frame", "eh_frame"):
            if name in self._sections:
                base = self._eh_frame_address if name == "eh_frame" else None
                found += Reader(self._sections[name], base).descriptions()
        return sorted(found, key=lambda each: each.start)

    @cached_property
    def _starts(self) -> list[int]:
        return [each.start for each in self.descriptions]

    def at(self, address: int) -> Description | None:
        """The description that covers `address`."""
        at = bisect_right(self._starts, address)
        near = reversed(self.descriptions[max(0, at - 8) : at])
        return next((each for each in near if address < each.end), None)

    def rules_at(self, address: int) -> Rules | None:
        """The rules just before the instruction at `address`; None without a description.

        Raises `DwarfError` for a damaged one.
        """
        description = self.at(address)
        return None if description is None else rules(description, address)


class Reader:
    """One section of frame information. `eh_base` is its address if it is .eh_frame."""

    def __init__(self, data: bytes, eh_base: int | None) -> None:
        self.data = data
        self.eh_base = eh_base
        self.commons: dict[int, Common | None] = {}

    def descriptions(self) -> Iterator[Description]:
        """Each that can be read."""
        at = 0
        for _ in range(MAX_RECORDS):
            if at + 4 > len(self.data):
                return
            cursor = Cursor(self.data, at)
            try:
                length, size = cursor.length()
            except DwarfError:
                return
            if not length and self.eh_base is not None:
                return
            start, at = cursor.at, cursor.at + length
            with suppress(DwarfError):
                found = self._description(Cursor(self.data, start, at), size)
                if found and found.start < found.end:
                    yield found

    def _description(self, cursor: Cursor, size: int) -> Description | None:
        here = cursor.at
        pointer = cursor.number(4 if self.eh_base is not None else size)
        is_common = pointer == (0 if self.eh_base is not None else (1 << 8 * size) - 1)
        if is_common:
            return None
        where = here - pointer if self.eh_base is not None else pointer
        common = self._common(where)
        start = self._pointer(cursor, common.encoding, common.address_size)
        length = self._pointer(cursor, common.encoding & 0x0F, common.address_size)
        if common.has_augmentation:
            cursor.take(cursor.uleb())
        return Description(start, start + length, common, cursor)

    def _common(self, at: int) -> Common:
        if at not in self.commons:
            self.commons[at] = None
            self.commons[at] = self._read_common(at)
        common = self.commons[at]
        if common is None:
            raise DwarfError(f"the frame information at {at:#x} is damaged")
        return common

    def _read_common(self, at: int) -> Common:
        cursor = Cursor(self.data, at)
        length, size = cursor.length()
        cursor.end = min(cursor.end, cursor.at + length)
        cursor.number(4 if self.eh_base is not None else size)
        version, augmentation = cursor.u8(), cursor.text()
        address_size = 4
        if version >= 4:
            address_size = cursor.u8()
            cursor.u8()
        if address_size not in (4, 8):
            raise DwarfError(f"frame information with addresses of {address_size} bytes")
        code, factor = cursor.uleb(), cursor.sleb()
        register = cursor.u8() if version == 1 else cursor.uleb()
        encoding, has_more = 0, augmentation.startswith("z")
        if has_more:
            encoding = self._augmentation(augmentation[1:], Cursor(cursor.take(cursor.uleb())))
        elif augmentation:
            raise DwarfError(f"frame information with the augmentation {augmentation!r}")
        return Common(
            code, factor, register, cursor, address_size, encoding, has_more, "S" in augmentation
        )

    def _augmentation(self, letters: str, cursor: Cursor) -> int:
        encoding = 0
        for letter in letters:
            if letter == "R":
                encoding = cursor.u8()
            elif letter == "L":
                cursor.u8()
            elif letter == "P":
                self._pointer(cursor, cursor.u8() & 0x7F, 4)
        return encoding

    def _pointer(self, cursor: Cursor, encoding: int, address_size: int) -> int:
        here = cursor.at
        if encoding == OMIT:
            return 0
        match encoding & 0x0F:
            case 0x00:
                value = cursor.number(address_size)
            case 0x01:
                value = cursor.uleb()
            case 0x09:
                value = cursor.sleb()
            case kind if kind in (2, 3, 4, 0xA, 0xB, 0xC):
                data = cursor.take(1 << (kind & 7) - 1)
                value = int.from_bytes(data, "little", signed=kind > 8)
            case kind:
                raise DwarfError(f"frame information with pointers of the kind {kind:#x}")
        if encoding & 0x70 == PCREL:
            value += (self.eh_base or 0) + here
        return value & 0xFFFF_FFFF if address_size == 4 else value


def rules(description: Description, address: int) -> Rules:
    """The rules at `address`: the common program, then the description's up to there."""
    common = description.common
    state = Rules(return_register=common.return_register, is_signal=common.is_signal)
    machine = Machine(common, description.start, state)
    machine.run(common.program, None)
    machine.initial = dict(machine.state.registers)
    machine.run(description.program, address)
    return machine.state


class Machine:
    """The machine that makes rules: a location that advances, and rules that change on the way."""

    def __init__(self, common: Common, start: int, state: Rules) -> None:
        self.common = common
        self.location = start
        self.state = state
        self.initial: dict[int, Rule] = {}
        self.remembered: list[Rules] = []

    def run(self, program: Cursor, until: int | None) -> None:
        """Run, up to the location `until`. Raises `DwarfError`."""
        cursor = Cursor(program.data, program.at, program.end)
        while cursor.left:
            opcode = cursor.u8()
            target = self._advance(opcode, cursor)
            if target is not None:
                if until is not None and target > until:
                    return
                self.location = target
                continue
            high, low = opcode >> 6, opcode & 0x3F
            if high == 2:
                offset = cursor.uleb() * self.common.data_factor
                self.state.registers[low] = Rule("at", offset)
            elif high == 3:
                self._restore(low)
            else:
                self._other(opcode, cursor)

    def _advance(self, opcode: int, cursor: Cursor) -> int | None:
        factor = self.common.code_factor
        if opcode >> 6 == 1:
            return self.location + (opcode & 0x3F) * factor
        match opcode:
            case 0x01:  # set_loc
                return cursor.number(self.common.address_size)
            case 0x02 | 0x03 | 0x04:  # advance_loc1, 2, 4
                return self.location + cursor.number(1 << opcode - 2) * factor
        return None

    def _restore(self, register: int) -> None:
        if register in self.initial:
            self.state.registers[register] = self.initial[register]
        else:
            self.state.registers.pop(register, None)

    def _other(self, opcode: int, cursor: Cursor) -> None:  # noqa: C901  one case an opcode
        state, factor = self.state, self.common.data_factor
        match opcode:
            case 0x00:
                pass
            case 0x0A:
                if len(self.remembered) > MAX_REMEMBERED:
                    raise DwarfError("frame information remembers too much")
                self.remembered.append(state.copy())
            case 0x0B:
                if not self.remembered:
                    raise DwarfError("frame information restores what it never remembered")
                self.state = self.remembered.pop()
            case 0x0C | 0x12:  # def_cfa, and with a signed offset
                state.cfa_register = cursor.uleb()
                state.cfa_offset = cursor.uleb() if opcode == 0x0C else cursor.sleb() * factor
                state.cfa_expression = None
            case 0x0D:
                state.cfa_register, state.cfa_expression = cursor.uleb(), None
            case 0x0E | 0x13:
                state.cfa_offset = cursor.uleb() if opcode == 0x0E else cursor.sleb() * factor
            case 0x0F:
                state.cfa_expression = cursor.take(cursor.uleb())
            case 0x2E:  # GNU_args_size
                cursor.uleb()
            case 0x06:
                self._restore(cursor.uleb())
            case _:
                self._rule(opcode, cursor.uleb(), cursor)

    def _rule(  # noqa: C901  one case an opcode
        self, opcode: int, register: int, cursor: Cursor
    ) -> None:
        factor = self.common.data_factor
        match opcode:
            case 0x05:
                rule = Rule("at", cursor.uleb() * factor)
            case 0x07:
                rule = Rule("undefined")
            case 0x08:
                rule = Rule("same")
            case 0x09:
                rule = Rule("register", cursor.uleb())
            case 0x10:
                rule = Rule("at expression", 0, cursor.take(cursor.uleb()))
            case 0x16:
                rule = Rule("is expression", 0, cursor.take(cursor.uleb()))
            case 0x11:
                rule = Rule("at", cursor.sleb() * factor)
            case 0x14:
                rule = Rule("is", cursor.uleb() * factor)
            case 0x15:
                rule = Rule("is", cursor.sleb() * factor)
            case 0x2F:  # GNU_negative_offset_extended
                rule = Rule("at", -cursor.uleb() * factor)
            case _:
                raise DwarfError(f"frame information has the unknown instruction {opcode:#x}")
        self.state.registers[register] = rule
