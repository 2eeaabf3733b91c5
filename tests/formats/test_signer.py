# SPDX-License-Identifier: GPL-2.0-or-later
"""The signer says clearly what OP-TEE's script dies of, and warns of what the TA refuses."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from rprocbench.base.errors import InputCode, InputError
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.elf_records import Elf32_Phdr
from rprocbench.formats.finding import Finding
from rprocbench.formats.keys import KeyType, load_private_key, parse_key_type
from rprocbench.formats.resource_table_build import build_table, trace
from rprocbench.formats.sign_warnings import TA_HEAP, heap_peak
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.signer import platform_tlvs, sign_image
from rprocbench.formats.tlv import TlvType
from tests.formats.recorded import RECIPES, VECTORS, elf, key, pem

SCRIPT = {case["case"]: case for case in json.loads((VECTORS / "sign_cli_errors.json").read_text())}
EXIDX, GNU_STACK = 0x7000_0001, 0x6474_E551
TABLE = build_table([trace("t", 0, 16)])


def sign(data: bytes, name: str = "rsa2048", **options: Any) -> bytes:
    """Sign one file."""
    return sign_image([("a.elf", data)], key(name), **options).image


def warnings(*files: bytes, name: str = "rsa2048", **options: Any) -> list[Finding]:
    """The warnings about signing `files`."""
    elfs = [(f"{index}.elf", data) for index, data in enumerate(files)]
    result = sign_image(elfs, key(name), **options)
    for warning in result.warnings:
        assert warning.span is not None
        assert warning.span.end <= len(result.image)
        assert warning.text
    return list(result.warnings)


def codes(*files: bytes, **options: Any) -> list[str]:
    """The codes of those warnings."""
    return [warning.code for warning in warnings(*files, **options)]


def firmware(segments: list[Seg], sections: list[Sec] | None = None, **header: int) -> bytes:
    """An ELF file with a section of names, which the TA wants."""
    return build_elf(segments, sections or [], **header)


# What the script dies of -----------------------------------------------------------------------

X86 = build_elf([Seg(0, b"code")], e_machine=62, ei_class=2)
DIES: dict[str, tuple[Any, InputCode, str]] = {
    "rsaenc_bad": (
        lambda: load_private_key(pem("rsa2048_enc"), "wrong"),
        InputCode.BAD_PASSPHRASE,
        "open",
    ),
    "rsaenc_none": (
        lambda: load_private_key(pem("rsa2048_enc")),
        InputCode.BAD_PASSPHRASE,
        "needs",
    ),
    "rsapub": (lambda: load_private_key(pem("rsa2048_pub")), InputCode.BAD_KEY, "public"),
    "p384": (lambda: load_private_key(pem("ecc_p384")), InputCode.BAD_KEY, "P-256"),
    "p521": (lambda: load_private_key(pem("ecc_p521")), InputCode.BAD_KEY, "P-256"),
    "mism1": (
        lambda: sign(elf("m4_rsc"), "ecc_p256", key_type=KeyType.RSA),
        InputCode.BAD_KEY,
        "ECC",
    ),
    "mism2": (lambda: sign(elf("m4_rsc"), key_type=KeyType.ECC), InputCode.BAD_KEY, "RSA"),
    "badtype": (lambda: parse_key_type("DSA"), InputCode.BAD_VALUE, "DSA"),
    "lower": (lambda: parse_key_type("rsa"), InputCode.BAD_VALUE, "rsa"),
    "platrange": (lambda: platform_tlvs([("0x20000", "0x1")]), InputCode.BAD_VALUE, "0x20000"),
    "platrange2": (lambda: platform_tlvs([("0x5", "0x1")]), InputCode.BAD_VALUE, "0x5"),
    "platover": (
        lambda: platform_tlvs([("0x10001", "0x123456789")]),
        InputCode.BAD_VALUE,
        "32 bits",
    ),
    "platname": (lambda: platform_tlvs([("BOOTADDR", "0x1")]), InputCode.BAD_VALUE, "downstream"),
    "x86": (lambda: sign(X86), InputCode.UNSUPPORTED, "EM_X86_64"),
    "noelf": (lambda: sign(Path(VECTORS / "elf/main.c").read_bytes()), InputCode.NOT_ELF, "text"),
}


def test_every_death_of_the_script_is_here() -> None:
    usage = {name for name, case in SCRIPT.items() if case["exit_code"] == 2}
    assert usage == {"nokey", "noout", "noin"}  # the command line's to refuse
    assert set(DIES) == set(SCRIPT) - usage


@pytest.mark.parametrize("case", sorted(DIES))
def test_what_the_script_dies_of_is_told_in_one_clear_line(case: str) -> None:
    act, code, words = DIES[case]
    with pytest.raises(InputError) as caught:
        act()
    assert caught.value.code is code
    assert words in caught.value.why
    assert "\n" not in str(caught.value)


# 65535 segments, each of them all of the file
OVERLAPPING = build_elf([Seg(0, b"", fields={"p_offset": 0, "p_filesz": 0x1F_FFFF})] * 65535, None)


@pytest.mark.parametrize(
    ("files", "code", "words"),
    [
        ([], InputCode.BAD_VALUE, "nothing to sign"),
        ([b""], InputCode.NOT_ELF, "empty file"),
        ([b"\x7fELF\1"], InputCode.TRUNCATED, "cut short"),
        ([elf("m4_rsc")[:100]], InputCode.TRUNCATED, "program headers"),
        ([b"\x68\xa4\x43\x35" + bytes(99)], InputCode.NOT_ELF, "signed image"),
        ([b":10000000000004100100001000000000000000DB\n"], InputCode.NOT_ELF, "Intel HEX"),
        ([b"\x1f\x8b" + bytes(99)], InputCode.NOT_ELF, "unpack"),
        ([build_elf([Seg(0, b"")], ei_data=2)], InputCode.UNSUPPORTED, "big-endian"),
        ([build_elf([Seg(0, b"")], e_machine=183)], InputCode.UNSUPPORTED, "EM_AARCH64"),
        ([build_elf([Seg(0, b"", p_type=0x6000_0042)])], InputCode.UNSUPPORTED, "0x60000042"),
        ([elf("m4_rsc")] * 256, InputCode.BAD_VALUE, "255"),
        ([OVERLAPPING], InputCode.TOO_LARGE, "1 GiB"),
    ],
)
def test_what_cannot_be_signed_is_refused(files: list[bytes], code: InputCode, words: str) -> None:
    with pytest.raises(InputError) as caught:
        sign_image([("a.elf", data) for data in files], key("rsa2048"))
    assert caught.value.code is code
    assert words in caught.value.why


@pytest.mark.parametrize("pair", [("", "x"), ("010001", "x"), ("0x10001", "0xz"), ("0x10001", "0x"),
                                  ("0x10001", "0x-1"), ("1.5", ""), ("65535", ""), ("-1", ""),
                                  ("0x10001", "\udcff")])  # fmt: skip
def test_a_wrong_platform_tlv_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        platform_tlvs([pair])
    assert caught.value.code is InputCode.BAD_VALUE


def test_platform_tlvs_are_numbers_of_four_bytes_or_text() -> None:
    pairs = [
        ("0x10002", "0xff"),
        ("0b10000000000000001", "0Xff"),
        ("65538", "7"),
        ("0x1ffff", "0xffffffff"),
    ]
    assert list(platform_tlvs(pairs).items()) == [
        (0x10002, b"7"),
        (0x10001, b"0Xff"),
        (0x1FFFF, b"\xff\xff\xff\xff"),
    ]


# What a TA refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_recorded_images_warn_only_where_they_should(name: str) -> None:
    recipe = RECIPES[name]
    want = {"ecc_p256": ["ECC_KEY"], "rsa1028": ["KEY_SIZE"]}.get(recipe.key, [])
    want = want + (["TWO_TABLES"] if name == "multi_2rsc_rsa2048" else [])
    assert codes(*map(elf, recipe.elfs), name=recipe.key) == want


def test_a_segment_hidden_by_another_header_is_told() -> None:
    code = Seg(0x1000_0000, b"code")
    assert codes(firmware([Seg(0x1000_0000, b"idx", EXIDX), code])) == ["SHADOWED"]
    assert codes(firmware([Seg(0, b"", GNU_STACK), Seg(0, b"vectors")])) == ["SHADOWED"]
    assert codes(firmware([Seg(0, b"", 0), Seg(0, b"vectors")])) == ["SHADOWED"]
    assert codes(firmware([code, Seg(0x1000_0000, b"idx", EXIDX)])) == []
    assert codes(firmware([Seg(0, b"", GNU_STACK), code])) == []
    (warning,) = warnings(firmware([Seg(0x1000_0000, b"idx", EXIDX), code]))
    assert "PT_ARM_EXIDX" in warning.text
    assert "segment 1 of 0.elf" in warning.text
    assert warning.span is not None
    assert warning.span.start == 108  # the row that hides it


def test_a_row_of_another_image_hides_as_well() -> None:
    assert codes(firmware([Seg(0, b"", GNU_STACK)]), firmware([Seg(0, b"vectors")])) == ["SHADOWED"]
    assert codes(firmware([Seg(0, b"vectors")]), firmware([Seg(0, b"others!")])) == [
        "SHARED_ADDRESS"
    ]
    assert codes(firmware([Seg(0, b"vectors")]), firmware([Seg(0, b"vectors")])) == []


def test_two_segments_at_one_address_are_told() -> None:
    assert codes(firmware([Seg(0, b"12"), Seg(0, b"123")])) == ["SHARED_ADDRESS"]
    assert codes(firmware([Seg(0, b"12"), Seg(0, b"12", fields={"p_memsz": 9})])) == [
        "SHARED_ADDRESS"
    ]
    (other,) = warnings(firmware([Seg(0, b"12"), Seg(0, b"34")]))
    assert "SECURITY" in other.text


def rows(count: int) -> bytes:
    """A firmware of `count` segments."""
    return firmware([Seg(0x1000_0000 + 64 * index, bytes([index])) for index in range(count)])


@pytest.mark.parametrize(("name", "most"), [("rsa2048", 28), ("rsa3072", 27), ("rsa4096", 26)])
def test_more_segments_than_the_heap_holds_are_told(name: str, most: int) -> None:
    # Recorded: 28 segments load with RSA-2048, 29 and 40 do not (OUT_OF_MEMORY).
    assert codes(rows(most), name=name) == []
    (warning,) = warnings(rows(most + 1), name=name)
    assert (warning.code, "OUT_OF_MEMORY" in warning.text) == ("HEAP", True)
    assert codes(rows(40), name=name) == ["HEAP"]


def test_a_long_key_info_needs_heap_too() -> None:
    assert codes(elf("m4_rsc"), key_info=bytes(1000)) == []
    assert codes(elf("m4_rsc"), key_info=bytes(2000)) == ["HEAP"]
    assert heap_peak(88 + 64 * 28, 256, 64 * 28) <= TA_HEAP < heap_peak(88 + 64 * 29, 256, 64 * 29)


def tabled(table: bytes, **fields: int) -> bytes:
    """A firmware with a resource table."""
    return firmware([Seg(0, b"vectors!")], [Sec(".resource_table", table, fields=fields)])


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (build_elf([Seg(0, b"v")], None), "NO_SECTIONS", "section headers"),
        (firmware([Seg(0, b"v")], e_shstrndx=9), "NO_SECTIONS", "section names"),
        (firmware([Seg(0, b"v")], e_shnum=9), "SECTIONS_CUT", "missing"),
        (
            firmware([Seg(0, b"v")], [Sec("x", b"1", fields={"sh_name": 99})]),
            "NAMES_CUT",
            "section 1",
        ),
        (firmware([Seg(0, b"v")], e_phentsize=56), "HEADER", "e_phentsize"),
        (firmware([Seg(0, b"v")], e_shentsize=64), "HEADER", "e_shentsize"),
        (firmware([Seg(0, b"v")], ei_version=0), "HEADER", "ei_version"),
        (firmware([]), "HEADER", "no program headers"),
        (firmware([Seg(0, b"v", fields={"p_filesz": 9999})]), "SEGMENT_CUT", "BAD_FORMAT"),
        (firmware([Seg(0, b"", fields={"p_offset": 0xFFFF_FF00})]), "SEGMENT_CUT", "segment 0"),
        (tabled(TABLE, sh_offset=0xFFFF), "TABLE", "outside"),
        (tabled(TABLE, sh_size=8), "TABLE", "8 bytes"),
        (tabled(TABLE, sh_offset=85), "MISALIGNED", "CORRUPT_OBJECT"),
        (tabled(build_table([], ver=2)), "TABLE", "version 2"),
        (tabled(build_table([], reserved0=1)), "TABLE", "reserved"),
        (tabled(build_table([], num=9)), "TABLE", "9 entries"),
    ],
)
def test_what_the_ta_refuses_is_told(data: bytes, code: str, words: str) -> None:
    found = warnings(data)
    assert [warning.code for warning in found] == [code]
    assert words in found[0].text
    assert "the TA will answer" in found[0].text


def test_a_sound_firmware_has_no_warnings() -> None:
    assert codes(tabled(TABLE)) == []
    assert codes(tabled(b"")) == []
    assert codes(firmware([Seg(0, b"v")])) == []


def moved(data: bytes, field: int, by: int) -> bytes:
    """`data` with what the file offset at `field` points to moved by a few bytes."""
    at = struct.unpack_from("<I", data, field)[0]
    changed = data[:at] + bytes(by) + data[at:]
    return changed[:field] + struct.pack("<I", at + by) + changed[field + 4 :]


def test_misaligned_headers_are_told() -> None:
    sections = firmware([Seg(0, b"v")])
    assert codes(moved(sections, 32, 2)) == ["MISALIGNED"]
    phdr = Elf32_Phdr.parse(sections, 52).replace(p_filesz=0).pack()
    moved_phdr = sections + bytes(-len(sections) % 4 + 2)
    at = len(moved_phdr)
    moved_phdr = moved_phdr[:28] + struct.pack("<I", at) + moved_phdr[32:] + phdr
    assert codes(moved_phdr) == ["MISALIGNED"]


def test_a_segment_whose_last_bytes_are_padding_is_told() -> None:
    # The script hashes what the file has; the TA hashes p_filesz bytes, the last ones of padding.
    data = firmware([Seg(0, b"v" * 5)]) + b"odd"
    size = len(data)
    assert size % 8 == 3
    offset = struct.unpack_from("<I", data, 52 + 4)[0]
    data = data[: 52 + 16] + struct.pack("<II", size + 1 - offset, size + 1) + data[52 + 24 :]
    (warning,) = warnings(data)
    assert (warning.code, "SECURITY" in warning.text) == ("SEGMENT_CUT", True)


def test_the_later_images_of_a_file_are_not_checked_for_what_the_ta_does_not_check() -> None:
    assert codes(firmware([Seg(0, b"v")]), firmware([], e_phentsize=1)) == []


def test_the_order_of_records_is_the_scripts() -> None:
    image = sign(elf("m4_rsc"), key_info=b"info", plat_tlvs=[("0x10002", "a"), ("0x10001", "b")])
    types = [tlv.type for tlv in SignedImage.parse(image).tlvs]
    assert types == [1, 3, 4, 5, 2, 0x10, TlvType.PKEYINFO, 0x10002, 0x10001]
