# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_cdev.c: the character device /dev/remoteprocN."""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors, tolerate

from .remoteproc import Rproc, RprocState
from .remoteproc_core import rproc_boot, rproc_shutdown
from .remoteproc_core_attach import rproc_detach

cdev_c = mirrors("linux:drivers/remoteproc/remoteproc_cdev.c")

COMMANDS = {"start": rproc_boot, "stop": rproc_shutdown, "detach": rproc_detach}
SET_SHUTDOWN_ON_RELEASE = 0x4004_B701
GET_SHUTDOWN_ON_RELEASE = 0x8004_B702


@cdev_c
def rproc_cdev_write(rproc: Rproc, text: str) -> int:
    """Write a command. Only as many characters as were written are compared: `s` starts.

    A newline matches nothing, so a plain `echo start` fails.
    """
    if not 1 <= len(text) <= 10:
        raise ModelledError(Errno.EINVAL, f"{len(text)} characters are not 1 to 10")
    shown = text[: text.find("\0") + 1] or text
    for word, command in COMMANDS.items():
        if (word + "\0").startswith(shown):
            command(rproc)
            return len(text)
    raise ModelledError(Errno.EINVAL, f"{text!r} is none of {', '.join(COMMANDS)}")


@cdev_c
def rproc_device_ioctl(rproc: Rproc, ioctl: int, param: int = 0) -> int:
    """Set or get whether the last close stops the processor."""
    if ioctl == SET_SHUTDOWN_ON_RELEASE:
        rproc.cdev_put_on_release = bool(param)
        return 0
    if ioctl == GET_SHUTDOWN_ON_RELEASE:
        return int(rproc.cdev_put_on_release)
    raise ModelledError(Errno.EINVAL, f"there is no ioctl {ioctl:#x}")


def rproc_cdev_read(rproc: Rproc) -> str:
    """Read the device: it has no read."""
    raise ModelledError(Errno.EINVAL, f"/dev/remoteproc{rproc.index} cannot be read")


@cdev_c
def rproc_cdev_release(rproc: Rproc) -> None:
    """The file was closed."""
    if not rproc.cdev_put_on_release:
        return
    if rproc.state == RprocState.RUNNING:
        tolerate(rproc_shutdown, rproc)
    elif rproc.state == RprocState.ATTACHED:
        rproc_detach(rproc)
