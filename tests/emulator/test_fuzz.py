# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is written to whichever register, the model answers, and goes on."""

import random

import pytest

from rprocbench.emulator import save

from .rig import rig

CORE = (0xE000_E000, 0xE000_ED00, 0xE000_1000, 0xE000_0000, 0x4C00_1000, 0x4000_A000)
VALUES = (0, 1, 0xFFFF_FFFF)
AIRCR = 0xE000_ED0C


@pytest.mark.parametrize("seed", range(25))
def test_registers_take_anything(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311  repeatable is what it must be
    core = rig("1: adds r4, #1; b 1b").start().core
    bases = [page * 0x1000 for page in core.blocks.by_page] + list(CORE)
    for turn in range(400):
        at = source.choice(bases) + source.choice(
            [source.randrange(0x60), source.randrange(0x1000)]
        )
        size = source.choice([1, 2, 4])
        if at & ~3 == AIRCR:  # a reset would begin anew
            continue
        value = source.choice([*VALUES, source.getrandbits(32), 1 << source.randrange(32)])
        if source.random() < 0.6:
            core.port.write(at, size, value & (1 << 8 * size) - 1)
        else:
            assert 0 <= core.port.read(at, size) < 1 << 8 * size
        if turn % 40 == 0:
            core.run_until(core.cycles + source.randrange(1, 500))
            core.blocks.restore(core.blocks.save())
    assert save(core).flags["cycles"] == core.cycles > 0
