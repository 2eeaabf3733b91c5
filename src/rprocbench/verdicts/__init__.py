# SPDX-License-Identifier: GPL-2.0-or-later
"""The front desk: one image in, one consumer's verdict out; and records of the real code's."""

from .conform import Disagreement, Outcome, Records
from .sources import Sources

__all__ = ["Disagreement", "Outcome", "Records", "Sources"]
