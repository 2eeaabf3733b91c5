# SPDX-License-Identifier: GPL-2.0-or-later
"""The committed firmware is what its sources make, and is shaped as its loaders want it."""

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, SymbolTableSection

from rprocbench.bench.demo import demo_key
from rprocbench.formats.signer import sign_image

FIRMWARE = Path(__file__).parents[2] / "data" / "firmware"
IMAGE = FIRMWARE / "echo" / "echo.elf"
NAMES = sorted(page.parent.name for page in FIRMWARE.glob("*/README.md"))
MADE = sorted(f"{name}/{name}.{kind}" for name in NAMES for kind in ("elf", "debug"))
COMPILERS = ("arm-none-eabi-gcc", "clang")

CODE, DATA, STACK_TOP = 0x1000_0000, 0x1002_0000, 0x1004_0000
PT_R, PT_RX, PT_RW = 4, 5, 6


@pytest.fixture
def elf() -> Iterator[ELFFile]:
    """Open the committed image."""
    with IMAGE.open("rb") as stream:
        yield ELFFile(stream)


def symbols(elf: ELFFile) -> dict[str, int]:
    """Every named address."""
    table = elf.get_section_by_name(".symtab")
    assert isinstance(table, SymbolTableSection)
    return {symbol.name: symbol["st_value"] for symbol in table.iter_symbols()}


def section(elf: ELFFile, name: str) -> Section:
    """Find a section that must be there."""
    found = elf.get_section_by_name(name)
    assert found is not None, name
    return found


def give_up(why: str) -> None:
    """Skip, or fail where the tools are promised."""
    if os.environ.get("RPROCBENCH_REQUIRE_TOOLS") == "1":
        pytest.fail(why)
    pytest.skip(why)


