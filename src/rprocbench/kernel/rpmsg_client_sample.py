# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:samples/rpmsg/rpmsg_client_sample.c: a driver that says the same a hundred times.

It has no file: the first message goes out when the channel comes, the next whenever one arrives.
"""

from dataclasses import dataclass
from typing import Any

from rprocbench.base.run import Run, Watched, mirrors

from .flow import dev_info
from .rpmsg import RpmsgDevice, RpmsgDriver
from .rpmsg_core import rpmsg_send

sample_c = mirrors("linux:samples/rpmsg/rpmsg_client_sample.c")

MSG = b"hello world!"
COUNT = 100  # the module parameter


@dataclass
class InstanceData(Watched):
    """`struct instance_data`: how many messages have arrived."""

    run: Run
    rx_count: int = 0

    def __post_init__(self) -> None:
        self.watch("rpmsg_client_sample")


@sample_c
def rpmsg_sample_cb(rpdev: RpmsgDevice, payload: bytes, priv: Any, src: int) -> None:
    """Answer whatever arrives, the hundredth time no more."""
    idata: InstanceData = rpdev.drvdata
    idata.rx_count += 1
    dev_info(rpdev, f"incoming message {idata.rx_count} from {src:#x}, {len(payload)} bytes")
    if idata.rx_count >= COUNT:
        dev_info(rpdev, f"{rpdev.name}: that was the last one")
        return
    assert rpdev.ept
    rpmsg_send(rpdev.ept, MSG)


@sample_c
def rpmsg_sample_probe(rpdev: RpmsgDevice) -> None:
    """Say it for the first time."""
    dev_info(rpdev, f"new channel: {rpdev.src:#x} -> {rpdev.dst:#x}")
    rpdev.drvdata = InstanceData(rpdev.run)
    assert rpdev.ept
    rpmsg_send(rpdev.ept, MSG)


@sample_c
def rpmsg_sample_remove(rpdev: RpmsgDevice) -> None:
    """The channel goes."""
    rpdev.drvdata.gone()
    rpdev.drvdata = None


rpmsg_sample_client = RpmsgDriver(
    name="rpmsg_client_sample",
    id_table=("rpmsg-client-sample",),
    probe=rpmsg_sample_probe,
    callback=rpmsg_sample_cb,
    remove=rpmsg_sample_remove,
)
