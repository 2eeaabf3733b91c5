# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_debugfs.c: how a resource table is written out."""

import hashlib
from collections.abc import Iterator

from rprocbench.formats.resource_table import (
    FwRscCarveout,
    FwRscDevmem,
    FwRscTrace,
    FwRscVdev,
    FwRscVdevVring,
    RscTableHdr,
    RscType,
)  # fmt: skip

from .remoteproc_core_carveouts import s32
from .remoteproc_table import Table


def veiled(pointer: int, digits: int) -> str:
    """A number that stands for `pointer`, the same in every run, and does not tell it.

    Linux veils with a key that it draws at boot, and leaves the upper half of 64 bits zero.
    """
    return hashlib.sha256(f"{pointer:#x}".encode()).hexdigest()[:8].rjust(digits, "0")


def table_lines(table: Table, digits: int = 8) -> Iterator[str]:
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
                yield f"  Name {name_at(table, at + shape.SPANS['name'][0])}"
            case RscType.TRACE:
                trace = FwRscTrace.parse(table.read(at, FwRscTrace.SIZE))
                yield f"Entry {i} is of type trace"
                yield f"  Device Address 0x{trace.da:x}"
                yield f"  Length 0x{trace.len:x} Bytes"
                yield f"  Reserved (should be zero) [{trace.reserved}]"
                yield f"  Name {name_at(table, at + FwRscTrace.SPANS['name'][0])}"
            case RscType.VDEV:
                yield f"Entry {i} is of type vdev"
                yield from vdev_lines(table, at)
                continue
            case _:
                hdr = veiled(i, digits)
                yield f"Unknown resource type found: {s32(kind)} [hdr: {hdr}]"
        yield ""


def name_at(table: Table, offset: int) -> str:
    """The name at `offset`, up to its NUL. One without a NUL runs on into what follows."""
    name = b""
    while (char := table.read(offset + len(name), 1)) != b"\0":
        name += char
    return name.decode("utf-8", "replace")


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
    yield ""
    for j in range(vdev.num_of_vrings):
        where = at + FwRscVdev.SIZE + j * FwRscVdevVring.SIZE
        vring = FwRscVdevVring.parse(table.read(where, FwRscVdevVring.SIZE))
        yield f"  Vring {j}"
        yield f"    Device Address 0x{vring.da:x}"
        yield f"    Alignment {vring.align}"
        yield f"    Number of buffers {vring.num}"
        yield f"    Notify ID {s32(vring.notifyid)}"
        yield f"    Physical Address 0x{vring.pa:x}"
        yield ""
