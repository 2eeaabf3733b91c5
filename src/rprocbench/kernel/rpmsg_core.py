# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/rpmsg_core.c: channels meet their drivers; the rest is passed to the bus.

None of these is a place of its own: what they call is.
"""

from typing import Any

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import tolerate
from rprocbench.base.trace import Lane

from .rpmsg import (
    Callback,
    RpmsgChannelInfo,
    RpmsgDevice,
    RpmsgDriver,
    RpmsgEndpoint,
    RpmsgEndpointOps,
)


def rpmsg_create_channel(rpdev: RpmsgDevice, chinfo: RpmsgChannelInfo) -> RpmsgDevice | None:
    """Add a channel to the bus that `rpdev` is on."""
    return rpdev.ops.create_channel(rpdev, chinfo)


def rpmsg_release_channel(rpdev: RpmsgDevice, chinfo: RpmsgChannelInfo) -> None:
    """Take a channel off the bus that `rpdev` is on."""
    rpdev.ops.release_channel(rpdev, chinfo)


def rpmsg_create_ept(
    rpdev: RpmsgDevice, cb: Callback, priv: Any, chinfo: RpmsgChannelInfo
) -> RpmsgEndpoint | None:
    """An endpoint at `chinfo.src`, or at any free address; None when that address is taken."""
    return rpdev.ops.create_ept(rpdev, cb, priv, chinfo)


def rpmsg_destroy_ept(ept: RpmsgEndpoint | None) -> None:
    """Nothing reaches the endpoint any more."""
    if ept:
        ept.ops.destroy_ept(ept)


def rpmsg_send(ept: RpmsgEndpoint, payload: bytes) -> None:
    """Send to the other end of the channel; wait up to 15 s for a buffer."""
    ept.ops.send(ept, payload)


def rpmsg_sendto(ept: RpmsgEndpoint, payload: bytes, dst: int) -> None:
    """Send to address `dst`; wait up to 15 s for a buffer."""
    ept.ops.sendto(ept, payload, dst)


def rpmsg_trysend(ept: RpmsgEndpoint, payload: bytes) -> None:
    """Send to the other end of the channel, if there is a buffer now."""
    ept.ops.trysend(ept, payload)


def rpmsg_trysendto(ept: RpmsgEndpoint, payload: bytes, dst: int) -> None:
    """Send to address `dst`, if there is a buffer now."""
    ept.ops.trysendto(ept, payload, dst)


def rpmsg_send_offchannel(ept: RpmsgEndpoint, src: int, dst: int, payload: bytes) -> None:
    """Send from `src` to `dst`. Kernels from 7 on have no such function: `ENXIO`."""
    offchannel(ept).send_offchannel(ept, src, dst, payload)


def rpmsg_trysend_offchannel(ept: RpmsgEndpoint, src: int, dst: int, payload: bytes) -> None:
    """The same, if there is a buffer now."""
    offchannel(ept).trysend_offchannel(ept, src, dst, payload)


def offchannel(ept: RpmsgEndpoint) -> RpmsgEndpointOps:
    """The endpoint's operations, in a kernel that has these two."""
    if not ept.rpdev.vrp.vdev.parent.rproc.host.linux.rpmsg_send_offchannel:
        raise ModelledError(Errno.ENXIO, "this kernel does not send off its channels")
    return ept.ops


def rpmsg_get_mtu(ept: RpmsgEndpoint) -> int:
    """The most bytes that one message takes."""
    return ept.ops.get_mtu(ept)


def rpmsg_poll(ept: RpmsgEndpoint) -> int:
    """Whether one can send without waiting: `EPOLLOUT`. Kernels before 7 never say so."""
    linux = ept.rpdev.vrp.vdev.parent.rproc.host.linux
    return ept.ops.poll(ept) if linux.rpmsg_poll else 0


def rpmsg_register_device(rpdev: RpmsgDevice, drivers: tuple[RpmsgDriver, ...]) -> None:
    """Put a channel on the bus. If its driver fails it stays there, without one."""
    rpdev.vrp.channels += (rpdev,)
    driver = next((driver for driver in drivers if rpdev.name in driver.id_table), None)
    if driver is None:
        return
    rpdev.driver = driver
    try:
        rpmsg_dev_probe(rpdev, driver)
    except ModelledError as error:
        rpdev.driver = None
        rpdev.run.log(Lane.LINUX, f"{rpdev.label}: {driver.name} cannot drive it: {error}", "err")


def rpmsg_dev_probe(rpdev: RpmsgDevice, driver: RpmsgDriver) -> None:
    """Give the driver an endpoint if it wants to hear anything; tell the remote if it must know."""
    if driver.callback:
        chinfo = RpmsgChannelInfo(rpdev.name, src=rpdev.src)
        rpdev.ept = rpmsg_create_ept(rpdev, driver.callback, None, chinfo)
        if rpdev.ept is None:
            raise ModelledError(Errno.ENOMEM, f"no endpoint for {rpdev.label}")
        rpdev.src = rpdev.ept.addr
    try:
        driver.probe(rpdev)
    except ModelledError:
        rpmsg_destroy_ept(rpdev.ept)
        raise
    if rpdev.ept:
        rpdev.ops.announce_create(rpdev)


def rpmsg_unregister_device(rpdev: RpmsgDevice) -> None:
    """Take the channel from its driver and off the bus."""
    if rpdev.driver:
        tolerate(rpdev.ops.announce_destroy, rpdev)
        if rpdev.driver.remove:
            rpdev.driver.remove(rpdev)
        rpmsg_destroy_ept(rpdev.ept)
    rpdev.vrp.channels = tuple(other for other in rpdev.vrp.channels if other is not rpdev)
    rpdev.gone()
