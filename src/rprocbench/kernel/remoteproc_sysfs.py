# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_sysfs.c: the user's handles in /sys/class/remoteproc."""

from collections.abc import Callable

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors, tolerate

from .flow import complaining
from .remoteproc import Rproc, RprocState
from .remoteproc_core import rproc_boot, rproc_shutdown
from .remoteproc_core_attach import rproc_detach
from .remoteproc_core_device import rproc_set_firmware
from .remoteproc_core_recovery import rproc_trigger_recovery

sysfs_c = mirrors("linux:drivers/remoteproc/remoteproc_sysfs.c")

STATE_TEXT = ("offline", "suspended", "running", "crashed", "attached", "detached", "invalid")
DUMP_WORDS = ("disabled", "enabled", "inline")
PAGE_SIZE = 4096


def sysfs_streq(text: str, word: str) -> bool:
    """Whether `text` is `word`, one newline at its end aside."""
    return text.removesuffix("\n") == word


@sysfs_c
def state_show(rproc: Rproc) -> str:
    """The file `state`."""
    return STATE_TEXT[min(rproc.state, RprocState.LAST)] + "\n"


@sysfs_c
def state_store(rproc: Rproc, text: str) -> int:
    """Write the file `state`: start, stop or detach."""
    linux = rproc.host.linux
    if sysfs_streq(text, "start"):
        if not linux.start_counts_users and rproc.state == RprocState.RUNNING:
            raise ModelledError(Errno.EBUSY, f"{rproc.name} runs already")
        with complaining(rproc, "Boot failed"):
            rproc_boot(rproc)
    elif sysfs_streq(text, "stop"):
        if linux.shutdown_reports:
            rproc_shutdown(rproc)
        elif rproc.state != RprocState.RUNNING:
            raise ModelledError(Errno.EINVAL, f"{rproc.name} is {rproc.state.name}")
        else:
            tolerate(rproc_shutdown, rproc)
    elif sysfs_streq(text, "detach") and linux.sysfs_detach:
        rproc_detach(rproc)
    else:
        raise ModelledError(Errno.EINVAL, f"{text!r} is none of start, stop, detach")
    return len(text)


@sysfs_c
def firmware_show(rproc: Rproc) -> str:
    """The file `firmware`; nobody knows what an attached core runs."""
    return "unknown\n" if rproc.state == RprocState.ATTACHED else rproc.firmware + "\n"


@sysfs_c
def firmware_store(rproc: Rproc, text: str) -> int:
    """Write the file `firmware`."""
    rproc_set_firmware(rproc, text)
    return len(text)


@sysfs_c
def name_show(rproc: Rproc) -> str:
    """The file `name`."""
    return rproc.name + "\n"


@sysfs_c
def recovery_show(rproc: Rproc) -> str:
    """The file `recovery`."""
    return "disabled\n" if rproc.recovery_disabled else "enabled\n"


@sysfs_c
def recovery_store(rproc: Rproc, text: str) -> int:
    """Write the file `recovery`. How a recovery went that this triggers is not reported."""
    if sysfs_streq(text, "enabled"):
        rproc.recovery_disabled = False
        tolerate(rproc_trigger_recovery, rproc)
    elif sysfs_streq(text, "disabled"):
        rproc.recovery_disabled = True
    elif sysfs_streq(text, "recover"):
        tolerate(rproc_trigger_recovery, rproc)
    else:
        raise ModelledError(Errno.EINVAL, f"{text!r} is none of enabled, disabled, recover")
    return len(text)


@sysfs_c
def coredump_show(rproc: Rproc) -> str:
    """The file `coredump`."""
    return rproc.dump_conf + "\n"


@sysfs_c
def coredump_store(rproc: Rproc, text: str) -> int:
    """Write the file `coredump`."""
    if rproc.state == RprocState.CRASHED:
        raise ModelledError(Errno.EBUSY, "a crashed processor may be dumping")
    for word in DUMP_WORDS:
        if sysfs_streq(text, word):
            rproc.dump_conf = word
            return len(text)
    raise ModelledError(Errno.EINVAL, f"{text!r} is none of {', '.join(DUMP_WORDS)}")


SHOW: dict[str, Callable[[Rproc], str]] = {
    "state": state_show,
    "firmware": firmware_show,
    "name": name_show,
    "recovery": recovery_show,
    "coredump": coredump_show,
}
STORE: dict[str, Callable[[Rproc, str], int]] = {
    "state": state_store,
    "firmware": firmware_store,
    "recovery": recovery_store,
    "coredump": coredump_store,
}


def mode(rproc: Rproc, name: str) -> int:
    """The permission bits of the file `name`."""
    return 0o444 if name not in STORE or rproc.sysfs_read_only else 0o644


def read(rproc: Rproc, name: str) -> str:
    """What `cat NAME` shows, after work that was waiting has run. A page holds one character less.

    Reports ENOENT for a file that there is not.
    """
    if name not in SHOW:
        raise ModelledError(Errno.ENOENT, f"there is no file {name}")
    rproc.host.run_work()
    return SHOW[name](rproc)[: PAGE_SIZE - 1]


def write(rproc: Rproc, name: str, text: str) -> int:
    """One `write(2)` on the file `name`, and what the kernel does before its user runs again.

    How many characters were taken: a page at most. What follows a NUL is taken, and not seen. An
    empty write does nothing. Reports ENOENT and EACCES where opening the file would.
    """
    if name not in SHOW:
        raise ModelledError(Errno.ENOENT, f"there is no file {name}")
    if not mode(rproc, name) & 0o200:
        raise ModelledError(Errno.EACCES, f"{name} cannot be written")
    taken = text[:PAGE_SIZE]
    if not taken:
        return 0
    try:
        STORE[name](rproc, taken.split("\0", 1)[0])
    finally:
        if not rproc.lock_held:
            rproc.host.run_work()
    return len(taken)
