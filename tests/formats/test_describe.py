# SPDX-License-Identifier: GPL-2.0-or-later
"""Every byte of any file belongs to exactly one named leaf, however damaged the file is."""

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rprocbench.formats.containers import Kind, advice, identify
from rprocbench.formats.describe import describe, describe_file
from rprocbench.formats.elf import ElfView
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.signed_image_build import build_signed
from rprocbench.formats.tlv import TlvType
from tests.formats.recorded import ELFS, IMAGES, elf, image

SEEDS = {path.stem: path.read_bytes() for path in (*ELFS, *IMAGES)}
MAGIC = b"\x68\xa4\x43\x35"


def check(data: bytes) -> list[str]:
    """The names of the leaves of `data`, after checking all that must hold of them."""
    leaves = describe(data)
    at = 0
    for leaf in leaves:
        assert leaf.span.buffer == "image"
        assert leaf.span.start == at < leaf.span.end
        at = leaf.span.end
        content = data[leaf.span.start : leaf.span.end]
        value = leaf.value
        assert (
            value == content
            if isinstance(value, bytes)
            else value == int.from_bytes(content, "little")
        )
        assert leaf.path
    assert at == len(data)
    names = [leaf.path for leaf in leaves]
    assert len(set(names)) == len(names)
    return names


def test_there_are_seeds() -> None:
    assert len(SEEDS) == 26


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_every_byte_of_a_recorded_file_has_a_name(name: str) -> None:
    names = check(SEEDS[name])
    assert len(names) > 100
    unclaimed = [path for path in names if "gap[" in path]
    assert len(unclaimed) <= 4  # alignment between sections, and the tail of m4_odd


def test_the_leaves_of_a_signed_image_are_fields() -> None:
    leaves = {leaf.path: leaf for leaf in describe(image("m4_rsc_rsa2048"))}
    row = leaves["tlv.HASHTABLE.rows[2].p_memsz"]
    assert (row.value, row.span.start) == (0xE4, 236 + 20)
    assert leaves["header.img_len"].value == 1360
    assert leaves["tlv.IMGSIZE.value[0]"].value == 1360
    assert leaves["tlv.SIGNTYPE.padding"].value == bytes(7)
    assert len(leaves["signature"].span) == 256
    assert leaves["images[0].ehdr.e_phnum"].value == 3
    assert leaves["images[0].phdrs[2].p_paddr"].value == 0x1002_0000
    assert leaves["images[0].shdrs[9].sh_type"].value == 3
    assert len(leaves["images[0].content[.isr_vector]"].span) == 64
    assert leaves["images[0].content[.resource_table].entry[0].trace.len"].value == 0x80
    assert "gap" not in " ".join(path for path in leaves if not path.startswith("images"))


def test_padding_is_called_padding() -> None:
    assert "signature_padding" in check(image("m4_rsc_rsa1028"))
    assert "images[0].padding" in check(image("m4_plain_rsa2048"))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_files_are_described_completely(data: st.DataObject) -> None:
    seed = bytearray(data.draw(st.sampled_from(sorted(SEEDS.values()))))
    words = st.sampled_from([0, 1, 0x7FFFFFFF, 0xFFFFFFF8, 0xFFFFFFFF, 0x40, 0x10000])
    for _ in range(data.draw(st.integers(0, 8))):
        # Headers lie in the first bytes and at the end: damage those most.
        limit = data.draw(st.sampled_from([64, 700, len(seed)]))
        at = data.draw(st.integers(0, max(0, min(limit, len(seed)) - 4)))
        struct.pack_into("<I", seed, at, data.draw(words | st.integers(0, 2**32 - 1)))
    cut = data.draw(st.integers(0, len(seed)) | st.just(len(seed)))
    check(bytes(seed[:cut]))


@given(
    st.sampled_from([MAGIC, b"\x7fELF", b"\x7fELF\1\1\1", b"\x7fELF\2\1\1", b"", b"\x1f\x8b"]),
    st.binary(max_size=600),
)
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_described_completely(magic: bytes, rest: bytes) -> None:
    check(magic + rest)


@given(
    st.lists(
        st.tuples(st.sampled_from([*TlvType, 0x77, 0x1FFFF]), st.binary(max_size=200)), max_size=12
    ),
    st.binary(max_size=99),
)
@settings(max_examples=150, deadline=None)
def test_strange_records_are_described_completely(
    tlvs: list[tuple[int, bytes]], content: bytes
) -> None:
    data = build_signed(tlvs, [content], lambda _: b"signature", 9)
    names = check(data)
    assert sum(name.endswith(".type") for name in names) >= len(tlvs)


@given(
    st.integers(0, 400), st.integers(0, 400), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)
)
@settings(max_examples=200, deadline=None)
def test_sections_that_overlap_everything_are_described_completely(
    a: int, b: int, c: int, d: int
) -> None:
    fields = {"sh_offset": a, "sh_size": c}
    sections = [
        Sec(".resource_table", struct.pack("<5I", 1, 1, 0, 0, 20) + bytes(60)),
        Sec(".text", b"text", fields=fields),
        Sec(".text", b"text", fields={"sh_offset": b, "sh_size": d}),
        Sec(".resource_table", b"again", fields=fields),
    ]
    check(build_elf([Seg(0, b"12345", fields={"p_offset": b, "p_filesz": c})], sections))


