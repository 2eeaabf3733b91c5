# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/rpmsg/rpmsg_ns.c: the remote announces its endpoints, and channels come and go."""

from typing import Any

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors
from rprocbench.base.trace import Lane
from rprocbench.formats.vring import RPMSG_NS_ADDR, NsFlags, RpmsgNsMsg

from .rpmsg import RpmsgChannelInfo, RpmsgDevice, RpmsgDriver
from .rpmsg_core import rpmsg_create_channel, rpmsg_create_ept, rpmsg_release_channel

ns_c = mirrors("linux:drivers/rpmsg/rpmsg_ns.c")

OWN = ("rpmsg_ns", "rpmsg_ctrl")  # devices that Linux itself puts on the bus


@ns_c
def rpmsg_ns_cb(rpdev: RpmsgDevice, payload: bytes, priv: Any, src: int) -> None:
    """Take one announcement. Its length must be exact; its name ends at the latest in byte 31."""
    log = rpdev.run.log
    if len(payload) != RpmsgNsMsg.SIZE:
        why = f"an announcement has {RpmsgNsMsg.SIZE} bytes, not {len(payload)}"
        log(Lane.LINUX, f"name service: {why}", "err")
        raise ModelledError(Errno.EINVAL, why)

    msg = RpmsgNsMsg.parse(payload)
    name = msg.name[:-1].split(b"\0")[0].decode("ascii", "backslashreplace")
    chinfo = RpmsgChannelInfo(name, dst=msg.addr)
    destroy = bool(msg.flags & NsFlags.DESTROY)
    log(Lane.LINUX, f"{'destroying' if destroy else 'creating'} channel {name} {msg.addr:#x}")
    if destroy and rpdev.vrp.vdev.parent.rproc.host.hardened and name in OWN:
        log(Lane.LINUX, f"name service: channel {name} is not the remote's to destroy", "err")
    elif destroy:
        try:
            rpmsg_release_channel(rpdev, chinfo)
        except ModelledError as error:
            log(Lane.LINUX, f"name service: cannot destroy channel {name}: {error}", "err")
    elif rpmsg_create_channel(rpdev, chinfo) is None:
        log(Lane.LINUX, f"name service: cannot create channel {name}", "err")


@ns_c
def rpmsg_ns_probe(rpdev: RpmsgDevice) -> None:
    """Listen at address 53."""
    chinfo = RpmsgChannelInfo(rpdev.name, src=RPMSG_NS_ADDR, dst=RPMSG_NS_ADDR)
    ept = rpmsg_create_ept(rpdev, rpmsg_ns_cb, None, chinfo)
    if ept is None:
        raise ModelledError(Errno.ENOMEM, "no endpoint for the name service")
    rpdev.ept = ept


rpmsg_ns_driver = RpmsgDriver(name="rpmsg_ns", id_table=("rpmsg_ns",), probe=rpmsg_ns_probe)
