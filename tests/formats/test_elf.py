# SPDX-License-Identifier: GPL-2.0-or-later
"""ELF files are viewed whatever state they are in, and every field knows where it lies."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rprocbench.base.errors import InputCode, InputError, Span
from rprocbench.formats.elf import MAX_NAME, ElfView
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.elf_names import name_of, section_flags, segment_flags
from rprocbench.formats.elf_records import (
    Elf32_Ehdr,
    Elf32_Phdr,
    Elf32_Shdr,
    Elf32_Sym,
    Elf64_Ehdr,
    Elf64_Phdr,
    Elf64_Shdr,
    Elf64_Sym,
)
from tests.formats.recorded import elf

ONE = build_elf([Seg(0x1000_0000, b"code")], [Sec(".text", segment=0)])


def codes(data: bytes) -> list[str]:
    """The codes of the findings about `data`."""
    return [finding.code for finding in ElfView.parse(data).findings]


def test_the_sizes_are_those_of_the_specification() -> None:
    narrow = [kind.SIZE for kind in (Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr, Elf32_Sym)]
    wide = [kind.SIZE for kind in (Elf64_Ehdr, Elf64_Phdr, Elf64_Shdr, Elf64_Sym)]
    assert (narrow, wide) == ([52, 32, 40, 16], [64, 56, 64, 24])


def test_fields_know_where_they_lie_in_the_whole_buffer() -> None:
    view = ElfView.parse(elf("m4_rsc"), "fw", 556)
    assert view.header.span("e_phoff") == Span("fw", 556 + 28, 556 + 32)
    assert view.segments[1].span("p_paddr") == Span("fw", 556 + 52 + 32 + 12, 556 + 52 + 32 + 16)
    text = view.section(".text")
    assert text is not None
    assert text.header.span().start == 556 + 960 + 2 * 40
    assert view.content_span(text.header) == Span("fw", 556 + 0xD4, 556 + 0xD4 + 0x48)
    reset = view.symbol("Reset_Handler")
    assert reset is not None
    assert (reset.entry.st_value, reset.type, reset.bind) == (0x1000_0001, 2, 1)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", InputCode.NOT_ELF),
        (b"\x7fELG" + bytes(60), InputCode.NOT_ELF),
        (b"MZ" + bytes(60), InputCode.NOT_ELF),
        (b"\x7fE", InputCode.TRUNCATED),
        (b"\x7fELF\1\1\1" + bytes(44), InputCode.TRUNCATED),
    ],
)
def test_only_a_missing_header_is_refused(data: bytes, code: InputCode) -> None:
    with pytest.raises(InputError) as caught:
        ElfView.parse(data)
    assert caught.value.code is code
    assert caught.value.span is not None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ei_class": 0}, "CLASS"),
        ({"ei_data": 2}, "ENCODING"),
        ({"ei_version": 0}, "VERSION"),
        ({"e_phentsize": 56}, "ENTRY_SIZE"),
        ({"e_shentsize": 0}, "ENTRY_SIZE"),
        ({"e_phnum": 0xFFFF}, "PHDRS_CUT"),
        ({"e_phoff": 0xFFFF_FFF0}, "PHDRS_CUT"),
        ({"e_shoff": 0xFFFF_FFF0}, "SHDRS_CUT"),
        ({"e_shnum": 0xFFFF}, "SHDRS_CUT"),
        ({"e_shstrndx": 3}, "NO_NAMES"),
        ({"e_shstrndx": 1}, "NO_NAMES"),
    ],
)
def test_a_damaged_header_still_gives_a_view(fields: dict[str, int], code: str) -> None:
    data = build_elf([Seg(0, b"code")], [Sec(".text", segment=0)], **fields)
    assert code in codes(data)
    assert ElfView.parse(data).leaves() != []
    assert codes(ONE) == []


def test_what_reaches_beyond_the_file_is_cut_and_told() -> None:
    data = build_elf(
        [Seg(0, b"code", fields={"p_filesz": 0xFFFF_FFFF})],
        [
            Sec(".a", b"12", fields={"sh_offset": 0xFFFF_FFFF}),
            Sec(".b", b"12", fields={"sh_name": 99}),
        ],
    )
    view = ElfView.parse(data)
    assert codes(data) == ["SEGMENT_CUT", "SECTION_CUT", "NAME_OUTSIDE"]
    assert view.content(view.segments[0]) == data[view.segments[0].p_offset :]
    assert view.content(view.sections[1].header) == b""
    assert view.sections[2].name == ""


def test_findings_of_one_kind_are_limited() -> None:
    count = 5000
    data = build_elf([Seg(0, b"", fields={"p_filesz": 0xFFFF_FFFF})] * count, None)
    found = codes(data)
    assert found == ["SEGMENT_CUT"] * 17
    assert "4984 more" in ElfView.parse(data).findings[-1].text


def test_class_one_means_32_bits_and_anything_else_64_if_there_is_room() -> None:
    data = bytearray(ONE)
    for value, wide in ((1, False), (0, True), (2, True), (7, True)):
        data[4] = value
        assert ElfView.parse(bytes(data)).is_wide is wide
        assert ElfView.parse(bytes(data), wide=False).segments[0].p_paddr == 0x1000_0000
    assert not ElfView.parse(bytes(data[:60])).is_wide


def test_names_are_cut_and_made_printable() -> None:
    data = build_elf([], [Sec("x" * 2000, b"1"), Sec("a\nb", b"2"), Sec("\N{SNOWMAN}", b"3")])
    names = [section.name for section in ElfView.parse(data).sections]
    assert names == ["", "x" * MAX_NAME, "a\\nb", "\N{SNOWMAN}", ".shstrtab"]


@settings(deadline=None)
@given(st.integers(0, 51), st.binary(min_size=1, max_size=8), st.integers(0, 400))
def test_any_damage_gives_a_view(at: int, word: bytes, cut: int) -> None:
    data = elf("m4_rsc")
    data = data[:4] + data[4:at] + word + data[max(at, 4) + len(word) :] if at > 4 else data
    view = ElfView.parse(data[: len(data) - cut])
    assert len(view.segments) <= view.header.e_phnum
    assert len(view.sections) <= view.header.e_shnum
    assert all(finding.text for finding in view.findings)
    assert len(view.symbols) <= len(view.data) // 16


def test_numbers_have_names() -> None:
    assert name_of("p_type", 0x7000_0001) == "PT_ARM_EXIDX"
    assert name_of("e_machine", 40) == "EM_ARM"
    assert name_of("sh_type", 99) == "0x63"
    assert name_of("p_paddr", 5) == "0x5"
    assert (segment_flags(6), section_flags(3)) == ("RW-", "WA")


def test_64_bit_structures_are_read() -> None:
    phdr = struct.pack("<IIQQQQQQ", 1, 5, 120, 1 << 33, 1 << 34, 3, 4, 8)
    head = Elf64_Ehdr.parse(b"\x7fELF\2\1\1" + bytes(57)).replace(e_phoff=64).pack()
    head = Elf64_Ehdr.parse(head).replace(e_phnum=1, e_phentsize=56).pack()
    view = ElfView.parse(head + phdr + b"abc")
    assert view.is_wide
    (segment,) = view.segments
    assert (segment.p_flags, segment.p_paddr, view.content(segment)) == (5, 1 << 34, b"abc")
    assert view.findings == ()
