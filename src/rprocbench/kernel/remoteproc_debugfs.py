# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_debugfs.c: the handles in /sys/kernel/debug/remoteproc."""

import re
from collections.abc import Callable

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.base.run import mirrors

from .flow import undefined
from .remoteproc import Rproc, RprocDebugTrace, RprocState
from .remoteproc_core_carveouts import room_after, rproc_da_to_va
from .remoteproc_debugfs_text import table_lines, veiled

debugfs_c = mirrors("linux:drivers/remoteproc/remoteproc_debugfs.c")

UINT_MAX = 0xFFFF_FFFF
NAME_SHOWN = 98
DUMP_WORDS = ("disabled", "enabled", "inline")


@debugfs_c
def rproc_create_trace_file(rproc: Rproc, trace: RprocDebugTrace) -> None:
    """Make the file that shows a trace buffer."""


@debugfs_c
def rproc_remove_trace_file(rproc: Rproc, trace: RprocDebugTrace) -> None:
    """Remove it."""


@debugfs_c
def rproc_trace_read(rproc: Rproc, trace: RprocDebugTrace) -> str:
    """The text in a trace buffer, up to the first NUL.

    The address is translated on each read. Where that fails, the file holds one line that says so,
    with the empty name that `rproc_handle_trace` left.
    """
    va = rproc_da_to_va(rproc, trace.da, trace.len)
    if va is None:
        return f"Trace {trace.trace_name} not available\n"
    room = room_after(rproc, va)
    text, end, _ = rproc.host.soc.a7.read(va, min(trace.len, room)).partition(b"\0")
    if not end and trace.len > room:
        why = f"{trace.len:#x} bytes at {trace.da:#x} are shown: a sum wrapped"
        raise undefined(rproc.host, why)
    return text.decode("utf-8", "replace")


@debugfs_c
def rproc_name_read(rproc: Rproc) -> str:
    """The file `name`."""
    return rproc.name[:NAME_SHOWN] + "\n"


@debugfs_c
def rproc_recovery_read(rproc: Rproc) -> str:
    """The file `recovery`."""
    return "disabled\n" if rproc.recovery_disabled else "enabled\n"


@debugfs_c
def rproc_recovery_write(rproc: Rproc, text: str) -> int:
    """Write the file `recovery`. Only as many characters as were written are compared."""
    from .remoteproc_core_recovery import rproc_trigger_recovery  # noqa: PLC0415  a cycle in C too

    word = matched(text, 10, ("enabled", "disabled", "recover"))
    if word == "disabled":
        rproc.recovery_disabled = True
        return len(text)
    if word == "enabled":
        rproc.recovery_disabled = False
    try:
        rproc_trigger_recovery(rproc)
    except ModelledError:
        return len(text)  # the write does not say how the recovery went
    return len(text)


@debugfs_c
def rproc_coredump_read(rproc: Rproc) -> str:
    """The file `coredump`."""
    return rproc.dump_conf + "\n"


@debugfs_c
def rproc_coredump_write(rproc: Rproc, text: str) -> int:
    """Write the file `coredump`. Only as many characters as were written are compared."""
    fits(text, 20)
    if rproc.state == RprocState.CRASHED:
        raise ModelledError(Errno.EBUSY, "a crashed processor may be dumping")
    rproc.dump_conf = matched(text, 20, DUMP_WORDS)
    return len(text)


@debugfs_c
def rproc_crash_write(rproc: Rproc, text: str) -> int:
    """Write the file `crash`: report a crash of that type, any number will do."""
    from .remoteproc_core_recovery import rproc_report_crash  # noqa: PLC0415  a cycle in C too

    rproc_report_crash(rproc, kstrtouint(text))
    return len(text)


@debugfs_c
def rproc_rsc_table_show(rproc: Rproc) -> str:
    """The file `resource_table`: what the table in effect says now.

    Nobody asks whether its entries lie in it; a hardened kernel does.
    """
    if rproc.table_ptr is None:
        return "No resource table found\n"
    digits = rproc.host.bits // 4
    try:
        return "".join(f"{line}\n" for line in table_lines(rproc.table_ptr, digits))
    except Crash as crash:
        raise undefined(rproc.host, crash.why) from None


