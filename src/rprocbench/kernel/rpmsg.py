# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:include/linux/rpmsg.h: channels, endpoints, and the drivers that use them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rprocbench.base.run import Run, Watched
from rprocbench.formats.vring import RPMSG_ADDR_ANY

if TYPE_CHECKING:
    from .virtproc import VirtprocInfo

EPOLLIN, EPOLLOUT, EPOLLERR = 0x1, 0x4, 0x8

Callback = Callable[["RpmsgDevice", bytes, Any, int], None]


@dataclass(frozen=True, slots=True)
class RpmsgChannelInfo:
    """`struct rpmsg_channel_info`"""

    name: str
    src: int = RPMSG_ADDR_ANY
    dst: int = RPMSG_ADDR_ANY


@dataclass(frozen=True)
class RpmsgDeviceOps:
    """`struct rpmsg_device_ops`: what a bus can do for a channel. None from a `create` is NULL."""

    create_channel: Callable[["RpmsgDevice", RpmsgChannelInfo], "RpmsgDevice | None"]
    release_channel: Callable[["RpmsgDevice", RpmsgChannelInfo], None]
    create_ept: Callable[["RpmsgDevice", Callback, Any, RpmsgChannelInfo], "RpmsgEndpoint | None"]
    announce_create: Callable[["RpmsgDevice"], None]
    announce_destroy: Callable[["RpmsgDevice"], None]


@dataclass(frozen=True)
class RpmsgEndpointOps:
    """`struct rpmsg_endpoint_ops`: what a bus can do for an endpoint."""

    destroy_ept: Callable[["RpmsgEndpoint"], None]
    send: Callable[["RpmsgEndpoint", bytes], None]
    sendto: Callable[["RpmsgEndpoint", bytes, int], None]
    trysend: Callable[["RpmsgEndpoint", bytes], None]
    trysendto: Callable[["RpmsgEndpoint", bytes, int], None]
    get_mtu: Callable[["RpmsgEndpoint"], int]
    poll: Callable[["RpmsgEndpoint"], int]
    send_offchannel: Callable[["RpmsgEndpoint", int, int, bytes], None]
    trysend_offchannel: Callable[["RpmsgEndpoint", int, int, bytes], None]


@dataclass(frozen=True)
class RpmsgDriver:
    """`struct rpmsg_driver`: the channel names it serves, and what to call."""

    name: str
    id_table: tuple[str, ...]
    probe: Callable[["RpmsgDevice"], None]
    callback: Callback | None = None
    remove: Callable[["RpmsgDevice"], None] | None = None

    @property
    def label(self) -> str:
        """How the trace calls it."""
        return self.name


@dataclass
class RpmsgDevice(Watched):
    """`struct rpmsg_device`: a channel between `src` here and `dst` on the remote."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"vrp", "ops", "drvdata"})

    run: Run
    vrp: "VirtprocInfo"
    name: str
    ops: RpmsgDeviceOps
    src: int = RPMSG_ADDR_ANY
    dst: int = RPMSG_ADDR_ANY
    announce: bool = False
    ept: "RpmsgEndpoint | None" = None
    driver: RpmsgDriver | None = None
    drvdata: Any = None

    def __post_init__(self) -> None:
        source = -1 if self.src == RPMSG_ADDR_ANY else self.src
        target = -1 if self.dst == RPMSG_ADDR_ANY else self.dst
        name = self.name.replace("/", "!")  # as sysfs needs it
        self.watch(f"{self.vrp.vdev.name}.{name}.{source}.{target}")


@dataclass
class RpmsgEndpoint(Watched):
    """`struct rpmsg_endpoint`: a local address, and who hears what is sent to it.

    `arriving` is the id of the message that `cb` is shown, 0 while it is not called. As long as it
    runs it holds a lock of its own.
    """

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"ops", "priv", "arriving"})

    run: Run
    rpdev: RpmsgDevice
    addr: int
    cb: Callback | None
    ops: RpmsgEndpointOps
    priv: Any = None
    arriving: int = 0

    def __post_init__(self) -> None:
        self.watch(f"endpoint {self.addr:#x}")
