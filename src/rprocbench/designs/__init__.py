# SPDX-License-Identifier: GPL-2.0-or-later
"""The drafting table: one file per answer that was given on the mailing list."""

from .design import Design
from .f14_backend import V22
from .mainline import MAINLINE

DESIGNS: dict[str, Design] = {design.name: design for design in (MAINLINE, V22)}

__all__ = ["DESIGNS", "MAINLINE", "V22", "Design"]
