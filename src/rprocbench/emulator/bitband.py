# SPDX-License-Identifier: GPL-2.0-or-later
"""Bit-band aliases: a word for each bit of the first MiB of SRAM and of the peripherals."""

SRAM, PERIPHERALS = 0x2200_0000, 0x4200_0000
SIZE = 0x0200_0000


def is_alias(address: int) -> bool:
    """Whether a bit-band alias lies there."""
    return address - SRAM in range(SIZE) or address - PERIPHERALS in range(SIZE)


def target(address: int) -> tuple[int, int]:
    """The byte, and the bit in it, that the word at `address` stands for (DDI 0439, 3.7)."""
    offset = address & SIZE - 1
    return (address & 0xF000_0000) + (offset >> 5), offset >> 2 & 7
