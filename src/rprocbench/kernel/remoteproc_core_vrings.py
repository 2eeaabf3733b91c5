# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: rings of vdevs, and the lists that vdevs are on."""

from itertools import count

from rprocbench.base.errors import Crash, Errno, ModelledError, Undefined
from rprocbench.base.run import mirrors
from rprocbench.formats.resource_table import FwRscVdev, FwRscVdevVring
from rprocbench.formats.vring import align_up, vring_size
from rprocbench.soc.memory import Da, Pa

from .flow import dev_err, undefined
from .remoteproc import FW_RSC_ADDR_ANY, Rproc, RprocVdev, RprocVring
from .remoteproc_core_carveouts import (
    rproc_add_carveout,
    rproc_alloc_carveout,
    rproc_check_carveout_da,
    rproc_find_carveout_by_name,
    rproc_mem_entry_init,
    rproc_release_carveout,
)  # fmt: skip
from .remoteproc_table import Table

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")

PAGE_SIZE = 4096


def vring_at(rsc_offset: int, i: int) -> int:
    """Where in the table ring `i` of the vdev whose payload is at `rsc_offset` lies."""
    return rsc_offset + FwRscVdev.SIZE + i * FwRscVdevVring.SIZE


def read_vring(table: Table, rsc_offset: int, i: int) -> FwRscVdevVring:
    """Ring `i` of the vdev whose payload is at `rsc_offset`."""
    at = vring_at(rsc_offset, i)
    return FwRscVdevVring.parse(table.read(at, FwRscVdevVring.SIZE))


@core_c
def rproc_parse_vring(rvdev: RprocVdev, rsc: Table, i: int) -> None:
    """Take the size and the alignment of ring `i` from the table."""
    vring = read_vring(rsc, rvdev.rsc_offset, i)
    rvring = rvdev.vring[i]
    if not vring.num or not vring.align:
        dev_err(rvdev, f"invalid qsz ({vring.num}) or alignment ({vring.align})")
        raise ModelledError(Errno.EINVAL, f"ring {i} has num {vring.num}, align {vring.align}")
    rvring.num = vring.num
    rvring.align = vring.align
    rvring.rvdev = rvdev


@core_c
def rproc_alloc_vring(rvdev: RprocVdev, i: int) -> None:
    """Find or make memory for ring `i`, and give it an id, which goes into the table."""
    rproc = rvdev.rproc
    rvring = rvdev.vring[i]
    table = table_of(rproc)
    word_bits = rproc.host.bits
    size = align_up(vring_size(rvring.num, rvring.align, word_bits), PAGE_SIZE, 32)
    da = read_vring(table, rvdev.rsc_offset, i).da
    mem = rproc_find_carveout_by_name(rproc, "vdev%dvring%d", rvdev.index, i)
    if mem:
        try:
            rproc_check_carveout_da(rproc, mem, da, size)
        except ModelledError as error:
            raise ModelledError(Errno.ENOMEM, error.why) from error
    else:
        mem = rproc_mem_entry_init(
            rproc, None, Pa(0), size, da, rproc_alloc_carveout, rproc_release_carveout,
            "vdev%dvring%d", rvdev.index, i,
        )  # fmt: skip
        rproc_add_carveout(rproc, mem)
    notifyid = next(n for n in count() if n not in rproc.notifyids)
    rproc.notifyids += (notifyid,)
    rproc.max_notifyid = max(notifyid, rproc.max_notifyid)
    rvring.notifyid = notifyid
    at = vring_at(rvdev.rsc_offset, i)
    table.put_u32(at + FwRscVdevVring.SPANS["notifyid"][0], notifyid)


@core_c
def rproc_free_vring(rvring: RprocVring) -> None:
    """Give the ring's id back, and erase the ring from the table, if there still is one."""
    rvdev = rvring.rvdev
    if rvdev is None:  # a hardened kernel knows how many rings there are, and does not come here
        raise Crash(Undefined.OOPS, f"{rvring.name} was never parsed: its vdev is NULL")
    rproc = rvdev.rproc
    idx = next(i for i, other in enumerate(rvdev.vring) if other is rvring)
    rproc.notifyids = tuple(n for n in rproc.notifyids if n != rvring.notifyid)
    if rproc.table_ptr:
        at = vring_at(rvdev.rsc_offset, idx)
        rproc.table_ptr.put_u32(at + FwRscVdevVring.SPANS["da"][0], 0)
        rproc.table_ptr.put_u32(at + FwRscVdevVring.SPANS["notifyid"][0], FW_RSC_ADDR_ANY)
    rvring.da = Da(0)


@core_c
def rproc_add_rvdev(rproc: Rproc, rvdev: RprocVdev) -> None:
    """Put a vdev on the list."""
    rproc.rvdevs += (rvdev,)


@core_c
def rproc_remove_rvdev(rvdev: RprocVdev) -> None:
    """Take a vdev off the list."""
    rproc = rvdev.rproc
    rproc.rvdevs = tuple(other for other in rproc.rvdevs if other is not rvdev)


def table_of(rproc: Rproc) -> Table:
    """`rproc->table_ptr`, used without asking whether it is NULL."""
    if rproc.table_ptr is None:
        raise undefined(rproc.host, "table_ptr is NULL, and used")
    return rproc.table_ptr
