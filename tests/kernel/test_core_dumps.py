# SPDX-License-Identifier: GPL-2.0-or-later
"""Core dumps, byte for byte (reference, section 6), and rows X33 to X35."""

import struct
from dataclasses import replace
from io import BytesIO

import pytest
from elftools.elf.elffile import ELFFile

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.kernel.remoteproc import Coredump, Rproc, RprocState
from rprocbench.kernel.remoteproc_coredump import (
    rproc_coredump_add_custom_segment,
    rproc_coredump_set_elf_info,
    rproc_coredump_using_sections,
)  # fmt: skip
from rprocbench.kernel.remoteproc_debugfs import rproc_crash_write
from rprocbench.kernel.remoteproc_sysfs import write
from rprocbench.soc.memory import Da

from . import images
from .driver import OPS, REGIONS, machine


def crashed(how: str = "enabled", **options: object) -> Rproc:
    rproc = machine(images.GOOD, **options)  # type: ignore[arg-type]
    write(rproc, "coredump", how)
    write(rproc, "state", "start")
    rproc_crash_write(rproc, "1")
    rproc.host.run_work()
    assert rproc.state == RprocState.RUNNING
    return rproc


def test_a_dump_shows_every_region() -> None:
    [dump] = crashed().host.coredumps
    head = struct.unpack_from("<16sHHIIIIIHHHHHH", dump.data)
    assert head[0] == b"\x7fELF\1\1\1".ljust(16, b"\0")
    assert head[1:] == (4, 0, 1, 0x1000_0101, 52, 0, 0, 52, 32, 5, 0, 0, 0)
    first = struct.unpack_from("<8I", dump.data, 52)
    assert first == (1, 0xD4, 0, 0, 0x1_0000, 0x1_0000, 7, 0)
    assert dump.data[0xD4 : 0xD4 + 64] == images.CODE[0].data
    segments = list(ELFFile(BytesIO(dump.data)).iter_segments())
    assert [(s["p_paddr"], s["p_filesz"]) for s in segments] == [(da, r.size) for r, da in REGIONS]


def test_x33_without_a_class_there_is_no_dump() -> None:
    rproc = machine(images.GOOD)
    rproc.elf_class = 0
    write(rproc, "coredump", "enabled")
    write(rproc, "state", "start")
    rproc_crash_write(rproc, "1")
    rproc.host.run_work()
    assert (rproc.state, rproc.host.coredumps) == (RprocState.RUNNING, [])
    with pytest.raises(ModelledError) as caught:
        rproc_coredump_set_elf_info(rproc, 3, 40)
    assert caught.value.code == Errno.EINVAL


@pytest.mark.parametrize(("how", "dumps"), [("disabled", 0), ("enabled", 1), ("inline", 2)])
def test_x34_x35_one_dump_at_a_time_unless_it_was_taken(how: str, dumps: int) -> None:
    rproc = crashed(how)
    rproc_crash_write(rproc, "1")
    rproc.host.run_work()
    assert len(rproc.host.coredumps) == dumps


def test_another_device_does_not_keep_a_dump_out() -> None:
    rproc = machine(images.GOOD)
    rproc.host.coredumps.append(Coredump("remoteproc9", b""))
    write(rproc, "coredump", "enabled")
    write(rproc, "state", "start")
    rproc_crash_write(rproc, "1")
    rproc.host.run_work()
    assert len(rproc.host.coredumps) == 2


def test_bytes_out_of_reach_are_ff() -> None:
    rproc = machine(images.GOOD)
    write(rproc, "coredump", "enabled")
    write(rproc, "state", "start")
    rproc_coredump_add_custom_segment(rproc, Da(0x7000_0000), 4, None)
    rproc_coredump_add_custom_segment(rproc, Da(0), 3, lambda _rproc, _segment: b"own")
    rproc_crash_write(rproc, "1")
    rproc.host.run_work()
    assert rproc.host.coredumps[0].data.endswith(b"\xff\xff\xff\xffown")


@pytest.mark.parametrize("kind", [1, 2])
def test_a_dump_with_sections(kind: int) -> None:
    rproc = machine(images.GOOD, ops=replace(OPS, coredump=rproc_coredump_using_sections))
    rproc_coredump_set_elf_info(rproc, kind, 40)
    write(rproc, "coredump", "enabled")
    write(rproc, "state", "start")
    rproc.dump_segments = ()
    rproc_coredump_add_custom_segment(rproc, Da(0x1000_0000), 64, None, "code")
    rproc_coredump_add_custom_segment(rproc, Da(0), 16, None, "vectors")
    rproc_crash_write(rproc, "1")
    rproc.host.run_work()
    elf = ELFFile(BytesIO(rproc.host.coredumps[0].data))
    assert [s.name for s in elf.iter_sections()][1:] == ["STR_TBL", "code", "vectors"]
    code = elf.get_section_by_name("code")
    assert code
    assert (code["sh_addr"], code["sh_flags"], code.data()) == (0x1000_0000, 1, b"text" * 16)
