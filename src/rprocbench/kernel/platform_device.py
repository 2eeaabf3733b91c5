# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/base/platform.c: the device that a vdev is; its driver probes it at once."""

from rprocbench.base.errors import ModelledError
from rprocbench.base.run import mirrors
from rprocbench.base.trace import Lane

from .remoteproc import Rproc, RprocVdev, RprocVdevData
from .remoteproc_virtio import rproc_virtio_probe, rproc_virtio_remove

platform_c = mirrors("linux:drivers/base/platform.c")


@platform_c
def platform_device_register_full(rproc: Rproc, rvdev_data: RprocVdevData) -> None:
    """Register the platform device of a vdev.

    Its driver probes it at once, but what the probe reports goes nowhere. A device whose probe
    failed stays, is on no list of the core's, and holds a reference on the rproc for ever.
    """
    try:
        rproc_virtio_probe(rproc, rvdev_data)
    except ModelledError as error:
        text = f"probe with driver rproc-virtio failed with error -{error.code.value}"
        rproc.run.log(Lane.LINUX, text, rproc.host.linux.probe_failure_level)
        if rproc.host.linux.vdev_errors_fatal:
            raise
        rproc.leaked_pdevs += 1


@platform_c
def platform_device_unregister(rvdev: RprocVdev) -> None:
    """Unregister the platform device of a vdev; its driver's `remove` runs first."""
    rproc_virtio_remove(rvdev)
