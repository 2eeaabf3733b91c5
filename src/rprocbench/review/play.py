# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of a scenario for the court: the scenario, then the same user tries again.

A fault strikes once. So what comes after the scenario shows whether the machine can still boot and
shut down. No engine is plugged in: what the M4's code does is not in question, and a run takes
milliseconds.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from rprocbench.base.errors import RprocError
from rprocbench.base.run import At, Disturbance
from rprocbench.base.trace import Lane
from rprocbench.bench import Bench, Machine, Recording
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.bench.scenarios import SCENARIOS, shell
from rprocbench.designs import DESIGNS, Design
from rprocbench.kernel.remoteproc import RprocState

AGAIN = "the fault is gone: boot and shut down again"
Patches = Mapping[str, Callable[..., Any]]


def image_for(design: Design, scenario: str) -> bytes:
    """What the scenario boots: the demonstration's firmware, signed where the design wants that.

    A boot loader knows nothing of signatures, so `attach` is about the plain ELF.
    """
    return demo_image() if design.signed and scenario != "attach" else demo_elf()


def play(
    design: str,
    scenario: str,
    script: Mapping[At, Disturbance] | None = None,
    patches: Patches | None = None,
) -> Recording:
    """Play a scenario of a design under a script; `patches` are a mutant's.

    Whatever is refused is in the recording. A crash of the model ends it, as it would the machine.
    """
    chosen = DESIGNS[design]
    image = image_for(chosen, scenario)
    machine = Bench(design=chosen, engine=False).machine(image, script)
    if patches:
        machine.run.patches = {**machine.run.patches, **patches}
    with suppress(RprocError):
        SCENARIOS[scenario](machine)
        machine.run.log(Lane.LINUX, AGAIN, "debug")
        again(machine)
    return Recording(
        scenario, image, design, machine.soc.board.name, dict(script or {}), machine.run.trace
    )


def again(machine: Machine) -> None:
    """What a user does next: probe if nothing is, stop what runs, start, stop, leave."""
    if machine.rproc is None:
        shell(machine.probe)
    if machine.rproc is not None:
        if machine.rproc.state not in (RprocState.OFFLINE, RprocState.DETACHED):
            shell(machine.write_state, "stop")
        shell(machine.write_state, "start")
        shell(machine.write_state, "stop")
    shell(machine.remove)
