# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: INP001, T201  a script, and it prints
"""The M4 against bare unicorn: `python benchmarks/machine.py [--json] [--million N]`.

Everything that is compared runs in turns in this one process, and is measured in processor time, so
that a busy machine shifts both; each number is the median of the rounds. Nothing is asserted.

| key | what |
|---|---|
| run_vs_count | our whole machine : bare unicorn with `count=`, in the same slices |
| record_cost | the time with snapshots for time travel : without |
| step_back_ms | one step back after so many million recorded instructions, the worst of 20 |
| block_trace_vs_raw | a trace of all blocks : bare unicorn that does not even count |
| stores_rw_vs_rwx | our machine's stores, data not executable : bare unicorn's, all executable |
"""

import argparse
import ctypes
import json
import struct
import time
from collections.abc import Callable
from mmap import mmap
from statistics import median
from typing import Any

import unicorn
from unicorn import arm_const

from rprocbench.base.run import Run
from rprocbench.base.trace import Lane
from rprocbench.emulator import CortexM4
from rprocbench.emulator.snapshots import Album, Keeper
from rprocbench.emulator.tracing import BLOCKS, Tracer
from rprocbench.emulator.travel import Moment, Traveller
from rprocbench.soc.board import Soc
from rprocbench.soc.boards import DEFAULT
from rprocbench.soc.memory import Da

uc: Any = unicorn  # typed in part only
RAM, CODE, STACK, NOWHERE, SIZE = 0x1000_0000, 0x1000_0000, 0x1004_0000, 0xDFFF_FFFE, 384 * 1024
# ldr r7, =0x10020000; mov r3, #1; 1: mov r6, #64
# 2: ldrb r1, [r7, r6]; eor r0, r1, r0, ror #3; mul r2, r0, r6; add r0, r0, r2, lsr #5
#    add r4, r2, r1; subs r6, #1; bne 2b
# push {r0, r1, r2, lr}; str r0, [r7, #0x80]; pop {r0, r1, r2, lr}; subs r8, r8, r3; bne 1b; udf #0
COMPUTE = bytes.fromhex(
    "0c4f4ff001034ff04006b95d81eaf00000fb06f200eb521002eb0104013ef4d107b5c7f88000bde8"
    "0740b8eb0308ead100de000000000210"
)
# ldr r7, =0x10020000; 1: mov r6, #240; mov r5, r7
# 2: str r6, [r5], #4; str r0, [r5], #4; add r0, r0, r6; subs r6, #1; bne 2b; b 1b
STORES = bytes.fromhex("054f4ff0f0063d4645f8046b45f8040b3044013ef8d1f4e700000210")
ROUND = 1 + 7 * 64 + 5  # instructions of one round of COMPUTE
SLICES = 100_000


def seconds(work: Callable[[], object]) -> float:
    """Processor time."""
    start = time.process_time()
    work()
    return time.process_time() - start


