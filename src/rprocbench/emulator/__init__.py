# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine room: a Cortex-M4 that executes what was loaded."""

from .history import Checkpoint, restore, save
from .machine import CortexM4
from .symbols import Function, Instruction, Symbols, disassemble
from .waiting import Waiting, waits_for

__all__ = [
    "Checkpoint",
    "CortexM4",
    "Function",
    "Instruction",
    "Symbols",
    "Waiting",
    "disassemble",
    "restore",
    "save",
    "waits_for",
]
