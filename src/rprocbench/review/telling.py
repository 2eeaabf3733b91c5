# SPDX-License-Identifier: GPL-2.0-or-later
"""Invariants of telling: who is told of an error, and what success means."""

from collections.abc import Iterator

from rprocbench.base.calls import Call

from .agreement import RUNS
from .breach import Breach
from .story import Moment, Story

PROBES = ("stm32_rproc_probe",)
USER = "state_store"
ACTIONS = {"rproc_boot": "start", "rproc_shutdown": "stop", "rproc_detach": "detach"}


def an_injected_error_reaches_the_caller(story: Story) -> Iterator[Breach]:
    """An error that nobody hears of is found by its consequences, much later.

    The user's call reports it, or, where C lets no call report it, the console does.
    """
    for call in story.injected:
        door = call.door
        told = door.failed is not None or story.complaints(call.end, door.end)
        if not told and not call.undoing:
            what = f"nobody is told that {call.name} failed"
            yield Breach("an_injected_error_reaches_the_caller", what, call.end)


def a_running_processor_has_all_its_devices(story: Story) -> Iterator[Breach]:
    """A boot that reports success, but whose devices failed to probe, cannot be talked to."""
    name = "a_running_processor_has_all_its_devices"
    for rest in story.rests:
        if rest.state not in RUNS:
            continue
        if rest.field("Rproc", "leaked_pdevs"):
            yield Breach(name, "a vdev's probe failed, and its device stays for ever", rest.index)
        vdevs = rest.of_kind("VirtioDevice")
        if len(vdevs) < len(rest.of_kind("RprocVdev")):
            yield Breach(name, "a vdev has no virtio device", rest.index)
        if any(vdev.get("driver") is None for vdev in vdevs.values()):
            yield Breach(name, "a virtio device has no driver", rest.index)


def after_the_fault_is_gone_boot_and_shutdown_work_again(story: Story) -> Iterator[Breach]:
    """A fault that strikes once may cost one attempt, not the processor.

    In a run without a fault, boot and shutdown just work.
    """
    struck = story.injected[0].door.start if story.injected else -1
    actions = {
        call.caller.start: ACTIONS[call.name]
        for call in story.named(*ACTIONS)
        if call.caller and call.caller.name == USER
    }
    for rest in story.rests:
        if rest.call.start <= struck:
            continue
        action = "probe" if rest.call.name in PROBES else actions.get(rest.call.start)
        if action and (what := disappointment(action, rest.call, rest)):
            name = "after_the_fault_is_gone_boot_and_shutdown_work_again"
            yield Breach(name, what, rest.index)


def disappointment(action: str, call: Call, rest: Moment) -> str | None:
    """What is wrong with an action that should have worked."""
    if call.failed:
        return f"{action} reports {call.failed.code}"
    if action == "start" and rest.state not in RUNS:
        return "start reports success, and nothing runs"
    if action == "stop" and rest.state != "OFFLINE":
        return f"stop reports success, and the processor is {rest.state}"
    return None


def a_driver_that_gives_up_says_so(story: Story) -> Iterator[Breach]:
    """Without FAILED in its status the remote waits for a driver that will not come."""
    calls = [call for call in story.calls if call.caller and call.caller.name == "virtio_dev_probe"]
    for probe in story.named("virtio_dev_probe"):
        inner = [call for call in calls if call.caller is probe]
        setup = [call for call in inner if call.name == "rpmsg_probe" and call.failed]
        told = any(call.name == "rproc_virtio_set_status" and call.undoing for call in inner)
        if setup and not told:
            what = "the driver gave up, and the remote is not told"
            yield Breach("a_driver_that_gives_up_says_so", what, probe.end)


TELLING = (
    an_injected_error_reaches_the_caller, a_running_processor_has_all_its_devices,
    after_the_fault_is_gone_boot_and_shutdown_work_again, a_driver_that_gives_up_says_so,
)  # fmt: skip
