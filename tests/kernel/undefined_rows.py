# SPDX-License-Identifier: GPL-2.0-or-later
"""Every row that the reference marks UB: how to get there, and what a careful kernel does there."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.kernel import remoteproc_debugfs
from rprocbench.kernel.remoteproc import Rproc
from rprocbench.kernel.remoteproc import RprocState as S
from rprocbench.kernel.remoteproc_core import rproc_shutdown
from rprocbench.kernel.remoteproc_sysfs import state_store
from rprocbench.kernel.versions import V5_10, V6_1
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .driver import OPS, REGIONS, leave_table, machine
from .images import ANY, CODE, GOOD, RINGS, RPMSG, Segment, carveout, elf, trace, vdev
from .images import table as rsc
from .provoke import attach, crash, in_state, recovered, start, stm32_boot

E = Errno


@dataclass(frozen=True)
class Undefined:
    """A row: its name, the condition, how to get there, the hardened kernel's error if any.

    `says` is a word of the reason. Some of it a kernel survives.
    """

    where: str
    condition: str
    provoke: Callable[[bool], Any]
    careful: Errno | None
    says: str
    survived: bool = False

    def __str__(self) -> str:
        return f"{self.where} {self.condition}"


def booted(image: bytes, **options: Any) -> Callable[[bool], Any]:
    return lambda hardened: start(image, hardened=hardened, **options)


def stopped(image: bytes) -> Callable[[bool], Any]:
    """Started without registered memory, so none for a second ring; then stopped."""

    def act(hardened: bool) -> object:
        rproc = machine(image, hardened=hardened)
        rproc.priv.regions = 2
        state_store(rproc, "start")
        return rproc_shutdown(rproc)

    return act


def replaced(data: bytes) -> Callable[[bool], Any]:
    """The file is replaced by `data`; then the core crashes."""

    def act(hardened: bool) -> object:
        rproc = start(hardened=hardened)
        rproc.recovery_disabled = True
        rproc.host.files["fw"] = data
        crash(rproc)
        return recovered(rproc)

    return act


def table_after_none(hardened: bool) -> object:
    """Booted with a table, stopped, booted without; the file gains one, and the core crashes."""
    rproc = start(hardened=hardened)
    state_store(rproc, "stop")
    rproc.host.files["fw"] = elf(None)
    state_store(rproc, "start")
    rproc.recovery_disabled = True
    rproc.host.files["fw"] = GOOD
    crash(rproc)
    return recovered(rproc)


def detached_then_started(hardened: bool) -> object:
    """A driver that can only attach; its core is stopped, and started."""
    rproc = in_state(S.ATTACHED, ops=replace(OPS, start=None), hardened=hardened)
    state_store(rproc, "stop")
    rproc.host.files["fw"] = GOOD
    return state_store(rproc, "start")


def detach_again(hardened: bool) -> object:
    rproc = attach(hardened=hardened)
    rproc.priv.fail = {"ops.detach": E.EIO}
    try:
        state_store(rproc, "detach")
    except ModelledError:
        rproc.priv.fail = {}
    return state_store(rproc, "detach")


def attach_again(how: str) -> Callable[[bool], Any]:
    """A session ends, and the next attach finds no table."""

    def act(hardened: bool) -> object:
        rproc: Rproc = machine(detached=True, hardened=hardened)
        leave_table(rproc, RPMSG)
        if how == "failed attach":
            rproc.priv.fail = {"ops.attach": E.EIO}
            with suppress(ModelledError):
                state_store(rproc, "start")
        else:
            state_store(rproc, "start")
            state_store(rproc, how)
            rproc.state = S.DETACHED
        rproc.priv.fail = {"ops.get_loaded_rsc_table": E.ENOENT}
        return state_store(rproc, "start")

    return act


def no_stop_op(hardened: bool) -> object:
    return attach(ops=replace(OPS, stop=None), hardened=hardened,
                  fail={"sub1.subdev.start": E.EIO})  # fmt: skip


def lost_table(hardened: bool) -> object:
    """The table that a boot loader left is at the end of memory: 1024 bytes are not there."""
    at_the_end = STM32MP157C_DK2.dma_ranges[1].da + STM32MP157C_DK2.dma_ranges[1].size - 16
    return stm32_boot(m4_state=2, rsc_tbl=at_the_end, hardened=hardened)


def shown_trace(hardened: bool) -> object:
    """A trace buffer of nearly 4 GiB whose range test wraps, and no NUL in what is there."""
    rproc = start(elf(rsc(trace(0x1000_0400, 0xFFFF_FFF0))), hardened=hardened)
    for region, _ in REGIONS:
        rproc.host.soc.a7.fill(region.pa, region.size, 0x41)
    return remoteproc_debugfs.read(rproc, "trace0")


def shown_table(hardened: bool) -> object:
    """An attach failed at a wild offset; debugfs shows the table that it left behind."""
    rproc = machine(detached=True, hardened=hardened)
    leave_table(rproc, rsc(trace(), offset=0x2000))
    with suppress(ModelledError):
        state_store(rproc, "start")
    return remoteproc_debugfs.read(rproc, "resource_table")


NO_REGISTER = replace(STM32MP157C_DK2, syscons=STM32MP157C_DK2.syscons - {"st,syscfg-rsc-tbl"})
ONE = rsc(vdev(RINGS[:1]))

ROWS = [
    Undefined("1.2", "ops.start is NULL", detached_then_started, E.EINVAL, "NULL"),
    Undefined("2.3", "6.1: a section table past the end",
              booted(elf(None, shnum=400), linux=V6_1), None, "read at"),
    Undefined("E21", "program headers past the end", booted(elf(RPMSG, phnum=0xFFF0)),
              E.EINVAL, "read at"),
    Undefined("E22", "a section's name past the end",
              booted(elf(RPMSG, sh_name=0x10_0000)), None, "name is read at"),
    Undefined("S10", "p_offset near 2^64",
              booted(elf(RPMSG, (*CODE, Segment(0, b"x" * 16, offset=2**64 - 8)), bits=64)),
              E.EINVAL, "read at"),
    Undefined("B02", "a range test that wraps",
              booted(elf(RPMSG, (*CODE, Segment(0x1000_0010, b"x", 0xFFFF_FFF8)))),
              E.EINVAL, "wrapped"),
    Undefined("B06", "p_offset near 2^64, a 64-bit kernel",
              booted(elf(RPMSG, (*CODE, Segment(0, b"x" * 16, offset=2**64 - 8)), bits=64),
                     word_bits=64), E.EINVAL, "read at"),
    Undefined("4.2", "5.10: an offset before the table",
              booted(elf(rsc(vdev(RINGS), offset=0xFFFF_FFF0)), linux=V5_10), E.EINVAL, "past"),
    Undefined("4.6", "a vdev's counts past the end of the table",
              booted(elf(rsc(vdev(RINGS)[:20]))), E.EINVAL, "past its end"),
    Undefined("C16", "a name with %d", booted(elf(rsc(carveout(b"a%db")))), None, "%d",
              survived=True),
    Undefined("C17", "a name with %s", booted(elf(rsc(carveout(b"%s%s%s%s")))), None, "format"),
    Undefined("V13", "one ring, at the stop", stopped(elf(ONE)), None, "never parsed"),
    Undefined("V14", "one ring, and memory for another", booted(elf(ONE)), None, "never parsed"),
    Undefined("4.6", "a ring whose size wraps",
              booted(elf(rsc(vdev([(ANY, 16, 0x7FFF_FFFF), RINGS[1]])))), None, "cleared"),
    Undefined("7.2", "a ring with a wild alignment",
              booted(elf(rsc(vdev([(ANY, 0xFFFF_FFFE, 16), RINGS[1]])))), None, "leaves"),
    Undefined("X09", "44 bytes in a recovery", replaced(GOOD[:4] + bytes(40)), E.EINVAL, "read at"),
    Undefined("X09", "5 bytes in a recovery", replaced(GOOD[:5]), E.EINVAL, "read at"),
    Undefined("X12", "a stale size and no table", table_after_none, E.EINVAL, "NULL"),
    Undefined("X22", "ops.stop is NULL", no_stop_op, E.EIO, "NULL"),
    Undefined("X23", "a second detach", detach_again, None, "after it was freed"),
    Undefined("X24", "an attach after a failed one", attach_again("failed attach"), E.ENOENT,
              "freed twice"),
    Undefined("X24", "an attach after a detach", attach_again("detach"), E.ENOENT, "freed twice"),
    Undefined("X24", "an attach after a stop", attach_again("stop"), E.ENOENT, "freed twice"),
    Undefined("1.6", "a trace whose range test wraps", shown_trace, E.EINVAL, "wrapped"),
    Undefined("1.6", "a table with a wild offset, shown", shown_table, E.EINVAL, "no memory"),
    Undefined("5.4", "no st,syscfg-rsc-tbl",
              lambda hardened: stm32_boot(NO_REGISTER, m4_state=2, hardened=hardened),
              E.EINVAL, "syscfg-rsc-tbl"),
    Undefined("5.4", "1024 bytes that are not there", lost_table, E.EINVAL, "no memory"),
]  # fmt: skip
