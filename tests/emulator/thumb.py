# SPDX-License-Identifier: GPL-2.0-or-later
"""Thumb code for tests: readable assembly, and its bytes from a table that needs no assembler.

After a change, `RPROCBENCH_ASSEMBLE=1 python -m pytest tests/emulator` writes the table anew, with
`arm-none-eabi-as`. `test_thumb.py` compares the two wherever that is installed.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

TABLE = Path(__file__).with_name("thumb.json")
ASSEMBLER, OBJCOPY = "arm-none-eabi-as", "arm-none-eabi-objcopy"
PRELUDE = """
    .syntax unified
    .thumb
    .cpu cortex-m4
    .fpu fpv4-sp-d16
    .equ MAIL, 0x10020000
    .equ SCS, 0xe000e000
    .equ IPCC, 0x4c001000
    .equ DWT, 0xe0001000
"""


def tidy(assembly: str) -> str:
    """The text without indentation, which is the key of the table."""
    lines = (line.split("@")[0].strip() for line in assembly.replace(";", "\n").splitlines())
    return "; ".join(line for line in lines if line)


def table() -> dict[str, str]:
    """Assembly to hexadecimal bytes."""
    known: dict[str, str] = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    return known


def thumb(assembly: str) -> bytes:
    """Look up the bytes of some lines of position-independent Thumb code."""
    text, known = tidy(assembly), table()
    if text not in known and os.environ.get("RPROCBENCH_ASSEMBLE"):
        known[text] = assemble(text).hex()
        TABLE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    return bytes.fromhex(known[text])


def assemble(text: str) -> bytes:
    """Ask the real assembler."""
    with tempfile.TemporaryDirectory() as name:
        source, compiled, flat = (Path(name) / end for end in ("a.s", "a.o", "a.bin"))
        source.write_text(PRELUDE + text.replace("; ", "\n") + "\n")
        subprocess.run([ASSEMBLER, source, "-o", compiled], check=True)
        subprocess.run([OBJCOPY, "-O", "binary", compiled, flat], check=True)
        return flat.read_bytes()
