# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernels that the model can be: each recorded difference is one named switch (our zone).

A function that behaves differently asks `host.linux` for its switch, never for a version number, so
that a kernel of one's own is one `replace` away. `version_differences` says it in words.
(Reference: kernel.md section 10.4, and what the recorded verdicts of 6.1 and 6.12 show.)
"""

from dataclasses import dataclass, fields
from typing import Any

from rprocbench.base.errors import InputCode, InputError


@dataclass(frozen=True)
class LinuxVersion:
    """One kernel: a name for the command line, what it is in full, and its switches.

    The first group is the same in every kernel that can be asked for; 5.10 differs.
    """

    name: str
    title: str

    attached_state: bool = True
    sysfs_detach: bool = True
    start_counts_users: bool = True
    shutdown_reports: bool = True
    stop_when_crashed: bool = True
    vdev_errors_fatal: bool = False
    unsigned_table_offsets: bool = True

    section_table_bounded: bool = True
    subdevs_started_guard: bool = True
    attach_recovery_full: bool = True
    probe_failure_level: str = "err"

    table_sz_cleared: bool = False
    del_forces: bool = True
    stm32_table_errors_swallowed: bool = False
    stm32_is_iomem: bool = True
    stm32_bad_region_ends_list: bool = True
    stm32_firmware_name: bool = True
    vring1_no_interrupt: bool = False
    rpmsg_poll: bool = True
    rpmsg_send_offchannel: bool = False
    rpmsg_flow_control: bool = True
    rpmsg_buffer_size_feature: bool = False  # in none of these: a patch of 2019


V7_3 = LinuxVersion("7.3", "Linux 7.3.4 (Debian linux-source-7.3 7.3.4-1~bpo13+1)")
V6_12 = LinuxVersion(
    "6.12",
    "Linux 6.12.117 (Debian linux-source-6.12 6.12.117-1~deb12u1)",
    table_sz_cleared=True,
    del_forces=False,
    stm32_table_errors_swallowed=True,
    stm32_is_iomem=False,
    stm32_bad_region_ends_list=False,
    stm32_firmware_name=False,
    vring1_no_interrupt=True,
    rpmsg_poll=False,
    rpmsg_send_offchannel=True,
)
V6_1 = LinuxVersion(
    "6.1",
    "Linux 6.1.192 (Debian linux-source-6.1 6.1.192-2)",
    section_table_bounded=False,
    subdevs_started_guard=False,
    attach_recovery_full=False,
    probe_failure_level="warn",
    table_sz_cleared=True,
    del_forces=False,
    stm32_table_errors_swallowed=True,
    stm32_is_iomem=False,
    stm32_bad_region_ends_list=False,
    stm32_firmware_name=False,
    vring1_no_interrupt=True,
    rpmsg_poll=False,
    rpmsg_send_offchannel=True,
    rpmsg_flow_control=False,
)
# Read for its history only: nobody recorded what it does, and not all that it does is known.
V5_10 = LinuxVersion(
    "5.10",
    "Linux 5.10.262 (Debian linux-source-5.10 5.10.262-1)",
    attached_state=False,
    sysfs_detach=False,
    start_counts_users=False,
    shutdown_reports=False,
    stop_when_crashed=False,
    vdev_errors_fatal=True,
    unsigned_table_offsets=False,
    section_table_bounded=False,
    subdevs_started_guard=False,
    attach_recovery_full=False,
    probe_failure_level="none",
    del_forces=False,
    stm32_table_errors_swallowed=True,
    stm32_is_iomem=False,
    stm32_bad_region_ends_list=False,
    stm32_firmware_name=False,
    vring1_no_interrupt=True,
    rpmsg_poll=False,
    rpmsg_send_offchannel=True,
    rpmsg_flow_control=False,
)

LINUX: dict[str, LinuxVersion] = {each.name: each for each in (V6_1, V6_12, V7_3)}


def kernel_called(name: str) -> LinuxVersion:
    """The kernel of that name. Raises `InputError` BAD_VALUE."""
    if name not in LINUX:
        known = ", ".join(LINUX)
        raise InputError(InputCode.BAD_VALUE, f"there is no Linux {name!r} here, only {known}")
    return LINUX[name]


def switches(linux: LinuxVersion) -> dict[str, Any]:
    """The switches of a kernel by name."""
    named = {each.name: getattr(linux, each.name) for each in fields(linux)}
    return {name: value for name, value in named.items() if name not in ("name", "title")}
