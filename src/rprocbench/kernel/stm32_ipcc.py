# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/mailbox/stm32-ipcc.c: the controller behind the mailboxes of an STM32MP15.

It carries signals only: whatever a message says is lost.
"""

from dataclasses import dataclass
from typing import ClassVar

from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.soc.board import Soc
from rprocbench.soc.ipcc import CHANNELS

from .flow import dev_dbg
from .mailbox import (
    MboxChan,
    MboxChanOps,
    mbox_chan_received_data,
    mbox_chan_txdone,
)

ipcc_c = mirrors("linux:drivers/mailbox/stm32-ipcc.c")


@dataclass
class Stm32Ipcc(Watched):
    """`struct stm32_ipcc`: the masks have bit n set where channel n may interrupt."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"soc"})

    run: Run
    soc: Soc
    chans: tuple[MboxChan, ...] = ()
    rx_enabled: int = 0
    tx_enabled: int = 0

    def __post_init__(self) -> None:
        self.chans = tuple(
            MboxChan(self.run, self, index, stm32_ipcc_ops) for index in range(CHANNELS)
        )
        self.watch("stm32-ipcc")


@ipcc_c
def stm32_ipcc_probe(soc: Soc) -> Stm32Ipcc:
    """Take the controller and its two interrupts."""
    ipcc = Stm32Ipcc(soc.run, soc)

    def interrupt(kind: str, channel: int) -> None:
        handler = stm32_ipcc_rx_irq if kind == "rx" else stm32_ipcc_tx_irq
        handler(ipcc, channel)

    soc.ipcc.listen(interrupt)
    return ipcc


@ipcc_c
def stm32_ipcc_remove(ipcc: Stm32Ipcc) -> None:
    """Give the interrupts back."""
    ipcc.soc.ipcc.listen(None)
    for chan in ipcc.chans:
        chan.gone()
    ipcc.gone()


@ipcc_c
def stm32_ipcc_rx_irq(ipcc: Stm32Ipcc, channel: int) -> None:
    """The M4 rang: tell the client, then let the M4 ring again."""
    if ipcc.rx_enabled >> channel & 1:
        mbox_chan_received_data(ipcc.chans[channel])
        ipcc.soc.ipcc.taken_by_a7(channel)


@ipcc_c
def stm32_ipcc_tx_irq(ipcc: Stm32Ipcc, channel: int) -> None:
    """The M4 took what we sent."""
    if ipcc.tx_enabled >> channel & 1:
        ipcc.tx_enabled &= ~(1 << channel)
        mbox_chan_txdone(ipcc.chans[channel])


@ipcc_c
def stm32_ipcc_send_data(chan: MboxChan, data: str) -> None:
    """Raise the channel's flag, and ask to be told when the M4 clears it."""
    dev_dbg(chan, f"{chan.label}: {data}")
    chan.mbox.soc.ipcc.send_to_m4(chan.index)
    chan.mbox.tx_enabled |= 1 << chan.index


def stm32_ipcc_startup(chan: MboxChan) -> None:
    """Let the M4 ring on this channel."""
    chan.mbox.rx_enabled |= 1 << chan.index


def stm32_ipcc_shutdown(chan: MboxChan) -> None:
    """Hear nothing from this channel any more."""
    chan.mbox.rx_enabled &= ~(1 << chan.index)
    chan.mbox.tx_enabled &= ~(1 << chan.index)


stm32_ipcc_ops = MboxChanOps(
    send_data=stm32_ipcc_send_data,
    startup=stm32_ipcc_startup,
    shutdown=stm32_ipcc_shutdown,
)
