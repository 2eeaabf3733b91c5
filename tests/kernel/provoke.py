# SPDX-License-Identifier: GPL-2.0-or-later
"""Short ways to provoke an error of remoteproc, for tables of errors."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rprocbench.base.errors import Errno
from rprocbench.base.run import At, Fail, Run
from rprocbench.kernel import remoteproc_debugfs, remoteproc_sysfs
from rprocbench.kernel.remoteproc import Host, Rproc, RprocState
from rprocbench.kernel.remoteproc_cdev import rproc_cdev_write
from rprocbench.kernel.remoteproc_core import rproc_boot
from rprocbench.kernel.remoteproc_core_device import rproc_add
from rprocbench.kernel.remoteproc_core_recovery import rproc_report_crash, rproc_trigger_recovery
from rprocbench.kernel.remoteproc_sysfs import state_store
from rprocbench.kernel.stm32_rproc import stm32_rproc_probe
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .driver import OPS, REGIONS, leave_table, machine
from .images import CODE, GOOD, RPMSG, Segment, elf


@dataclass(frozen=True)
class Exit:
    """One way out: where the reference tells of it, on what condition, the errno, how to get there.

    `lost` names the function that reports it where nobody hears of it.
    """

    where: str
    condition: str
    code: Errno
    provoke: Callable[[], object]
    lost: str = ""

    def __str__(self) -> str:
        return f"{self.where} {self.condition}"


def start(image: bytes | None = GOOD, **options: Any) -> Rproc:
    """Boot it."""
    regions = options.pop("regions", len(REGIONS))
    rproc = machine(image, **options)
    rproc.priv.regions = regions
    state_store(rproc, "start")
    return rproc


def failing_op(op: str, code: Errno, image: bytes = GOOD, **options: Any) -> Rproc:
    """Boot it while the driver's `op` reports `code`."""
    return start(image, fail={op: code}, **options)


def failing_call(function: str, code: Errno, nth: int = 1) -> Rproc:
    """Boot it while a function of the kernel reports `code`."""
    return start(script={At(function, nth): Fail(code)})


def header(**fields: Any) -> Callable[[], object]:
    """Boot an image with wrong fields in its header."""
    return lambda: start(elf(RPMSG, **fields))


def segment(*wrong: Segment, **options: Any) -> Callable[[], object]:
    """Boot an image with wrong segments."""
    bits = options.pop("bits", 32)
    return lambda: start(elf(RPMSG, (*CODE, *wrong), bits=bits), **options)


def table(rsc: bytes, **options: Any) -> Callable[[], object]:
    """Boot an image with a wrong table."""
    return lambda: start(elf(rsc), **options)


def in_state(state: RprocState, **options: Any) -> Rproc:
    """A processor that got into that state as users bring it there."""
    image = options.pop("image", GOOD)
    if state in (RprocState.ATTACHED, RprocState.DETACHED):
        rproc = machine(image, detached=True, **options)
        leave_table(rproc, RPMSG)
        if state is RprocState.ATTACHED:
            state_store(rproc, "start")
        return rproc
    rproc = machine(image, **options)
    if state is not RprocState.OFFLINE:
        state_store(rproc, "start")
    if state is RprocState.CRASHED:
        rproc.recovery_disabled = True
        crash(rproc)
    return rproc


def crash(rproc: Rproc) -> None:
    """Report a crash, and let the worker work."""
    rproc_report_crash(rproc, 2)
    rproc.host.run_work()


def command(state: RprocState, word: str, **options: Any) -> Callable[[], object]:
    """Write a word to `state` in that state."""
    return lambda: state_store(in_state(state, **options), word)


def sysfs(state: RprocState, name: str, text: str) -> Callable[[], object]:
    """Write to a sysfs file."""
    return lambda: remoteproc_sysfs.write(in_state(state), name, text)


def debugfs(state: RprocState, name: str, text: str) -> Callable[[], object]:
    """Write to a debugfs file."""
    return lambda: remoteproc_debugfs.write(in_state(state), name, text)


def cdev(text: str) -> Callable[[], object]:
    """Write to the character device."""
    return lambda: rproc_cdev_write(in_state(RprocState.OFFLINE), text)


def added(state: RprocState, **without: None) -> Callable[[], object]:
    """Add a processor in that state whose driver lacks ops."""

    def add() -> None:
        rproc = machine()
        rproc.ops = replace(OPS, **without)
        rproc.state = state
        rproc_add(rproc)

    return add


def attach(table_left: bytes = RPMSG, **options: Any) -> Rproc:
    """Attach to a core that runs."""
    rproc = machine(detached=True, **options)
    leave_table(rproc, table_left)
    state_store(rproc, "start")
    return rproc


def interrupted(do: Callable[[Rproc], object], state: RprocState) -> Callable[[], object]:
    """A signal comes while somebody waits for the lock."""

    def act() -> None:
        rproc = in_state(state)
        nth = rproc.run.calls["mutex_lock_interruptible"] + 1
        rproc.run.script = {At("mutex_lock_interruptible", nth): Fail(Errno.EINTR)}
        do(rproc)

    return act


def deleting(do: Callable[[Rproc], object], state: RprocState) -> Callable[[], object]:
    """The processor is being deleted."""

    def act() -> None:
        rproc = in_state(state)
        rproc.deleting = True
        do(rproc)

    return act


def recover(**options: Any) -> Rproc:
    """A recovery by hand of a core that crashed, with the knobs set after the boot."""
    fail = options.pop("fail", {})
    rproc = in_state(options.pop("state", RprocState.RUNNING), **options)
    rproc.recovery_disabled = True
    crash(rproc)
    rproc.priv.fail = fail
    return rproc


def recovered(rproc: Rproc) -> Rproc:
    """Ask for the recovery, as sysfs does, but hear what it reports."""
    rproc_trigger_recovery(rproc)
    return rproc


def stm32(board: Any = STM32MP157C_DK2, **options: Any) -> Rproc:
    """The stm32 driver on a board, probed."""
    m4_state, rsc_tbl = options.pop("m4_state", 0), options.pop("rsc_tbl", 0)
    run = Run(script=options.pop("script", {}))
    host = Host(run, Soc(board, run), files={"rproc-m4-fw": elf(None)}, **options)
    host.soc.syscon.m4_state, host.soc.syscon.rsc_tbl = m4_state, rsc_tbl
    return stm32_rproc_probe(host)


def stm32_boot(board: Any = STM32MP157C_DK2, **options: Any) -> Rproc:
    """The same, started or attached to."""
    rproc = stm32(board, **options)
    rproc_boot(rproc)
    return rproc


FAR = Da(0x9000_0000)
