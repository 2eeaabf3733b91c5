# SPDX-License-Identifier: GPL-2.0-or-later
"""Invariants of balance: what is taken is given back, at the latest when Linux rests."""

from collections.abc import Iterator

from .breach import Breach
from .leftovers import leftovers, plain
from .story import Moment, Story

NEW, GONE = "stm32_rproc_probe", "stm32_rproc_remove"


def is_idle(rest: Moment) -> bool:
    """Whether Linux has a processor that nobody uses."""
    return rest.state in ("OFFLINE", "DETACHED") and rest.field("Rproc", "power") == 0


def has_left(rest: Moment) -> bool:
    """Whether a driver has just gone, or has not come."""
    return rest.call.name == GONE or (rest.call.name == NEW and not rest.call.ok)


def unbalanced(story: Story, take: str, give: str, index: int) -> int:
    """How many successful calls of `take` no call of `give` has undone by event `index`."""
    taken = sum(call.ok and call.end <= index for call in story.named(take))
    return taken - sum(call.start <= index for call in story.named(give))


def a_processor_at_rest_holds_nothing(story: Story) -> Iterator[Breach]:
    """After a failed boot or a shutdown everything is as the probe left it, but for history."""
    before: Moment | None = None
    for rest in story.rests:
        if rest.call.name == NEW:
            before = rest if rest.call.ok and is_idle(rest) else None
        elif before and is_idle(rest):
            for what in leftovers(story, before, rest):
                yield Breach("a_processor_at_rest_holds_nothing", what, rest.index)


def a_driver_that_left_holds_nothing(story: Story) -> Iterator[Breach]:
    """After a failed probe or a removal, all that the driver took is free, in both worlds."""
    before: Moment | None = None
    for rest in story.rests:
        if before and has_left(rest):
            for what in (*leftovers(story, before, rest), *registrations(story, rest)):
                yield Breach("a_driver_that_left_holds_nothing", what, rest.index)
        if rest.call.name not in (NEW, GONE) and rest.field("Rproc", "registered") is not True:
            before = rest


def registrations(story: Story, rest: Moment) -> Iterator[str]:
    """Who still knows a driver that has left."""
    if rest.field("Rproc", "registered"):
        yield "the device is still registered"
    if rest.field("OpTee", "sessions"):
        yield "the TA still has a session"
    if unbalanced(story, "rproc_char_device_add", "rproc_char_device_remove", rest.index):
        yield "the character device is still there"


def every_workqueue_is_destroyed(story: Story) -> Iterator[Breach]:
    """Work that is queued for a driver that has gone uses its freed memory."""
    for index, _owner, kind, fields in story.farewells:
        if kind == "Stm32Rproc" and fields.get("workqueue"):
            what = "the workqueue outlives the driver"
            yield Breach("every_workqueue_is_destroyed", what, index)


def held(story: Story, take: str, give: str, what: str, name: str) -> Iterator[Breach]:
    """A breach at each rest without users where `take` is not undone."""
    for rest in story.rests:
        if is_idle(rest) and unbalanced(story, take, give, rest.index) > 0:
            yield Breach(name, what, rest.index)


def every_prepare_is_undone(story: Story) -> Iterator[Breach]:
    """The driver's clocks, power and carveouts stay taken otherwise."""
    name, take, give = "every_prepare_is_undone", "rproc_prepare_device", "rproc_unprepare_device"
    yield from held(story, take, give, "the device stays prepared", name)


def every_iommu_is_disabled(story: Story) -> Iterator[Breach]:
    """A domain that stays lets the next image reach what the last one was given."""
    name, take, give = "every_iommu_is_disabled", "rproc_enable_iommu", "rproc_disable_iommu"
    yield from held(story, take, give, "the IOMMU stays enabled", name)


def every_subdevice_is_unprepared(story: Story) -> Iterator[Breach]:
    """A subdevice that stays prepared answers for a core that does not run."""
    take, give = "rproc_prepare_subdevices", "rproc_unprepare_subdevices"
    what, name = "the subdevices stay prepared", "every_subdevice_is_unprepared"
    yield from held(story, take, give, what, name)


def every_ring_id_belongs_to_a_ring(story: Story) -> Iterator[Breach]:
    """An id that stays taken is never given again, and the remote expects the first ones."""
    name = "every_ring_id_belongs_to_a_ring"
    for rest in story.rests:
        ids = rest.field("Rproc", "notifyids")
        rings = {ring.get("notifyid") for ring in rest.of_kind("RprocVring").values()}
        if isinstance(ids, tuple) and set(ids) - rings:
            yield Breach(name, "an id is taken for a ring that is not there", rest.index)


def every_mapping_of_the_table_is_undone(story: Story) -> Iterator[Breach]:
    """Each boot that forgets its mapping of the remote's table costs kernel address space."""
    name = "every_mapping_of_the_table_is_undone"
    yield from held(story, "ioremap_wc", "iounmap", "the table stays mapped", name)


def every_firmware_image_is_released(story: Story) -> Iterator[Breach]:
    """The kernel's copy of the file, as large as the image, leaks with each attempt."""
    for rest in story.rests:
        if unbalanced(story, "request_firmware", "release_firmware", rest.index) > 0:
            what = "the firmware image is not released"
            yield Breach("every_firmware_image_is_released", what, rest.index)


def every_virtio_buffer_is_freed(story: Story) -> Iterator[Breach]:
    """Buffers that outlive their device fill the pool, and the next boot finds it empty."""
    name = "every_virtio_buffer_is_freed"
    for index, owner, kind, fields in story.farewells:
        if kind == "VirtioDevice" and fields.get("block") is not None:
            yield Breach(name, f"the buffers of {plain(owner)} outlive it", index)


def no_lock_is_held_at_rest(story: Story) -> Iterator[Breach]:
    """Whoever comes next waits for ever."""
    for rest in story.rests:
        for owner, fields in rest.objects.items():
            if fields.get("lock_held"):
                yield Breach("no_lock_is_held_at_rest", f"{plain(owner)} stays locked", rest.index)


def no_memory_stays_shared(story: Story) -> Iterator[Breach]:
    """Memory that is shared after the call is memory that the other world still reads or writes."""
    for rest in story.rests:
        for owner in rest.of_kind("TeeShm"):
            what = f"{plain(owner)} stays shared with the secure world"
            yield Breach("no_memory_stays_shared", what, rest.index)


BALANCE = (
    a_processor_at_rest_holds_nothing, a_driver_that_left_holds_nothing,
    every_workqueue_is_destroyed, every_prepare_is_undone, every_iommu_is_disabled,
    every_subdevice_is_unprepared, every_ring_id_belongs_to_a_ring,
    every_mapping_of_the_table_is_undone,
    every_firmware_image_is_released, every_virtio_buffer_is_freed, no_lock_is_held_at_rest,
    no_memory_stays_shared,
)  # fmt: skip
