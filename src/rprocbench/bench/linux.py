# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user of the modelled Linux has in hand, as attributes: sysfs, debugfs, devices.

Reading an attribute is `cat`, without the newline at the end; assigning to one is `echo`, which
adds it. What the kernel refuses is raised as the `ModelledError` of its errno.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self, overload

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.trace import Lane, Logged
from rprocbench.kernel import remoteproc_debugfs as debugfs
from rprocbench.kernel import remoteproc_sysfs as sysfs
from rprocbench.kernel.remoteproc_cdev import (
    GET_SHUTDOWN_ON_RELEASE,
    SET_SHUTDOWN_ON_RELEASE,
    rproc_cdev_read,
    rproc_cdev_release,
    rproc_cdev_write,
    rproc_device_ioctl,
)  # fmt: skip

from .rpmsg_user import Rpmsg

if TYPE_CHECKING:
    from rprocbench.kernel.remoteproc import Coredump, Rproc

    from .machine import Machine


class File:
    """An attribute that is a file of the folder it stands in, called as the attribute is."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, folder: None, _owner: type) -> "File": ...
    @overload
    def __get__(self, folder: "Folder", _owner: type) -> str: ...
    def __get__(self, folder: "Folder | None", _owner: type) -> "File | str":
        return self if folder is None else folder.read(self.name).removesuffix("\n")

    def __set__(self, folder: "Folder", text: str) -> None:
        folder.echo(self.name, text)


class Folder:
    """Files that the kernel shows about one remote processor."""

    def __init__(self, rproc: "Rproc") -> None:
        self.rproc = rproc

    def modes(self) -> dict[str, int]:
        """The files that there are now, and their permission bits."""
        raise NotImplementedError

    def read(self, name: str) -> str:
        """All that `cat NAME` shows. Raises `ModelledError` with what the system calls report."""
        raise NotImplementedError

    def write(self, name: str, text: str) -> int:
        """Open and write once: how many characters were taken. Raises `ModelledError`."""
        raise NotImplementedError

    def echo(self, name: str, text: str) -> None:
        """`echo TEXT > NAME`: a shell goes on writing until all is taken."""
        rest = f"{text}\n"
        while rest:
            rest = rest[self.write(name, rest) :]

    def __iter__(self) -> Iterator[str]:
        return iter(self.modes())


class Debugfs(Folder):
    """/sys/kernel/debug/remoteproc/remoteprocN. Of its files only `crash` cannot be read."""

    name = File()
    recovery = File()
    crash = File()
    resource_table = File()
    carveout_memories = File()
    coredump = File()
    trace0 = File()

    def modes(self) -> dict[str, int]:
        return debugfs.modes(self.rproc)

    def read(self, name: str) -> str:
        return debugfs.read(self.rproc, name)

    def write(self, name: str, text: str) -> int:
        return debugfs.write(self.rproc, name, text)


class Remoteproc(Folder):
    """/sys/class/remoteproc/remoteprocN; `debugfs` and `open()` lead to its other handles."""

    state = File()
    firmware = File()
    name = File()
    recovery = File()
    coredump = File()

    def modes(self) -> dict[str, int]:
        return {name: sysfs.mode(self.rproc, name) for name in sysfs.SHOW}

    def read(self, name: str) -> str:
        return sysfs.read(self.rproc, name)

    def write(self, name: str, text: str) -> int:
        return sysfs.write(self.rproc, name, text)

    @property
    def debugfs(self) -> Debugfs:
        """The files for debugging."""
        return Debugfs(self.rproc)

    def open(self) -> "Cdev":
        """`open("/dev/remoteprocN")`."""
        return Cdev(self.rproc)


class Cdev:
    """One open file description of /dev/remoteprocN. Leaving its `with` block closes it."""

    def __init__(self, rproc: "Rproc") -> None:
        self.rproc = rproc

    def write(self, text: str) -> int:
        """Write exactly `text`: an `echo` would add a newline, and be refused."""
        try:
            return rproc_cdev_write(self.rproc, text)
        finally:
            self.rproc.host.run_work()

    def read(self) -> str:
        """The device has no read: raises `ModelledError` EINVAL."""
        return rproc_cdev_read(self.rproc)

    def ioctl(self, request: int, param: int = 0) -> int:
        """What the ioctl leaves in `param`. Raises `ModelledError` EINVAL for an unknown one."""
        return rproc_device_ioctl(self.rproc, request, param)

    @property
    def shutdown_on_release(self) -> bool:
        """Whether closing stops the processor. The kernel keeps this for the device, not a file."""
        return bool(self.ioctl(GET_SHUTDOWN_ON_RELEASE))

    @shutdown_on_release.setter
    def shutdown_on_release(self, value: bool) -> None:
        self.ioctl(SET_SHUTDOWN_ON_RELEASE, int(value))

    def close(self) -> None:
        """Close it: what the release reports is lost, as it is in C."""
        try:
            rproc_cdev_release(self.rproc)
        except ModelledError:
            return
        finally:
            self.rproc.host.run_work()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.close()


class Remoteprocs(Sequence[Remoteproc]):
    """/sys/class/remoteproc: empty until a driver has probed."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine

    def __len__(self) -> int:
        return int(self.machine.rproc is not None)

    @overload
    def __getitem__(self, index: int) -> Remoteproc: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Remoteproc]: ...
    def __getitem__(self, index: int | slice) -> Remoteproc | Sequence[Remoteproc]:
        """Raises `ModelledError` ENOENT for a processor that there is not."""
        if isinstance(index, slice):
            return list(self)[index]
        rproc = self.machine.rproc
        if rproc is None or rproc.index != index:
            raise ModelledError(Errno.ENOENT, f"there is no remoteproc{index}")
        return Remoteproc(rproc)

    def __iter__(self) -> Iterator[Remoteproc]:
        return iter([Remoteproc(self.machine.rproc)] if self.machine.rproc else [])


class Linux:
    """One running Linux, as its root user sees it."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine

    @property
    def remoteproc(self) -> Remoteprocs:
        """The remote processors, by their index."""
        return Remoteprocs(self.machine)

    @property
    def rpmsg(self) -> Rpmsg:
        """The files that rpmsg channels have brought, by the channel's name."""
        return Rpmsg(self.machine)

    @property
    def coredumps(self) -> "list[Coredump]":
        """/sys/class/devcoredump: the dumps that were made, oldest first."""
        return self.machine.host.coredumps

    @property
    def dmesg(self) -> list[Logged]:
        """The kernel's messages so far, without those that are only printed for debugging."""
        lines = (event for event in self.machine.run.trace if isinstance(event, Logged))
        return [line for line in lines if line.lane is Lane.LINUX and line.level != "debug"]
