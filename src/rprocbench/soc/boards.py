# SPDX-License-Identifier: GPL-2.0-or-later
"""Every board that is data, by name."""

from . import example_board, stm32mp15, stm32mp25
from .description import Board

DEFAULT = stm32mp15.STM32MP157C_DK2
BOARDS: dict[str, Board] = stm32mp15.BOARDS | stm32mp25.BOARDS | example_board.BOARDS
EXECUTED = {name: board for name, board in BOARDS.items() if board.core == "cortex-m4"}
