# SPDX-License-Identifier: GPL-2.0-or-later
"""A part of the review that fits into a lesson: a few calls, each failing in every design."""

from rprocbench.designs import DESIGNS
from rprocbench.review.campaign import plan, run_trial
from rprocbench.review.findings import Row, rows

SCENARIO = "boot-shutdown"


def reviewed(*functions: str) -> list[Row]:
    """The review's rows for boot and shutdown: no fault at all, and each call of `functions`."""
    trials = [trial for design in DESIGNS for trial in plan(design, [SCENARIO])]
    chosen = [trial for trial in trials if trial.at is None or trial.at.function in functions]
    return rows([run_trial(trial) for trial in chosen])
