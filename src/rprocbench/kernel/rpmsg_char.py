# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/rpmsg_char.c: `/dev/rpmsgN`, where a user's program sends and reads."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane, Passed

from .rpmsg import EPOLLERR, EPOLLIN, RpmsgChannelInfo, RpmsgDevice, RpmsgDriver, RpmsgEndpoint
from .rpmsg_core import (
    rpmsg_create_ept,
    rpmsg_destroy_ept,
    rpmsg_poll,
    rpmsg_sendto,
    rpmsg_trysendto,
)

char_c = mirrors("linux:drivers/rpmsg/rpmsg_char.c")

DEV_MAX = 1 << 20  # minor numbers


@dataclass
class RpmsgEptdev(Watched):
    """`struct rpmsg_eptdev`: an endpoint as a file; `waiting` counts what nobody has read yet.

    A channel's own file has the channel's endpoint, `default_ept`; one that a user made has its
    endpoint only while it is open. `rpdev` is None when the channel is gone.
    """

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"messages"})

    run: Run
    name: str
    rpdev: RpmsgDevice | None
    chinfo: RpmsgChannelInfo
    default_ept: RpmsgEndpoint | None = None
    ept: RpmsgEndpoint | None = None
    opened: bool = False
    waiting: int = 0
    restricted: bool = False
    messages: deque[tuple[int, bytes]] = field(default_factory=deque, repr=False)

    def __post_init__(self) -> None:
        self.watch(f"/dev/{self.name}")

    @property
    def queue(self) -> tuple[bytes, ...]:
        """What nobody has read yet, oldest first."""
        return tuple(payload for _id, payload in self.messages)

    @property
    def dst(self) -> int:
        """Where it sends to."""
        return self.chinfo.dst


def rpmsg_ept_cb(_rpdev: RpmsgDevice, payload: bytes, priv: Any, src: int) -> None:
    """Keep the message until it is read. Who sent it is forgotten."""
    if priv is not None:
        arriving = priv.ept.arriving if priv.ept else 0
        priv.messages.append((arriving, payload))
        priv.waiting += 1


def rpmsg_chrdev_eptdev_create(
    rpdev: RpmsgDevice, chinfo: RpmsgChannelInfo, default_ept: RpmsgEndpoint | None = None
) -> RpmsgEptdev:
    """A file for an endpoint, with the lowest free number."""
    statics = rpdev.vrp.vdev.parent.rproc.host.statics
    taken: dict[int, RpmsgEptdev] = statics.setdefault("rpmsg_char", {})
    index = next(index for index in range(len(taken) + 1) if index not in taken)
    if index >= DEV_MAX:
        raise ModelledError(Errno.ENOSPC, "no minor number is left")
    eptdev = RpmsgEptdev(rpdev.run, f"rpmsg{index}", rpdev, chinfo, default_ept, default_ept)
    taken[index] = eptdev
    if default_ept:
        default_ept.priv = eptdev
    return eptdev


def rpmsg_chrdev_eptdev_destroy(eptdev: RpmsgEptdev) -> None:
    """The file goes; who has it open reads and writes in vain."""
    assert eptdev.rpdev
    statics = eptdev.rpdev.vrp.vdev.parent.rproc.host.statics
    statics["rpmsg_char"].pop(int(eptdev.name.removeprefix("rpmsg")), None)
    if eptdev.ept:
        eptdev.ept.priv = None
        if not eptdev.default_ept:
            rpmsg_destroy_ept(eptdev.ept)
    eptdev.ept = eptdev.default_ept = eptdev.rpdev = None
    eptdev.gone()


@char_c
def rpmsg_chrdev_probe(rpdev: RpmsgDevice) -> None:
    """Give the channel's endpoint a file."""
    assert rpdev.ept
    chinfo = RpmsgChannelInfo(rpdev.name, rpdev.src, rpdev.dst)
    rpdev.drvdata = rpmsg_chrdev_eptdev_create(rpdev, chinfo, rpdev.ept)


