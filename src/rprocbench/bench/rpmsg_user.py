# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that talk to the firmware: `machine.linux.rpmsg["rpmsg-tty"].write(b"...")`.

A port is the file that a channel has brought, `/dev/rpmsgN` or `/dev/ttyRPMSGn`, and a program that
can wait: while it waits, the M4 runs and Linux works. What the kernel refuses is raised as the
`ModelledError` of its errno.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.formats.vring import RPMSG_ADDR_ANY, RPMSG_NAME_SIZE
from rprocbench.kernel import rpmsg_ctrl as ctrl
from rprocbench.kernel.rpmsg import EPOLLOUT
from rprocbench.kernel.rpmsg_char import (
    RpmsgEptdev,
    rpmsg_eptdev_open,
    rpmsg_eptdev_poll,
    rpmsg_eptdev_read_iter,
    rpmsg_eptdev_release,
    rpmsg_eptdev_write_iter,
)
from rprocbench.kernel.rpmsg_core import rpmsg_poll
from rprocbench.kernel.rpmsg_tty import RpmsgTtyPort, n_tty_read, n_tty_write

if TYPE_CHECKING:
    from .machine import Machine

Device = RpmsgEptdev | RpmsgTtyPort
ANSWER_MS = 1000
IDLE_MS = 50
ALL = 1 << 20


class NoChannelError(ModelledError, KeyError):
    """`ENOENT`: the firmware has announced no such channel, or has taken it back."""

    def __str__(self) -> str:
        return ModelledError.__str__(self)


class Port:
    """One end of a channel as a file. Iterating gives what arrives, until nothing more comes."""

    def __init__(self, machine: "Machine", device: Device, name: str) -> None:
        self.machine, self.device, self.name = machine, device, name

    def __repr__(self) -> str:
        return f"<{self.path}: {self.name}>"

    @property
    def path(self) -> str:
        """Where the file is."""
        return f"/dev/{self.device.name}"

    @property
    def is_tty(self) -> bool:
        """Whether it is a stream of bytes; else each read is one message."""
        return isinstance(self.device, RpmsgTtyPort)

    @property
    def is_open(self) -> bool:
        """Whether there still is a channel behind it."""
        return self.device.rpdev is not None

    @property
    def addresses(self) -> tuple[int, int]:
        """Linux's address and the M4's. Raises `ModelledError` EPIPE when the channel is gone."""
        if self.device.rpdev is None:
            raise ModelledError(Errno.EPIPE, f"{self.path}: the channel is gone")
        if isinstance(self.device, RpmsgEptdev):
            own = self.device.ept.addr if self.device.ept else self.device.chinfo.src
            return own, self.device.dst
        return self.device.rpdev.src, self.device.rpdev.dst

    def write(self, data: bytes | str, *, nonblock: bool = False) -> int:
        """`write(2)`: how many bytes were taken.

        A terminal takes what there are buffers for, and waits for none: `ENOMEM` when it takes
        nothing, `EIO` after a hang-up. `/dev/rpmsgN` takes one message, and waits 15 s of the M4's
        time for a buffer (`ERESTARTSYS`) unless `nonblock` (`EAGAIN`); `EMSGSIZE`, `EPIPE`.
        """
        payload = data.encode() if isinstance(data, str) else data
        if isinstance(self.device, RpmsgTtyPort):
            return n_tty_write(self.device, payload)
        return rpmsg_eptdev_write_iter(self.device, payload, nonblock=nonblock)

    def write_all(self, data: bytes | str, timeout_ms: int = ANSWER_MS) -> None:
        """Write until all is taken, as `cat` does; let the M4 run when there is no room.

        Raises what `write` does, `ENOMEM` or `EAGAIN` only when the M4 made no room in time.
        """
        rest = data.encode() if isinstance(data, str) else data
        while rest:
            try:
                rest = rest[self.write(rest) :]
            except ModelledError as error:
                if error.code not in (Errno.ENOMEM, Errno.EAGAIN) or not self._room(timeout_ms):
                    raise

    def _room(self, timeout_ms: int) -> bool:
        rpdev = self.device.rpdev
        if rpdev is None or rpdev.ept is None:
            return False
        ept = rpdev.ept
        return self.machine.wait(lambda: bool(ept.ops.poll(ept) & EPOLLOUT), timeout_ms)

    def read(self, size: int = ALL, timeout_ms: int = ANSWER_MS) -> bytes:
        """`read(2)`: the oldest message cut at `size`, or of a terminal all bytes up to `size`.

        `EAGAIN`: nothing arrived within `timeout_ms` of the M4's time, or it sleeps and nothing is
        to come. `EPIPE`: the channel is gone (a terminal then gives no bytes).
        """
        if not self.device.waiting and self.is_open:
            self.machine.wait(lambda: bool(self.device.waiting), timeout_ms)
        if isinstance(self.device, RpmsgTtyPort):
            return n_tty_read(self.device, min(size, ALL))
        return rpmsg_eptdev_read_iter(self.device, size)

    def __iter__(self) -> Iterator[bytes]:
        while self.device.waiting or (
            self.is_open and self.machine.wait(lambda: bool(self.device.waiting), IDLE_MS)
        ):
            yield self.read()

    @property
    def waiting(self) -> int:
        """What has arrived and was not read: messages, or bytes of a terminal."""
        return self.device.waiting

    def poll(self) -> int:
        """`poll(2)`: 1 something can be read, 4 something can be written, 8 the channel is gone."""
        if isinstance(self.device, RpmsgEptdev):
            return rpmsg_eptdev_poll(self.device)
        if self.device.rpdev is None or self.device.rpdev.ept is None:
            return 8
        return (1 if self.device.waiting else 0) | rpmsg_poll(self.device.rpdev.ept)

    def open(self) -> "Port":
        """`open(2)`: needed only of an endpoint that a user made. EBUSY, EINVAL, ENETRESET."""
        if isinstance(self.device, RpmsgEptdev):
            rpmsg_eptdev_open(self.device)
        return self

    def close(self) -> None:
        """`close(2)`: forget what was not read."""
        if isinstance(self.device, RpmsgEptdev):
            rpmsg_eptdev_release(self.device)


