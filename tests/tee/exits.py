# SPDX-License-Identifier: GPL-2.0-or-later
"""What a row of the tables of exits is, and what their cases are made of."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.trace import Failed
from rprocbench.formats.elf_records import Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr
from rprocbench.formats.tee_params import Param, ParamType, value
from rprocbench.formats.tlv import TlvType
from rprocbench.tee.commands import Memref
from rprocbench.tee.heap import HeapBlock
from rprocbench.tee.pta_remoteproc import rproc_pta_invoke_command

from .images import elf_at, put, resigned, tlv_at, u32
from .machine import GOOD, Machine
from .st_machine import StMachine

T = TeeResult
Act = Callable[[Machine], object]


@dataclass(frozen=True)
class Exit:
    """An error exit: where tee.md has it, the function, its code and reason, and how to get there.

    `by` are functions that must have passed the error on, innermost first. Nobody may have given
    the same code and reason before, unless the function `translates` another's.
    """

    where: str
    function: str
    code: TeeResult
    why: str
    act: Act
    options: dict[str, Any] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    is_st: bool = False
    translates: bool = False

    def reached(self, failed: list[Failed]) -> bool:
        """Whether these failures are as the row says."""
        code = self.code.name
        told = [e for e in failed if e.code == code and re.search(self.why, e.why)]
        mine = [e for e in told if e.function == self.function]
        if not mine or (told[0] is not mine[0] and not self.translates):
            return False
        passed = [e.function for e in failed if e.why == mine[0].why]
        later = passed[passed.index(self.function) + 1 :]
        return all(name in later for name in self.by)

    def play(self) -> list[Failed]:
        """What failed, in order."""
        machine = StMachine(**self.options) if self.is_st else Machine(**self.options)
        if not self.is_st:
            machine.open()
        start = 0 if "node" in self.options else len(machine.run.trace)
        with suppress(ModelledError):
            self.act(machine)
        return [e for e in machine.run.trace[start:] if isinstance(e, Failed)]


def load(image: bytes | None, **where: int) -> Act:
    return lambda machine: machine.load(image, **where)


def then(*acts: Act) -> Act:
    def play(machine: Machine) -> None:
        for act in acts:
            act(machine)

    return play


def pta(cmd: int, *params: Param | Memref) -> Act:
    return lambda machine: rproc_pta_invoke_command(machine.tee.pta, cmd, *params)


def invoke(cmd: int, *params: Param) -> Act:
    return lambda machine: machine.invoke(cmd, *params)


def patched(name: str, function: Callable[..., None]) -> Act:
    def patch(machine: Machine) -> None:
        machine.run.patches = {name: function}

    return patch


start: Act = lambda machine: machine.start()  # noqa: E731  a case is a value
stop: Act = lambda machine: machine.stop()  # noqa: E731
release: Act = lambda machine: machine.release()  # noqa: E731
get_rsc: Act = lambda machine: machine.get_rsc()  # noqa: E731
good = load(GOOD)


def block(size: int) -> Memref:
    return Memref(HeapBlock(bytearray(size)), 0, size)


def out() -> Param:
    return value(type_=ParamType.VALUE_OUTPUT)


def tlv(type_: int, content: bytes | None = None, length: int | None = None) -> bytes:
    """GOOD with another TLV, signed again."""
    at, image = tlv_at(GOOD, type_), GOOD
    if content is not None:
        image = image[: at + 8] + content + image[at + 8 + len(content) :]
    if length is not None:
        image = put(image, at + 4, length)
    return resigned(image)


def without(type_: TlvType) -> bytes:
    """GOOD in which that TLV has another type, signed again."""
    return resigned(put(GOOD, tlv_at(GOOD, type_), 0x77))


def ehdr(name: str, number: int, image: bytes = GOOD) -> bytes:
    start_, end = Elf32_Ehdr.SPANS[name]
    return put(image, elf_at(image) + start_, number, end - start_)


def phdr(index: int, name: str, number: int, image: bytes = GOOD) -> bytes:
    at = elf_at(image) + 52 + 32 * index + Elf32_Phdr.SPANS[name][0]
    return put(image, at, number)


def row(index: int, name: str, number: int, image: bytes = GOOD) -> bytes:
    """Another program header in a row of the hash table, signed again."""
    at = tlv_at(image, TlvType.HASHTABLE) + 8 + 64 * index + Elf32_Phdr.SPANS[name][0]
    return resigned(put(image, at, number))


def section(name: str, number: int, index: int | None = None, image: bytes = GOOD) -> bytes:
    """Another field of the header of a section; by default of the resource table's."""
    at = section_at(RSC if index is None else index)
    return put(image, elf_at(image) + at + Elf32_Shdr.SPANS[name][0], number)


def section_at(index: int) -> int:
    return u32(GOOD, elf_at(GOOD) + Elf32_Ehdr.SPANS["e_shoff"][0]) + 40 * index


def field16(name: str) -> int:
    at = elf_at(GOOD) + Elf32_Ehdr.SPANS[name][0]
    return int.from_bytes(GOOD[at : at + 2], "little")


def rsc_index() -> int:
    """Which section is the resource table."""
    base = elf_at(GOOD)
    names = u32(GOOD, base + section_at(field16("e_shstrndx")) + 16)
    for index in range(field16("e_shnum")):
        at = base + names + u32(GOOD, base + section_at(index))
        if GOOD[at:].startswith(b".resource_table\0"):
            return index
    raise ValueError("no resource table")


STRINGS = field16("e_shstrndx")
RSC = rsc_index()