@char_c
def rpmsg_chrdev_remove(rpdev: RpmsgDevice) -> None:
    """The file stays open, but nothing is behind it any more."""
    rpmsg_chrdev_eptdev_destroy(rpdev.drvdata)
    rpdev.drvdata = None


@char_c
def rpmsg_eptdev_open(eptdev: RpmsgEptdev) -> None:
    """`open(2)`.

    - EBUSY: it is open already;
    - ENETRESET: the channel that it was made on is gone;
    - EINVAL: no endpoint at its address, which is taken.
    """
    if eptdev.rpdev is None:
        raise ModelledError(Errno.ENETRESET, f"{eptdev.name}: the channel is gone")
    if eptdev.opened:
        raise ModelledError(Errno.EBUSY, f"{eptdev.name} is open")
    if eptdev.default_ept is None:
        eptdev.ept = rpmsg_create_ept(eptdev.rpdev, rpmsg_ept_cb, eptdev, eptdev.chinfo)
        if eptdev.ept is None:
            raise ModelledError(Errno.EINVAL, f"{eptdev.name}: no endpoint")
    eptdev.opened = True


@char_c
def rpmsg_eptdev_release(eptdev: RpmsgEptdev) -> None:
    """`close(2)`: what nobody has read is forgotten, and so is an endpoint of its own."""
    eptdev.messages.clear()
    eptdev.waiting = 0
    if eptdev.ept and not eptdev.default_ept:
        rpmsg_destroy_ept(eptdev.ept)
        eptdev.ept = None
    eptdev.opened = False


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
    if not eptdev.messages:
        if eptdev.ept is None:
            raise ModelledError(Errno.EPIPE, f"{eptdev.name}: the channel is gone")
        raise ModelledError(Errno.EAGAIN, f"{eptdev.name}: nothing has arrived")
    message, payload = eptdev.messages.popleft()
    eptdev.waiting -= 1
    if not eptdev.run.is_quiet:
        told = (message,) if message else ()
        eptdev.run.record(Passed("read", Lane.LINUX, told, eptdev.label))
    return payload[:size]


@char_c
def rpmsg_eptdev_poll(eptdev: RpmsgEptdev) -> int:
    """`poll(2)`: `EPOLLIN` when something has arrived, what the bus says, `EPOLLERR` if dead."""
    if eptdev.ept is None:
        return EPOLLERR
    return (EPOLLIN if eptdev.messages else 0) | rpmsg_poll(eptdev.ept)


RPMSG_DESTROY_EPT_IOCTL = 0xB502
RPMSG_GET_OUTGOING_FLOWCONTROL = 0x8004_B505
RPMSG_SET_INCOMING_FLOWCONTROL = 0x4004_B506


@char_c
def rpmsg_eptdev_ioctl(eptdev: RpmsgEptdev, cmd: int) -> int:
    """`ioctl(2)`: destroy the file (never a channel's own: `EINVAL`), or flow control.

    The virtio bus has no flow control to set: `EOPNOTSUPP`; older kernels do not know the words.
    """
    if eptdev.rpdev is None:
        raise ModelledError(Errno.EPIPE, f"{eptdev.name}: the channel is gone")
    knows_flow = eptdev.rpdev.vrp.vdev.parent.rproc.host.linux.rpmsg_flow_control
    if cmd == RPMSG_GET_OUTGOING_FLOWCONTROL and knows_flow:
        return int(eptdev.restricted)
    if cmd == RPMSG_SET_INCOMING_FLOWCONTROL and knows_flow:
        raise ModelledError(Errno.EOPNOTSUPP, "the bus has no flow control")
    if cmd != RPMSG_DESTROY_EPT_IOCTL or eptdev.default_ept:
        raise ModelledError(Errno.EINVAL, f"{eptdev.name}: ioctl {cmd:#x}")
    rpmsg_chrdev_eptdev_destroy(eptdev)
    return 0


rpmsg_chrdev_driver = RpmsgDriver(
    name="rpmsg_chrdev",
    id_table=("rpmsg-raw", "rpmsg_chrdev"),
    probe=rpmsg_chrdev_probe,
    callback=rpmsg_ept_cb,
    remove=rpmsg_chrdev_remove,
)
