# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux alone on a board: no secure world, no M4 that executes, and no trace, only log lines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from rprocbench.base.errors import Errno, ModelledError, RprocError
from rprocbench.base.run import Run
from rprocbench.base.trace import Lane, Logged
from rprocbench.kernel.remoteproc import NO_OFFSET, Firmware, Host, Rproc, RprocMemEntry
from rprocbench.kernel.remoteproc_core_carveouts import rproc_alloc_carveout, rproc_da_to_va
from rprocbench.kernel.remoteproc_table import LoadedTable
from rprocbench.kernel.stm32_rproc import stm32_rproc_probe
from rprocbench.kernel.versions import LinuxVersion
from rprocbench.soc.board import Board, Soc

from .linux_vdevs import Probes
from .linux_verdict import LinuxCarveout, LinuxTable, LinuxTrace, filling

if TYPE_CHECKING:
    from types import TracebackType

STAGES = {
    "request_firmware": "request_firmware",
    "rproc_fw_sanity_check": "sanity_check",
    "rproc_enable_iommu": "enable_iommu",
    "rproc_prepare_device": "prepare",
    "rproc_get_boot_addr": "get_boot_addr",
    "rproc_parse_fw": "parse_fw",
    "rproc_handle_resources": "handle_resources",
    "rproc_alloc_registered_carveouts": "alloc_carveouts",
    "rproc_load_segments": "load_segments",
    "rproc_find_loaded_rsc_table": "find_loaded_rsc_table",
    "copy_table": "copy_rsc_table",
    "rproc_prepare_subdevices": "prepare_subdevices",
    "noting_start": "start",
    "rproc_start_subdevices": "start_subdevices",
    "rproc_shutdown": "shutdown",
}
PRINTED = ("err", "warn", "info")


@dataclass
class SilentRun(Run):
    """A run that keeps log lines only: some five times as fast, and nothing can be folded."""

    ANNOUNCES: ClassVar[bool] = False
    is_quiet: bool = True
    lines: list[str] = field(default_factory=list)

    def log(self, lane: Lane, text: str, level: str = "info") -> None:
        """Keep a line of Linux's console as `level:text`."""
        if lane is Lane.LINUX and level in PRINTED:
            self.lines.append(f"{level}:{text}")

    def record(self, event: Any) -> None:
        """Keep nothing else."""
        if isinstance(event, Logged):
            self.log(event.lane, event.text, event.level)


@dataclass
class Seen:
    """What was there when the driver let the core go, and what it was asked before."""

    boot_addr: int | None = None
    parse_fw: str | None = None
    starts: int = 0
    changed: dict[str, bytes] = field(default_factory=dict)
    carveouts: tuple[LinuxCarveout, ...] = ()
    traces: tuple[LinuxTrace, ...] = ()
    table: LinuxTable | None = None


@dataclass
class LinuxMachine:
    """A board on which a kernel's stm32 driver has probed, and notes what it is asked.

    `patches` replaces modelled functions by name.
    """

    board: Board
    linux: LinuxVersion
    bits: int = 32
    hardened: bool = False
    patches: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    probes: Probes = field(default_factory=Probes)
    contents: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.run = SilentRun(patches={"virtio_dev_probe": self.probes, **self.patches})
        self.soc = Soc(replace(self.board, auto_boot=False), self.run)
        self.host = Host(
            self.run, self.soc, bits=self.bits, linux=self.linux, hardened=self.hardened
        )
        self.rproc = stm32_rproc_probe(self.host)
        self.run.lines.clear()
        ops, seen = self.rproc.ops, self.seen

        def noting_boot_addr(rproc: Rproc, fw: Firmware) -> int:
            seen.boot_addr = int(ops.get_boot_addr(rproc, fw)) if ops.get_boot_addr else 0
            return seen.boot_addr

        def noting_parse_fw(rproc: Rproc, fw: Firmware) -> None:
            try:
                if ops.parse_fw:
                    ops.parse_fw(rproc, fw)
            except ModelledError as error:
                seen.parse_fw = error.code.name
                raise
            seen.parse_fw = "" if rproc.cached_table else Errno.EINVAL.name

        def noting_start(rproc: Rproc) -> None:
            seen.starts += 1
            self.look()
            if ops.start:
                ops.start(rproc)

        self.rproc.ops = replace(
            ops, get_boot_addr=noting_boot_addr, parse_fw=noting_parse_fw, start=noting_start
        )

    def look(self) -> None:
        """Note memories, carveouts, trace buffers and table as they are now."""
        rproc, seen = self.rproc, self.seen
        self.look_at_memories()
        seen.carveouts = tuple(self.carveout(mem) for mem in rproc.carveouts)
        seen.traces = tuple(
            LinuxTrace(t.da, t.len, rproc_da_to_va(rproc, t.da, t.len) is not None)
            for t in rproc.traces
        )
        table = rproc.table_ptr
        if table:
            pa = int(table.pa) if isinstance(table, LoadedTable) else None
            seen.table = LinuxTable(pa, rproc.table_sz, table.read(0, rproc.table_sz))

    def look_at_memories(self) -> None:
        """Note what is in all memories, and which are not what they were at power-up."""
        rams = self.soc.rams
        self.contents = {name: ram.read(0, ram.size) for name, ram in rams.items()}
        self.seen.changed = {
            name: data
            for name, data in self.contents.items()
            if data != filling(len(data), rams[name].fill)
        }

    def carveout(self, mem: RprocMemEntry) -> LinuxCarveout:
        """A carveout as a value."""
        pa = mem.dma if mem.va is None else mem.va
        where = self.soc.a7.locate(pa, mem.len)
        content: bytes | memoryview = b""
        if where:
            content = memoryview(self.contents[where[0].name])[where[1] : where[1] + mem.len]
        return LinuxCarveout(
            mem.name,
            int(mem.da),
            int(pa),
            mem.len,
            None if mem.rsc_offset == NO_OFFSET else mem.rsc_offset,
            mem.alloc is rproc_alloc_carveout,
            content,
        )


def stage_of(error: RprocError) -> str:
    """The first stage on the way to where the error was raised."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        stage = STAGES.get(trace.tb_frame.f_code.co_name)
        if stage:
            return stage
        trace = trace.tb_next
    return "boot"
