# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of each virtio device that an image asked for (our zone)."""

from typing import TYPE_CHECKING, Any, cast

from rprocbench.base.errors import ModelledError
from rprocbench.formats.resource_table import FwRscVdev
from rprocbench.kernel.remoteproc import Rproc
from rprocbench.kernel.virtio import DRIVERS, virtio_dev_probe
from rprocbench.kernel.virtio_device import VirtioDevice

from .linux_verdict import LinuxVdev

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = FwRscVdev.SPANS["status"][0]


class Probes:
    """A patch for `virtio_dev_probe`: the same, but it notes what each driver's probe reports."""

    def __init__(self) -> None:
        self.reported: dict[str, str] = {}

    def __call__(self, vdev: VirtioDevice) -> None:
        probe: Callable[[VirtioDevice], None] = cast("Any", virtio_dev_probe).__wrapped__
        try:
            probe(vdev)
        except ModelledError as error:
            self.reported[vdev.label] = error.code.name
            raise


def vdevs_of(rproc: Rproc, probes: Probes) -> tuple[LinuxVdev, ...]:
    """All virtio devices of a processor that was booted, in table order."""
    out = []
    for rvdev in rproc.rvdevs:
        table, vdev = rproc.table_ptr, rvdev.vdev
        status = table.read(rvdev.rsc_offset + STATUS, 1)[0] if table else 0
        driven = any(rvdev.id in driver.ids for driver in DRIVERS)
        reported = probes.reported.get(vdev.label, "") if vdev else ""
        features = vdev.features if vdev else 0
        out.append(LinuxVdev(rvdev.id, reported if driven else None, features, status))
    return tuple(out)
