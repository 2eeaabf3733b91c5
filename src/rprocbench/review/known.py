# SPDX-License-Identifier: GPL-2.0-or-later
"""Breaches that Linux 7.3 commits by itself: true, known, and no design's fault.

Most were confirmed by running that kernel with failing ops; they are kept, and marked.
"""

from .breach import Breach

REST = "a_processor_at_rest_holds_nothing"
# invariant, a part of what is wrong ("" is any), what is known about it
KNOWN = (
    (REST, "carveouts", "prepare and parse_fw failures leak them"),
    (REST, "dump_segments", "prepare and parse_fw failures leak them"),
    (REST, "clean_table", "clean_table is freed, and the pointer stays"),
    (REST, "leaked_pdevs", "a failed vdev probe pins the rproc"),
    ("a_running_processor_has_all_its_devices", "probe failed", "vdev probe failure is silent"),
    ("a_running_processor_has_all_its_devices", "", "virtio and subdevice failures are not fatal"),
    ("power_and_state_agree", "OFFLINE", "a failed recovery is a dead end, even for removal"),
    ("the_table_is_a_private_copy_when_resources_go", "", "a failed attach erases the live table"),
)  # fmt: skip


def known_as(breach: Breach) -> str | None:
    """What is known about a breach, or None."""
    for invariant, part, text in KNOWN:
        if breach.invariant == invariant and part in breach.what:
            return text
    return None