class Rpmsg(Mapping[str, Port]):
    """The channels that have a file, by name: of several of one name the first. See `named`."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine

    def ports(self) -> list[Port]:
        """Every channel's file, oldest first."""
        channels = [channel for bus in self.machine.buses for channel in bus.channels]
        return [
            Port(self.machine, channel.drvdata, channel.name)
            for channel in channels
            if isinstance(channel.drvdata, RpmsgEptdev | RpmsgTtyPort)
        ]

    def named(self, name: str) -> list[Port]:
        """Every channel of that name, oldest first."""
        return [port for port in self.ports() if port.name == name]

    def __getitem__(self, name: str) -> Port:
        """Raises `NoChannelError` (ENOENT) for a name that nobody has announced."""
        for port in self.ports():
            if port.name == name:
                return port
        known = ", ".join(dict.fromkeys(port.name for port in self.ports())) or "none"
        raise NoChannelError(Errno.ENOENT, f"there is no channel {name!r} (there is: {known})")

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(port.name for port in self.ports()))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def wait_for(self, name: str, timeout_ms: int = ANSWER_MS) -> Port:
        """The channel of that name, once the firmware has announced it. Raises `NoChannelError`."""
        self.machine.wait(lambda: name in self, timeout_ms)
        return self[name]

    # /dev/rpmsg_ctrl0

    def _ctrldev(self) -> "ctrl.RpmsgCtrldev":
        for bus in self.machine.buses:
            for channel in bus.channels:
                if isinstance(channel.drvdata, ctrl.RpmsgCtrldev):
                    return channel.drvdata
        raise ModelledError(Errno.ENOENT, "there is no /dev/rpmsg_ctrl0")

    def create_endpoint(self, name: str, src: int = RPMSG_ADDR_ANY, dst: int = 0) -> Port:
        """A new /dev/rpmsgN that sends to `dst`; open it before use. ENOENT: there is no bus."""
        arg = endpoint_info(name, src, dst)
        device = ctrl.rpmsg_ctrldev_ioctl(self._ctrldev(), ctrl.RPMSG_CREATE_EPT_IOCTL, arg)
        assert device
        return Port(self.machine, device, name)

    def create_channel(self, name: str, src: int = RPMSG_ADDR_ANY, dst: int = 0) -> None:
        """A new channel, as if the firmware had announced it. `ENXIO`: there is one like it."""
        arg = endpoint_info(name, src, dst)
        ctrl.rpmsg_ctrldev_ioctl(self._ctrldev(), ctrl.RPMSG_CREATE_DEV_IOCTL, arg)

    def release_channel(self, name: str, src: int = RPMSG_ADDR_ANY, dst: int = 0) -> None:
        """Take a channel away. `EINVAL`: there is none like it."""
        arg = endpoint_info(name, src, dst)
        ctrl.rpmsg_ctrldev_ioctl(self._ctrldev(), ctrl.RPMSG_RELEASE_DEV_IOCTL, arg)


def endpoint_info(name: str, src: int, dst: int) -> bytes:
    """`struct rpmsg_endpoint_info`. Raises `ModelledError` EINVAL for a name that does not fit."""
    text = name.encode()
    if len(text) >= RPMSG_NAME_SIZE:
        raise ModelledError(Errno.EINVAL, f"a name has at most {RPMSG_NAME_SIZE - 1} bytes")
    return ctrl.ENDPOINT_INFO.pack(text, src & 0xFFFF_FFFF, dst & 0xFFFF_FFFF)
