# SPDX-License-Identifier: GPL-2.0-or-later
"""The chips that are known: a device tree's remote processor is looked up here."""

from .stm32mp15 import STM32MP15
from .stm32mp25 import STM32MP25

SILICON = (STM32MP15, STM32MP25)
