# SPDX-License-Identifier: GPL-2.0-or-later
"""Compile `native.c` with clang to bytes that need no compiler: `python tools/build_native.py`.

It writes src/rprocbench/emulator/native_code.py. Only `.text` is kept, and it must not need
anything else; so the same bytes run on every system with that kind of processor.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from elftools.elf.elffile import ELFFile

HERE = Path(__file__).parent
TARGET = HERE.parent / "src" / "rprocbench" / "emulator" / "native_code.py"
NAMES = ("passed", "streamed", "conditional", "executed", "accessed", "guarded", "unmasked")
FLAGS = [
    "-O2", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
    "-fomit-frame-pointer", "-fno-jump-tables", "-Wall", "-Werror", "-Wno-unused-parameter", "-c",
]  # fmt: skip
KINDS = {
    "x86_64": ["--target=x86_64-linux-gnu", "-mno-sse"],
    "x86_64-windows": ["--target=x86_64-linux-gnu", "-mno-sse", "-DABI=__attribute__((ms_abi))"],
    "aarch64": ["--target=aarch64-linux-gnu", "-mgeneral-regs-only"],
}
HEAD = '''# SPDX-License-Identifier: GPL-2.0-or-later
"""Made by `tools/build_native.py` of `tools/native.c`: code, and where each function begins."""

'''


def build(options: list[str]) -> tuple[bytes, dict[str, int]]:
    """The code, and the offsets of its functions."""
    with tempfile.TemporaryDirectory() as name:
        compiled = Path(name) / "native.o"
        command = ["clang", *FLAGS, *options, HERE / "native.c", "-o", compiled]
        subprocess.run(command, check=True)
        with compiled.open("rb") as file:
            elf = ELFFile(file)
            used = [s.name for s in elf.iter_sections() if s.data_size]
            extra = [n for n in used if n.startswith((".rel", ".data", ".bss", ".rodata"))]
            if extra:
                raise SystemExit(f"the code needs more than itself: {', '.join(extra)}")
            symbols = elf.get_section_by_name(".symtab")
            offsets = {s.name: s["st_value"] for s in symbols.iter_symbols() if s.name in NAMES}
            return elf.get_section_by_name(".text").data(), offsets


def literal(code: bytes) -> str:
    """The bytes in lines of hexadecimal."""
    digits = code.hex()
    lines = (digits[at : at + 80] for at in range(0, len(digits), 80))
    return "\n".join(f'        "{line}"' for line in lines)


def main() -> None:
    """Write the module."""
    entries = []
    for kind, options in KINDS.items():
        code, offsets = build(options)
        entries.append(f'    "{kind}": (\n(\n{literal(code)}),\n        {offsets!r},\n    ),\n')
    body = "CODE: dict[str, tuple[str, dict[str, int]]] = {\n" + "".join(entries) + "}\n"
    TARGET.write_text(HEAD + body)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", TARGET], check=True)


if __name__ == "__main__":
    main()
