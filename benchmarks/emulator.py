# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: INP001, T201  a script, and it prints
"""How fast the emulated M4 is: `python -m benchmarks.emulator`. Nothing is asserted."""

import time
from collections.abc import Callable

from rprocbench.emulator import restore, save
from tests.emulator.linux_side import Linux
from tests.emulator.rig import Rig, rig

M4_HZ = 209_000_000
COMPUTE = """
    ldr r1, =MAIL
1:  adds r4, #1
    mul r5, r4, r4
    eor r6, r5, r4, ror #3
    ldr r0, [r1]
    add r0, r6
    str r0, [r1]
    b 1b
"""
MASKED = "ldr r1, =SCS; movs r0, #1; str r0, [r1, #0x100]; cpsid i; str r0, [r1, #0x200]"
TICKING = """
    ldr r1, =SCS
    ldr r0, =999
    str r0, [r1, #0x14]
    str r0, [r1, #0x18]
    movs r0, #7
    str r0, [r1, #0x10]
1:  wfi
    b 1b
"""


def seconds(work: Callable[[], object]) -> float:
    """Processor time, the best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def running(main: str, handlers: dict[int, str] | None = None) -> Rig:
    """A board in full swing."""
    return rig(main, handlers).start().go(10_000)


def echoes(linux: Linux, count: int) -> None:
    """Ping, pong."""
    for _ in range(count):
        linux.send(0x400, b"sixteen bytes...")
        linux.wait_for(len(linux.received) + 1)


def show(what: str, rate: float, unit: str, compared: str = "") -> None:
    """One line."""
    print(f"{what:34}{rate:16,.0f} {unit:18}{compared}")


def main() -> None:
    """Print the table."""
    compute = running(COMPUTE)
    speed = 10_000_000 / seconds(lambda: compute.go(10_000_000))
    show("computing", speed, "instructions/s", f"{speed / M4_HZ:.2f} x a core at 209 MHz")
    for step in (100_000, 10_000, 1000):
        work = running(COMPUTE)
        cut = 1_000_000 / seconds(lambda s=step, w=work: [w.go(s) for _ in range(1_000_000 // s)])  # type: ignore[misc]
        show(f"computing, {step} at a time", cut, "instructions/s", f"{cut / speed:.2f} x whole")
    hooked = rig(COMPUTE, native_meter=False).start()
    slow = 200_000 / seconds(lambda: hooked.go(200_000))
    show("counting in Python", slow, "instructions/s", f"{slow / speed:.4f} x native")
    masked = running(MASKED + COMPUTE)
    held = 500_000 / seconds(lambda: masked.go(500_000))
    show("computing, an interrupt masked", held, "instructions/s", f"{held / speed:.4f} x free")
    ticking = running(TICKING, {15: "bx lr"})
    show("sleeping, with ticks", 1000 / seconds(lambda: ticking.go(1_000_000)), "interrupts/s")
    show("boots", 5 / seconds(lambda: [Linux().load().start() for _ in range(5)]), "boots/s")
    linux = Linux().load().start()
    linux.connect()
    linux.wait_for(1)
    show("echo, one at a time", 200 / seconds(lambda: echoes(linux, 200)), "round trips/s")
    checkpoint = save(compute.core)
    show("checkpoints", 50 / seconds(lambda: [save(compute.core) for _ in range(50)]), "saves/s")
    show("going back", 1 / seconds(lambda: restore(compute.core, checkpoint)), "restores/s")


if __name__ == "__main__":
    main()
