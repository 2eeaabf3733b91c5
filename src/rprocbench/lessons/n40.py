# SPDX-License-Identifier: GPL-2.0-or-later
"""Exercises of 40_boot_step_by_step."""

from rprocbench.base.errors import Errno
from rprocbench.base.run import At, Disturbance, Fail
from rprocbench.base.state import state_at
from rprocbench.kernel.remoteproc import RprocState

from .answers import number, one_of, script
from .exercise import Key, exercise
from .reading import called, commands, labels
from .runs import boot, clean, recovery
from .table_moments import when

WANTED, UNWANTED = "unprepare_rproc", "clean_up_resources"
CANDIDATES = (
    "rproc_fw_sanity_check", "rproc_prepare_device", "rproc_parse_fw", "rproc_handle_resources",
    "rproc_start",
)  # fmt: skip


@exercise("40.1", one_of(*RprocState.__members__), (
    "Ask the run: run.state_at(event).objects['remoteproc0']['state'].",
    "The state is written at the very end, when the subdevices have started as well.",
))  # fmt: skip
def state_when_the_m4_starts() -> Key:
    """In which state does Linux hold the processor at the moment the M4 begins to run?"""
    run = clean()
    state = state_at(run.trace, when(run, "MCU", "running", after=True)).objects["remoteproc0"]
    return Key(
        str(state["state"]),
        "The M4 runs before Linux says so, and must wait until the rings are ready.",
        {
            "RUNNING": "It becomes that, but later: compare the numbers of the two events.",
            "DETACHED": "That is a core that somebody else has started.",
        },
    )


@exercise("40.2", number, (
    "Count remoteproc_verify_signature, not LOAD.",
    "The second LOAD finds the firmware LOADED, and returns at once.",
))  # fmt: skip
def verifications_of_a_boot() -> Key:
    """How many times is the signature verified in one clean boot of v22?"""
    verified = called(clean(), "remoteproc_verify_signature")
    loads = commands(clean()).count("LOAD")
    return Key(
        verified,
        f"There are {loads} LOADs; the TA does not look at the image of the second.",
        {loads: "So many LOADs are sent. Does each of them verify?"},
    )


def stops_halfway(faults: dict[At, Disturbance]) -> str | None:
    """None if a script makes a boot pass the one label and not the other; else a hint."""
    run = boot("v22", faults)
    passed = labels(run)
    if run.unreached:
        return f"The boot never comes to {run.unreached[0]}."
    if WANTED in passed and UNWANTED not in passed:
        return None
    if not passed:
        return "That fault makes the boot undo nothing."
    return f"That boot goes past: {', '.join(passed)}."


@exercise("40.3", script, (
    "A label stands where its resource is taken: what lies between the two?",
    "After prepare and before handle_resources, the firmware is parsed.",
))  # fmt: skip
def between_two_labels() -> Key:
    """Which script makes a boot of v22 go past unprepare_rproc, but not past clean_up_resources?"""
    scripts: list[dict[At, Disturbance]] = [{At(each): Fail(Errno.EIO)} for each in CANDIDATES]
    answer = next(faults for faults in scripts if stops_halfway(faults) is None)
    (at,) = answer
    return Key(
        answer,
        "The device is prepared by then, and no resource of the table has been taken.",
        judge=stops_halfway,
        shown=f'{{At("{at}"): Fail(Errno.EIO)}}',
    )


ASKED = (
    "request_firmware",
    "rproc_start",
    "rproc_stop",
    "rproc_prepare_device",
    "rproc_tee_load_fw",
)


@exercise("40.4", one_of(*ASKED), (
    "Look at what recovery keeps: mappings, carveouts, rings.",
    "What is still prepared need not be prepared.",
))  # fmt: skip
def what_recovery_leaves_out() -> Key:
    """Which of these functions does a recovery not call?"""
    run = recovery("v22")
    crashed = when(run, "remoteproc0", "state", "CRASHED")
    again = next(i for i in range(crashed, len(run.trace)) if recovered(run.trace[i]))
    counts = {each: called(run, each, crashed, again) for each in ASKED}
    (answer,) = [each for each, count in counts.items() if not count]
    return Key(
        answer,
        "The device stayed prepared through the crash; the image is fetched and loaded anew.",
        {each: f"The recovery does call {each}." for each, count in counts.items() if count},
    )


def recovered(event: object) -> bool:
    """Whether an event says that the processor runs again."""
    return (getattr(event, "owner", ""), getattr(event, "after", "")) == ("remoteproc0", "RUNNING")
