# SPDX-License-Identifier: GPL-2.0-or-later
"""The classroom: exercises that a run corrects, and what the notebooks lay side by side.

    from rprocbench.lessons import check, hint, solution
    check("30.1", 300)

`check` never raises for a wrong answer, however silly, unless `RPROCBENCH_STRICT=1` is set.
"""

from . import n10, n30, n40, n50, n60, n70, n90  # noqa: F401  each registers its exercises
from .asking import WrongAnswer, check, hint, solution, solutions
from .boot_tables import after_a_fault, broken, orders, second_files, states
from .exercise import EXERCISES
from .firmware_tables import findings, opinions, placed, segments, tampered
from .images import (
    broken_example,
    elf_in,
    flipped,
    moved,
    my_image,
    resource_table,
    signed,
)
from .lies import lies
from .looking import calls, dearest, faults, here, listing, unreached, writers
from .machines import fill_up, opened, running, said, skipping, story_of, talking
from .reading import called, commands, labels, order, results
from .reviewing import reviewed
from .runs import boot, play, recovery, try_again
from .secure_tables import checks, secure_writes
from .table import Table
from .table_moments import carveouts, written_back

__all__ = [
    "EXERCISES", "Table", "WrongAnswer", "after_a_fault", "boot", "broken", "broken_example",
    "called", "calls", "carveouts", "check", "checks", "commands", "dearest", "elf_in",
    "faults", "fill_up", "findings", "flipped", "here", "hint", "labels", "lies", "listing",
    "moved", "my_image", "opened", "opinions", "order", "orders", "placed", "play",
    "recovery", "resource_table", "results", "reviewed", "running", "said", "second_files",
    "secure_writes", "segments", "signed", "skipping", "solution", "solutions", "states",
    "story_of", "talking", "tampered", "try_again", "unreached", "writers", "written_back",
]  # fmt: skip
