# SPDX-License-Identifier: GPL-2.0-or-later
"""What gdb is told of the target: its registers and its memories, as XML.

Source: Debugging with GDB, appendix G.5.3, "ARM Features", and G.4, "Memory Map Format".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rprocbench.soc.board import Board


@dataclass(frozen=True, slots=True)
class Register:
    """A register in gdb's order: its name, its bits, and which of ours it is made of."""

    name: str
    bits: int
    parts: tuple[str, ...]
    kind: str = ""
    group: str = ""

    @property
    def size(self) -> int:
        """Bytes."""
        return self.bits // 8


def word(name: str, kind: str = "", group: str = "", ours: str = "") -> Register:
    """A register of 32 bits."""
    return Register(name, 32, (ours or name,), kind, group)


CORE = (
    *(word(f"r{n}") for n in range(13)),
    word("sp", "data_ptr"), word("lr"), word("pc", "code_ptr"), word("xpsr"),
)  # fmt: skip
FLOATING = (
    *(Register(f"d{n}", 64, (f"s{2 * n}", f"s{2 * n + 1}"), "ieee_double") for n in range(16)),
    word("fpscr", "int", "float"),
)
SYSTEM = (
    word("msp", "data_ptr", "system"), word("psp", "data_ptr", "system"),
    *(word(name, "int", "system") for name in ("primask", "basepri", "faultmask", "control")),
)  # fmt: skip
FEATURES = {
    "org.gnu.gdb.arm.m-profile": CORE,
    "org.gnu.gdb.arm.vfp": FLOATING,
    "org.gnu.gdb.arm.m-system": SYSTEM,
}
REGISTERS = tuple(register for registers in FEATURES.values() for register in registers)


def target_xml() -> bytes:
    """The description of a Cortex-M4F."""
    lines = ['<?xml version="1.0"?>', '<!DOCTYPE target SYSTEM "gdb-target.dtd">']
    lines += ['<target version="1.0">', "<architecture>arm</architecture>"]
    for name, registers in FEATURES.items():
        lines.append(f'<feature name="{name}">')
        for register in registers:
            more = f' type="{register.kind}"' if register.kind else ""
            more += f' group="{register.group}"' if register.group else ""
            lines.append(f'<reg name="{register.name}" bitsize="{register.bits}"{more}/>')
        lines.append("</feature>")
    return "\n".join([*lines, "</target>", ""]).encode()


def memory_map(board: Board) -> bytes:
    """The memories that the M4 of `board` sees, and its registers, which are read like memory."""
    ranges = [(int(mapping.base), mapping.size) for mapping in board.m4]
    ranges += [(0x4000_0000, 0x2000_0000), (0xE000_0000, 0x0010_0000)]
    lines = ['<?xml version="1.0"?>']
    lines.append(
        '<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN"'
        ' "http://sourceware.org/gdb/gdb-memory-map.dtd">'
    )
    lines.append("<memory-map>")
    for base, size in sorted(set(ranges)):
        lines.append(f'<memory type="ram" start="{base:#x}" length="{size:#x}"/>')
    return "\n".join([*lines, "</memory-map>", ""]).encode()


def pack(register: Register, values: Mapping[str, int]) -> bytes:
    """The register's bytes, in the target's order."""
    return b"".join(values[part].to_bytes(4, "little") for part in register.parts)


def unpack(register: Register, data: bytes) -> dict[str, int]:
    """Our registers from its bytes."""
    return {
        part: int.from_bytes(data[4 * at : 4 * at + 4], "little")
        for at, part in enumerate(register.parts)
    }
