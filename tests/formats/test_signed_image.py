# SPDX-License-Identifier: GPL-2.0-or-later
"""The recorded images are read as they were meant, and built again byte for byte."""

import hashlib
from typing import Any

import pytest

from rprocbench.base.errors import InputCode, InputError
from rprocbench.formats.keys import EcPrivateKey
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.signed_image_build import build_signed
from rprocbench.formats.signer import sign_image
from rprocbench.formats.tlv import Tlv, TlvType, pack_tlv
from tests.formats.recorded import EXPECTED, IMAGES, RECIPES, VECTORS, elf, expected, image, key

NAMES = [path.stem for path in EXPECTED]
RSA = [name for name, recipe in RECIPES.items() if recipe.key.startswith("rsa")]


def test_every_recorded_image_has_a_recipe() -> None:
    assert {path.stem for path in IMAGES} == set(RECIPES)
    assert len(NAMES) == 17
    assert len(RSA) == 18


def value(tlv: Tlv) -> Any:
    """The value of a record as the recordings write it."""
    match tlv.type:
        case TlvType.SIGNTYPE | TlvType.NUM_IMG | TlvType.HASHTYPE:
            return tlv.value[0]
        case TlvType.IMGTYPE:
            return list(tlv.value)
        case TlvType.IMGSIZE:
            cut = range(0, len(tlv.value), 4)
            return [int.from_bytes(tlv.value[at : at + 4], "little") for at in cut]
    return tlv.value.hex()


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_image_holds_what_was_recorded(name: str) -> None:
    want, data = expected(name), image(name)
    assert hashlib.sha256(data).hexdigest() == want["sha256"]
    view = SignedImage.parse(data)
    header = {field: getattr(view.header, field) for field in view.header.FIELDS}
    assert header | {"magic": hex(view.header.magic)} == want["header"]
    offsets = want["offsets"]
    assert view.tlv_span.start == offsets["tlv"]
    assert view.signature_span.start == offsets["signature"]
    assert (view.images_span.start, view.images_span.end) == (offsets["images"], offsets["end"])
    assert view.signature.hex() == want["signature_hex"]
    assert [0, view.signed_span.end] == want["signed_bytes"]
    assert view.digest.hex() == want["signed_sha256"]
    assert len(view.tlvs) == len(want["tlvs"])
    for tlv, wanted in zip(view.tlvs, want["tlvs"], strict=True):
        assert hex(tlv.type) == wanted["type"]
        assert tlv.name.startswith(wanted["name"]) or wanted["name"] == "PLATFORM"
        assert tlv.header.span().start == wanted["offset"]
        assert (tlv.value_span.start, tlv.header.length) == (
            wanted["value_offset"],
            wanted["length"],
        )
        assert len(tlv.value_span) + len(tlv.padding) == wanted["padded"]
        if tlv.type != TlvType.HASHTABLE:
            assert value(tlv) == wanted.get("value", wanted.get("value_hex"))


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_image_has_the_recorded_rows_and_segments(name: str) -> None:
    want, view = expected(name), SignedImage.parse(image(name))
    table = next(tlv for tlv in want["tlvs"] if tlv["name"] == "HASHTABLE")
    assert len(view.rows) == want["hash_rows_total"] == len(table["value"]) > 0
    for row, wanted in zip(view.rows, table["value"], strict=True):
        for field in row.FIELDS:
            got = getattr(row, field)
            assert (got.hex() if field == "hash" else hex(got)) == wanted[field], field
    assert len(view.images) == len(want["images"]) > 0
    for payload, wanted in zip(view.images, want["images"], strict=True):
        assert payload.elf is not None
        assert (payload.span.start, payload.claimed) == (wanted["file_offset"], wanted["size"])
        header = payload.elf.header
        assert (header.e_phnum, header.e_phoff) == (wanted["e_phnum"], wanted["e_phoff"])
        assert (header.e_shoff, hex(header.e_entry)) == (wanted["e_shoff"], wanted["e_entry"])
        assert len(payload.elf.segments) == len(wanted["segments"]) > 0
        for phdr, segment in zip(payload.elf.segments, wanted["segments"], strict=True):
            row = view.rows[segment["table_row"]]
            same = all(getattr(phdr, field) == getattr(row, field) for field in phdr.FIELDS)
            assert same is segment["phdr_equals_table"]
            digest = hashlib.sha256(payload.elf.content(phdr)).digest()
            assert (digest == row.hash) is segment["hash_equals_table"]


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_recorded_image_has_no_findings_and_its_signature_is_good(name: str) -> None:
    view = SignedImage.parse(image(name))
    assert view.findings == ()
    public = key(RECIPES[name].key).public
    assert public.verify(view.digest, view.signature)
    assert not public.verify(bytes(32), view.signature)


