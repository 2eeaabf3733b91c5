# SPDX-License-Identifier: GPL-2.0-or-later
"""Invariants of loading: what the TA is asked for, in what order, and how it is undone."""

from collections import Counter
from collections.abc import Iterator

from rprocbench.base.trace import Filled, Lane, Wrote

from .breach import Breach
from .story import Story

LINUX_LOADS, LINUX_STARTS = "rproc_elf_load_segments", "stm32_rproc_start"
LINUX_STOPS = "stm32_rproc_stop"
AUTHENTIC = ("LOADED", "STARTED")


def every_successful_load_is_undone_before_linux_rests(story: Story) -> Iterator[Breach]:
    """The image's memory stays taken, and the next LOAD is answered without a look at its image."""
    name = "every_successful_load_is_undone_before_linux_rests"
    for rest in story.rests:
        idle = rest.state in (None, "OFFLINE", "DETACHED")
        if idle and rest.firmware == "LOADED":
            what = "the TA keeps the firmware LOADED, and Linux has no use for it"
            yield Breach(name, what, rest.index)


def a_parse_that_failed_has_undone_its_own_load(story: Story) -> Iterator[Breach]:
    """Who reports an error has taken back what it did itself, and leaves the rest to its caller.

    `parse_fw` is the op whose inverse the series argues about; a caller cannot know how far it got.
    """
    name = "a_parse_that_failed_has_undone_its_own_load"
    for parse in story.named("rproc_parse_fw"):
        if parse.ok or parse.end < 0:
            continue
        own = [c for c in story.commands if parse.start < c.call.start < parse.end]
        loaded = [c for c in own if c.what == "LOAD" and c.ok and c.state not in AUTHENTIC]
        if loaded and not any(c.what == "RELEASE" for c in own):
            yield Breach(name, "parse_fw fails after its LOAD, and sends no RELEASE", parse.end)


def no_release_without_load(story: Story) -> Iterator[Breach]:
    """Releasing what was not taken wipes memory that may be somebody else's.

    A LOAD that failed counts: it may have left segments behind.
    """
    owed = False
    for command in sorted(story.commands, key=lambda c: c.call.start):
        if command.what == "LOAD":
            owed = True
        elif command.what == "RELEASE":
            if not owed:
                what = "RELEASE is sent, and nothing was loaded since the last one"
                yield Breach("no_release_without_load", what, command.call.start)
            if command.ok:
                owed = False


def start_only_after_load(story: Story) -> Iterator[Breach]:
    """A core that starts on an empty or half-loaded memory runs whatever lies there."""
    for command in story.commands:
        if command.what == "START" and command.arrived and command.state not in AUTHENTIC:
            what = f"START reaches a firmware that is {command.state or 'unknown to the TA'}"
            yield Breach("start_only_after_load", what, command.call.start)
    loaded = False
    for call in story.named(LINUX_LOADS, LINUX_STARTS, LINUX_STOPS):
        if call.name == LINUX_STARTS and not loaded:
            yield Breach("start_only_after_load", "Linux starts what it did not load", call.start)
        loaded = call.name == LINUX_LOADS and call.ok


def one_verification_per_boot(story: Story) -> Iterator[Breach]:
    """Verifying twice costs time twice, and the two may be of different bytes."""
    counts = Counter(call.door.start for call in story.named("remoteproc_verify_signature"))
    for start, count in counts.items():
        if count > 1:
            what = f"the signature is verified {count} times"
            yield Breach("one_verification_per_boot", what, start)


def no_byte_is_used_before_it_is_verified(story: Story) -> Iterator[Breach]:
    """What nobody authenticated must reach neither the core's memory nor Linux's resource lists."""
    name = "no_byte_is_used_before_it_is_verified"
    for moment in story.moments.get("rproc_handle_resources", []):
        table = moment.field("Rproc", "table_ptr")
        known = moment.firmware
        if story.secure and table is not None and known not in AUTHENTIC:
            what = "Linux takes resources from a table that the TA has not authenticated"
            yield Breach(name, what, moment.index)
    verified = {c.door.start: c.end for c in story.named("remoteproc_verify_signature") if c.ok}
    for load in story.named("remoteproc_load_fw"):
        good = verified.get(load.door.start, load.end)
        for index in range(load.start, min(good, load.end)):
            event = story.trace[index]
            if isinstance(event, Wrote | Filled) and event.lane is Lane.OPTEE:
                yield Breach(name, "the TA loads bytes before the signature is verified", index)
                break


LOADING = (
    every_successful_load_is_undone_before_linux_rests,
    a_parse_that_failed_has_undone_its_own_load, no_release_without_load, start_only_after_load,
    one_verification_per_boot, no_byte_is_used_before_it_is_verified,
)  # fmt: skip
