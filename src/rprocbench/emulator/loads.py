# SPDX-License-Identifier: GPL-2.0-or-later
"""Which memory the next instruction accesses, told from its encoding and the registers."""

from typing import Any

import capstone
from capstone import arm

from .engine import Engine, R, Reg
from .stops import unit_end

library: Any = capstone  # ships no types
REGISTERS = {
    **{getattr(arm, f"ARM_REG_R{n}"): R[n] for n in range(13)},
    arm.ARM_REG_SP: Reg.SP,
    arm.ARM_REG_LR: Reg.LR,
}
Access = tuple[int, int, int, int, bool]  # base, index, shift, displacement, whether a write


class Loads:
    """Decodes each instruction once. Accesses relative to PC (constants) and SP are left out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._decoder = library.Cs(
            library.CS_ARCH_ARM, library.CS_MODE_THUMB | library.CS_MODE_MCLASS
        )
        self._decoder.detail = True
        self._known: dict[int, list[Access]] = {}

    @property
    def pc(self) -> int:
        """Where it is."""
        return self._engine[Reg.PC]

    def next(self) -> list[tuple[int, bool]]:
        """Address of each access of the unit at PC, and whether it writes."""
        pc = self.pc
        if pc not in self._known:
            self._known[pc] = self._decode(pc)
        found = []
        for base, index, shift, displacement, is_write in self._known[pc]:
            address = self._engine[base] + displacement
            if index:
                address += self._engine[index] << shift
            found.append((address & 0xFFFF_FFFF, is_write))
        return found

    def _decode(self, pc: int) -> list[Access]:
        found = []
        try:
            code = self._engine.load(pc, unit_end(self._engine.load, pc) - pc)
        except IndexError:
            return []
        for instruction in self._decoder.disasm(code, pc):
            is_write = instruction.mnemonic.startswith(("str", "stm", "vstr"))
            if not is_write and not instruction.mnemonic.startswith(("ldr", "vldr")):
                continue
            for operand in instruction.operands:
                if operand.type != arm.ARM_OP_MEM or operand.mem.base not in REGISTERS:
                    continue
                if operand.mem.base == arm.ARM_REG_SP:
                    continue
                index = REGISTERS.get(operand.mem.index, 0)
                shift = operand.shift.value if index else 0
                base = REGISTERS[operand.mem.base]
                found.append((base, index, shift, operand.mem.disp, is_write))
        return found
