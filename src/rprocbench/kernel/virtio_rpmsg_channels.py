# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/virtio_rpmsg_bus.c: endpoints and channels of the bus."""

from typing import Any

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors
from rprocbench.formats.vring import (
    RPMSG_ADDR_ANY,
    RPMSG_NAME_SIZE,
    RPMSG_NS_ADDR,
    RPMSG_RESERVED_ADDRESSES,
    Feature,
    NsFlags,
    RpmsgNsMsg,
)

from .flow import complaining, dev_err
from .rpmsg import Callback, RpmsgChannelInfo, RpmsgDevice, RpmsgDeviceOps, RpmsgEndpoint
from .rpmsg_char import rpmsg_chrdev_driver
from .rpmsg_client_sample import rpmsg_sample_client
from .rpmsg_core import rpmsg_register_device, rpmsg_sendto, rpmsg_unregister_device
from .rpmsg_ctrl import rpmsg_ctrldev_driver
from .rpmsg_ns import rpmsg_ns_driver
from .rpmsg_tty import rpmsg_tty_driver
from .virtio_device import virtio_has_feature
from .virtio_rpmsg_send import virtio_endpoint_ops
from .virtproc import VirtprocInfo

bus_c = mirrors("linux:drivers/rpmsg/virtio_rpmsg_bus.c")

DRIVERS = (
    rpmsg_ns_driver, rpmsg_ctrldev_driver, rpmsg_chrdev_driver, rpmsg_tty_driver,
    rpmsg_sample_client,
)  # fmt: skip
MOST_CHANNELS = 64  # of a hardened kernel; others make as many as the remote asks for


def virtio_rpmsg_create_ept(
    rpdev: RpmsgDevice, cb: Callback, priv: Any, chinfo: RpmsgChannelInfo
) -> RpmsgEndpoint | None:
    """An endpoint at the address asked for, or at the lowest free one from 0x400 up.

    Where the address is taken: a log line, and None.
    """
    vrp, addr = rpdev.vrp, chinfo.src
    if addr == RPMSG_ADDR_ANY:
        addr = RPMSG_RESERVED_ADDRESSES
        while vrp.find_endpoint(addr):
            addr += 1
    elif vrp.find_endpoint(addr):
        dev_err(rpdev, f"no endpoint at {addr:#x}: -{Errno.ENOSPC.value}")
        return None
    ept = RpmsgEndpoint(rpdev.run, rpdev, addr, cb, virtio_endpoint_ops, priv)
    vrp.add_endpoint(ept)
    return ept


def rpmsg_find_device(vrp: VirtprocInfo, chinfo: RpmsgChannelInfo) -> RpmsgDevice | None:
    """The first channel with this name and these addresses, those not given being ignored."""
    for rpdev in vrp.channels:
        src_differs = chinfo.src not in (RPMSG_ADDR_ANY, rpdev.src)
        dst_differs = chinfo.dst not in (RPMSG_ADDR_ANY, rpdev.dst)
        if rpdev.name == chinfo.name and not src_differs and not dst_differs:
            return rpdev
    return None


@bus_c
def virtio_rpmsg_create_channel(rpdev: RpmsgDevice, chinfo: RpmsgChannelInfo) -> RpmsgDevice | None:
    """A new channel on the bus. Where there is one like it: a log line, and None."""
    return add_channel(rpdev.vrp, chinfo)


def add_channel(vrp: VirtprocInfo, chinfo: RpmsgChannelInfo) -> RpmsgDevice | None:
    """`__rpmsg_create_channel`"""
    if rpmsg_find_device(vrp, chinfo):
        dev_err(vrp, f"channel {chinfo.name} from {chinfo.src:#x} to {chinfo.dst:#x} exists")
        return None
    if vrp.vdev.parent.rproc.host.hardened and len(vrp.channels) >= MOST_CHANNELS:
        dev_err(vrp, f"{MOST_CHANNELS} channels are enough: no channel {chinfo.name}")
        return None
    name = chinfo.name[: RPMSG_NAME_SIZE - 1]
    channel = RpmsgDevice(vrp.run, vrp, name, virtio_rpmsg_ops, chinfo.src, chinfo.dst)
    channel.announce = channel.src != RPMSG_ADDR_ANY
    rpmsg_register_device(channel, DRIVERS)
    return channel


@bus_c
def virtio_rpmsg_release_channel(rpdev: RpmsgDevice, chinfo: RpmsgChannelInfo) -> None:
    """Take a channel off the bus. `EINVAL`: there is none like it."""
    channel = rpmsg_find_device(rpdev.vrp, chinfo)
    if channel is None:
        raise ModelledError(Errno.EINVAL, f"there is no channel {chinfo.name} {chinfo.dst:#x}")
    rpmsg_unregister_device(channel)


def announce(rpdev: RpmsgDevice, flags: NsFlags) -> None:
    """Tell the remote of our end of the channel, if it was made with an address of its own."""
    negotiated = virtio_has_feature(rpdev.vrp.vdev, Feature.RPMSG_NS)
    if rpdev.announce and rpdev.ept and negotiated:
        name = rpdev.name.encode("ascii", "replace")
        msg = RpmsgNsMsg(name=name, addr=rpdev.ept.addr, flags=int(flags))
        with complaining(rpdev, f"cannot announce {rpdev.name}"):
            rpmsg_sendto(rpdev.ept, msg.pack(), RPMSG_NS_ADDR)


@bus_c
def virtio_rpmsg_announce_create(rpdev: RpmsgDevice) -> None:
    """The channel has come."""
    announce(rpdev, NsFlags.CREATE)


@bus_c
def virtio_rpmsg_announce_destroy(rpdev: RpmsgDevice) -> None:
    """The channel goes."""
    announce(rpdev, NsFlags.DESTROY)


virtio_rpmsg_ops = RpmsgDeviceOps(
    create_channel=virtio_rpmsg_create_channel,
    release_channel=virtio_rpmsg_release_channel,
    create_ept=virtio_rpmsg_create_ept,
    announce_create=virtio_rpmsg_announce_create,
    announce_destroy=virtio_rpmsg_announce_destroy,
)
