# SPDX-License-Identifier: GPL-2.0-or-later
"""Error exits, second half: images, tables, the stm32 driver, dumps (kernel.md 3 to 6)."""

from dataclasses import replace

from rprocbench.base.errors import Errno
from rprocbench.base.run import At, Fail
from rprocbench.kernel.remoteproc_core import rproc_boot, rproc_shutdown
from rprocbench.kernel.remoteproc_coredump import rproc_coredump_set_elf_info
from rprocbench.kernel.versions import V6_1, V6_12
from rprocbench.soc.memory import Pa, Region
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

from .driver import OPS, STRICT, handle_rsc, machine
from .images import (
    ANY,
    RINGS,
    RPMSG,
    Segment,
    carveout,
    elf,
    entry,
    trace,
    vdev,
)
from .images import table as rsc
from .provoke import FAR, Exit, header, segment, start, stm32, stm32_boot, table

E = Errno
FIXED = [(0x1004_0000, 16, 16), (0x1004_1000, 16, 16)]
FAR_BOARD = replace(STM32MP157C_DK2, linux_regions=(Region("far", Pa(0xC000_0000), 4096),))
BAD_REGION = replace(STM32MP157C_DK2, bad_region="phandle 3 leads nowhere")
NO_RANGES = replace(STM32MP157C_DK2, dma_ranges=())
SMALL = bytes.fromhex("7f454c46010101") + bytes(45)


CHECKS = [
    Exit("3.1 2", "44 bytes", E.EINVAL, lambda: start(SMALL[:44])),
    Exit("3.1 3", "another magic number", E.EINVAL, header(magic=0x474C_457F)),
    Exit("3.1 4", "class 0", E.EINVAL, header(cls=0)),
    Exit("3.1 5", "class 2 and 60 bytes", E.EINVAL,
         lambda: start(SMALL[:4] + b"\x02" + SMALL[5:] + bytes(8))),
    Exit("3.1 6", "big-endian", E.EINVAL, header(data=2)),
    Exit("3.1 7", "e_shoff past the end", E.EINVAL, header(shoff=0x7FFF_FFFF)),
    Exit("3.1 8", "500 sections", E.EINVAL, header(shnum=500)),
    Exit("3.1 9", "e_shstrndx past the end", E.EINVAL, header(shstrndx=0xFF00)),
    Exit("3.1 9", "6.1: e_shoff past the end", E.EINVAL,
         lambda: start(elf(RPMSG, shoff=0x7FFF_FFFF), linux=V6_1)),
    Exit("3.1 10", "no program header", E.EINVAL, header(phnum=0)),
    Exit("3.1 11", "e_phoff past the end", E.EINVAL, header(phoff=0x7FFF_FFFF)),
    Exit("3.2 2", "filesz above memsz", E.EINVAL, segment(Segment(0, bytes(32), 16))),
    Exit("3.2 3", "bytes past the end", E.EINVAL, segment(Segment(0, b"x", offset=0x10_0000))),
    Exit("3.2 4", "memsz above size_t", E.EOVERFLOW,
         segment(Segment(0, b"x", 0x1_0000_0010), bits=64)),
    Exit("3.2 5", "no memory there", E.EINVAL, segment(Segment(0x2000_0000, b"x"))),
    Exit("3.3", "no table, and a driver that wants one", E.EINVAL,
         lambda: start(elf(None), ops=STRICT)),
    Exit("3.3", "a table of another version", E.EINVAL,
         lambda: start(elf(rsc(ver=2)), ops=STRICT)),
]  # fmt: skip

