# SPDX-License-Identifier: GPL-2.0-or-later
"""The debuggers: gdb's remote protocol, and a terminal; both over one `Target`."""

from .target import Firmware, Target, open_firmware, open_target

__all__ = ["Firmware", "Target", "open_firmware", "open_target"]
