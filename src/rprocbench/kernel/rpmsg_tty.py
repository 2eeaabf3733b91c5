# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/tty/rpmsg_tty.c: `/dev/ttyRPMSGn`, a stream of bytes over messages.

The line discipline is left raw, as the driver leaves it: no echo, no lines, no newline conversion.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane, Passed

from .flow import dev_err
from .rpmsg import RpmsgDevice, RpmsgDriver
from .rpmsg_core import rpmsg_get_mtu, rpmsg_trysend

tty_c = mirrors("linux:drivers/tty/rpmsg_tty.c")

MAX_TTY_RPMSG = 32
FLIP_LIMIT = 64 * 1024  # bytes that the tty layer keeps for a reader


@dataclass
class RpmsgTtyPort(Watched):
    """`struct rpmsg_tty_port`: a terminal; `waiting` counts the bytes that nobody has read."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"pieces"})

    run: Run
    name: str
    id: int
    rpdev: RpmsgDevice | None
    waiting: int = 0
    pieces: deque[tuple[int, bytes]] = field(default_factory=deque, repr=False)

    def __post_init__(self) -> None:
        self.watch(f"/dev/{self.name}")

    @property
    def queue(self) -> tuple[bytes, ...]:
        """What nobody has read yet, as it came."""
        return tuple(piece for _id, piece in self.pieces)


@tty_c
def rpmsg_tty_cb(rpdev: RpmsgDevice, payload: bytes, priv: Any, src: int) -> None:
    """Keep the bytes for who reads the terminal. `EINVAL`: there are none in the message."""
    port: RpmsgTtyPort = rpdev.drvdata
    if not payload:
        raise ModelledError(Errno.EINVAL, "an empty message")
    kept = payload[: FLIP_LIMIT - port.waiting]
    if len(kept) < len(payload):
        dev_err(rpdev, f"{port.name}: there is room for {len(kept)} bytes only")
    if kept:
        port.pieces.append((rpdev.ept.arriving if rpdev.ept else 0, kept))
        port.waiting += len(kept)


@tty_c
def rpmsg_tty_probe(rpdev: RpmsgDevice) -> None:
    """A terminal for the channel. `ENOSPC`: there are 32 already."""
    statics = rpdev.vrp.vdev.parent.rproc.host.statics
    taken: dict[int, RpmsgTtyPort] = statics.setdefault("rpmsg_tty", {})
    index = next(index for index in range(len(taken) + 1) if index not in taken)
    if index >= MAX_TTY_RPMSG:
        raise ModelledError(Errno.ENOSPC, f"there are {MAX_TTY_RPMSG} terminals already")
    taken[index] = rpdev.drvdata = RpmsgTtyPort(rpdev.run, f"ttyRPMSG{index}", index, rpdev)


@tty_c
def rpmsg_tty_remove(rpdev: RpmsgDevice) -> None:
    """Hang up: the terminal goes."""
    port: RpmsgTtyPort = rpdev.drvdata
    rpdev.vrp.vdev.parent.rproc.host.statics["rpmsg_tty"].pop(port.id, None)
    port.rpdev = rpdev.drvdata = None
    port.gone()


@tty_c
def rpmsg_tty_write(port: RpmsgTtyPort, data: bytes) -> int:
    """Send the first bytes of `data`, as many as one message takes; how many those are.

    It never waits: `ENOMEM` when there is no buffer to send from.
    """
    assert port.rpdev
    assert port.rpdev.ept
    piece = data[: rpmsg_get_mtu(port.rpdev.ept)]
    rpmsg_trysend(port.rpdev.ept, piece)
    return len(piece)


def rpmsg_tty_write_room(port: RpmsgTtyPort) -> int:
    """How much one write takes: what one message does, whether there is a buffer or not."""
    return rpmsg_get_mtu(port.rpdev.ept) if port.rpdev and port.rpdev.ept else 0


def n_tty_write(port: RpmsgTtyPort, data: bytes) -> int:
    """`write(2)`: message after message. How many bytes went out; the error if none did.

    `EIO`: the terminal was hung up. A program that ignores how many were taken loses the rest.
    """
    if port.rpdev is None:
        raise ModelledError(Errno.EIO, f"{port.name} was hung up")
    done = 0
    while done < len(data):
        try:
            done += rpmsg_tty_write(port, data[done:])
        except ModelledError:
            if not done:
                raise
            break
    return done


def n_tty_read(port: RpmsgTtyPort, size: int = 4096) -> bytes:
    """`read(2)` that does not block: at most `size` bytes, of as many messages as they came in.

    `EAGAIN`: nothing has arrived. After a hang-up there is an end of file: no bytes.
    """
    if not port.pieces:
        if port.rpdev is None:
            return b""
        raise ModelledError(Errno.EAGAIN, f"{port.name}: nothing has arrived")
    data, told = b"", []
    while port.pieces and len(data) < size:
        message, piece = port.pieces.popleft()
        room = size - len(data)
        data += piece[:room]
        told += [message] if message else []
        if len(piece) > room:
            port.pieces.appendleft((message, piece[room:]))
    port.waiting -= len(data)
    if not port.run.is_quiet:
        port.run.record(Passed("read", Lane.LINUX, tuple(told), port.label))
    return data


rpmsg_tty_driver = RpmsgDriver(
    name="rpmsg_tty",
    id_table=("rpmsg-tty",),
    probe=rpmsg_tty_probe,
    callback=rpmsg_tty_cb,
    remove=rpmsg_tty_remove,
)
