# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/rpmsg_char.c: `/dev/rpmsgN`, where a user's program sends and reads.

`rpmsg-tty` is served in the same way here; the line discipline of the real one is left out.
"""

from dataclasses import dataclass
from typing import Any

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Run, Watched, mirrors

from .rpmsg import RpmsgDevice, RpmsgDriver, RpmsgEndpoint
from .rpmsg_core import rpmsg_sendto, rpmsg_trysendto

char_c = mirrors("linux:drivers/rpmsg/rpmsg_char.c")


@dataclass
class RpmsgEptdev(Watched):
    """`struct rpmsg_eptdev`: an endpoint as a file; `queue` holds what nobody has read yet."""

    run: Run
    name: str
    rpdev: RpmsgDevice
    ept: RpmsgEndpoint | None
    dst: int
    queue: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        self.watch(f"/dev/{self.name}")


def rpmsg_ept_cb(rpdev: RpmsgDevice, payload: bytes, priv: Any, src: int) -> None:
    """Keep the message until it is read. Who sent it is forgotten."""
    if priv is not None:
        priv.queue += (payload,)


@char_c
def rpmsg_chrdev_probe(rpdev: RpmsgDevice) -> None:
    """Give the channel's endpoint a file."""
    vrp = rpdev.vrp
    taken = {channel.drvdata.name for channel in vrp.channels if channel.drvdata}
    names = (f"rpmsg{index}" for index in range(len(vrp.channels) + 1))
    name = next(name for name in names if name not in taken)
    eptdev = RpmsgEptdev(rpdev.run, name, rpdev, rpdev.ept, rpdev.dst)
    assert rpdev.ept
    rpdev.ept.priv = eptdev
    rpdev.drvdata = eptdev


@char_c
def rpmsg_chrdev_remove(rpdev: RpmsgDevice) -> None:
    """The file stays open, but nothing is behind it any more."""
    eptdev: RpmsgEptdev = rpdev.drvdata
    if rpdev.ept:
        rpdev.ept.priv = None
    eptdev.ept = None
    eptdev.gone()
    rpdev.drvdata = None


@char_c
def rpmsg_eptdev_write_iter(eptdev: RpmsgEptdev, payload: bytes, *, nonblock: bool = False) -> int:
    """`write(2)`: one message to the channel's other end. `EAGAIN` where it would have to wait."""
    if eptdev.ept is None:
        raise ModelledError(Errno.EPIPE, f"{eptdev.name}: the channel is gone")
    if nonblock:
        try:
            rpmsg_trysendto(eptdev.ept, payload, eptdev.dst)
        except ModelledError as error:
            if error.code == Errno.ENOMEM:
                raise ModelledError(Errno.EAGAIN, error.why) from error
            raise
    else:
        rpmsg_sendto(eptdev.ept, payload, eptdev.dst)
    return len(payload)


@char_c
def rpmsg_eptdev_read_iter(eptdev: RpmsgEptdev, size: int = 512) -> bytes:
    """`read(2)` that does not block: the oldest message, cut at `size`; the rest of it is lost."""
    if not eptdev.queue:
        if eptdev.ept is None:
            raise ModelledError(Errno.EPIPE, f"{eptdev.name}: the channel is gone")
        raise ModelledError(Errno.EAGAIN, f"{eptdev.name}: nothing has arrived")
    payload, *rest = eptdev.queue
    eptdev.queue = tuple(rest)
    return payload[:size]


rpmsg_chrdev_driver = RpmsgDriver(
    name="rpmsg_chrdev",
    id_table=("rpmsg-raw", "rpmsg_chrdev", "rpmsg-tty"),
    probe=rpmsg_chrdev_probe,
    callback=rpmsg_ept_cb,
    remove=rpmsg_chrdev_remove,
)
