# SPDX-License-Identifier: GPL-2.0-or-later
"""Exercises of 10_elf_to_carveouts."""

from functools import cache

from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf
from rprocbench.designs import MAINLINE
from rprocbench.soc.memory import Da, da_to_pa
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .answers import number
from .exercise import Key, exercise
from .firmware_tables import region_at
from .images import moved, view_elf
from .runs import clean
from .table_moments import table_in_memory, vrings, when

DATA = 2


@exercise("10.2", number, (
    "The board's dma-ranges say which device addresses are which physical addresses.",
    "In the table of segments, look at the column of Linux's addresses.",
))  # fmt: skip
def where_linux_finds_the_vectors() -> Key:
    """At which physical address does Linux write the vector table, segment 0?"""
    da = view_elf(demo_elf()).segments[0].p_paddr
    pa = da_to_pa(STM32MP157C_DK2.dma_ranges, Da(da))
    assert pa is not None
    return Key(
        int(pa),
        "The M4 sees RETRAM at 0, the A7 at 0x38000000: the same bytes at two addresses.",
        {da: "That is where the M4 finds it. Linux runs on the A7, which has other eyes."},
        shown=f"{pa:#x}",
    )


@exercise("10.1", number, (
    "The file does not hold what is zero anyway.",
    "p_memsz is what the segment takes in memory, p_filesz what the file has of it.",
))  # fmt: skip
def how_much_is_zeroed() -> Key:
    """How many bytes of segment 2 does the loader set to zero instead of copying them?"""
    data = view_elf(demo_elf()).segments[DATA]
    return Key(
        data.p_memsz - data.p_filesz,
        "p_memsz minus p_filesz: .bss, which the file only gives a size.",
        {
            data.p_memsz: "That is the whole segment; a part of it does come from the file.",
            data.p_filesz: "That is what is copied. The rest is what is asked for.",
        },
    )


@cache
def ring_addresses() -> dict[str, list[int]]:
    """The vrings' addresses in the file, and in memory when Linux says RUNNING."""
    run = clean("mainline")
    running = table_in_memory(run, when(run, "remoteproc0", "state", "RUNNING"))
    copied = table_in_memory(run, when(run, "MCU", "running", after=True))
    return {"file": vrings(copied), "running": vrings(running)}


@exercise("10.3", number, (
    "The firmware asks for any address; Linux chooses a carveout and writes its address back.",
    "The carveout for the first ring of the first vdev is called vdev0vring0.",
))  # fmt: skip
def where_ring_0_is() -> Key:
    """Which device address does the resource table give for vring 0 once the M4 is RUNNING?"""
    asked, (first, second) = ring_addresses()["file"][0], ring_addresses()["running"]
    return Key(
        first,
        "Linux found the region vdev0vring0 for it, and wrote where it is into the M4's memory.",
        {
            asked: "That is what the firmware asks for: 'any'. What does it get?",
            second: "That is the other ring's.",
        },
        shown=f"{first:#x}",
    )


def refused(address: int) -> str | None:
    """None if Linux refuses segment 2 at an address where the M4 has memory; else a hint."""
    size = view_elf(demo_elf()).segments[DATA].p_memsz
    if not any(m.base <= address and address + size <= m.base + m.size for m in STM32MP157C_DK2.m4):
        return f"The M4 itself has no {size:#x} bytes of memory at {address:#x}."
    run = Bench(design=MAINLINE, engine=False).boot(moved(demo_elf(), DATA, address))
    if run.cause is None:
        return f"Linux loads it: it lies in {region_at(STM32MP157C_DK2, address, size)}."
    return None


@exercise("10.4", number, (
    "Linux knows the carveouts; what the M4's bus can reach is more than that.",
    "The M4 sees the MCU SRAM at 0x10000000, 0x20000000 and 0x30000000. Does Linux?",
))  # fmt: skip
def where_linux_refuses() -> Key:
    """At which address would segment 2 lie in memory of the M4's, and Linux refuse it?"""
    aliases = [int(mapping.base) + 0x2_0000 for mapping in STM32MP157C_DK2.m4]
    answer = next(address for address in aliases if refused(address) is None)
    return Key(
        answer,
        "A segment must lie in one carveout, or Linux says 'bad phdr' and the boot ends.",
        judge=refused,
        shown=f"{answer:#x}, for one",
    )
