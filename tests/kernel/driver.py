# SPDX-License-Identifier: GPL-2.0-or-later
"""A platform driver for tests, after the one that the reference was recorded with.

Five registered regions, two subdevices, a table that is optional, and a knob on every op: `fail`
says which op reports what, every time it is called. All functions are places called as in
`call_order.txt`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import At, Disturbance, Run, mirrors
from rprocbench.base.trace import Entered
from rprocbench.kernel.remoteproc import (
    Host,
    Rproc,
    RprocMemEntry,
    RprocOps,
    RprocState,
    RprocSubdev,
)  # fmt: skip
from rprocbench.kernel.remoteproc_core_carveouts import rproc_add_carveout, rproc_mem_entry_init
from rprocbench.kernel.remoteproc_core_device import rproc_add, rproc_alloc
from rprocbench.kernel.remoteproc_core_subdevs import rproc_add_subdev
from rprocbench.kernel.remoteproc_coredump import (
    rproc_coredump,
    rproc_coredump_add_segment,
    rproc_coredump_set_elf_info,
)  # fmt: skip
from rprocbench.kernel.remoteproc_elf_loader import (
    rproc_elf_find_loaded_rsc_table,
    rproc_elf_get_boot_addr,
    rproc_elf_load_rsc_table,
    rproc_elf_load_segments,
    rproc_elf_sanity_check,
)  # fmt: skip
from rprocbench.kernel.remoteproc_table import LoadedTable
from rprocbench.kernel.versions import V7_3, LinuxVersion
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Chip, Da, Mapping, Pa, Region
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

TABLE = Pa(0x1005_0000)
REGIONS = (
    (Region("retram", Pa(0x3800_0000), 0x1_0000), Da(0)),
    (Region("mcuram", Pa(0x1000_0000), 0x4_0000), Da(0x1000_0000)),
    (Region("vdev0vring0", Pa(0x1004_0000), 0x1000), Da(0x1004_0000)),
    (Region("vdev0vring1", Pa(0x1004_1000), 0x1000), Da(0x1004_1000)),
    (Region("tableram", TABLE, 0x1000), Da(0x1005_0000)),
)
BOARD = replace(
    STM32MP157C_DK2,
    chips=tuple(Chip(r.name, r.size) for r, _ in REGIONS),
    a7=tuple(Mapping(r.pa, r.name, r.size) for r, _ in REGIONS),
    m4=(),
    linux_regions=(),
)


@dataclass
class Knobs:
    """What the driver does wrong, and what it noted."""

    fail: dict[str, Errno] = field(default_factory=dict)
    table: LoadedTable | None = None
    vendor: dict[int, int | Errno] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    regions: int = len(REGIONS)


def place(name: str) -> Callable[[Any], Any]:
    """Call a function `name` in the trace, and let the knob of that name make it fail."""

    def decorate(fn: Any) -> Any:
        def step(subject: Any, *args: Any) -> Any:
            rproc = subject.owner if isinstance(subject, RprocSubdev) else subject
            where = f"{subject.name}.{name}" if isinstance(subject, RprocSubdev) else name
            detail = "".join(f"({arg})" for arg in args if isinstance(arg, bool))
            knobs: Knobs = rproc.priv
            code = knobs.fail.get(where)
            knobs.seen.append(where + detail + (" err" if code else ""))
            if code:
                raise ModelledError(code, "the knob says so")
            return fn(subject, *args)

        step.__name__ = name
        return mirrors("linux:tests/driver.c")(step)

    return decorate


@place("carveout.alloc")
def alloc(_rproc: Rproc, mem: RprocMemEntry) -> None:
    mem.va = mem.dma


@place("carveout.release")
def release(rproc: Rproc, mem: RprocMemEntry) -> None:
    pass


@place("ops.prepare")
def prepare(rproc: Rproc) -> None:
    for region, da in REGIONS[: rproc.priv.regions]:
        mem = rproc_mem_entry_init(
            rproc, None, region.pa, region.size, da, alloc, release, region.name
        )
        rproc_add_carveout(rproc, mem)
        rproc_coredump_add_segment(rproc, da, region.size)


@place("ops.parse_fw")
def parse_fw_optional(rproc: Rproc, fw: Any) -> None:
    try:
        rproc_elf_load_rsc_table(rproc, fw)
    except ModelledError as error:
        if error.code != Errno.EINVAL:
            raise


@place("ops.parse_fw")
def parse_fw_strict(rproc: Rproc, fw: Any) -> None:
    rproc_elf_load_rsc_table(rproc, fw)


@place("ops.handle_rsc")
def handle_rsc(rproc: Rproc, kind: int, offset: int, avail: int) -> int:
    rproc.priv.seen.append(f"vendor {kind} at {offset:#x} of {avail:#x}")
    answer = rproc.priv.vendor[kind]
    if isinstance(answer, Errno):
        raise ModelledError(answer, "the vendor refuses")
    return int(answer)


@place("ops.get_loaded_rsc_table")
def get_loaded_rsc_table(rproc: Rproc) -> LoadedTable | None:
    table: LoadedTable | None = rproc.priv.table
    return table


def nothing(subject: Any, *args: Any) -> None:
    pass


OPS = RprocOps(
    prepare=prepare,
    unprepare=place("ops.unprepare")(nothing),
    start=place("ops.start")(nothing),
    stop=place("ops.stop")(nothing),
    attach=place("ops.attach")(nothing),
    detach=place("ops.detach")(nothing),
    kick=place("ops.kick")(nothing),
    parse_fw=parse_fw_optional,
    handle_rsc=None,
    find_loaded_rsc_table=place("ops.find_loaded_rsc_table")(rproc_elf_find_loaded_rsc_table),
    get_loaded_rsc_table=get_loaded_rsc_table,
    load=place("ops.load")(rproc_elf_load_segments),
    sanity_check=place("ops.sanity_check")(rproc_elf_sanity_check),
    get_boot_addr=place("ops.get_boot_addr")(rproc_elf_get_boot_addr),
    coredump=place("ops.coredump")(rproc_coredump),
)
STRICT = replace(OPS, parse_fw=parse_fw_strict)


def subdev(rproc: Rproc, name: str) -> RprocSubdev:
    return RprocSubdev(
        rproc.run,
        name,
        prepare=place("subdev.prepare")(nothing),
        start=place("subdev.start")(nothing),
        stop=place("subdev.stop")(nothing),
        unprepare=place("subdev.unprepare")(nothing),
        owner=rproc,
    )


def machine(  # noqa: PLR0913  what a test may want
    image: bytes | None = None, *, ops: RprocOps = OPS, subdevs: int = 2, detached: bool = False,
    word_bits: int = 32, fail: dict[str, Errno] | None = None, iommu: bool = False,
    script: dict[At, Disturbance] | None = None, linux: LinuxVersion = V7_3,
    hardened: bool = False,
) -> Rproc:  # fmt: skip
    """A processor that was added, with `image` as its firmware file. Nothing has booted."""
    run = Run(script=script or {})
    soc = Soc(BOARD, run)
    host = Host(run, soc, bits=word_bits, linux=linux, hardened=hardened, iommu=iommu)
    if image is not None:
        host.files["fw"] = image
    rproc = rproc_alloc(host, "m4", ops, "fw", Knobs(fail=fail or {}))
    rproc.has_iommu = iommu
    rproc_coredump_set_elf_info(rproc, 1, 0)
    for number in range(1, subdevs + 1):
        rproc_add_subdev(rproc, subdev(rproc, f"sub{number}"))
    rproc.auto_boot = False
    if detached:
        rproc.state = RprocState.DETACHED
    rproc_add(rproc)
    return rproc


def leave_table(rproc: Rproc, table: bytes, size: int = 1024) -> None:
    """Let whoever booted the core have left `table` in `tableram`."""
    soc = rproc.host.soc
    soc.a7.write(TABLE, table.ljust(size, b"\0"))
    rproc.priv.table = LoadedTable(rproc.run, soc, TABLE, size)


def calls(rproc: Rproc, since: int = 0) -> list[str]:
    """The names of the functions that were entered."""
    return [e.function for e in rproc.run.trace[since:] if isinstance(e, Entered)]
