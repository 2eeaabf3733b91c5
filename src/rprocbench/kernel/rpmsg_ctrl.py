# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/rpmsg_ctrl.c: `/dev/rpmsg_ctrlN`, through which a user makes endpoints."""

import struct
from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.formats.vring import RPMSG_NAME_SIZE

from .rpmsg import RpmsgChannelInfo, RpmsgDevice, RpmsgDriver
from .rpmsg_char import RpmsgEptdev, rpmsg_chrdev_eptdev_create, rpmsg_chrdev_eptdev_destroy
from .rpmsg_core import rpmsg_create_channel, rpmsg_release_channel

ctrl_c = mirrors("linux:drivers/rpmsg/rpmsg_ctrl.c")

RPMSG_CREATE_EPT_IOCTL = 0x4028_B501
RPMSG_CREATE_DEV_IOCTL = 0x4028_B503
RPMSG_RELEASE_DEV_IOCTL = 0x4028_B504
ENDPOINT_INFO = struct.Struct(f"<{RPMSG_NAME_SIZE}sII")


@dataclass
class RpmsgCtrldev(Watched):
    """`struct rpmsg_ctrldev`: the control file of one bus, and the files that were made with it."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"rpdev", "made"})

    run: Run
    name: str
    rpdev: RpmsgDevice
    made: tuple[RpmsgEptdev, ...] = ()

    def __post_init__(self) -> None:
        self.watch(f"/dev/{self.name}")


def rpmsg_ctrldev_probe(rpdev: RpmsgDevice) -> None:
    """A control file for the bus, numbered as its virtio device."""
    rpdev.drvdata = RpmsgCtrldev(rpdev.run, f"rpmsg_ctrl{rpdev.vrp.vdev.index}", rpdev)


def rpmsg_ctrldev_remove(rpdev: RpmsgDevice) -> None:
    """The control file goes, and every file that was made with it."""
    ctrldev: RpmsgCtrldev = rpdev.drvdata
    for eptdev in ctrldev.made:
        if eptdev.rpdev:
            rpmsg_chrdev_eptdev_destroy(eptdev)
    ctrldev.gone()
    rpdev.drvdata = None


@ctrl_c
def rpmsg_ctrldev_ioctl(ctrldev: RpmsgCtrldev, cmd: int, arg: bytes) -> RpmsgEptdev | None:
    """`ioctl(2)` with 40 bytes: a name of 32, two addresses. A new endpoint's file is returned.

    - EFAULT: fewer bytes than 40;
    - ENXIO: there is such a channel already;
    - EINVAL: there is none to release, or another command.
    """
    if len(arg) < ENDPOINT_INFO.size:
        raise ModelledError(Errno.EFAULT, f"{len(arg)} of {ENDPOINT_INFO.size} bytes")
    name, src, dst = ENDPOINT_INFO.unpack_from(arg)
    text = name[:-1].split(b"\0")[0].decode("ascii", "backslashreplace")
    chinfo = RpmsgChannelInfo(text, src, dst)
    if cmd == RPMSG_CREATE_EPT_IOCTL:
        eptdev = rpmsg_chrdev_eptdev_create(ctrldev.rpdev, chinfo)
        ctrldev.made += (eptdev,)
        return eptdev
    if cmd == RPMSG_CREATE_DEV_IOCTL:
        if rpmsg_create_channel(ctrldev.rpdev, chinfo) is None:
            raise ModelledError(Errno.ENXIO, f"cannot create channel {text}")
        return None
    if cmd == RPMSG_RELEASE_DEV_IOCTL:
        rpmsg_release_channel(ctrldev.rpdev, chinfo)
        return None
    raise ModelledError(Errno.EINVAL, f"ioctl {cmd:#x}")


rpmsg_ctrldev_driver = RpmsgDriver(
    name="rpmsg_ctrl",
    id_table=("rpmsg_ctrl",),
    probe=rpmsg_ctrldev_probe,
    remove=rpmsg_ctrldev_remove,
)
