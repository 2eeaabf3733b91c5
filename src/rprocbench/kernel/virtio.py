# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/virtio/virtio.c: devices meet their drivers."""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors
from rprocbench.base.trace import Lane
from rprocbench.formats.vring import VirtioStatus

from .virtio_device import (
    VirtioDevice,
    VirtioDriver,
    virtio_add_status,
    virtio_device_ready,
)
from .virtio_rpmsg_bus import virtio_ipc_driver

virtio_c = mirrors("linux:drivers/virtio/virtio.c")

DRIVERS: tuple[VirtioDriver, ...] = (virtio_ipc_driver,)
VIRTIO_TRANSPORT_F_START, VIRTIO_TRANSPORT_F_END = 28, 42


@virtio_c
def register_virtio_device(vdev: VirtioDevice) -> None:
    """Reset the device, acknowledge it, and look for a driver. That none fits is no error."""
    rvdevs = vdev.parent.rproc.rvdevs
    taken = {rvdev.vdev.index for rvdev in rvdevs if rvdev.vdev}
    vdev.index = next(index for index in range(len(rvdevs) + 1) if index not in taken)
    vdev.config.reset(vdev)
    virtio_add_status(vdev, VirtioStatus.ACKNOWLEDGE)
    device_add(vdev)


def device_add(vdev: VirtioDevice) -> None:
    """Let the first driver that serves this id probe. Its failure is logged and goes nowhere."""
    driver = next((driver for driver in DRIVERS if vdev.id in driver.ids), None)
    if driver is None:
        return
    vdev.driver = driver
    try:
        virtio_dev_probe(vdev)
    except ModelledError as error:
        vdev.driver = None
        level = "debug" if error.code in (Errno.ENODEV, Errno.ENXIO) else "err"
        vdev.run.log(Lane.LINUX, f"{vdev.name}: {driver.name} cannot drive it: {error}", level)


@virtio_c
def virtio_dev_probe(vdev: VirtioDevice) -> None:
    """Agree on features with the device, then let the driver set it up."""
    driver = vdev.driver
    assert driver
    virtio_add_status(vdev, VirtioStatus.DRIVER)
    device_features = vdev.config.get_features(vdev)
    linux = vdev.parent.rproc.host.linux
    switched = (bit for name, bit in driver.feature_switches if getattr(linux, name))
    driver_features = sum(1 << bit for bit in (*driver.feature_table, *switched))
    transport = range(VIRTIO_TRANSPORT_F_START, VIRTIO_TRANSPORT_F_END)
    driver_features |= sum(1 << bit for bit in transport)
    vdev.features = device_features & driver_features

    with Unwind(vdev) as unwind:
        unwind.label("err", virtio_add_status, vdev, VirtioStatus.FAILED)
        vdev.config.finalize_features(vdev)
        driver.probe(vdev)
        if not vdev.config.get_status(vdev) & VirtioStatus.DRIVER_OK:
            virtio_device_ready(vdev)


@virtio_c
def unregister_virtio_device(vdev: VirtioDevice) -> None:
    """Take the device from its driver, if it has one."""
    if vdev.driver:
        virtio_dev_remove(vdev)


@virtio_c
def virtio_dev_remove(vdev: VirtioDevice) -> None:
    """Let the driver go, and acknowledge the device once more."""
    assert vdev.driver
    vdev.driver.remove(vdev)
    if vdev.config.get_status(vdev):
        vdev.run.log(Lane.LINUX, f"{vdev.name}: the driver did not reset it", "warn")
    virtio_add_status(vdev, VirtioStatus.ACKNOWLEDGE)
    vdev.driver = None
