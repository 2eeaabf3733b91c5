# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs that lessons look at. Equal questions are asked of the same run, made once."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache

from rprocbench.base.errors import RprocError
from rprocbench.base.run import At, Disturbance, Fail
from rprocbench.bench import FIRMWARE, Bench, Machine, Recording
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.bench.scenarios import SCENARIOS, shell
from rprocbench.designs import DESIGNS

from .images import elf_in

Script = Mapping[At, Disturbance]


def suitable(design: str, image: bytes | None = None) -> bytes:
    """`image`, or the demonstration's: signed, or the ELF file alone, as the design wants it."""
    if DESIGNS[design].signed:
        return demo_image() if image is None else image
    return demo_elf() if image is None else elf_in(image)


def boot(
    design: str, script: Script | None = None, image: bytes | None = None, *, engine: bool = False
) -> Recording:
    """Boot through a design. Without `engine` the M4 does not answer, and it takes milliseconds."""
    bench = Bench(design=DESIGNS[design], engine=engine)
    return bench.boot(suitable(design, image), name=design, script=script)


@cache
def clean(design: str = "v22") -> Recording:
    """The demonstration, undisturbed, up to the echo."""
    return boot(design, engine=True)


@cache
def failing(design: str, at: At, what: Fail) -> Recording:
    """The demonstration where one call fails."""
    return boot(design, {at: what})


def play(design: str, scenario: str, script: Script | None = None) -> Recording:
    """One scenario from power-on: boot, boot-shutdown, recovery or attach. The M4 executes."""
    image = suitable(design) if scenario != "attach" else demo_elf()
    machine = Bench(design=DESIGNS[design]).machine(image, script)
    with suppress(RprocError):
        SCENARIOS[scenario](machine)
    return recorded(f"{scenario} of {design}", machine, image, script)


@cache
def recovery(design: str) -> Recording:
    """Boot, crash, recover, shut down."""
    return play(design, "recovery")


def try_again(design: str, script: Script, second: bytes) -> Recording:
    """A boot under `script`; then somebody replaces the file by `second`, and starts once more."""
    first = suitable(design)
    machine = Bench(design=DESIGNS[design], engine=False).machine(first, script)
    with suppress(RprocError):
        shell(machine.probe)
        shell(machine.write_state, "start")
        machine.host.files[FIRMWARE] = suitable(design, second)
        shell(machine.write_state, "start")
        shell(machine.write_state, "stop")
    return recorded(design, machine, second, script)


def recorded(name: str, machine: Machine, image: bytes, script: Script | None) -> Recording:
    """What a machine has done so far."""
    board = machine.soc.board.name
    return Recording(name, image, machine.design.name, board, dict(script or {}), machine.run.trace)
