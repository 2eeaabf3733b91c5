# SPDX-License-Identifier: GPL-2.0-or-later
"""Our view of ELF files agrees with pyelftools, and with readelf where there is one."""

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from rprocbench.formats.elf import ElfView
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from tests.formats.recorded import ELFS

ROOT = Path(__file__).parents[2]
FIRMWARE = sorted((ROOT / "data" / "firmware").glob("*/*.elf"))
FILES = [*ELFS, *FIRMWARE]
WIDE = [path for path in (Path(sys.executable).resolve(), Path("/bin/true")) if path.is_file()]
SECTION_FIELDS = ("sh_name", "sh_flags", "sh_addr", "sh_offset", "sh_size", "sh_link", "sh_info",
                  "sh_addralign", "sh_entsize")  # fmt: skip
SEGMENT_FIELDS = ("p_offset", "p_vaddr", "p_paddr", "p_filesz", "p_memsz", "p_flags", "p_align")
HEADER_FIELDS = ("e_entry", "e_phoff", "e_shoff", "e_flags", "e_ehsize", "e_phentsize", "e_phnum",
                 "e_shentsize", "e_shnum", "e_shstrndx")  # fmt: skip


def agree(data: bytes) -> tuple[int, int, int]:
    """Compare all of `data` with pyelftools; how many segments, sections and symbols there were."""
    ours, theirs = ElfView.parse(data), ELFFile(io.BytesIO(data))
    for field in HEADER_FIELDS:
        assert getattr(ours.header, field) == theirs[field], field
    assert ours.is_wide is (theirs.elfclass == 64)
    assert ours.findings == ()
    segments_agree(ours, theirs)
    sections_agree(ours, theirs)
    symbols_agree(ours, theirs)
    return len(ours.segments), len(ours.sections), len(ours.symbols)


def segments_agree(ours: ElfView, theirs: ELFFile) -> None:
    """Compare the segments and their bytes."""
    for phdr, segment in zip(ours.segments, theirs.iter_segments(), strict=True):
        for field in SEGMENT_FIELDS:
            assert getattr(phdr, field) == segment[field], field
        assert (phdr.p_type == 1) is (segment["p_type"] == "PT_LOAD")
        assert ours.content(phdr) == segment.data()


def sections_agree(ours: ElfView, theirs: ELFFile) -> None:
    """Compare the sections, their names and their bytes."""
    for mine, section in zip(ours.sections, theirs.iter_sections(), strict=True):
        assert mine.name == section.name
        for field in SECTION_FIELDS:
            assert getattr(mine.header, field) == section[field], field
        if section["sh_type"] != "SHT_NOBITS":
            assert ours.content(mine.header) == section.data()


def symbols_agree(ours: ElfView, theirs: ELFFile) -> None:
    """Compare the symbols of all tables."""
    tables = [part for part in theirs.iter_sections() if isinstance(part, SymbolTableSection)]
    symbols = [symbol for table in tables for symbol in table.iter_symbols()]
    for mine, symbol in zip(ours.symbols, symbols, strict=True):
        if mine.name != symbol.name:  # pyelftools gives section symbols their section's name
            assert mine.type == 3
        assert mine.entry.st_value == symbol["st_value"]
        assert mine.entry.st_size == symbol["st_size"]
        assert mine.entry.st_shndx == symbol.entry.st_shndx or isinstance(symbol["st_shndx"], str)


def test_there_is_something_to_compare() -> None:
    assert len(ELFS) == 6


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_arm_files_agree(path: Path) -> None:
    segments, sections, symbols = agree(path.read_bytes())
    assert segments >= 1
    assert sections >= 5
    assert symbols >= 5


@pytest.mark.parametrize("path", WIDE, ids=lambda path: path.stem)
def test_programs_of_this_machine_agree(path: Path) -> None:
    if path.read_bytes()[:6] != b"\x7fELF\2\1":
        pytest.skip("this machine's programs are not 64-bit little-endian ELF files")
    assert agree(path.read_bytes())[0] > 1


def test_built_files_agree() -> None:
    segments = [Seg(0x1000_0000, b"code!"), Seg(0, b"", p_type=0x6474_E551)]
    sections = [Sec(".text", segment=0), Sec(".bss", bytes(64), sh_type=8), Sec(".odd", b"xyz")]
    assert agree(build_elf(segments, sections)) == (2, 5, 0)
    assert agree(build_elf(segments, None)) == (2, 0, 0)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_readelf_agrees(path: Path) -> None:
    readelf = shutil.which("readelf") or shutil.which("arm-none-eabi-readelf")
    if readelf is None:
        pytest.skip("needs readelf (binutils)")
    view = ElfView.parse(path.read_bytes())
    run = subprocess.run(
        [readelf, "-lSW", str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    )
    line = re.compile(
        r"^\s*\[ *(\d+)\] (\S*) +[A-Z_]+ +([0-9a-f]{8}) ([0-9a-f]{6}) ([0-9a-f]{6})", re.MULTILINE
    )
    seen = [
        (int(index), name, int(addr, 16), int(offset, 16), int(size, 16))
        for index, name, addr, offset, size in line.findall(run.stdout)
    ]
    ours = [
        (s.index, s.name, s.header.sh_addr, s.header.sh_offset, s.header.sh_size)
        for s in view.sections
    ]
    assert len(seen) >= 5
    assert seen == ours[-len(seen) :]
    row = re.compile(r"^  [A-Z_]+ +(0x\w+) (0x\w+) (0x\w+) (0x\w+) (0x\w+) ", re.MULTILINE)
    segments = [tuple(int(part, 16) for part in found) for found in row.findall(run.stdout)]
    fields = SEGMENT_FIELDS[:5]
    assert segments == [tuple(getattr(phdr, f) for f in fields) for phdr in view.segments] != []
