# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/mailbox/mailbox.c: channels carry one signal at a time; others wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Run, Watched, mirrors

from .flow import dev_err

if TYPE_CHECKING:
    from .stm32_ipcc import Stm32Ipcc

mailbox_c = mirrors("linux:drivers/mailbox/mailbox.c")

MBOX_TX_QUEUE_LEN = 20
NO_LIMIT_MS = 3_600_000


@dataclass(frozen=True)
class MboxClient:
    """`struct mbox_client`: `tx_block` waits until the other side has taken a signal.

    `tx_tout` is in milliseconds; 0 means an hour.
    """

    name: str
    rx_callback: Callable[[], None] | None = None
    tx_block: bool = False
    tx_tout: int = 0


@dataclass(frozen=True)
class MboxChanOps:
    """`struct mbox_chan_ops`: what a controller's driver does for a channel."""

    send_data: Callable[["MboxChan", Any], None]
    startup: Callable[["MboxChan"], None]
    shutdown: Callable[["MboxChan"], None]


@dataclass
class MboxChan(Watched):
    """`struct mbox_chan`: `active_req` is on its way, `queue` waits behind it."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"mbox", "ops", "cl"})

    run: Run
    mbox: "Stm32Ipcc"
    index: int
    ops: MboxChanOps
    cl: MboxClient | None = None
    active_req: str | None = None
    queue: tuple[str, ...] = ()
    _completed: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        self.watch(f"mailbox channel {self.index}")


def mbox_request_channel_byname(mbox: "Stm32Ipcc", cl: MboxClient, name: str) -> MboxChan:
    """The channel that the device tree calls `name`. `ENODEV`: none; `EBUSY`: it is taken."""
    channel = mbox.soc.board.channel(name)
    if channel is None or channel >= len(mbox.chans):
        raise ModelledError(Errno.ENODEV, f"the device tree names no mailbox {name}")
    return mbox_request_channel(mbox.chans[channel], cl)


@mailbox_c
def mbox_request_channel(chan: MboxChan, cl: MboxClient) -> MboxChan:
    """Take a channel that is free."""
    if chan.cl:
        raise ModelledError(Errno.EBUSY, f"{chan.label} is taken by {chan.cl.name}")
    chan.active_req, chan.queue, chan.cl = None, (), cl
    chan.ops.startup(chan)
    return chan


@mailbox_c
def mbox_free_channel(chan: MboxChan) -> None:
    """Give the channel back; what waited in it is forgotten."""
    chan.ops.shutdown(chan)
    chan.cl, chan.active_req, chan.queue = None, None, ()


@mailbox_c
def mbox_send_message(chan: MboxChan, mssg: str) -> None:
    """Queue a message, send it if the channel is free, and wait for it if the client blocks.

    - ENOBUFS: 20 others wait already;
    - ETIME: the other side did not take it in time; the channel is free again all the same.
    """
    if len(chan.queue) == MBOX_TX_QUEUE_LEN:
        dev_err(chan, f"{chan.label}: {MBOX_TX_QUEUE_LEN} messages wait already")
        raise ModelledError(Errno.ENOBUFS, f"{chan.label} is full")
    chan.queue += (mssg,)
    msg_submit(chan)
    cl = chan.cl
    if cl and cl.tx_block:
        chan._completed = False  # noqa: SLF001  the completion is this framework's own
        wait = cl.tx_tout or NO_LIMIT_MS
        if not chan.mbox.soc.wait(lambda: chan._completed, wait):  # noqa: SLF001
            tx_tick(chan, timed_out=True)
            raise ModelledError(Errno.ETIME, f"{chan.label}: not taken within {wait} ms")


def msg_submit(chan: MboxChan) -> None:
    """Send the oldest message that waits, unless one is on its way."""
    if not chan.queue or chan.active_req is not None:
        return
    mssg, *rest = chan.queue
    chan.ops.send_data(chan, mssg)
    chan.active_req, chan.queue = mssg, tuple(rest)


def tx_tick(chan: MboxChan, *, timed_out: bool = False) -> None:
    """A message is done with: send the next one, and wake up whoever waits."""
    mssg, chan.active_req = chan.active_req, None
    msg_submit(chan)
    if mssg is not None and not timed_out:
        chan._completed = True  # noqa: SLF001


@mailbox_c
def mbox_chan_txdone(chan: MboxChan) -> None:
    """The controller says that the other side has taken the message."""
    tx_tick(chan)


@mailbox_c
def mbox_chan_received_data(chan: MboxChan) -> None:
    """The controller says that the other side has rung."""
    if chan.cl and chan.cl.rx_callback:
        chan.cl.rx_callback()
