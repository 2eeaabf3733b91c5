# SPDX-License-Identifier: GPL-2.0-or-later
"""The drafting table: one file per answer that was given on the mailing list."""

from .design import Design
from .mainline import MAINLINE

DESIGNS: dict[str, Design] = {design.name: design for design in (MAINLINE,)}

__all__ = ["DESIGNS", "Design"]
