# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: what a resource table asks for, and its return."""

from collections.abc import Callable
from typing import TypeVar

from rprocbench.base.errors import Errno, ModelledError, Span
from rprocbench.base.layout import Record
from rprocbench.base.run import mirrors, tolerate
from rprocbench.formats.resource_table import (
    FwRscCarveout,
    FwRscDevmem,
    FwRscHdr,
    FwRscTrace,
    FwRscVdev,
    FwRscVdevVring,
    RscTableHdr,
    RscType,
)  # fmt: skip
from rprocbench.soc.memory import Da, Pa

from .flow import complaining, dev_err, dev_warn
from .platform_device import platform_device_register_full, platform_device_unregister
from .remoteproc import (
    NO_OFFSET,
    RVDEV_NUM_VRINGS,
    Rproc,
    RprocDebugTrace,
    RprocMapping,
    RprocVdevData,
)  # fmt: skip
from .remoteproc_core_carveouts import (
    rproc_add_carveout,
    rproc_alloc_carveout,
    rproc_check_carveout_da,
    rproc_find_carveout_by_name,
    rproc_mem_entry_init,
    rproc_release_carveout,
    s32,
)  # fmt: skip
from .remoteproc_core_iommu import drop_mappings, keep_mapping
from .remoteproc_core_vrings import table_of
from .remoteproc_coredump import rproc_coredump_cleanup
from .remoteproc_debugfs import rproc_create_trace_file, rproc_remove_trace_file
from .remoteproc_internal import RSC_IGNORED, rproc_handle_rsc

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")

RSC_VENDOR_START, RSC_VENDOR_END = 128, 512
Entry = TypeVar("Entry", bound=Record)


def rsc_span(offset: int, size: int) -> Span:
    """Bytes of the resource table."""
    return Span("resource_table", offset, offset + size)


def refuse(rproc: Rproc, text: str, offset: int, size: int) -> ModelledError:
    """EINVAL, for a reason that is also logged."""
    dev_err(rproc, text)
    return ModelledError(Errno.EINVAL, text, span=rsc_span(offset, size))


def read_entry(rproc: Rproc, kind: type[Entry], offset: int, avail: int, name: str) -> Entry:
    """The entry whose payload is at `offset`, unless it is cut short."""
    if avail < kind.SIZE:
        raise refuse(rproc, f"{name} rsc is truncated", offset, avail)
    return kind.parse(table_of(rproc).read(offset, kind.SIZE))


def check_reserved(rproc: Rproc, entry: Record, offset: int, name: str) -> None:
    """Refuse an entry whose reserved bytes are not zero."""
    start, end = entry.SPANS["reserved"]
    if any(entry.pack()[start:end]):
        text = f"{name} rsc has non zero reserved bytes"
        raise refuse(rproc, text, offset + start, end - start)


@core_c
def rproc_handle_carveout(rproc: Rproc, offset: int, avail: int) -> None:
    """Tie the entry to a registered carveout of that name, or make a carveout for it.

    The name is used as a format, and read up to a NUL, wherever that is.
    """
    rsc = read_entry(rproc, FwRscCarveout, offset, avail, "carveout")
    check_reserved(rproc, rsc, offset, "carveout")
    name = string_at(rproc, offset + FwRscCarveout.SPANS["name"][0])
    text = ("%s", name) if rproc.host.hardened else (name,)
    span = rsc_span(offset, FwRscCarveout.SIZE)
    carveout = rproc_find_carveout_by_name(rproc, *text)
    if carveout:
        if carveout.rsc_offset != NO_OFFSET:
            dev_err(rproc, f"carveout {carveout.name} is asked for twice")
            raise ModelledError(Errno.ENOMEM, f"{carveout.name} is asked for twice", span=span)
        try:
            rproc_check_carveout_da(rproc, carveout, rsc.da, rsc.len)
        except ModelledError as error:
            raise ModelledError(Errno.ENOMEM, error.why, span=span) from error
        carveout.rsc_offset = offset
        carveout.flags = rsc.flags
        return
    carveout = rproc_mem_entry_init(
        rproc, None, Pa(0), rsc.len, rsc.da, rproc_alloc_carveout, rproc_release_carveout, *text
    )
    carveout.flags = rsc.flags
    carveout.rsc_offset = offset
    rproc_add_carveout(rproc, carveout)


@core_c
def rproc_handle_devmem(rproc: Rproc, offset: int, avail: int) -> None:
    """Map a peripheral for the remote. Without an IOMMU that cannot be, and EINVAL is reported.

    What the IOMMU's driver reports is passed on.
    """
    if not rproc.domain:
        text = "devmem needs an IOMMU, and there is none"
        raise ModelledError(Errno.EINVAL, text, span=rsc_span(offset, FwRscDevmem.SIZE))
    rsc = read_entry(rproc, FwRscDevmem, offset, avail, "devmem")
    check_reserved(rproc, rsc, offset, "devmem")
    with complaining(rproc, "failed to map devmem"):
        keep_mapping(rproc, RprocMapping(Da(rsc.da), Pa(rsc.pa), rsc.len, rsc.flags))


