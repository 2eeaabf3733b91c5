# SPDX-License-Identifier: GPL-2.0-or-later
"""The torture firmware on our machine."""

import struct
from pathlib import Path

from rprocbench.base.run import Run
from rprocbench.base.trace import Lane
from rprocbench.emulator import CortexM4
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

TORTURE = Path(__file__).parents[2] / "data" / "torture"
LENGTH = 2_000_000  # cycles; it needs a third


def load(image: bytes, *, native_meter: bool = True, slice_size: int | None = None) -> CortexM4:
    """A board with the segments of an ELF file in place, and its core released."""
    soc = Soc(STM32MP157C_DK2, Run())
    core = CortexM4(soc, soc.run, native_meter=native_meter, slice_size=slice_size)
    soc.mcu.plug(core)
    at, count = struct.unpack_from("<I12xH", image, 28)[0], image[44]
    for index in range(count):
        kind, offset, _, pa, filesz, memsz = struct.unpack_from("<6I", image, at + 32 * index)
        if kind == 1:
            data = image[offset : offset + filesz] + bytes(memsz - filesz)
            soc.m4.write(Da(pa), data, Lane.LINUX)
    soc.mcu.set_boot_mcu(value=True, source=Lane.LINUX)
    return core


def printed(core: CortexM4) -> list[str]:
    """The lines it printed through semihosting."""
    return core.semihosting.console.text.decode().splitlines()


def sections(lines: list[str]) -> dict[str, str]:
    """What each section said, by its name."""
    split = (line.strip().partition(":") for line in lines)
    return {name.partition(" ")[2].strip(): text.strip() for name, _, text in split}
