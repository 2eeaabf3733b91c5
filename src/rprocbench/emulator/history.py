# SPDX-License-Identifier: GPL-2.0-or-later
"""Checkpoints: the whole state of the M4 as values, to compare, to keep, and to go back to."""

from dataclasses import dataclass

from rprocbench.base.trace import Lane
from rprocbench.soc.memory import Ram
from rprocbench.soc.twin import PAGE

from .machine import CortexM4

MAILBOX = ("to_m4", "to_a7", "rx_pending", "free_pending")
FLAGS = ("cycles", "is_running", "is_asleep", "waits_for_event")


@dataclass(frozen=True)
class Checkpoint:
    """A moment. Running on from it gives the same again, bit for bit, if Linux does the same."""

    flags: dict[str, int]
    event: bool
    registers: tuple[int, ...]
    monitor: tuple[int, int]
    peripherals: dict[str, dict[str, int]]
    stored: dict[int, int]
    mailbox: dict[str, int]
    memories: dict[str, bytes]


def save(core: CortexM4) -> Checkpoint:
    """The state of the core, its peripherals, its memories and the mailbox."""
    return Checkpoint(
        flags={name: getattr(core, name) for name in FLAGS},
        event=core.exceptions.event,
        registers=core.engine.save(),
        monitor=core.engine.monitor.state,
        peripherals={name: each.save() for name, each in core.peripherals.items()},
        stored=dict(core.bus.stored),
        mailbox={name: getattr(core.soc.ipcc, name) for name in MAILBOX},
        memories={name: ram.read(0, ram.size) for name, ram in memories(core).items()},
    )


def restore(core: CortexM4, checkpoint: Checkpoint) -> None:
    """Go back to `checkpoint`. What that changes in memory, the hardware lane writes."""
    core.tell("going back")
    for name, value in checkpoint.flags.items():
        setattr(core, name, value)
    core.exceptions.event = checkpoint.event
    for name, state in checkpoint.peripherals.items():
        core.peripherals[name].restore(state)
    core.bus.stored = dict(checkpoint.stored)
    for name, value in checkpoint.mailbox.items():
        setattr(core.soc.ipcc, name, value)
    for name, ram in memories(core).items():
        rewrite(ram, checkpoint.memories[name])
    core.engine.restore(checkpoint.registers)
    core.engine.monitor.state = checkpoint.monitor
    core.recorder.told = core.cycles


def memories(core: CortexM4) -> dict[str, Ram]:
    """The memories that the M4 sees, by name."""
    return {mapping.chip: core.soc.rams[mapping.chip] for mapping in core.soc.m4.mappings}


def rewrite(ram: Ram, wanted: bytes) -> None:
    """Write the pages that differ."""
    for at in range(0, ram.size, PAGE):
        page = wanted[at : at + PAGE]
        if ram.read(at, PAGE) != page:
            ram.write(Lane.HARDWARE, at, page)
