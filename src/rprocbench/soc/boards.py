# SPDX-License-Identifier: GPL-2.0-or-later
"""Every board that is data, by name."""

from .board import Board
from .stm32mp15 import STM32MP157C_DK2

DEFAULT = STM32MP157C_DK2
BOARDS: dict[str, Board] = {board.name: board for board in (STM32MP157C_DK2,)}
