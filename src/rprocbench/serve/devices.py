# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices that come and go with the firmware, as pseudo terminals: `dev/ttyRPMSG0` below the root.

A `Device` is anything with a path, bytes to read and bytes to write. The kernel's `/dev/rpmsgN`
gives one message a read; here it is a stream too, and what is read from it at once is one message.
"""

import os
import tty
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from rprocbench.base.errors import Errno, InputError, ModelledError
from rprocbench.bench import Machine
from rprocbench.bench.rpmsg_user import Port

from .ledger import Ledger
from .watching import Watching

CHUNK = 496  # bytes: what one rpmsg message holds
MOST = 1 << 16  # bytes that wait for a reader


class Device(Protocol):
    """A character device of the modelled kernel, that may go at any time."""

    @property
    def path(self) -> str:
        """Its path, say `/dev/ttyRPMSG0`."""

    @property
    def is_open(self) -> bool:
        """Whether there still is something behind it."""

    @property
    def waiting(self) -> int:
        """Whether there is something to read, without waiting."""

    def read(self, size: int, timeout_ms: int) -> bytes:
        """Read. Raises `ModelledError`."""

    def write(self, data: bytes) -> int:
        """Write without waiting: how many bytes were taken. Raises `ModelledError`."""


def devices_of(machine: Machine) -> list[Device]:
    """The devices that the firmware's channels have brought."""
    return [Unwaiting(port) for port in machine.linux.rpmsg.ports()]


class Unwaiting:
    """A port that is written without waiting for a buffer."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.path = port.path

    @property
    def is_open(self) -> bool:
        return self.port.is_open

    @property
    def waiting(self) -> int:
        return self.port.waiting

    def read(self, size: int, timeout_ms: int) -> bytes:
        return self.port.read(size, timeout_ms)

    def write(self, data: bytes) -> int:
        return self.port.write(data[:CHUNK], nonblock=True)


class Terminal:
    """A pseudo terminal, and a link to it where the kernel would have the device.

    It starts raw and without echo, as the kernel's rpmsg terminals do.
    """

    def __init__(self, device: Device, link: Path) -> None:
        self.device = device
        self.link = link
        self.master, self._slave = os.openpty()  # ours stays open, or the last user would hang up
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.to_firmware = b""
        self.to_user = b""
        link.symlink_to(os.ttyname(self._slave))

    def take(self) -> None:
        """Take what a user has written."""
        with suppress(BlockingIOError):
            self.to_firmware += os.read(self.master, CHUNK)

    def pass_on(self) -> bool:
        """Give the firmware what users wrote, and users what it sent. True if anything moved."""
        before = len(self.to_firmware), len(self.to_user)
        if self.to_firmware:
            try:
                taken = self.device.write(self.to_firmware)
            except ModelledError as error:
                if error.code not in (Errno.ENOMEM, Errno.EAGAIN):
                    raise
                taken = 0  # there is no buffer now
            self.to_firmware = self.to_firmware[taken:]
        while self.device.waiting and len(self.to_user) < MOST:
            self.to_user += self.device.read(MOST, 0)
        if self.to_user:
            with suppress(BlockingIOError):
                self.to_user = self.to_user[os.write(self.master, self.to_user) :]
        return before != (len(self.to_firmware), len(self.to_user))

    def close(self) -> None:
        """Hang up, and take the link away."""
        os.close(self._slave)
        os.close(self.master)
        if self.link.is_symlink():
            self.link.unlink()


class Terminals:
    """One terminal for each device that there is."""

    def __init__(
        self, root: Path, ledger: Ledger, watching: Watching, tell: Callable[[str], None]
    ) -> None:
        self.root, self.ledger, self.watching, self.tell = root, ledger, watching, tell
        self.open: dict[str, Terminal] = {}
        self._in_the_way: set[str] = set()

    def follow(self, devices: Iterable[Device]) -> None:
        """Have one for each of these, and none besides."""
        now = {device.path: device for device in devices if device.is_open}
        for path in [path for path in self.open if path not in now]:
            self._close(path)
        for path, device in now.items():
            if path in self.open:
                self.open[path].device = device
            elif path not in self._in_the_way:
                self._make(path, device)

    def _make(self, path: str, device: Device) -> None:
        link = self.root / path.lstrip("/")
        try:
            self.ledger.file(link)
        except InputError as error:
            self.tell(f"not served: {error.why}")
            self._in_the_way.add(path)
            return
        terminal = Terminal(device, link)
        self.open[path] = terminal
        self.watching.listen(terminal.master, terminal.take)

    def pass_on(self) -> bool:
        """Move what waits, both ways. True if anything moved."""
        moved = False
        for terminal in list(self.open.values()):
            with suppress(ModelledError):  # the channel went meanwhile
                moved |= terminal.pass_on()
        return moved

    def close(self) -> None:
        """Close all."""
        for path in list(self.open):
            self._close(path)

    def _close(self, path: str) -> None:
        terminal = self.open.pop(path)
        self.watching.ignore(terminal.master)
        terminal.close()
        self.ledger.forget(terminal.link)
