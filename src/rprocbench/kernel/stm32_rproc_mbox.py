# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/stm32_rproc.c: doorbells both ways, and two requests to the M4."""

from functools import partial

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors

from .flow import dev_dbg, dev_err, dev_warn
from .locking import locked
from .mailbox import (
    MboxClient,
    mbox_free_channel,
    mbox_request_channel_byname,
    mbox_send_message,
)
from .remoteproc import Rproc, RprocState
from .remoteproc_virtio_config import rproc_vq_interrupt
from .stm32_rproc_structs import Stm32Mbox, Stm32Rproc
from .virtio_ring import IRQ_NONE

stm32_c = mirrors("linux:drivers/remoteproc/stm32_rproc.c")

MBOX_NB_VQ = 2
VQ0, VQ1, SHUTDOWN, DETACH = "vq0", "vq1", "shutdown", "detach"
# name, ring, wait for the M4 to take it, for how many ms
MBOXES = (
    (VQ0, 0, False, 0),
    (VQ1, 1, False, 0),
    (SHUTDOWN, -1, True, 500),
    (DETACH, -1, True, 200),
)


@stm32_c
def stm32_rproc_request_mbox(rproc: Rproc) -> None:
    """Take the mailboxes. One that is not there is done without, unless it may come later."""
    ddata: Stm32Rproc = rproc.priv
    with Unwind(rproc) as unwind:
        unwind.label("err_probe", stm32_rproc_free_mbox, rproc)
        for name, vq_id, tx_block, tx_tout in MBOXES:
            mb = Stm32Mbox(rproc.run, rproc, name, vq_id, MboxClient(name))
            callback = partial(stm32_rproc_mb_callback, mb) if vq_id >= 0 else None
            mb.client = MboxClient(name, callback, tx_block, tx_tout)
            ddata.mb += (mb,)
            try:
                mb.chan = mbox_request_channel_byname(ddata.ipcc, mb.client, name)
            except ModelledError as error:
                if error.code == Errno.EPROBE_DEFER:
                    raise
                dev_warn(rproc, f"there is no mailbox {name}")


@stm32_c
def stm32_rproc_free_mbox(rproc: Rproc) -> None:
    """Give the mailboxes back."""
    ddata: Stm32Rproc = rproc.priv
    for mb in ddata.mb:
        if mb.chan:
            mbox_free_channel(mb.chan)
        mb.gone()
    ddata.mb = ()


@stm32_c
def stm32_rproc_mb_callback(mb: Stm32Mbox) -> None:
    """An interrupt: the M4 rang. What it wants is seen to later, where one may sleep."""
    if not mb.pending:
        mb.pending = True
        mb.rproc.host.queue_work(partial(stm32_rproc_mb_vq_work, mb))


@stm32_c
def stm32_rproc_mb_vq_work(mb: Stm32Mbox) -> None:
    """Look into the ring, with the lock held; not at all when the M4 has been stopped meanwhile."""
    rproc = mb.rproc
    mb.pending = False
    with locked(rproc):
        if rproc.state not in (RprocState.RUNNING, RprocState.ATTACHED):
            return
        if rproc_vq_interrupt(rproc, mb.vq_id) == IRQ_NONE:
            dev_dbg(rproc, f"nothing found in ring {mb.vq_id}")


@stm32_c
def stm32_rproc_kick(rproc: Rproc, vqid: int) -> None:
    """Ring the doorbell of ring `vqid`. When the mailbox is full the kick is lost."""
    ddata: Stm32Rproc = rproc.priv
    if vqid >= MBOX_NB_VQ:
        dev_warn(rproc, f"ring {vqid} has no doorbell")
        return
    mb = next((mb for mb in ddata.mb if mb.vq_id == vqid), None)
    if mb is None or mb.chan is None:
        return
    try:
        mbox_send_message(mb.chan, "kick")
    except ModelledError as error:
        dev_err(rproc, f"the kick of {mb.name} is lost: {error}")


def stm32_rproc_ask(rproc: Rproc, name: str, mssg: str) -> None:
    """Ask something of the M4 through mailbox `name` and wait until it was taken; warn if not."""
    ddata: Stm32Rproc = rproc.priv
    mb = next((mb for mb in ddata.mb if mb.name == name), None)
    if mb and mb.chan:
        try:
            mbox_send_message(mb.chan, mssg)
        except ModelledError as error:
            dev_warn(rproc, f"{name} without the M4's consent: {error}")


@stm32_c
def stm32_rproc_request_shutdown(rproc: Rproc) -> None:
    """Ask the M4 to stop by itself, for 500 ms at most. One that crashed is not asked.

    The words of this message and of detach's are swapped in the C; nobody reads them.
    """
    if rproc.state not in (RprocState.OFFLINE, RprocState.CRASHED):
        stm32_rproc_ask(rproc, SHUTDOWN, "detach")
