# SPDX-License-Identifier: GPL-2.0-or-later
"""The drafting table: one file per answer that was given on the mailing list."""

from .design import Design
from .f01_flag import V2
from .f02a_ext_boot import SEED_EXT_BOOT
from .f02b_request_firmware import SEED_REQUEST_FW
from .f14_backend import V22
from .mainline import MAINLINE

DESIGNS: dict[str, Design] = {
    design.name: design for design in (MAINLINE, V2, SEED_EXT_BOOT, SEED_REQUEST_FW, V22)
}

__all__ = ["DESIGNS", "MAINLINE", "SEED_EXT_BOOT", "SEED_REQUEST_FW", "V2", "V22", "Design"]