def test_an_elf_of_64_bits_is_described() -> None:
    data = bytearray(SEEDS["m4_rsc"] + bytes(100))
    data[4] = 2
    view = ElfView.parse(bytes(data))
    assert view.is_wide
    assert "elf.ehdr.e_flags" in check(bytes(data))


def test_one_damaged_byte_of_the_class_does_not_hide_the_rest() -> None:
    data = bytearray(elf("m4_rsc"))
    data[4] = 0x40
    assert "elf.phdrs[2].p_paddr" in check(bytes(data))
    assert "CLASS" in {finding.code for finding in describe_file(bytes(data)).findings}


def hostile_headers() -> bytes:
    """65535 program headers over 65535 sections, all of them claiming all of the file."""
    count = 0xFFFF
    phdr = struct.pack("<8I", 1, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 7, 0)
    shdr = struct.pack("<10I", 1, 1, 6, 0, 0, 0xFFFFFFFF, 0, 0, 0, 0)
    head = bytearray(build_elf(e_phnum=count, e_shnum=count, e_phoff=52, e_shstrndx=1)[:52])
    struct.pack_into("<I", head, 32, 52 + count * 32)
    return bytes(head) + phdr * count + shdr * count + b"n" * 1000


def hostile_tlvs() -> bytes:
    """A TLV area of a megabyte of empty records."""
    return build_signed([(0, b"")] * 131072, [], lambda _: b"", 0)


def hostile_images() -> bytes:
    """255 images in one, each of them nothing but program headers."""
    one = build_elf(e_phnum=0xFFFF, e_phoff=52)[:52] + bytes(4052)
    sizes = struct.pack("<I", len(one)) * 255
    return build_signed([(TlvType.IMGSIZE, sizes)], [one] * 255, lambda _: b"", 0)


def hostile_table() -> bytes:
    """A resource table of a million entries, every one a vdev of 255 vrings over all the others."""
    entry = struct.pack("<IIIIIIBBH", 3, 7, 0, 0, 0, 0xFFFFFFFF, 0, 255, 0)
    table = struct.pack("<4I", 1, 0xFFFFFFFF, 0, 0) + struct.pack("<I", 4096) * 250000
    return build_elf([], [Sec(".resource_table", table[:4096] + entry * 30000)])


@pytest.mark.parametrize("make", [hostile_headers, hostile_tlvs, hostile_images, hostile_table])
def test_hostile_files_take_a_few_seconds_at_most(make: object) -> None:
    assert callable(make)
    data = make()
    assert len(data) > 2**19
    start = time.process_time()
    assert len(check(data)) < 500_000
    assert time.process_time() - start < 15  # about two seconds each; nothing here is quadratic


def test_a_megabyte_takes_well_under_a_second() -> None:
    data = build_elf([Seg(0, bytes(1 << 20))], [Sec(".text", segment=0)])
    start = time.process_time()
    check(data)
    SignedImage.parse(build_signed([], [data], lambda _: b"", 0)).leaves()
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", Kind.EMPTY),
        (MAGIC + bytes(16), Kind.SIGNED),
        (b"\x7fELF" + bytes(60), Kind.ELF),
        (b"\x27\x05\x19\x56" + bytes(60), Kind.UIMAGE),
        (b"STM2" + bytes(60), Kind.STM32),
        (b"\xd0\x0d\xfe\xed" + bytes(60), Kind.FDT),
        (b":10000000000004100100001000000000000000DB\r\n", Kind.IHEX),
        (b"S00F000068656C6C6F202020202000003C\n", Kind.SREC),
        (b"\x1f\x8b\x08\x00", Kind.GZIP),
        (b"\xfd7zXZ\0", Kind.XZ),
        (b"PK\x03\x04", Kind.ZIP),
        (b"!<arch>\n", Kind.AR),
        (b"-----BEGIN PRIVATE KEY-----\n", Kind.PEM),
        (b"int main(void)\n{\n\treturn 0;\n}\n", Kind.TEXT),
        (b"\0\0\4\x10\1\0\0\x10", Kind.RAW),
        (b"\x68\xa4", Kind.RAW),
    ],
)
def test_files_are_known_by_how_they_begin(data: bytes, kind: Kind) -> None:
    assert identify(data) is kind
    described = describe_file(data)
    assert described.kind is kind
    assert len(described.leaves) >= (1 if data else 0)
    check(data)
    if kind not in (Kind.SIGNED, Kind.ELF):
        assert [finding.code for finding in described.findings] == ["FOREIGN"]
    if kind not in (Kind.SIGNED, Kind.ELF, Kind.TEXT, Kind.EMPTY):
        assert advice(kind)


def test_a_cut_header_is_told_and_shown_as_it_is() -> None:
    for data in (b"\x7fELF" + bytes(40), MAGIC + bytes(4)):
        described = describe_file(data)
        assert [finding.code for finding in described.findings] == ["TRUNCATED"]
        assert [leaf.path for leaf in described.leaves] == ["magic", "content"]
