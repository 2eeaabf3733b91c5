# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: memory that the remote processor and Linux share."""

from collections.abc import Callable

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors
from rprocbench.formats.resource_table import FwRscCarveout
from rprocbench.soc.memory import Da, Pa

from .flow import complaining, dev_err, dev_warn, undefined
from .printf import lacking, snprintf
from .remoteproc import FW_RSC_ADDR_ANY, NO_OFFSET, Rproc, RprocMapping, RprocMemEntry
from .remoteproc_core_iommu import keep_mapping

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")

Carve = Callable[[Rproc, RprocMemEntry], None]
NAME_SIZE = 32


def s32(number: int) -> int:
    """`number` as C's 32-bit `int` holds it."""
    return (number + 0x8000_0000) % 2**32 - 0x8000_0000


def formatted(rproc: Rproc, name: str, *args: int | str) -> str:
    """`name` is a format: what it prints with `args`, which it may want more of."""
    if conversion := lacking(name, len(args)):
        why = f"the name {name!r} is a format, and nothing stands for {conversion}"
        rproc.host.survived += (why,)
    return snprintf(NAME_SIZE, name, *args)


@core_c
def rproc_da_to_va(rproc: Rproc, da: int, length: int) -> Pa | None:
    """Where Linux finds the remote's bytes `[da, da + length)`, all of them in one carveout.

    The driver's own translation is tried first. The difference of two addresses is kept in an
    `int`: what is above 32 bits is cut. `length` is added in `size_t`, and may wrap at 32 bits.
    """
    if rproc.ops.da_to_va:
        pa: Pa | None = rproc.ops.da_to_va(rproc, da, length)
        if pa is not None:
            return pa
    for carveout in rproc.carveouts:
        if carveout.va is None:
            continue
        offset = s32(da - carveout.da)
        if offset < 0 or (offset + length) % 2**rproc.host.bits > carveout.len:
            continue
        return Pa(carveout.va + offset)
    return None


def room_after(rproc: Rproc, va: Pa) -> int:
    """How many bytes may be touched from where `rproc_da_to_va` said: to the end of the carveout.

    A platform's own translation is believed as far as there is memory.
    """
    ends = [c.va + c.len for c in rproc.carveouts if c.va is not None and c.va <= va]
    if room := max((end - va for end in ends if va < end), default=0):
        return room
    where = rproc.host.soc.a7.locate(va, 1)
    return where[0].size - where[1] if where and va not in ends else 0


@core_c
def rproc_find_carveout_by_name(rproc: Rproc, name: str, *args: int | str) -> RprocMemEntry | None:
    """The first carveout called so; `name` is a format."""
    wanted = formatted(rproc, name, *args)
    return next((carveout for carveout in rproc.carveouts if carveout.name == wanted), None)


@core_c
def rproc_check_carveout_da(rproc: Rproc, mem: RprocMemEntry, da: int, length: int) -> None:
    """Whether `length` bytes at `da` (or anywhere) fit a carveout. Reports EINVAL if not."""
    if length > mem.len:
        dev_err(rproc, "Registered carveout doesn't fit len request")
        raise ModelledError(Errno.EINVAL, f"{mem.name} has {mem.len:#x} bytes, not {length:#x}")
    if da == FW_RSC_ADDR_ANY:
        return
    if mem.da == FW_RSC_ADDR_ANY:
        raise ModelledError(Errno.EINVAL, f"{mem.name} may lie anywhere, but {da:#x} is wanted")
    delta = s32(da - mem.da)
    if delta < 0:
        dev_err(rproc, "Registered carveout doesn't fit da request")
        raise ModelledError(Errno.EINVAL, f"{mem.name} begins at {mem.da:#x}, after {da:#x}")
    if (delta + length) % 2**32 > mem.len:
        dev_err(rproc, "Registered carveout doesn't fit len request")
        raise ModelledError(Errno.EINVAL, f"{mem.name} ends before {da + length:#x}")


@core_c
def rproc_alloc_carveout(rproc: Rproc, mem: RprocMemEntry) -> None:
    """The default `alloc`: coherent memory, wherever it happens to be."""
    dma = rproc.host.soc.dma_alloc(mem.len)
    if dma is None:
        dev_err(rproc, f"failed to allocate dma memory: len {mem.len:#x}")
        raise ModelledError(Errno.ENOMEM, f"no coherent memory of {mem.len:#x} bytes")
    if mem.da != FW_RSC_ADDR_ANY and not rproc.domain and mem.da != dma % 2**32:
        dev_warn(rproc, "Allocated carveout doesn't fit device address request")
    if mem.da != FW_RSC_ADDR_ANY and rproc.domain:
        with Unwind(rproc) as unwind:
            unwind.label("dma_free", rproc.host.soc.dma_free, dma)
            with complaining(rproc, "iommu_map failed"):
                keep_mapping(rproc, RprocMapping(mem.da, dma, mem.len, mem.flags))
    if mem.da == FW_RSC_ADDR_ANY:
        if dma >> 32:
            dev_warn(rproc, "DMA address is above 32 bits, and is cut")
        mem.da = Da(dma % 2**32)
    mem.dma = dma
    mem.va = dma


@core_c
def rproc_release_carveout(rproc: Rproc, mem: RprocMemEntry) -> None:
    """The default `release`."""
    if mem.va is not None:
        rproc.host.soc.dma_free(mem.va)


@core_c
def rproc_add_carveout(rproc: Rproc, mem: RprocMemEntry) -> None:
    """Append a carveout to the list."""
    rproc.carveouts += (mem,)


@core_c
def rproc_mem_entry_init(  # noqa: PLR0917  C's signature
    rproc: Rproc, va: Pa | None, dma: Pa, length: int, da: int,
    alloc: Carve | None, release: Carve | None, name: str, *args: int | str,
) -> RprocMemEntry:  # fmt: skip
    """A new carveout, on no list yet; `name` is a format."""
    return RprocMemEntry(
        rproc.run,
        formatted(rproc, name, *args),
        length,
        Da(da % 2**32),
        va=va,
        dma=dma,
        alloc=alloc,
        release=release,
    )


@core_c
def rproc_of_resm_mem_entry_init(
    rproc: Rproc, of_resm_idx: int, length: int, da: int, name: str, *args: int | str
) -> RprocMemEntry:
    """A new carveout that stands for reserved memory which a vdev's device will use itself."""
    mem = RprocMemEntry(rproc.run, formatted(rproc, name, *args), length, Da(da % 2**32))
    mem.of_resm_idx = of_resm_idx
    return mem


@core_c
def rproc_alloc_registered_carveouts(rproc: Rproc) -> None:
    """Allocate every carveout, and write into the table where those that it asked for are."""
    for entry in rproc.carveouts:
        if entry.alloc:
            try:
                with complaining(rproc, f"Unable to allocate carveout {entry.name}"):
                    entry.alloc(rproc, entry)
            except ModelledError as error:
                raise ModelledError(Errno.ENOMEM, error.why) from error
        if entry.rsc_offset != NO_OFFSET:
            if rproc.table_ptr is None:
                why = f"{entry.name} is tied to a table that is gone"
                raise undefined(rproc.host, why)
            pa = entry.va if entry.va is not None else entry.dma
            for field, value in (("pa", pa), ("da", entry.da), ("len", entry.len)):
                at = entry.rsc_offset + FwRscCarveout.SPANS[field][0]
                rproc.table_ptr.put_u32(at, value)