TABLES = [
    Exit("4.2", "an offset inside the header", E.EINVAL, table(rsc(trace(), offset=4))),
    Exit("4.2", "an offset past the end", E.EINVAL, table(rsc(trace(), offset=0x1000))),
    Exit("4.2", "a vendor's entry that its driver refuses", E.EPERM, lambda: vendor(E.EPERM)),
    Exit("4.3 1", "a carveout cut short", E.EINVAL, table(rsc(carveout(b"x")[:-1]))),
    Exit("4.3 2", "a carveout's reserved word", E.EINVAL, table(rsc(carveout(b"x", reserved=5)))),
    Exit("4.3 3", "a carveout asked for twice", E.ENOMEM,
         table(rsc(carveout(b"x"), carveout(b"x")))),
    Exit("4.3 3", "longer than the region", E.ENOMEM,
         table(rsc(carveout(b"mcuram", length=0x5_0000)))),
    Exit("4.3 3", "before the region", E.ENOMEM, table(rsc(carveout(b"mcuram", 0x0FFF_F000)))),
    Exit("4.3 3", "across the end of the region", E.ENOMEM,
         table(rsc(carveout(b"mcuram", 0x1003_F800)))),
    Exit("4.3", "a region that may lie anywhere, and a fixed address", E.ENOMEM,
         table(rsc(carveout(b"vdev0vring0"), vdev([FIXED[0], RINGS[1]])),
               regions=2), lost="rproc_alloc_vring"),
    Exit("4.4 1", "devmem and no IOMMU", E.EINVAL, table(rsc(carveout(b"uart", kind=1)))),
    Exit("4.4 2", "devmem cut short", E.EINVAL,
         table(rsc(carveout(b"uart", kind=1)[:-1]), iommu=True)),
    Exit("4.4 3", "devmem's reserved word", E.EINVAL,
         table(rsc(carveout(b"uart", kind=1, reserved=1)), iommu=True)),
    Exit("4.4 5", "the IOMMU does not map it", E.EEXIST,
         table(rsc(carveout(b"uart", kind=1)), iommu=True,
               script={At("iommu_map"): Fail(E.EEXIST)})),
    Exit("4.5 1", "a trace cut short", E.EINVAL, table(rsc(trace()[:-1]))),
    Exit("4.5 2", "a trace's reserved word", E.EINVAL, table(rsc(trace(reserved=1)))),
    Exit("4.6 1", "a vdev cut short", E.EINVAL, table(rsc(vdev(RINGS)[:-1]))),
    Exit("4.6 1", "a vdev cut before its counts, hardened", E.EINVAL,
         table(rsc(vdev(RINGS)[:20]), hardened=True)),
    Exit("4.6 2", "a vdev's reserved byte", E.EINVAL, table(rsc(vdev(RINGS, r0=1)))),
    Exit("4.6 3", "three rings", E.EINVAL, table(rsc(vdev([*RINGS, RINGS[0]])))),
    Exit("4.6 b", "a ring of no entries", E.EINVAL,
         table(rsc(vdev([(ANY, 16, 0), RINGS[1]]))), lost="rproc_parse_vring"),
    Exit("4.6 c", "a ring that does not fit", E.ENOMEM,
         table(rsc(vdev([(ANY, 4096, 16), RINGS[1]]))), lost="rproc_alloc_vring"),
    Exit("4.7", "no memory", E.ENOMEM, table(rsc(carveout(b"x", length=0x7FFF_F000)))),
    Exit("4.7", "no bytes", E.ENOMEM, table(rsc(carveout(b"x", length=0)))),
    Exit("4.7", "the IOMMU does not map it", E.ENOMEM,
         table(rsc(carveout(b"x", 0x8000_0000)), iommu=True,
               script={At("iommu_map"): Fail(E.EEXIST)})),
]  # fmt: skip


def vendor(answer: Errno) -> object:
    rproc = machine(elf(rsc(entry(129))), ops=replace(OPS, handle_rsc=handle_rsc))
    rproc.priv.vendor = {129: answer}
    return rproc_boot(rproc)


def stopping(place: At) -> object:
    """Stop a core while one of the four steps reports an error."""
    rproc = stm32_boot()
    rproc.run.script = {At(place.function, rproc.run.calls[place.function] + place.nth):
                        Fail(E.EIO)}  # fmt: skip
    return rproc_shutdown(rproc)


PLATFORM = [
    Exit("5.2", "no dma-ranges", E.EINVAL, lambda: stm32(NO_RANGES)),
    Exit("5.3", "no ELF class", E.EINVAL, lambda: rproc_coredump_set_elf_info(machine(), 3, 0)),
    Exit("5.3", "a mailbox that may come later", E.EPROBE_DEFER,
         lambda: stm32(script={At("mbox_request_channel", 2): Fail(E.EPROBE_DEFER)})),
    Exit("5.4 prepare", "a region that the M4 does not see", E.EINVAL,
         lambda: stm32_boot(FAR_BOARD)),
    Exit("5.4 prepare", "6.12: a bad phandle", E.EINVAL,
         lambda: stm32_boot(BAD_REGION, linux=V6_12)),
    Exit("5.4 table", "none was left", E.ENOENT, lambda: stm32_boot(m4_state=2)),
    Exit("5.4 table", "its address is nowhere", E.EINVAL,
         lambda: stm32_boot(m4_state=2, rsc_tbl=FAR)),
    Exit("5.4 table", "the register cannot be read", E.EINVAL,
         lambda: stm32_boot(m4_state=2, script={At("regmap_read", 2): Fail(E.EINVAL)})),
    Exit("5.4 stop", "hold-boot", E.EIO, lambda: stopping(At("stm32_rproc_set_hold_boot"))),
    Exit("5.4 stop", "mcu_rst", E.EIO, lambda: stopping(At("reset_control_assert"))),
    Exit("5.4 stop", "PDDS", E.EIO, lambda: stopping(At("regmap_update_bits", 2))),
    Exit("5.4 stop", "the state register", E.EIO, lambda: stopping(At("regmap_write"))),
    Exit("6.1", "an ELF class that is none", E.EINVAL,
         lambda: rproc_coredump_set_elf_info(machine(), 0, 0)),
]  # fmt: skip
