# SPDX-License-Identifier: GPL-2.0-or-later
"""Core dumps as other people's tools read them: readelf and gdb."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rprocbench.base.errors import Crash
from rprocbench.kernel.remoteproc import Coredump, Rproc
from rprocbench.kernel.remoteproc_coredump import (
    rproc_coredump,
    rproc_coredump_add_custom_segment,
    rproc_coredump_set_elf_info,
    rproc_coredump_using_sections,
)
from rprocbench.kernel.remoteproc_debugfs import rproc_trace_read
from rprocbench.kernel.remoteproc_sysfs import write
from rprocbench.soc.memory import Da
from tests.harness.requirements import TOOLS, missing

from . import images
from .driver import OPS, REGIONS, machine
from .provoke import crash

EM_NONE, EM_ARM, EM_AARCH64 = 0, 40, 183  # the stm32 driver says none
MACHINES = {EM_NONE: "None", EM_ARM: "ARM", EM_AARCH64: "AArch64"}
CLASSES = [(1, EM_ARM), (2, EM_AARCH64)]
HOWS = ["enabled", "inline"]


def tool(name: str, *arguments: object) -> str:
    """What a tool prints; its complaints fail the test."""
    path = shutil.which(name)
    if path is None:
        missing(f"there is no {name}", TOOLS)
    ran = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, check=True)
    assert "Warning" not in ran.stderr, ran.stderr
    assert "Error" not in ran.stderr, ran.stderr
    return ran.stdout


def running(how: str, kind: int = 1, em: int = EM_ARM, sections: bool = False) -> Rproc:
    ops = replace(OPS, coredump=rproc_coredump_using_sections) if sections else OPS
    rproc = machine(images.GOOD, ops=ops)
    rproc_coredump_set_elf_info(rproc, kind, em)
    write(rproc, "coredump", how)
    write(rproc, "state", "start")
    return rproc


def dump_of(rproc: Rproc, folder: Path) -> Path:
    """Let it crash, and take the dump."""
    crash(rproc)
    [dump] = rproc.host.coredumps
    path = folder / "core"
    path.write_bytes(dump.data)
    return path


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("kind", "em"), [(1, EM_NONE), (2, EM_NONE), *CLASSES])
def test_readelf_reads_a_core(tmp_path: Path, how: str, kind: int, em: int) -> None:
    # Of an Arm file readelf -a wants unwind tables, and reports that there are none as an error.
    everything = "-hlSW" if em == EM_ARM else "-aW"
    told = tool("readelf", everything, dump_of(running(how, kind, em), tmp_path))
    assert f"Class:                             ELF{32 * kind}" in told
    assert "Type:                              CORE (Core file)" in told
    assert f"Machine:                           {MACHINES[em]}" in told
    assert "Entry point address:               0x10000101" in told
    rows = re.findall(
        r"LOAD +0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) (\S+)", told.replace("R E", "RE")
    )
    assert [(int(row[1], 16), int(row[2], 16), int(row[3], 16)) for row in rows] == [
        (da, da, region.size) for region, da in REGIONS
    ]
    assert {row[5] for row in rows} == {"RWE"}


@pytest.mark.parametrize("how", HOWS)
def test_gdb_shows_what_the_core_held(tmp_path: Path, how: str) -> None:
    rproc = running(how)
    memory = {int(da): rproc.host.soc.a7.read(region.pa, 64) for region, da in REGIONS}
    core = dump_of(rproc, tmp_path)
    asked = [arg for da in memory for arg in ("-ex", f"x/64xb {da:#x}")]
    told = tool(
        "gdb-multiarch", "-batch", "-nx", "-ex", "set architecture arm", "-ex",
        f"target core {core}", *asked,
    )  # fmt: skip
    shown: dict[int, bytes] = {}
    for line in told.splitlines():
        if match := re.match(r"0x([0-9a-f]+)\b[^:]*:((?:\s+0x[0-9a-f]{2})+)", line):
            data = bytes.fromhex("".join(match[2].replace("0x", "").split()))
            shown[int(match[1], 16)] = data
    for da, expected in memory.items():
        seen = b"".join(shown[da + offset] for offset in range(0, 64, 8))
        assert seen == expected, hex(da)


@pytest.mark.parametrize(("kind", "em"), CLASSES)
def test_objcopy_and_readelf_read_sections(tmp_path: Path, kind: int, em: int) -> None:
    rproc = running("enabled", kind, em, sections=True)
    rproc.dump_segments = ()
    rproc_coredump_add_custom_segment(rproc, Da(0x1000_0000), 64, None, "code")
    rproc_coredump_add_custom_segment(rproc, Da(0), 16, None, "vectors")
    core = dump_of(rproc, tmp_path)
    told = tool("readelf", "-SW", core)
    assert re.findall(r"\] (\S+) +(?:PROGBITS|STRTAB) +(\w+)", told) == [
        ("STR_TBL", "0".zfill(8 * kind)), ("code", f"{0x1000_0000:0{8 * kind}x}"),
        ("vectors", "0".zfill(8 * kind)),
    ]  # fmt: skip
    content = tool("readelf", "-x", "code", core)
    assert "74657874 74657874" in content


def test_the_content_of_each_segment_is_that_of_memory(tmp_path: Path) -> None:
    memory: list[bytes] = []

    def noting(rproc: Rproc) -> None:
        read = rproc.host.soc.a7.read
        memory.extend(read(region.pa, region.size) for region, _ in REGIONS)
        rproc_coredump(rproc)

    rproc = machine(images.GOOD, ops=replace(OPS, coredump=noting))
    write(rproc, "coredump", "enabled")
    write(rproc, "state", "start")
    data = dump_of(rproc, tmp_path).read_bytes()
    at = 52 + 32 * len(memory)
    for content in memory:
        assert data[at : at + len(content)] == content
        at += len(content)
    assert at == len(data)


def test_a_dump_that_no_memory_holds_is_not_made() -> None:
    rproc = running("enabled")
    rproc_coredump_add_custom_segment(rproc, Da(0), 0x3000_0000, None)
    crash(rproc)
    assert rproc.host.coredumps == []


def test_a_segment_whose_range_test_wraps_is_undefined() -> None:
    rproc = running("enabled")
    rproc_coredump_add_custom_segment(rproc, Da(0x10), 0xFFFF_FFF8, None)
    crash(rproc)
    assert rproc.host.coredumps == []  # too big for memory: nobody reads it
    rproc = machine(images.elf(images.table(images.trace(0x1000_0400, 0xFFFF_FFF0))))
    write(rproc, "state", "start")
    assert rproc_trace_read(rproc, rproc.traces[0]) == ""
    for region, _ in REGIONS:
        rproc.host.soc.a7.fill(region.pa, region.size, 0x41)
    with pytest.raises(Crash, match="wrapped"):
        rproc_trace_read(rproc, rproc.traces[0])


def test_a_dump_that_nobody_takes_keeps_the_next_out() -> None:
    rproc = running("enabled")
    crash(rproc)
    crash(rproc)
    [first] = rproc.host.coredumps
    rproc.host.coredumps[0] = Coredump(first.device, first.data, taken=True)
    crash(rproc)
    assert [each.taken for each in rproc.host.coredumps] == [True, False]