@core_c
def rproc_handle_trace(rproc: Rproc, offset: int, avail: int) -> None:
    """Show a text buffer of the remote as a file. Its address is not tried before it is read."""
    rsc = read_entry(rproc, FwRscTrace, offset, avail, "trace")
    check_reserved(rproc, rsc, offset, "trace")
    name = f"trace{rproc.num_traces}"
    trace = RprocDebugTrace(rproc.run, name, Da(rsc.da), rsc.len)
    rproc_create_trace_file(rproc, trace)
    rproc.traces += (trace,)
    rproc.num_traces += 1


@core_c
def rproc_handle_vdev(rproc: Rproc, offset: int, avail: int) -> None:
    """Register a device for a vdev. Whether its probe succeeds is not asked."""
    if rproc.host.hardened and avail < FwRscVdev.SIZE:
        raise refuse(rproc, "vdev rsc is truncated", offset, avail)
    # What is counted is read before anybody asks whether it is there.
    config_len = table_of(rproc).u32(offset + FwRscVdev.SPANS["config_len"][0])
    vrings = table_of(rproc).read(offset + FwRscVdev.SPANS["num_of_vrings"][0], 1)[0]
    if FwRscVdev.SIZE + vrings * FwRscVdevVring.SIZE + config_len > avail:
        raise refuse(rproc, "vdev rsc is truncated", offset, avail)
    rsc = read_entry(rproc, FwRscVdev, offset, avail, "vdev")
    check_reserved(rproc, rsc, offset, "vdev")
    if rsc.num_of_vrings > RVDEV_NUM_VRINGS:
        start, end = FwRscVdev.SPANS["num_of_vrings"]
        text = f"too many vrings: {rsc.num_of_vrings}"
        raise refuse(rproc, text, offset + start, end - start)
    data = RprocVdevData(offset, rsc.id, rproc.nb_vdev, table_of(rproc))
    rproc.nb_vdev += 1
    platform_device_register_full(rproc, data)


HANDLERS: dict[int, Callable[[Rproc, int, int], None]] = {
    RscType.CARVEOUT: rproc_handle_carveout,
    RscType.DEVMEM: rproc_handle_devmem,
    RscType.TRACE: rproc_handle_trace,
    RscType.VDEV: rproc_handle_vdev,
}


@core_c
def rproc_handle_rsc_entry(rproc: Rproc, rsc_type: int, offset: int, avail: int) -> None:
    """Hand an entry to whom it concerns; what concerns nobody is passed over with a warning."""
    if RSC_VENDOR_START <= rsc_type <= RSC_VENDOR_END:
        if rproc_handle_rsc(rproc, rsc_type, offset, avail) >= RSC_IGNORED:
            dev_warn(rproc, f"unsupported vendor resource {rsc_type}")
        return
    handler = HANDLERS.get(rsc_type)
    if handler is None:
        dev_warn(rproc, f"unsupported resource {s32(rsc_type)}")
        return
    handler(rproc, offset, avail)


@core_c
def rproc_handle_resources(rproc: Rproc) -> None:
    """Go through the table, in the order of its offsets; the first error ends it."""
    table = rproc.table_ptr
    if table is None:
        return
    for i in range(table.u32(RscTableHdr.SPANS["num"][0])):
        slot = RscTableHdr.SIZE + 4 * i
        offset, least = table.u32(slot), RscTableHdr.SIZE
        if not (rproc.host.linux.unsigned_table_offsets or rproc.host.hardened):
            offset, least = s32(offset), -(2**31)
        avail = rproc.table_sz - offset - FwRscHdr.SIZE
        if offset < least or avail < 0:
            raise refuse(rproc, "rsc table is truncated", slot, 4)
        rproc_handle_rsc_entry(rproc, table.u32(offset), offset + FwRscHdr.SIZE, avail)


@core_c
def rproc_resource_cleanup(rproc: Rproc) -> None:
    """Give everything back: traces, mappings, carveouts, vdevs, dump segments, in this order."""
    for trace in rproc.traces:
        rproc_remove_trace_file(rproc, trace)
        rproc.num_traces -= 1
        rproc.traces = rproc.traces[1:]
        trace.gone()
    drop_mappings(rproc)
    for carveout in rproc.carveouts:
        if carveout.release:
            tolerate(carveout.release, rproc, carveout)
        rproc.carveouts = rproc.carveouts[1:]
        carveout.gone()
    for rvdev in rproc.rvdevs:
        platform_device_unregister(rvdev)
    rproc_coredump_cleanup(rproc)


def string_at(rproc: Rproc, offset: int) -> str:
    """The characters from `offset` of the table to the first NUL, or to the end of the table."""
    table = table_of(rproc)
    return table.read(offset, table.size - offset).split(b"\0", 1)[0].decode("latin-1")
