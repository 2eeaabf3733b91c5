# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_debugfs.c: the handles in /sys/kernel/debug/remoteproc."""

import hashlib
import re
from collections.abc import Iterator

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors
from rprocbench.formats.resource_table import (
    FwRscCarveout,
    FwRscDevmem,
    FwRscTrace,
    FwRscVdev,
    FwRscVdevVring,
    RscTableHdr,
    RscType,
    text_of,
)  # fmt: skip

from .remoteproc import Rproc, RprocDebugTrace, RprocState
from .remoteproc_core_carveouts import rproc_da_to_va, s32
from .remoteproc_table import Table

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
    text = rproc.host.soc.a7.read(va, trace.len).split(b"\0", 1)[0]
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
    """The file `resource_table`: what the table in effect says now."""
    if rproc.table_ptr is None:
        return "No resource table found\n"
    return "".join(f"{line}\n" for line in table_lines(rproc.table_ptr))


@debugfs_c
def rproc_carveouts_show(rproc: Rproc) -> str:
    """The file `carveout_memories`. Where Linux sees a carveout is told in a veiled form only."""
    digits = rproc.host.word_bits // 4
    lines: list[str] = []
    for carveout in rproc.carveouts:
        va = "0" * digits if carveout.va is None else veiled(carveout.va, digits)
        lines += ["Carveout memory entry:", f"\tName: {carveout.name}", f"\tVirtual address: {va}"]
        lines += [f"\tDMA address: 0x{carveout.dma:0{digits}x}"]
        lines += [f"\tDevice address: 0x{carveout.da:x}", f"\tLength: 0x{carveout.len:x} Bytes", ""]
    return "".join(f"{line}\n" for line in lines)


def veiled(pointer: int, digits: int) -> str:
    """A number that stands for `pointer`, the same in every run, and does not tell it.

    Linux veils with a key that it draws at boot, and leaves the upper half of 64 bits zero.
    """
    return hashlib.sha256(f"{pointer:#x}".encode()).hexdigest()[:8].rjust(digits, "0")


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


def table_lines(table: Table) -> Iterator[str]:
    """The lines of the file `resource_table`. Nothing is checked: a bad table is a crash."""
    for i in range(table.u32(RscTableHdr.SPANS["num"][0])):
        offset = table.u32(RscTableHdr.SIZE + 4 * i)
        kind, at = table.u32(offset), offset + 4
        match kind:
            case RscType.CARVEOUT | RscType.DEVMEM:
                shape = FwRscCarveout if kind == RscType.CARVEOUT else FwRscDevmem
                rsc = shape.parse(table.read(at, shape.SIZE))
                name = "carveout" if kind == RscType.CARVEOUT else "devmem"
                yield f"Entry {i} is of type {name}"
                yield f"  Device Address 0x{rsc.da:x}"
                yield f"  Physical Address 0x{rsc.pa:x}"
                yield f"  Length 0x{rsc.len:x} Bytes"
                yield f"  Flags 0x{rsc.flags:x}"
                yield f"  Reserved (should be zero) [{rsc.reserved}]"
                yield f"  Name {text_of(rsc.name)}"
            case RscType.TRACE:
                trace = FwRscTrace.parse(table.read(at, FwRscTrace.SIZE))
                yield f"Entry {i} is of type trace"
                yield f"  Device Address 0x{trace.da:x}"
                yield f"  Length 0x{trace.len:x} Bytes"
                yield f"  Reserved (should be zero) [{trace.reserved}]"
                yield f"  Name {text_of(trace.name)}"
            case RscType.VDEV:
                yield f"Entry {i} is of type vdev"
                yield from vdev_lines(table, at)
            case _:
                yield f"Unknown resource type found: {kind}"
        yield ""


def vdev_lines(table: Table, at: int) -> Iterator[str]:
    """The lines about the vdev whose payload is at `at`."""
    vdev = FwRscVdev.parse(table.read(at, FwRscVdev.SIZE))
    yield f"  ID {vdev.id}"
    yield f"  Notify ID {s32(vdev.notifyid)}"
    yield f"  Device features 0x{vdev.dfeatures:x}"
    yield f"  Guest features 0x{vdev.gfeatures:x}"
    yield f"  Config length 0x{vdev.config_len:x}"
    yield f"  Status 0x{vdev.status:x}"
    yield f"  Number of vrings {vdev.num_of_vrings}"
    yield f"  Reserved (should be zero) [{vdev.reserved[0]}][{vdev.reserved[1]}]"
    for j in range(vdev.num_of_vrings):
        where = at + FwRscVdev.SIZE + j * FwRscVdevVring.SIZE
        vring = FwRscVdevVring.parse(table.read(where, FwRscVdevVring.SIZE))
        yield f"  Vring {j}"
        yield f"    Device Address 0x{vring.da:x}"
        yield f"    Alignment {vring.align}"
        yield f"    Number of buffers {vring.num}"
        yield f"    Notify ID {s32(vring.notifyid)}"
        yield f"    Physical Address 0x{vring.pa:x}"
