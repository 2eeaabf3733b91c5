# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:include/linux/remoteproc.h: the structs that every driver and the core share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from rprocbench.base.run import Run, Watched, tolerate
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Da, Pa

from .versions import V7_3, LinuxVersion

if TYPE_CHECKING:
    from .remoteproc_table import Table

FW_RSC_ADDR_ANY = 0xFFFF_FFFF
NO_OFFSET = 0xFFFF_FFFF
RVDEV_NUM_VRINGS = 2
VMALLOC = {32: 0xF700_0000, 64: 0xFFFF_8000_0800_0000}  # where Linux on Arm maps devices, or nearly
VMALLOC_SIZE = 1 << 20


class RprocState(IntEnum):
    """`enum rproc_state`"""

    OFFLINE = 0
    SUSPENDED = 1
    RUNNING = 2
    CRASHED = 3
    ATTACHED = 4
    DETACHED = 5
    LAST = 6


class RprocCrashType(IntEnum):
    """`enum rproc_crash_type`"""

    MMUFAULT = 0
    WATCHDOG = 1
    FATAL_ERROR = 2


@dataclass(frozen=True, slots=True)
class Firmware:
    """`struct firmware`: a file's name and its bytes, from `request_firmware` to its release.

    `data` is the kernel's own copy, in ordinary memory that another world may be shown. `careful`
    says that a hardened kernel looks at it, which never reads outside; pointers have `bits`.
    """

    name: str
    data: bytearray
    careful: bool = False
    bits: int = 32

    @property
    def label(self) -> str:
        """What spans call this buffer."""
        return "image"


@dataclass(frozen=True, slots=True)
class Coredump:
    """A dump in `/sys/class/devcoredump`. One that was not taken yet keeps others out."""

    device: str
    data: bytes
    taken: bool = False


@dataclass
class Host:
    """The Linux that runs on this board: its firmware files, its pending work, its silicon.

    `locks` counts the locks that are held, `statics` holds what C modules keep in static variables,
    `bits` is the size of `size_t` and of pointers: 32 on an STM32MP15. `linux` says which kernel it
    is; a `hardened` one reports an error where that kernel would leave defined behaviour.
    `iommu` says whether there is one; `rprocs` are the processors that others can look up.
    `mapped_at` has virtual addresses of mappings. They only matter to what goes wrong. `survived`
    says what it did that has no defined result, without coming to harm.
    """

    run: Run
    soc: Soc
    files: dict[str, bytes] = field(default_factory=dict)
    label: str = "linux"
    work: list[Callable[[], object]] = field(default_factory=list)
    working: bool = False
    locks: int = 0
    statics: dict[str, Any] = field(default_factory=dict)
    indices: tuple[int, ...] = ()
    bits: int = 32
    linux: LinuxVersion = V7_3
    hardened: bool = False
    iommu: bool = False
    rprocs: tuple["Rproc", ...] = ()
    mapped_at: Mapping[Pa, int] = field(default_factory=dict)
    survived: tuple[str, ...] = ()
    coredumps: list["Coredump"] = field(default_factory=list)

    def io_va(self, pa: Pa) -> int:
        """The virtual address of a mapping of `pa`: in the part of it that is kept for devices."""
        return self.mapped_at.get(pa, VMALLOC[self.bits] + pa % VMALLOC_SIZE)

    def queue_work(self, work: Callable[[], object]) -> None:
        """Run `work` later: when the current call has given up its locks."""
        self.work.append(work)

    def run_work(self) -> None:
        """Run all queued work, oldest first, and what it queues in turn.

        What work reports is lost. Work that gives up a lock starts no other work inside itself.
        """
        if not self.working:
            self.working = True
            try:
                while self.work:
                    tolerate(self.work.pop(0))
            finally:
                self.working = False


Op = Callable[..., Any] | None


@dataclass(frozen=True)
class RprocOps:
    """`struct rproc_ops`: what a platform driver provides; None is NULL."""

    prepare: Op = None
    unprepare: Op = None
    start: Op = None
    stop: Op = None
    attach: Op = None
    detach: Op = None
    kick: Op = None
    da_to_va: Op = None
    parse_fw: Op = None
    handle_rsc: Op = None
    find_loaded_rsc_table: Op = None
    get_loaded_rsc_table: Op = None
    load: Op = None
    sanity_check: Op = None
    get_boot_addr: Op = None
    panic: Op = None
    coredump: Op = None