@debugfs_c
def rproc_carveouts_show(rproc: Rproc) -> str:
    """The file `carveout_memories`. Where Linux sees a carveout is told in a veiled form only."""
    digits = rproc.host.bits // 4
    lines: list[str] = []
    for carveout in rproc.carveouts:
        va = "0" * digits if carveout.va is None else veiled(carveout.va, digits)
        lines += ["Carveout memory entry:", f"\tName: {carveout.name}", f"\tVirtual address: {va}"]
        lines += [f"\tDMA address: 0x{carveout.dma:0{digits}x}"]
        lines += [f"\tDevice address: 0x{carveout.da:x}", f"\tLength: 0x{carveout.len:x} Bytes", ""]
    return "".join(f"{line}\n" for line in lines)


def fits(text: str, most: int) -> None:
    """Report EINVAL unless `text` has 1 to `most` characters."""
    if not 1 <= len(text) <= most:
        raise ModelledError(Errno.EINVAL, f"{len(text)} characters are not 1 to {most}")


def matched(text: str, most: int, words: tuple[str, ...]) -> str:
    """The first of `words` that begins with `text`. Reports EINVAL if none does."""
    fits(text, most)
    # The newline becomes a NUL, and all that was written is compared: only the whole word matches.
    shown = text[:-1] + "\0" if text.endswith("\n") else text
    shown = shown[: shown.find("\0") + 1] or shown
    for word in words:
        if (word + "\0").startswith(shown):
            return word
    raise ModelledError(Errno.EINVAL, f"{text!r} is none of {', '.join(words)}")


def kstrtouint(text: str) -> int:
    """A number as `kstrtouint` with base 0 reads it. Reports EINVAL and ERANGE."""
    match = re.fullmatch(r"\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\n?", text)
    if match is None:
        raise ModelledError(Errno.EINVAL, f"{text!r} is no number")
    digits = match[1]
    octal = digits.startswith("0") and digits.isdigit()
    number = int(digits, 8 if octal else 0)
    if number > UINT_MAX:
        raise ModelledError(Errno.ERANGE, f"{number} is above {UINT_MAX}")
    return number


SHOW: dict[str, Callable[[Rproc], str]] = {
    "name": rproc_name_read,
    "recovery": rproc_recovery_read,
    "resource_table": rproc_rsc_table_show,
    "carveout_memories": rproc_carveouts_show,
    "coredump": rproc_coredump_read,
}
STORE: dict[str, Callable[[Rproc, str], int]] = {
    "recovery": rproc_recovery_write,
    "crash": rproc_crash_write,
    "coredump": rproc_coredump_write,
}
MODES = {
    "name": 0o400, "recovery": 0o600, "crash": 0o200, "resource_table": 0o400,
    "carveout_memories": 0o400, "coredump": 0o600,
}  # fmt: skip


def modes(rproc: Rproc) -> dict[str, int]:
    """The files that there are now, and their permission bits: traces come and go."""
    return MODES | {trace.name: 0o400 for trace in rproc.traces}


def read(rproc: Rproc, name: str) -> str:
    """What `cat NAME` shows. Reports ENOENT, or EINVAL for a file without a read: root opens it."""
    if name not in modes(rproc):
        raise ModelledError(Errno.ENOENT, f"there is no file {name}")
    rproc.host.run_work()
    for trace in rproc.traces:
        if trace.name == name:
            return rproc_trace_read(rproc, trace)
    if name not in SHOW:
        raise ModelledError(Errno.EINVAL, f"{name} cannot be read")
    return SHOW[name](rproc)


def write(rproc: Rproc, name: str, text: str) -> int:
    """`write(2)` on the file `name`, and what the kernel does before its user runs again.

    How many characters were taken: all. An empty write reaches the driver. Reports ENOENT, or
    EINVAL for a file without a write: root opens it.
    """
    if name not in modes(rproc):
        raise ModelledError(Errno.ENOENT, f"there is no file {name}")
    if name not in STORE:
        raise ModelledError(Errno.EINVAL, f"{name} cannot be written")
    try:
        return STORE[name](rproc, text)
    finally:
        if not rproc.lock_held:
            rproc.host.run_work()
