# SPDX-License-Identifier: GPL-2.0-or-later
"""Replay one recorded verdict of Linux 6.12 on an STM32MP15: the same image through the model."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import Any

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.base.run import Run, mirrors
from rprocbench.base.trace import Failed, Lane, Logged
from rprocbench.kernel.remoteproc import (
    NO_OFFSET,
    Firmware,
    Host,
    Rproc,
    RprocMemEntry,
    RprocOps,
)  # fmt: skip
from rprocbench.kernel.remoteproc_core import rproc_fw_boot, rproc_shutdown
from rprocbench.kernel.remoteproc_core_carveouts import (
    rproc_add_carveout,
    rproc_alloc_carveout,
    rproc_da_to_va,
    rproc_mem_entry_init,
    rproc_of_resm_mem_entry_init,
)  # fmt: skip
from rprocbench.kernel.remoteproc_core_device import rproc_alloc
from rprocbench.kernel.remoteproc_coredump import rproc_coredump_add_segment
from rprocbench.kernel.remoteproc_elf_loader import (
    rproc_elf_find_loaded_rsc_table,
    rproc_elf_get_boot_addr,
    rproc_elf_load_rsc_table,
    rproc_elf_load_segments,
    rproc_elf_sanity_check,
)  # fmt: skip
from rprocbench.kernel.remoteproc_table import LoadedTable
from rprocbench.soc.board import Soc
from rprocbench.soc.memory import Chip, Mapping, pa_to_da
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2

driver_c = mirrors("linux:drivers/remoteproc/stm32_rproc.c")

BOARD = replace(
    STM32MP157C_DK2,
    fill=0xA5,
    chips=tuple(Chip(r.name, r.size) for r in STM32MP157C_DK2.linux_regions),
    a7=tuple(Mapping(r.pa, r.name, r.size) for r in STM32MP157C_DK2.linux_regions),
    m4=(),
)
VIRTIO_ID_RPMSG = 7
# The recording harness had no rpmsg driver of its own: what ours says has no counterpart there.
RPMSG_LINE = re.compile(r"rings of|virtio\d|cannot make queue")
STAGES = {
    "rproc_fw_sanity_check": "sanity_check",
    "rproc_get_boot_addr": "get_boot_addr",
    "rproc_parse_fw": "parse_fw",
    "rproc_handle_resources": "handle_resources",
    "rproc_alloc_registered_carveouts": "alloc_carveouts",
    "rproc_load_segments": "load_segments",
    "rproc_find_loaded_rsc_table": "find_loaded_rsc_table",
    "rproc_start_subdevices": "start_subdevices",
}


@dataclass
class Seen:
    """What the driver notes while it boots."""

    parse_fw: int | None = None
    boot_addr: int | None = None
    started: int = 0
    at_start: dict[str, Any] = field(default_factory=dict)


def alloc(_rproc: Rproc, mem: RprocMemEntry) -> None:
    mem.va = mem.dma


@driver_c
def prepare(rproc: Rproc) -> None:
    for index, region in enumerate(BOARD.linux_regions):
        da = pa_to_da(BOARD.dma_ranges, region.pa)
        assert da is not None
        if region.name.startswith("vdev0buffer"):
            mem = rproc_of_resm_mem_entry_init(rproc, index, region.size, region.pa, region.name)
        else:
            mem = rproc_mem_entry_init(
                rproc, None, region.pa, region.size, da, alloc, None, region.name
            )
            rproc_coredump_add_segment(rproc, da, region.size)
        rproc_add_carveout(rproc, mem)


@driver_c
def parse_fw(rproc: Rproc, fw: Firmware) -> None:
    try:
        rproc_elf_load_rsc_table(rproc, fw)
        rproc.priv.parse_fw = 0
    except ModelledError as error:
        rproc.priv.parse_fw = -error.code.value
        rproc.run.log(Lane.LINUX, "no resource table found for this firmware", "warn")


@driver_c
def get_boot_addr(rproc: Rproc, fw: Firmware) -> int:
    rproc.priv.boot_addr = rproc_elf_get_boot_addr(rproc, fw)
    return int(rproc.priv.boot_addr)


@driver_c
def start(rproc: Rproc) -> None:
    rproc.priv.started += 1
    rproc.priv.at_start = snapshot(rproc)


@driver_c
def stop(rproc: Rproc) -> None:
    pass


@driver_c
def kick(rproc: Rproc, vqid: int) -> None:
    pass


OPS = RprocOps(
    prepare=prepare,
    start=start,
    stop=stop,
    kick=kick,
    load=rproc_elf_load_segments,
    parse_fw=parse_fw,
    find_loaded_rsc_table=rproc_elf_find_loaded_rsc_table,
    sanity_check=rproc_elf_sanity_check,
    get_boot_addr=get_boot_addr,
)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def snapshot(rproc: Rproc) -> dict[str, Any]:
    """Memories that changed, carveouts the table matters to, traces, the table."""
    rams = rproc.host.soc.rams
    out: dict[str, Any] = {
        "mem": {
            r.name: sha(data)
            for r in BOARD.linux_regions
            if (data := rams[r.name].read(0, r.size)) != b"\xa5" * r.size
        }
    }
    for name, ram in rams.items():
        if name.startswith("dma@") and any(data := ram.read(0, ram.size)):
            out["mem"]["dyn@" + name.removeprefix("dma@0x")] = sha(data)
    carveouts = [
        [c.name, hex(c.da), hex(c.len), hex(c.va if c.va is not None else c.dma), c.rsc_offset]
        for c in rproc.carveouts
        if c.alloc is rproc_alloc_carveout or c.rsc_offset != NO_OFFSET
    ]
    if carveouts:
        out["carveouts"] = [[*c[:4], -1 if c[4] == NO_OFFSET else c[4]] for c in carveouts]
    if rproc.traces:
        out["traces"] = [
            [hex(t.da), hex(t.len), rproc_da_to_va(rproc, t.da, t.len) is not None]
            for t in rproc.traces
        ]
    if rproc.table_ptr:
        out["table_sha256"] = sha(rproc.table_ptr.read(0, rproc.table_sz))
        if isinstance(rproc.table_ptr, LoadedTable):
            out["table_pa"], out["table_sz"] = hex(rproc.table_ptr.pa), rproc.table_sz
    return out


def play(  # noqa: C901  a recorder of many things
    image: bytes, word_bits: int = 32
) -> tuple[dict[str, Any], Rproc]:
    """Boot `image` and shut down, as the harness did; a verdict in the corpus's terms."""
    run = Run()
    host = Host(run, Soc(BOARD, run), bits=word_bits)
    rproc = rproc_alloc(host, "m4", OPS, "f.elf", Seen())
    v: dict[str, Any] = {"result": "boot", "ret": 0, "stage": "ok"}
    try:
        rproc.power = 1
        rproc_fw_boot(rproc, Firmware("f.elf", bytearray(image)))
    except ModelledError as error:
        v |= {"result": "reject", "ret": -error.code.value}
    except Crash as crash:
        v |= {"result": "oops", "ret": -999, "why": crash.why}
    failed = (STAGES.get(e.function) for e in run.trace if isinstance(e, Failed))
    v["stage"] = next((stage for stage in failed if stage), "ok")
    seen: Seen = rproc.priv
    for name in ("parse_fw", "boot_addr"):
        value = getattr(seen, name)
        if value is not None:
            v[name] = value if name == "parse_fw" else hex(value)
    if v["result"] != "reject":
        v["started"] = seen.started
    v |= seen.at_start or ({"mem": snapshot(rproc)["mem"]})
    v["leaked_pdev"] = rproc.leaked_pdevs
    booted = v["result"] == "boot"
    if booted and rproc.rvdevs:
        v["virtio"] = virtio(rproc)
    logs = len(run.trace)
    if booted:
        try:
            rproc_shutdown(rproc)
            v["shutdown"] = 0
        except ModelledError as error:
            v["shutdown"] = -error.code.value
        except Crash as crash:
            v |= {"result": "oops", "why": crash.why}
    v["log"] = [
        f"{e.level}:{e.text}"
        for e in run.trace[:logs]
        if isinstance(e, Logged) and e.level in ("err", "warn") and not RPMSG_LINE.match(e.text)
    ]
    return v, rproc


def virtio(rproc: Rproc) -> list[dict[str, Any]]:
    """Each vdev: its type, how its driver's probe went (1: no driver), features, status."""
    probes = [e for e in rproc.run.trace if isinstance(e, Failed) and e.function == "rpmsg_probe"]
    out = []
    for rvdev in rproc.rvdevs:
        assert rproc.table_ptr
        status = rproc.table_ptr.read(rvdev.rsc_offset + 20, 1)[0]
        rpmsg = 1 if rvdev.id != VIRTIO_ID_RPMSG else -Errno[probes[0].code] if probes else 0
        features = hex(rvdev.vdev.features)
        out.append({"id": rvdev.id, "rpmsg": rpmsg, "features": features, "status": status})
    return out
