# SPDX-License-Identifier: GPL-2.0-or-later
"""How the kernels differ, in words, one row a switch (our zone; kernel.md section 10.4)."""

from dataclasses import dataclass

from .versions import V5_10, V6_1, V6_12, V7_3, LinuxVersion

COLUMNS: tuple[LinuxVersion, ...] = (V5_10, V6_1, V6_12, V7_3)


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """A behaviour, the switch for it, what each of `COLUMNS` does, and who asks for the switch."""

    behaviour: str
    switch: str
    does: tuple[str, str, str, str]
    function: str

    def of(self, linux: LinuxVersion) -> str:
        """What one kernel does."""
        return dict(zip((each.name for each in COLUMNS), self.does, strict=True))[linux.name]


def row(behaviour: str, switch: str, function: str, *does: str) -> VersionDifference:
    """One row: the columns that are left out are as the last one given."""
    filled = (*does, *[does[-1]] * (len(COLUMNS) - len(does)))
    does_what = (filled[0], filled[1], filled[2], filled[3])
    return VersionDifference(behaviour, switch, does_what, function)


VERSION_DIFFERENCES: tuple[VersionDifference, ...] = (
    row("a core that was attached to", "attached_state", "__rproc_attach",
        "is RUNNING", "is ATTACHED"),
    row("sysfs `detach`", "sysfs_detach", "state_store", "EINVAL", "detaches"),
    row("`start` of one that is RUNNING", "start_counts_users", "state_store",
        "EBUSY", "one user more"),
    row("an error of `stop`", "shutdown_reports", "state_store", "is lost", "is reported"),
    row("`stop` of one that is CRASHED", "stop_when_crashed", "__rproc_shutdown",
        "EINVAL", "stops it"),
    row("an error of a vdev's probe", "vdev_errors_fatal", "platform_device_register_full",
        "fails the boot", "is lost, and the vdev with it"),
    row("offsets of the resource table", "unsigned_table_offsets", "rproc_handle_resources",
        "signed: may point before it", "unsigned, at least 16"),
    row("what the loader checks of the section table", "section_table_bounded",
        "rproc_elf_sanity_check", "its first header, by a sum that wraps",
        "its first header, by a sum that wraps", "all of it"),
    row("a second stop after ops.stop failed", "subdevs_started_guard", "rproc_stop_subdevices",
        "stops the subdevices twice", "stops the subdevices twice", "stops them once"),
    row("recovery of an attached core that restarts itself", "attach_recovery_full",
        "rproc_attach_recovery", "detach and attach only", "detach and attach only",
        "resources and table are taken anew"),
    row("the log line of a vdev's failed probe", "probe_failure_level",
        "platform_device_register_full", "does not exist: there is no probe", "is a warning",
        "is an error"),
    row("`table_sz` after a shutdown", "table_sz_cleared", "__rproc_shutdown",
        "stays", "is cleared", "is cleared", "stays"),
    row("`rproc_del` of one with several users", "del_forces", "rproc_del",
        "leaves it running", "leaves it running", "leaves it running", "stops it"),
    row("an error of the table loader in stm32's parse_fw", "stm32_table_errors_swallowed",
        "stm32_rproc_parse_fw", "any is a warning", "any is a warning", "any is a warning",
        "EINVAL is a warning, others fail the boot"),
    row("stm32's memory is", "stm32_is_iomem", "stm32_rproc_mem_alloc",
        "ordinary", "ordinary", "ordinary", "iomem, copied with memcpy_toio"),
    row("a `memory-region` that leads nowhere", "stm32_bad_region_ends_list",
        "stm32_rproc_prepare", "EINVAL", "EINVAL", "EINVAL", "ends the list in silence"),
    row("the property `firmware-name`", "stm32_firmware_name", "stm32_rproc_probe",
        "is not read", "is not read", "is not read", "names the image"),
    row("ring 1: avail.flags after the probe", "vring1_no_interrupt", "rpmsg_probe",
        "1: do not tell me", "1: do not tell me", "1: do not tell me", "0"),
    row("poll() of /dev/rpmsgN for room to write", "rpmsg_poll", "rpmsg_eptdev_poll",
        "never says so", "never says so", "never says so", "says so"),
    row("rpmsg_send_offchannel", "rpmsg_send_offchannel", "rpmsg_send_offchannel",
        "sends for another", "sends for another", "sends for another", "is gone"),
    row("flow control of rpmsg endpoints", "rpmsg_flow_control", "rpmsg_eptdev_ioctl",
        "is unknown", "is unknown", "by ioctl"),
    row("the rpmsg feature for the size of buffers (a patch of 2019)",
        "rpmsg_buffer_size_feature", "virtio_dev_probe", "is unknown"),
)  # fmt: skip
