# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: INP001  a script
"""How long the whole review takes: every design, every scenario, every single fault.

Run it as `python benchmarks/review.py [WORKERS]`. The limit is 60 s with two workers.
"""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter

from rprocbench.designs import DESIGNS
from rprocbench.review.campaign import fail_everywhere, plan
from rprocbench.review.play import play

SCENARIOS = ("boot", "boot-shutdown", "recovery", "attach")
LIMIT = 60.0


def main() -> int:
    """Measure, tell, and say whether it is within the limit."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    begun = perf_counter()
    for design in DESIGNS:
        play(design, "boot")
    one = (perf_counter() - begun) / len(DESIGNS)
    begun = perf_counter()
    trials = Counter(design for design in DESIGNS for _ in plan(design, SCENARIOS))
    planning = perf_counter() - begun
    begun = perf_counter()
    with ProcessPoolExecutor(workers) as executor:
        campaign = fail_everywhere(list(DESIGNS), SCENARIOS, executor)
    spent = perf_counter() - begun
    for design, count in trials.items():
        sys.stdout.write(f"{design:<16} {count:>5} runs\n")
    sys.stdout.write(f"boot, stop, boot, stop: {one * 1000:.0f} ms; planning: {planning:.1f} s\n")
    sys.stdout.write(f"{len(campaign.plan)} runs, {workers} workers: {spent:.1f} s\n")
    return 0 if spent <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
