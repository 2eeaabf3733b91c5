# SPDX-License-Identifier: GPL-2.0-or-later
"""A run in the words of the reference: TA commands in capitals, the core's steps between."""

from collections.abc import Mapping

from rprocbench.base.errors import ModelledError
from rprocbench.base.run import At, Disturbance
from rprocbench.base.trace import Changed, Entered, Failed, Left, Trace, Unwound
from rprocbench.bench import Bench
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.bench.machine import Machine
from rprocbench.bench.scenarios import SCENARIOS
from rprocbench.designs import DESIGNS

TA = {
    "remoteproc_load_fw": "LOAD",
    "remoteproc_get_rsc_table": "GET",
    "remoteproc_start_fw": "START",
    "remoteproc_stop_fw": "STOP",
    "remoteproc_release_fw": "RELEASE",
}
WORDS = TA | {
    "request_firmware": "request_fw",
    "rproc_enable_iommu": "iommu",
    "rproc_prepare_device": "prepare",
    "rproc_handle_resources": "handle_resources",
    "rproc_alloc_registered_carveouts": "carveouts",
    "rproc_prepare_subdevices": "prepare_subdev",
    "rproc_start_subdevices": "start_subdev",
    "rproc_stop_subdevices": "stop_subdev",
    "rproc_unprepare_subdevices": "unprepare_subdev",
    "rproc_attach_device": "attach",
    "stm32_rproc_request_shutdown": "mailbox-shutdown",
    "stm32_rproc_release": "plat_release",
    "rproc_resource_cleanup": "cleanup",
    "rproc_unprepare_device": "unprepare",
    "rproc_disable_iommu": "iommu-off",
    "ioremap_wc": "map",
    "iounmap": "unmap",
    "tee_ta_open_session": "open_session",
    "tee_ta_close_session": "close_session",
    "rproc_add": "rproc_add",
    "rproc_del": "rproc_del",
    "rproc_alloc": "rproc_alloc",
    "rproc_free": "rproc_free",
    "stm32_rproc_request_mbox": "mailboxes",
    "stm32_rproc_free_mbox": "mailboxes-off",
}


def machine_of(design: str, script: Mapping[At, Disturbance] | None = None) -> Machine:
    """A machine with the demonstration's firmware, whose M4 executes nothing."""
    chosen = DESIGNS[design]
    image = demo_image() if chosen.signed else demo_elf()
    return Bench(design=chosen, engine=False).machine(image, script)


def play(scenario: str, design: str, script: Mapping[At, Disturbance] | None = None) -> Machine:
    """The machine after a scenario."""
    machine = machine_of(design, script)
    SCENARIOS[scenario](machine)
    return machine


def during(trace: Trace, function: str, nth: int = 1) -> Trace:
    """What happened from the call of `function` to its end."""
    first = next(
        i for i, e in enumerate(trace)
        if isinstance(e, Entered) and (e.function, e.nth) == (function, nth)
    )  # fmt: skip
    entered = trace[first]
    assert isinstance(entered, Entered)
    last = next(
        i for i, e in enumerate(trace[first:], first)
        if isinstance(e, Left | Failed) and (e.function, e.depth) == (function, entered.depth)
    )  # fmt: skip
    return trace[first : last + 1]


def words(trace: Trace, expected: str) -> str:
    """All TA commands of `trace` in order, and of the other words those that are in `expected`."""
    wanted = {*TA.values(), *expected.split()}
    said = (WORDS.get(e.function) for e in trace if isinstance(e, Entered))
    return " ".join(word for word in said if word in wanted)


def commands(trace: Trace) -> list[str]:
    """The TA commands of `trace`, in order."""
    return words(trace, "").split()


def labels(trace: Trace) -> list[str]:
    """The labels that were passed."""
    return [e.label for e in trace if isinstance(e, Unwound)]


def reported(machine: Machine, what: str) -> str | None:
    """The errno that writing `what` to sysfs reports, or None."""
    try:
        machine.write_state(what)
    except ModelledError as error:
        return error.code.name
    return None


def final(trace: Trace, owner: str, field: str) -> object:
    """The last value that a field was given."""
    changes = [
        e.after for e in trace if isinstance(e, Changed) and (e.owner, e.field) == (owner, field)
    ]
    return changes[-1] if changes else None
