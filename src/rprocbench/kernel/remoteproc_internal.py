# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_internal.h: a wrapper for each op that may be missing."""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import mirrors, tolerate

from .remoteproc import Firmware, Rproc
from .remoteproc_table import Table

internal_h = mirrors("linux:drivers/remoteproc/remoteproc_internal.h")

RSC_IGNORED = 1


@internal_h
def rproc_fw_sanity_check(rproc: Rproc, fw: Firmware) -> None:
    """Let the driver look at the image before anything is done with it."""
    if rproc.ops.sanity_check:
        rproc.ops.sanity_check(rproc, fw)


@internal_h
def rproc_prepare_device(rproc: Rproc) -> None:
    """Let the driver get ready: clocks, carveouts."""
    if rproc.ops.prepare:
        rproc.ops.prepare(rproc)


@internal_h
def rproc_unprepare_device(rproc: Rproc) -> None:
    """Let the driver release what `prepare` took. What it reports is lost in every caller."""
    if rproc.ops.unprepare:
        tolerate(rproc.ops.unprepare, rproc)


@internal_h
def rproc_get_boot_addr(rproc: Rproc, fw: Firmware) -> int:
    """Where the driver says the image starts; 0 when it does not say."""
    if rproc.ops.get_boot_addr:
        return int(rproc.ops.get_boot_addr(rproc, fw))
    return 0


@internal_h
def rproc_parse_fw(rproc: Rproc, fw: Firmware) -> None:
    """Let the driver take from the image what it needs, above all the resource table."""
    if rproc.ops.parse_fw:
        rproc.ops.parse_fw(rproc, fw)


@internal_h
def rproc_handle_rsc(rproc: Rproc, rsc_type: int, offset: int, avail: int) -> int:
    """Offer a vendor's entry to the driver: 0 when it took it, `RSC_IGNORED` when it did not."""
    if rproc.ops.handle_rsc:
        return int(rproc.ops.handle_rsc(rproc, rsc_type, offset, avail))
    return RSC_IGNORED


@internal_h
def rproc_load_segments(rproc: Rproc, fw: Firmware) -> None:
    """Let the driver put the image into the remote's memory."""
    if rproc.ops.load is None:
        raise ModelledError(Errno.EINVAL, "the driver cannot load")
    rproc.ops.load(rproc, fw)


@internal_h
def rproc_find_loaded_rsc_table(rproc: Rproc, fw: Firmware) -> Table | None:
    """The table in the remote's memory, if the driver knows where it is."""
    if rproc.ops.find_loaded_rsc_table:
        table: Table | None = rproc.ops.find_loaded_rsc_table(rproc, fw)
        return table
    return None


@internal_h
def rproc_get_loaded_rsc_table(rproc: Rproc) -> Table | None:
    """The table that whoever booted the remote left; its `size` is what the driver reports."""
    if rproc.ops.get_loaded_rsc_table:
        table: Table | None = rproc.ops.get_loaded_rsc_table(rproc)
        return table
    return None


@internal_h
def rproc_attach_device(rproc: Rproc) -> None:
    """Let the driver connect to a core that runs."""
    if rproc.ops.attach:
        rproc.ops.attach(rproc)