@pytest.mark.parametrize("name", RSA)
def test_an_rsa_image_is_rebuilt_byte_for_byte(name: str) -> None:
    assert rebuilt(name) == image(name)


def rebuilt(name: str) -> bytes:
    """The image that our signer makes of the recipe of a recorded one."""
    recipe = RECIPES[name]
    info = (VECTORS / "keys" / f"{recipe.key_info}.bin").read_bytes() if recipe.key_info else None
    elfs = [(f"{part}.elf", elf(part)) for part in recipe.elfs]
    return sign_image(elfs, key(recipe.key), key_info=info, plat_tlvs=recipe.plat).image


def test_an_ecc_image_differs_in_its_signature_only_and_is_another_one_each_time() -> None:
    name = "m4_rsc_ecc_p256"
    signer = key("ecc_p256")
    assert isinstance(signer, EcPrivateKey)
    recorded, first, second = SignedImage.parse(image(name)), rebuilt(name), rebuilt(name)
    span = recorded.signature_span
    assert len(span) == 64
    for built in (first, second):
        assert built[: span.start] == recorded.data[: span.start]
        assert built[span.end :] == recorded.data[span.end :]
        view = SignedImage.parse(built)
        assert signer.public.verify(view.digest, view.signature)
    assert first != second


def test_a_header_cut_short_is_refused_and_nothing_else() -> None:
    data = image("m4_rsc_rsa2048")
    with pytest.raises(InputError) as caught:
        SignedImage.parse(data[:19])
    assert caught.value.code is InputCode.TRUNCATED
    assert SignedImage.parse(data[:20]).tlvs == ()
    codes = {finding.code for finding in SignedImage.parse(b"\0" * 20).findings}
    assert {"MAGIC", "VERSION", "EMPTY"} <= codes


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda d: d[:-8], "CUT"),
        (lambda d: d + b"12345678", "TRAILING"),
        (lambda d: b"\0" + d[1:], "MAGIC"),
        (lambda d: d[:4] + b"\2" + d[5:], "VERSION"),
        (lambda d: d[:8] + b"\xf8\xff\xff\xff" + d[12:], "CUT"),
        (lambda d: d[:24] + b"\xff\xff\xff\xff" + d[28:], "TLV_CUT"),
        (lambda d: d[:30] + b"\1" + d[31:], "TLV_PADDING"),
        (lambda d: d[:36] + b"\1" + d[37:], "TLV_TWICE"),
        (lambda d: d[:44] + b"\2" + d[45:], "NUM_IMG"),
        (lambda d: d[:76] + b"\1" + d[77:], "IMGSIZE"),
        (lambda d: d[:104] + b"\xbf" + d[105:], "ROW_CUT"),
        (lambda d: d[:556] + b"\0" + d[557:], "NOT_ELF"),
    ],
)
def test_damage_is_found_and_the_rest_still_shown(damage: Any, code: str) -> None:
    data = image("m4_rsc_rsa2048")
    view = SignedImage.parse(damage(data))
    assert code in {finding.code for finding in view.findings}
    assert len(view.data) == len(damage(data)) != 0
    assert view.header.sign_len == 256


def test_the_first_record_of_a_type_counts() -> None:
    tlvs = [(TlvType.NUM_IMG, b"\1"), (TlvType.NUM_IMG, b"\2"), (0x77, b"")]
    view = SignedImage.parse(build_signed(tlvs, [b"12345678"], lambda _: b"s", 1))
    first = view.first(TlvType.NUM_IMG)
    assert first is not None
    assert first.value == b"\1"
    assert view.first(TlvType.IMGSIZE) is None
    assert [payload.data for payload in view.images] == [b"12345678"]
    assert view.images[0].elf is None
    assert view.rows == ()


def test_a_record_is_padded_to_a_multiple_of_8() -> None:
    assert [len(pack_tlv(1, bytes(size))) for size in (0, 1, 8, 9)] == [8, 16, 16, 24]