def versions() -> list[str]:
    """How the compilers name themselves, as `make COMPILER` records it."""
    found = []
    for compiler in COMPILERS:
        shown = subprocess.run(
            [compiler, "--version"],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        found.append(shown.stdout.splitlines()[0])
    return found


def build(directory: Path) -> dict[str, bytes]:
    """Build a copy of the sources in `directory`: each image, and its twin with DWARF."""
    shutil.copytree(FIRMWARE, directory, ignore=shutil.ignore_patterns("*.elf", "*.debug"))
    command = ["make", "-j2", "-C", str(directory), f"CC={COMPILERS[0]}", f"CLANG={COMPILERS[1]}"]
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return {name: path.read_bytes() for name in MADE if (path := directory / name).exists()}


@pytest.mark.slow
def test_the_sources_make_the_committed_bytes_in_any_directory(tmp_path: Path) -> None:
    missing = [tool for tool in (*COMPILERS, "ld.lld", "make") if shutil.which(tool) is None]
    if missing:
        give_up(f"not installed: {', '.join(missing)}")

    first, second = build(tmp_path / "one"), build(tmp_path / "another" / "and deeper")
    assert first == second, "the bytes depend on the directory they are built in"
    assert sorted(first) == MADE

    differ = [name for name, data in first.items() if data != (FIRMWARE / name).read_bytes()]
    if differ:
        recorded = (FIRMWARE / "COMPILER").read_text().splitlines()
        if (found := versions()) != recorded:
            give_up(f"other bytes, but other compilers: {found}; these are from {recorded}")
        pytest.fail(f"not what the sources make: {differ}: run `make` in data/firmware")


@pytest.mark.parametrize("name", NAMES)
def test_the_signed_image_is_the_elf_signed(name: str) -> None:
    elf = (FIRMWARE / name / f"{name}.elf").read_bytes()
    signed = sign_image([(f"{name}.elf", elf)], demo_key()).image
    assert (FIRMWARE / name / f"{name}.sign").read_bytes() == signed


@pytest.mark.parametrize("name", NAMES)
def test_the_twin_has_the_same_code_and_says_where_it_is_from(name: str) -> None:
    with (FIRMWARE / name / f"{name}.elf").open("rb") as plain:
        code = {s.name: s.data() for s in ELFFile(plain).iter_sections() if s["sh_flags"] & 2}
    with (FIRMWARE / name / f"{name}.debug").open("rb") as twin:
        elf = ELFFile(twin)
        assert {s.name: s.data() for s in elf.iter_sections() if s["sh_flags"] & 2} == code
        assert elf.has_dwarf_info()
        places = {
            cu.get_top_DIE().attributes["DW_AT_comp_dir"].value
            for cu in elf.get_dwarf_info().iter_CUs()
        }
    assert places == {b"."}


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_page_that_says_what_it_teaches(name: str) -> None:
    page = (FIRMWARE / name / "README.md").read_text()
    assert page.startswith(f"# {name}: ")
    assert "**It teaches** " in page


def test_three_segments_load_and_nothing_else_is_in_the_table(elf: ELFFile) -> None:
    segments = list(elf.iter_segments())
    assert [segment["p_type"] for segment in segments] == ["PT_LOAD"] * 3
    assert [segment["p_paddr"] for segment in segments] == [0, CODE, DATA]
    assert [segment["p_vaddr"] for segment in segments] == [0, CODE, DATA]
    assert [segment["p_flags"] for segment in segments] == [PT_R, PT_RX, PT_RW]


def test_only_the_data_segment_has_a_tail_to_clear(elf: ELFFile) -> None:
    vectors, text, data = elf.iter_segments()
    assert vectors["p_filesz"] == vectors["p_memsz"]
    assert text["p_filesz"] == text["p_memsz"]
    assert data["p_filesz"] < data["p_memsz"]


def test_segments_can_be_encrypted_in_whole_blocks(elf: ELFFile) -> None:
    assert all(segment["p_filesz"] % 16 == 0 for segment in elf.iter_segments())


def test_segments_keep_clear_of_each_other_and_of_shared_memory(elf: ELFFile) -> None:
    vectors, text, data = elf.iter_segments()
    assert vectors["p_memsz"] <= 0x1_0000
    assert text["p_memsz"] <= DATA - CODE
    assert data["p_memsz"] <= STACK_TOP - DATA - 0x1000


def test_the_vectors_start_the_core(elf: ELFFile) -> None:
    names = symbols(elf)
    vectors = struct.unpack("<166I", section(elf, ".vectors").data()[: 4 * 166])
    assert vectors[0] == STACK_TOP
    assert vectors[1] == names["Reset_Handler"] == elf["e_entry"]
    assert vectors[3] == names["hard_fault_handler"]
    assert vectors[15] == names["tick_handler"]
    assert vectors[16 + 103] == names["ipcc_rx_handler"]
    assert vectors[16 + 104] == names["ipcc_tx_handler"]
    end = CODE + section(elf, ".text")["sh_size"]
    assert all(CODE < handler < end and handler % 2 == 1 for handler in vectors[1:])


def test_the_resource_table_asks_for_a_trace_and_a_vdev(elf: ELFFile) -> None:
    table = section(elf, ".resource_table").data()
    version, entries, *reserved = struct.unpack_from("<4I", table)
    assert (version, entries, reserved) == (1, 2, [0, 0])
    trace, vdev = struct.unpack_from("<2I", table, 16)

    kind, da, size, zero, name = struct.unpack_from("<4I32s", table, trace)
    assert (kind, zero, name.rstrip(b"\0")) == (2, 0, b"cm4_log")
    bss = section(elf, ".bss")
    assert da == symbols(elf)["cm4_log"]
    assert bss["sh_addr"] <= da < da + size <= bss["sh_addr"] + bss["sh_size"]

    # type, id, notifyid, dfeatures, gfeatures, config_len; status, vrings, two reserved bytes
    assert struct.unpack_from("<6I4B", table, vdev) == (3, 7, 0, 1, 0, 0, 0, 2, 0, 0)
    # da, align, num, notifyid, pa
    rings = [struct.unpack_from("<5I", table, vdev + 28 + 20 * ring) for ring in range(2)]
    assert rings == [(0xFFFF_FFFF, 16, 16, 0, 0), (0xFFFF_FFFF, 16, 16, 1, 0)]


def test_the_resource_table_is_loaded_where_its_section_says(elf: ELFFile) -> None:
    table = section(elf, ".resource_table")
    data = list(elf.iter_segments())[2]
    assert table["sh_addr"] == data["p_paddr"] == symbols(elf)["resource_table"]
    assert table["sh_offset"] == data["p_offset"]
    assert table["sh_type"] == "SHT_PROGBITS"


def test_the_image_names_its_functions_but_no_directory(elf: ELFFile) -> None:
    assert {"main", "events_wait", "vring_peek", "rpmsg_send", "trace"} <= symbols(elf).keys()
    assert not elf.has_dwarf_info()
    image = IMAGE.read_bytes()
    assert len(image) < 16 * 1024
    assert b"/" not in section(elf, ".strtab").data()
    for directory in (b"/work", b"/home", b"/root", b"/tmp", b"/usr", b"/build"):
        assert directory not in image
