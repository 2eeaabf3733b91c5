# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: INP001  a script
"""How fast Linux and the M4 talk: `python benchmarks/rpmsg.py [--json]`. Nothing is asserted.

Both sides are whole: the modelled Linux with its mailbox, virtio and rpmsg, and real Thumb code.
What is recorded while it is measured:

- `batch_msgs_per_s`, `round_trips_per_s`: a quiet stretch (`base.quiet`). Messages and signals are
  recorded, calls, changes and writes are not; at its end the differences are.
- `full_...`: everything is, as in any other run.

A message and its echo count as one. A round trip is sent when the one before was heard. Doorbells
are by index (VIRTIO_RING_F_EVENT_IDX), so that a side at work is not rung for; where it says
`uncoalesced` there is one for every buffer, as with the firmware `echo`, which also keeps a log.
Seconds are processor seconds of this process, the best of three; `wall_...` are those of a clock.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext

from rprocbench.base.quiet import quietly
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf
from rprocbench.bench.machine import Machine
from rprocbench.bench.volume import CHANNEL, exchange, volume_machine
from rprocbench.designs import MAINLINE

BATCH, ROUNDS = 16, 3
LIMITS = {"batch_msgs_per_s": 20_000, "round_trips_per_s": 3_000}


def rate(machine: Machine, sizes: range, count: int, batch: int, *, quiet: bool) -> dict[str, int]:
    """Messages per second, by processor time and by the clock. Raises where one is not as sent."""
    dice = random.Random(count)  # noqa: S311  no secret
    payloads = [dice.randbytes(dice.choice(sizes)) for _ in range(count)]
    port = machine.linux.rpmsg[CHANNEL]
    best = wall = 0.0
    for _ in range(ROUNDS):
        began, began_wall = time.process_time(), time.perf_counter()
        with quietly(machine.run) if quiet else nullcontext():
            heard = exchange(port, payloads, batch)
        best = max(best, count / (time.process_time() - began))
        wall = max(wall, count / (time.perf_counter() - began_wall))
        if heard != payloads:
            raise RuntimeError("what came back is not what was sent")
    return {"per_s": round(best), "wall_per_s": round(wall)}


def echo_machine() -> Machine:
    """The firmware `echo`, as it is: a doorbell for each buffer, a log line for each message."""
    machine = Bench(design=MAINLINE).machine(demo_elf())
    machine.probe()
    machine.write_state("start")
    machine.linux.rpmsg.wait_for(CHANNEL)
    machine.settle()
    return machine


SMALL, ANY = range(33), range(497)
CASES: dict[str, tuple[Callable[[], Machine], range, int, int, bool]] = {
    "batch_msgs": (volume_machine, SMALL, 8000, BATCH, True),
    "round_trips": (volume_machine, SMALL, 2000, 1, True),
    "batch_msgs_any_size": (volume_machine, ANY, 4000, BATCH, True),
    "batch_msgs_uncoalesced": (lambda: volume_machine(coalesce=False), SMALL, 2000, BATCH, True),
    "round_trips_uncoalesced": (lambda: volume_machine(coalesce=False), SMALL, 1000, 1, True),
    "full_batch_msgs": (volume_machine, SMALL, 2000, BATCH, False),
    "full_round_trips": (volume_machine, SMALL, 500, 1, False),
    "echo_batch_msgs": (echo_machine, SMALL, 500, BATCH, True),
    "echo_round_trips": (echo_machine, SMALL, 500, 1, True),
}


def main() -> int:
    """Measure, tell, and say whether the limits are kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="as data")
    args = parser.parse_args()
    results: dict[str, object] = {}
    for name, (make, sizes, count, batch, quiet) in CASES.items():
        measured = rate(make(), sizes, count, batch, quiet=quiet)
        results[f"{name}_per_s"] = measured["per_s"]
        results[f"wall_{name}_per_s"] = measured["wall_per_s"]
        if not args.json:
            recorded = "messages and signals" if quiet else "everything"
            line = f"{name:26}{measured['per_s']:>10,} /s{measured['wall_per_s']:>10,} by the clock"
            sys.stdout.write(f"{line}   recorded: {recorded}\n")
    if args.json:
        results["recorded"] = {
            f"{name}_per_s": "messages and signals" if case[4] else "everything"
            for name, case in CASES.items()
        }
        results["limits"] = LIMITS
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
    return 0 if all(int(str(results[name])) >= least for name, least in LIMITS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