@dataclass
class RprocMemEntry(Watched):
    """`struct rproc_mem_entry`: a carveout. A `va` is the physical address that is mapped there."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"priv"})

    run: Run
    name: str
    len: int
    da: Da
    va: Pa | None = None
    dma: Pa = Pa(0)  # noqa: RUF009  a number
    is_iomem: bool = False
    rsc_offset: int = NO_OFFSET
    flags: int = 0
    of_resm_idx: int = NO_OFFSET
    alloc: Callable[["Rproc", "RprocMemEntry"], None] | None = None
    release: Callable[["Rproc", "RprocMemEntry"], None] | None = None
    priv: Any = None

    def __post_init__(self) -> None:
        self.watch(f"carveout {self.name}")


@dataclass
class RprocSubdev:
    """`struct rproc_subdev`: something that starts and stops with the remote processor."""

    run: Run
    name: str
    prepare: Callable[["RprocSubdev"], None] | None = None
    start: Callable[["RprocSubdev"], None] | None = None
    stop: Callable[["RprocSubdev", bool], None] | None = None
    unprepare: Callable[["RprocSubdev"], None] | None = None
    owner: Any = None

    @property
    def label(self) -> str:
        """How the trace calls it."""
        return self.name


@dataclass(frozen=True, slots=True)
class RprocDumpSegment:
    """`struct rproc_dump_segment`: a part of the remote's memory that a coredump shows.

    `dump` fetches the bytes in a way of its own: it takes the rproc and the segment, and returns
    `size` bytes. `priv` is its driver's; with sections, it is the section's name.
    """

    da: Da
    size: int
    dump: Callable[["Rproc", "RprocDumpSegment"], bytes] | None = None
    priv: str = ""


@dataclass(frozen=True, slots=True)
class RprocMapping:
    """`struct rproc_mem_entry` on the list `mappings`: what the IOMMU was told. `flags` are its."""

    da: Da
    pa: Pa
    len: int
    flags: int = 0


@dataclass
class RprocDebugTrace(Watched):
    """`struct rproc_debug_trace`: a trace buffer, shown as the debugfs file `name`.

    `trace_name` stays empty: the handler never copies the table entry's name.
    """

    run: Run
    name: str
    da: Da
    len: int
    trace_name: str = ""

    def __post_init__(self) -> None:
        self.watch(self.name)


@dataclass(frozen=True, slots=True)
class RprocVdevData:
    """`struct rproc_vdev_data`: what `rproc_handle_vdev` tells the vdev's platform device.

    `rsc` is the table and `rsc_offset` the payload's offset in it.
    """

    rsc_offset: int
    id: int
    index: int
    rsc: "Table"


@dataclass
class RprocVring(Watched):
    """`struct rproc_vring`: one ring of a vdev. Until it is parsed, its `rvdev` is NULL."""

    run: Run
    name: str
    va: Pa | None = None
    num: int = 0
    da: Da = Da(0)  # noqa: RUF009  a number
    align: int = 0
    notifyid: int = 0
    rvdev: "RprocVdev | None" = None
    vq: Any = None

    def __post_init__(self) -> None:
        self.watch(self.name)


@dataclass
class RprocVdev(Watched):
    """`struct rproc_vdev`: a virtio device that the resource table asks for."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"rproc", "vdev"})

    run: Run
    rproc: "Rproc"
    id: int
    index: int
    rsc_offset: int
    vring: tuple[RprocVring, ...] = ()
    subdev: RprocSubdev | None = None
    vdev: Any = None

    def __post_init__(self) -> None:
        """Make the rings as well: C has them inside this struct, zeroed."""
        self.vring = tuple(
            RprocVring(self.run, f"vdev{self.index}vring{i}") for i in range(RVDEV_NUM_VRINGS)
        )
        self.watch(f"vdev{self.index}")


@dataclass
class Rproc(Watched):
    """`struct rproc`: one remote processor as the core sees it."""

    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"host", "ops", "priv"})

    run: Run
    host: Host
    name: str
    firmware: str
    ops: RprocOps
    priv: Any = None
    index: int = 0
    power: int = 0
    state: RprocState = RprocState.OFFLINE
    lock_held: bool = False
    dump_conf: str = "disabled"
    auto_boot: bool = True
    sysfs_read_only: bool = False
    has_iommu: bool = False
    domain: bool = False
    bootaddr: int = 0
    carveouts: tuple[RprocMemEntry, ...] = ()
    mappings: tuple[RprocMapping, ...] = ()
    traces: tuple[RprocDebugTrace, ...] = ()
    num_traces: int = 0
    rvdevs: tuple[RprocVdev, ...] = ()
    leaked_pdevs: int = 0  # vdev platform devices that pin this rproc: their probe failed
    subdevs: tuple[RprocSubdev, ...] = ()
    subdevs_started: bool = False
    nb_vdev: int = 0
    notifyids: tuple[int, ...] = ()
    max_notifyid: int = -1
    table_ptr: "Table | None" = None
    cached_table: "Table | None" = None
    clean_table: "Table | None" = None
    table_sz: int = 0
    dump_segments: tuple[RprocDumpSegment, ...] = ()
    elf_class: int = 0
    elf_machine: int = 0
    crash_cnt: int = 0
    recovery_disabled: bool = False
    deleting: bool = False
    crash_pending: bool = False
    stay_awake: bool = False
    cdev_put_on_release: bool = False
    attach_on_recovery: bool = False
    registered: bool = False

    def __post_init__(self) -> None:
        self.watch(f"remoteproc{self.index}")
