# SPDX-License-Identifier: GPL-2.0-or-later
"""Invariants of agreement: Linux, the TA and the silicon think the same of the same processor."""

from collections.abc import Iterator

from rprocbench.base.errors import Undefined
from rprocbench.base.trace import Failed

from .breach import Breach
from .story import Story

RUNS = ("RUNNING", "ATTACHED")
STANDS = ("OFFLINE",)


def linux_and_the_ta_agree_on_who_runs(story: Story) -> Iterator[Breach]:
    """A core that runs without Linux's knowledge is never stopped; the other way round it hangs."""
    name = "linux_and_the_ta_agree_on_who_runs"
    for rest in story.rests:
        ta = rest.firmware
        if rest.state in STANDS and ta == "STARTED":
            yield Breach(name, "Linux says OFFLINE, the TA STARTED", rest.index)
        if story.secure and rest.state in RUNS and ta != "STARTED":
            what = f"Linux says {rest.state}, the TA {ta or 'nothing'}"
            yield Breach(name, what, rest.index)


def linux_and_the_silicon_agree_on_who_runs(story: Story) -> Iterator[Breach]:
    """A processor that is OFFLINE gives its memory back, and a running core would write into it."""
    name = "linux_and_the_silicon_agree_on_who_runs"
    for rest in story.rests:
        runs = rest.field("Mcu", "running")
        if rest.state in STANDS and runs:
            yield Breach(name, "Linux says OFFLINE, and the core runs", rest.index)
        if rest.state in RUNS and not runs:
            yield Breach(name, f"Linux says {rest.state}, and the core does not run", rest.index)
        if rest.call.name == "stm32_rproc_remove" and runs and started(story, rest.index):
            yield Breach(name, "the driver has gone, and the core runs", rest.index)


def started(story: Story, index: int) -> bool:
    """Whether Linux, or the TA on its behalf, has started the core or taken it over by then."""
    return any(
        call.ok and call.end <= index
        for call in story.named("stm32_rproc_start", "remoteproc_start_fw", "__rproc_attach")
    )


def power_and_state_agree(story: Story) -> Iterator[Breach]:
    """A user's reference to a processor that does not run can neither boot nor stop it."""
    for rest in story.rests:
        power, state = rest.field("Rproc", "power"), rest.state
        if state in ("OFFLINE", "DETACHED") and power != 0:
            what = f"{state} with users: a start does nothing, a stop is refused"
            yield Breach("power_and_state_agree", what, rest.index)
        if state not in (None, "OFFLINE", "DETACHED") and power == 0:
            yield Breach("power_and_state_agree", f"{state} without users", rest.index)


def the_table_is_a_private_copy_when_resources_go(story: Story) -> Iterator[Breach]:
    """Rings are erased from the table; one in the remote's memory is unmapped, or somebody's."""
    name = "the_table_is_a_private_copy_when_resources_go"
    for moment in story.moments.get("rproc_resource_cleanup", []):
        table = moment.field("Rproc", "table_ptr")
        if isinstance(table, str) and table not in moment.objects:
            what = "resources are given back through a table that is not the kernel's copy"
            yield Breach(name, what, moment.index)


def recovery_reapplies_the_same_resource_data(story: Story) -> Iterator[Breach]:
    """Rings and their ids outlive a crash; what Linux wrote into the table must, too."""
    name = "recovery_reapplies_the_same_resource_data"
    first: tuple[object, object] = (None, None)
    for moment in story.moments.get("rproc_prepare_subdevices", []):
        table = moment.field("Rproc", "cached_table")
        data = moment.objects.get(table, {}).get("data") if isinstance(table, str) else None
        if not moment.call.inside("rproc_boot_recovery"):
            first = table, data
        elif data != first[1]:
            yield Breach(name, "the recovered core gets another resource table", moment.index)
        elif table != first[0]:
            what = "recovery takes a fresh table: what Linux wrote into the old one is lost"
            yield Breach(name, what, moment.index)


def nothing_oopses(story: Story) -> Iterator[Breach]:
    """An error that ends in undefined behaviour is worse than any that is reported."""
    for index, event in enumerate(story.trace):
        if isinstance(event, Failed) and event.code == Undefined.OOPS.name:
            yield Breach("nothing_oopses", event.why, index)
            return


AGREEMENT = (
    linux_and_the_ta_agree_on_who_runs, linux_and_the_silicon_agree_on_who_runs,
    power_and_state_agree, the_table_is_a_private_copy_when_resources_go,
    recovery_reapplies_the_same_resource_data, nothing_oopses,
)  # fmt: skip