class Bare:
    """Unicorn and nothing else."""

    def __init__(self, code: bytes, *, executable: bool) -> None:
        self.uc = uc.Uc(uc.UC_ARCH_ARM, uc.UC_MODE_THUMB | uc.UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M4)
        self.uc.ctl_set_tcg_buffer_size(32 << 20)
        self.memory = mmap(-1, SIZE)
        self.view = ctypes.c_char.from_buffer(self.memory)
        access = uc.UC_PROT_ALL if executable else uc.UC_PROT_READ | uc.UC_PROT_WRITE
        self.uc.mem_map_ptr(RAM, 0x1000, uc.UC_PROT_ALL, ctypes.addressof(self.view))
        self.uc.mem_map_ptr(
            RAM + 0x1000, SIZE - 0x1000, access, ctypes.addressof(self.view) + 0x1000
        )
        self.memory[: len(code)] = code
        self.uc.reg_write(arm_const.UC_ARM_REG_SP, STACK)
        self.pc = CODE

    def count(self, instructions: int) -> None:
        """Run with `count=`, in slices."""
        for _ in range(instructions // SLICES):
            self.uc.emu_start(self.pc | 1, NOWHERE, count=SLICES)
            self.pc = self.uc.reg_read(arm_const.UC_ARM_REG_PC)

    def raw(self, rounds: int) -> None:
        """Run without counting, until so many rounds are over."""
        self.uc.reg_write(arm_const.UC_ARM_REG_R8, rounds)
        try:
            self.uc.emu_start(CODE | 1, NOWHERE)
        except uc.UcError:
            return


def machine(code: bytes) -> CortexM4:
    """A whole board that runs the same code."""
    soc = Soc(DEFAULT, Run())
    core = CortexM4(soc, soc.run)
    soc.mcu.plug(core)
    soc.m4.write(Da(CODE), code, Lane.LINUX)
    soc.m4.write(Da(0), struct.pack("<2I", STACK, CODE | 1), Lane.LINUX)
    soc.mcu.set_boot_mcu(True, Lane.LINUX)  # noqa: FBT003  a register bit
    return core


def rates(rounds: int, size: int, **works: Callable[[], object]) -> dict[str, float]:
    """Million instructions per second of several works that take turns."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(seconds(work))
    return {name: size / median(times) / 1e6 for name, times in found.items()}


def running(rounds: int) -> dict[str, float]:
    """The run loop, recording, and stores."""
    size = 5_000_000
    bare, ours, kept = Bare(COMPUTE, executable=False), machine(COMPUTE), machine(COMPUTE)
    Keeper(kept, Album())
    for core in (ours, kept):
        core.slice_size = SLICES
    found = rates(
        rounds, size,
        bare=lambda: bare.count(size),
        ours=lambda: ours.run_until(ours.cycles + size),
        kept=lambda: kept.run_until(kept.cycles + size),
    )  # fmt: skip
    exec_all, stores = Bare(STORES, executable=True), machine(STORES)
    exec_none = Bare(STORES, executable=False)
    stores.slice_size = SLICES
    stored = rates(
        rounds, size,
        rwx=lambda: exec_all.count(size),
        rw=lambda: exec_none.count(size),
        ours=lambda: stores.run_until(stores.cycles + size),
    )  # fmt: skip
    return {
        "run_vs_count": found["ours"] / found["bare"],
        "record_cost": found["ours"] / found["kept"],
        "stores_rw_vs_rwx": stored["ours"] / stored["rwx"],
        "stores_vs_bare_rw": stored["ours"] / stored["rw"],
        "ours_minsn_s": found["ours"],
        "bare_count_minsn_s": found["bare"],
    }


def travelling(million: int, rounds: int) -> dict[str, float]:
    """A step back, and a trace of blocks."""
    core, album = machine(COMPUTE), Album()
    Keeper(core, album)
    core.run_until(million * 1_000_000)
    traveller = Traveller(DEFAULT, core.run.trace, album)
    here, steps = traveller.end, []
    for _ in range(20):
        start = time.process_time()
        before = traveller.back(here)
        steps.append(1000 * (time.process_time() - start))
        assert before
        here = before
    size, blocks = 20_000_000, [0]

    def note(_kind: str, entries: Any) -> bool:
        blocks[0] += len(entries) // 2
        return True

    tracer, raw = Tracer(traveller), Bare(COMPUTE, executable=False)
    end = Moment(size, traveller.timeline.first_at(size))
    loops = size // ROUND
    ran = ROUND * loops
    raw.raw(loops)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        times[0].append(seconds(lambda: tracer.play([BLOCKS], Moment(0, 0), end, note, ())) / size)
        times[1].append(seconds(lambda: raw.raw(loops)) / ran)
    return {
        "step_back_ms": max(steps),
        "step_back_median_ms": median(steps),
        "recorded_million": million,
        "snapshots": len(album),
        "snapshot_bytes": album.size,
        "block_trace_vs_raw": median(times[1]) / median(times[0]),
        "block_trace_minsn_s": 1e-6 / median(times[0]),
        "raw_minsn_s": 1e-6 / median(times[1]),
    }


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description="The M4 against bare unicorn.")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--million", type=int, default=100, help="instructions to record")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each measurement")
    options = parser.parse_args()
    found = running(options.rounds) | travelling(options.million, options.rounds)
    found = {name: round(value, 4) for name, value in found.items()}
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name:24}{value:>14,.3f}")


if __name__ == "__main__":
    main()
