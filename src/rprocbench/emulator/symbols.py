# SPDX-License-Identifier: GPL-2.0-or-later
"""Names for addresses, and text for instructions."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import capstone

from rprocbench.formats.elf import ElfView
from rprocbench.soc.memory import Da

STT_FUNC = 2
library: Any = capstone  # ships no types


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the firmware: `size` bytes from `da`; 0 where the file does not say."""

    da: Da
    size: int
    name: str

    def __contains__(self, da: int) -> bool:
        return self.da <= da < self.da + max(self.size, 1)


@dataclass(frozen=True)
class Symbols:
    """The functions of a firmware, by address."""

    functions: tuple[Function, ...] = ()

    @classmethod
    def of(cls, elf: ElfView) -> "Symbols":
        """The functions that the symbol table names; none for a stripped file."""
        found = {
            Function(Da(symbol.entry.st_value & ~1), symbol.entry.st_size, symbol.name)
            for symbol in elf.symbols
            if symbol.type == STT_FUNC
        }
        return cls(tuple(sorted(found, key=lambda f: (f.da, f.size, f.name))))

    def function(self, da: int) -> Function | None:
        """The function that the byte at `da` belongs to."""
        at = bisect_right(self.functions, da, key=lambda function: function.da)
        return next((f for f in reversed(self.functions[:at][-4:]) if da in f), None)

    def name(self, da: int) -> str:
        """`rpmsg_send+0x1a`; the address alone where no function lies."""
        function = self.function(da)
        if function is None:
            return f"{da:#010x}"
        return function.name + (f"+{da - function.da:#x}" if da > function.da else "")

    def at(self, name: str) -> Da | None:
        """Where the function called `name` begins."""
        return next((f.da for f in self.functions if f.name == name), None)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction as text."""

    da: Da
    code: bytes
    text: str


def disassemble(code: bytes, da: Da) -> list[Instruction]:
    """The Thumb instructions in `code`, which lies at `da`; what is none is shown as data."""
    decoder = library.Cs(library.CS_ARCH_ARM, library.CS_MODE_THUMB | library.CS_MODE_MCLASS)
    decoder.skipdata = True
    return [
        Instruction(Da(at), code[at - da : at - da + size], f"{mnemonic} {operands}".strip())
        for at, size, mnemonic, operands in decoder.disasm_lite(code, da)
    ]
