# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a function put its caller's registers, read off its first instructions.

For code without call frame information. What a compiler emits there is regular: push, make room,
perhaps set up r7; after that the stack pointer stays until the function ends. `Read` raises
`DwarfError`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from rprocbench.formats.dwarf_bytes import DwarfError
from rprocbench.soc.memory import Da

from .symbols import Instruction, disassemble

Read = Callable[[int, int], bytes]

LONGEST = 4096  # bytes to look back for a beginning
MOST = 24  # instructions of a prologue
BX_LR = 0x4770
SCAN = 256  # words of stack to look through
LIST = re.compile(r"\{(.*)\}")
ENDS = ("b", "bx", "bl", "blx", "cbz", "cbnz", "tbb", "tbh", "svc", "bkpt", "udf")


@dataclass
class Saved:
    """What lies where: bytes pushed so far, and offsets from the CFA of what was saved."""

    depth: int = 0
    registers: dict[str, int] = field(default_factory=dict)
    frame_pointer: str = ""  # a register that holds the stack pointer as it was at `pointer_depth`
    pointer_depth: int = 0


def find_start(read: Read, pc: int) -> int | None:
    """The nearest `push {..., lr}` at or before `pc`, which is where a function may begin.

    None where a return lies between: then `pc` is in a function that pushes nothing.
    """
    first = max(0, pc - LONGEST) & ~1
    code = readable(read, first, pc + 4 - first)
    first = pc + 4 - len(code)
    for at in range(len(code) - 4, -1, -2):
        low, high = (int.from_bytes(code[at + n : at + n + 2], "little") for n in (0, 2))
        is_wide = low == 0xE92D and high & 0x4000
        if low >> 8 == 0xB5 or is_wide:
            return first + at
        is_end = low == BX_LR or low >> 8 == 0xBD or (low == 0xE8BD and high & 0xC000)
        if first + at < pc and is_end:
            return None
    return None


def readable(read: Read, start: int, size: int) -> bytes:
    """Bytes up to `start + size`, as many of the last as there are."""
    while size > 4:
        try:
            return read(start, size)
        except DwarfError:
            start, size = start + size - size // 2, size // 2
    return b""


def analyse(read: Read, start: int, pc: int) -> Saved:
    """What the instructions from `start` up to `pc` have pushed."""
    saved = Saved()
    size = min(pc - start, 4 * MOST)
    for instruction in disassemble(read(start, size), Da(start)) if size > 0 else []:
        word, _, operands = instruction.text.partition(" ")
        word = word.removesuffix(".w")
        if word in ENDS or word.startswith("b."):
            break
        apply(saved, word, operands)
    return saved


def apply(saved: Saved, word: str, operands: str) -> None:
    """One instruction of a prologue."""
    if word in ("push", "vpush") or (word == "stmdb" and operands.startswith("sp!")):
        push(saved, operands)
    elif word == "str" and "[sp, #-" in operands:
        register, _, rest = operands.partition(",")
        saved.depth += number_in(rest)
        saved.registers[register] = -saved.depth
    elif word in ("sub", "subw") and operands.startswith("sp,") and "#" in operands:
        saved.depth += number_in(operands)
    elif word in ("mov", "add") and re.match(r"r\d+, sp\b", operands):
        saved.frame_pointer = operands.partition(",")[0]
        saved.pointer_depth = saved.depth - (number_in(operands) if word == "add" else 0)


def push(saved: Saved, operands: str) -> None:
    """Registers of a list, the last at the highest address."""
    found = LIST.search(operands)
    names = register_list(found[1]) if found else []
    size = sum(8 if name.startswith("d") else 4 for name in names)
    saved.depth += size
    offset = -saved.depth
    for name in names:
        saved.registers[name] = offset
        offset += 8 if name.startswith("d") else 4


def register_list(text: str) -> list[str]:
    """`r4, r5, lr` or `d8-d11` as names."""
    names: list[str] = []
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if last:
            kind = first[0]
            names += [f"{kind}{n}" for n in range(int(first[1:]), int(last[1:]) + 1)]
        else:
            names.append({"r13": "sp", "r14": "lr", "r15": "pc", "fp": "r11"}.get(first, first))
    return names


def number_in(text: str) -> int:
    """The size of the immediate in `text`."""
    found = re.search(r"#-?(0x[0-9a-f]+|\d+)", text)
    return int(found[1], 0) if found else 0


def popped_by(instruction: Instruction) -> list[str] | None:
    """The registers that an epilogue's last instruction takes off the stack; None if it is none."""
    word, _, operands = instruction.text.partition(" ")
    word = word.removesuffix(".w")
    found = LIST.search(operands)
    if word in ("pop", "ldm", "ldmia") and found:
        names = register_list(found[1])
        return names if "pc" in names else None
    return [] if instruction.text == "bx lr" else None


def is_return_address(read: Read, value: int) -> bool:
    """Whether a call stands in front of the code that `value` points to."""
    if not value & 1:
        return False
    try:
        code = read(value - 5, 4)
    except DwarfError:
        return False
    return is_call(code) == 4 or is_call(code[2:]) == 2


def is_call(code: bytes) -> int:
    """The size of the instruction that `code` begins with, if it calls a function; else 0."""
    first, second = int.from_bytes(code[:2], "little"), int.from_bytes(code[2:4], "little")
    if first & 0xF800 == 0xF000 and second & 0xD000 == 0xD000:
        return 4
    return 2 if first & 0xFF87 == 0x4780 else 0
