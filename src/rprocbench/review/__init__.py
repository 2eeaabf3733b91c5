# SPDX-License-Identifier: GPL-2.0-or-later
"""The courtroom: it asks questions of traces and never reaches into live objects.

So every verdict can be had again from a saved run. `campaign` makes the runs, `invariants` judges
each, `findings` says what was found.
"""

from .breach import Breach
from .invariants import INVARIANTS, judge

__all__ = ["INVARIANTS", "Breach", "judge"]
