# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses have names, and code has text."""

from rprocbench.emulator import Symbols, disassemble
from rprocbench.formats.elf import ElfView
from rprocbench.soc.memory import Da

from .linux_side import FIRMWARE
from .thumb import thumb


def test_functions_of_the_firmware() -> None:
    symbols = Symbols.of(ElfView.parse(FIRMWARE.read_bytes()))
    main = symbols.at("main")
    assert main is not None
    assert symbols.name(main) == "main"
    assert symbols.name(main + 4) == "main+0x4"
    assert symbols.name(0x2000_0000) == "0x20000000"
    assert symbols.at("nothing_of_that_name") is None
    assert len(symbols.functions) > 20


def test_without_symbols_addresses_stay_numbers() -> None:
    assert Symbols().name(0x1000_0000) == "0x10000000"


def test_disassembly_goes_on_behind_what_is_no_instruction() -> None:
    code = thumb("movs r0, #1; wfi; svc #5; b .") + bytes.fromhex("ffff") + thumb("b .")
    shown = disassemble(code, Da(0x1000_0000))
    assert [(line.da - 0x1000_0000, line.text) for line in shown][:4] == [
        (0, "movs r0, #1"),
        (2, "wfi"),
        (4, "svc #5"),
        (6, "b #0x10000006"),
    ]
    assert b"".join(line.code for line in shown) == code
