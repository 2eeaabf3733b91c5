# SPDX-License-Identifier: GPL-2.0-or-later
"""What Linux holds at one moment and did not hold at an earlier one, in a maintainer's words."""

from collections.abc import Iterator

from rprocbench.base.trace import Lane, Value

from .story import Moment, Story

# What a processor keeps on purpose when it is OFFLINE again: history, and what C never clears.
KEPT = {
    "Rproc": frozenset({
        "bootaddr", "crash_cnt", "deleting", "max_notifyid", "nb_vdev", "registered", "state",
        "table_sz",
    }),
    "Stm32Rproc": frozenset({"rsc_va"}),  # mapped once, for as long as the driver is there
}  # fmt: skip
# Signals on their way, of objects that outlive a boot.
WIRES = frozenset({"MboxChan", "Stm32Ipcc", "Stm32Mbox"})
# Its memory is devres's, and the model does not free it.
UNFREED = "Rproc"
PLURALS = {
    "HeapTable": "copies of the resource table", "MboxChan": "mailbox channels",
    "RpmsgDevice": "rpmsg devices", "RpmsgEndpoint": "rpmsg endpoints",
    "RprocDebugTrace": "trace buffers", "RprocMemEntry": "carveouts", "RprocVdev": "vdevs",
    "RprocVring": "rings", "Stm32Ipcc": "the mailbox controller", "Stm32Mbox": "mailboxes",
    "Stm32Rproc": "the driver's own struct", "TeeShm": "shared memories",
    "VirtioDevice": "virtio devices", "VirtprocInfo": "rpmsg buses", "Virtqueue": "virtqueues",
}  # fmt: skip


def plain(name: str) -> str:
    """An object's name without the number that makes it unique."""
    return name.partition("~")[0]


def linux_objects(story: Story, moment: Moment) -> dict[str, dict[str, Value]]:
    """The objects of the normal world."""
    return {n: f for n, f in moment.objects.items() if story.lanes.get(n) is Lane.LINUX}


def leftovers(story: Story, before: Moment, after: Moment) -> Iterator[str]:
    """What is there after and was not before, and which fields differ; in words."""
    old, new = linux_objects(story, before), linux_objects(story, after)
    for kind in dict.fromkeys(after.kinds[owner] for owner in new if owner not in old):
        if kind != UNFREED:
            yield f"left behind: {PLURALS.get(kind, kind)}"
    for owner, fields in new.items():
        kind = after.kinds[owner]
        if kind in WIRES or owner not in old:
            continue
        for field, value in fields.items():
            if value != old[owner].get(field) and field not in KEPT.get(kind, ()):
                yield f"{plain(owner)}: {field} is not as before"
