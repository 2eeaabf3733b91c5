# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: INP001  a script
"""What Linux's side costs: a verdict on a big image, and looking into it.

Run it as `python benchmarks/kernel.py [--json]`. The image has 557 KB and 1,200 sections, and is
the same each time. Of many runs the fastest counts: others share this machine.

- `verdict_557k_ms`: one `linux_load` of it, parsed, judged, booted and stopped (limit 2 ms)
"""

import argparse
import json
import sys
from collections.abc import Callable
from random import Random
from time import perf_counter

from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.verdicts import linux_load

LIMITS = {"verdict_557k_ms": 2.0}
SIZE = 557_000
SECTIONS = 1200
ROUNDS = 60
TABLE = bytes.fromhex(
    "01000000 02000000 00000000 00000000 18000000 60000000"
    "03000000 07000000 00000000 01000000 00000000 00000000 00020000"
    "ffffffff 10000000 10000000 00000000 00000000"
    "ffffffff 10000000 10000000 01000000 00000000 00000000"
    "02000000 00020010 00080000 00000000 636d345f6c6f6700"
) + bytes(24)


def firmware() -> bytes:
    """Vectors, code, data with a resource table, and the rest of it what debuggers read."""
    dice = Random(SIZE)  # noqa: S311  the same bytes each time
    segments = [
        Seg(0, dice.randbytes(0x298)),
        Seg(0x1000_0000, dice.randbytes(0x1_E000)),
        Seg(0x1002_0000, TABLE + dice.randbytes(0x1_0000)),
    ]
    named = [Sec(".isr_vector", segment=0), Sec(".text", segment=1)]
    size = {"sh_size": len(TABLE)}
    named.append(Sec(".resource_table", segment=2, fields=size))
    others = SECTIONS - len(named) - 2  # the null section, and the names
    names = [f".debug_info.function_number_{number}" for number in range(others)]
    bare = len(build_elf(segments, [*named[:2], *(Sec(name) for name in names), named[2]]))
    each, rest = divmod(SIZE - bare, others)
    each, rest = each // 4 * 4, (SIZE - bare) - each // 4 * 4 * others
    parts = [Sec(name, dice.randbytes(each)) for name in names]
    parts[-1] = Sec(names[-1], dice.randbytes(each + rest // 4 * 4))
    return build_elf(segments, [*named[:2], *parts, named[2]])


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The fastest of `rounds` runs, after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        begun = perf_counter()
        work()
        times.append(perf_counter() - begun)
    return min(times) * 1000


def main() -> int:
    """Measure, tell, and say whether it is within the limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="the numbers as data")
    asked = parser.parse_args()
    image = firmware()
    verdict = linux_load(image)
    if verdict.result != "boot" or not verdict.table:
        raise SystemExit(f"the image does not boot: {verdict}")
    numbers = {"verdict_557k_ms": milliseconds(lambda: linux_load(image))}
    if asked.json:
        sys.stdout.write(json.dumps({name: round(n, 3) for name, n in numbers.items()}) + "\n")
    else:
        for name, number in numbers.items():
            sys.stdout.write(f"{name:<18} {number:8.3f}  (limit {LIMITS[name]})\n")
    return 0 if all(number <= LIMITS[name] for name, number in numbers.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
