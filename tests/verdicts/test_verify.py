# SPDX-License-Identifier: GPL-2.0-or-later
"""`verify_image` says what the TA says, as far as the image alone decides it."""

import json
import mmap
import tracemalloc
from pathlib import Path
from random import Random

import pytest

from rprocbench.base.errors import InputError, TeeResult
from rprocbench.formats.elf_build import Seg, build_elf
from rprocbench.formats.keys import RsaPublicKey
from rprocbench.formats.signer import sign_image
from rprocbench.verdicts import tee_load, verify_image
from tests.formats import recorded
from tests.tee.images import resigned
from tests.tee.machine import GOOD, KEY, signing_key, vector

from .images import flipped, small, two
from .records import negative

LATER = {  # what the TA asks of a board, or of section headers, once every hash was right
    "remoteproc_da_to_pa", "stm32_remoteproc_da_to_pa", "e32_parser_find_rsc_table",
    "e32_check_rsc_table", "remoteproc_parse_rsc_table", "e32_names_rsc_table",
}  # fmt: skip


def assert_agrees(image: bytes) -> None:
    """Both say the same, or the TA goes on to what only it can ask."""
    mine = verify_image(image, public_key=KEY)
    whole = tee_load(image, public_key=KEY, heap_size=None)
    if whole.real is TeeResult.TARGET_DEAD or whole.undefined:
        return
    if mine.holds:
        later = whole.step in LATER or "stm32_" in whole.step
        assert whole.is_loaded or later, (whole, mine)
    else:
        same = mine.code is whole.result
        beyond = "not in the file" in mine.why or "program header is not" in mine.why
        assert same or beyond or whole.result is TeeResult.ACCESS_DENIED, (whole, mine)
        assert mine.why


@pytest.mark.parametrize("record", negative(), ids=[record["name"] for record in negative()])
def test_malformed_images(record: dict[str, str]) -> None:
    assert_agrees(bytes.fromhex(record["image"]))


def test_recorded_edits() -> None:
    bases = {"A": GOOD, "M": vector("multi_rsa2048.sig")}
    for case in json.loads(vector("fuzz.json.gz"))["cases"][::3]:
        image = bytearray(bases[case["base"]])
        for offset, data in case["edits"]:
            image[offset : offset + len(data) // 2] = bytes.fromhex(data)
        assert_agrees(bytes(image))


def test_signed_nonsense() -> None:
    dice = Random(11)  # noqa: S311  the same each time
    for image in (small(), two()):
        for _ in range(150):
            broken = flipped(image, 8 * 20 + dice.randrange(8 * 280))
            assert_agrees(_resigned(broken))


def _resigned(image: bytes) -> bytes:
    """The image with a genuine signature, if it still has room for one."""
    try:
        return resigned(image)
    except (IndexError, ValueError):
        return image


SIGNED = ("m4_rsc_rsa2048", "m4_rsc_rsa3072", "m4_rsc_rsa4096", "multi_rsa2048", "m4_odd_rsa2048")


@pytest.mark.parametrize("name", SIGNED)
def test_images_of_the_real_signer_hold(name: str) -> None:
    key = recorded.key(recorded.RECIPES[name].key).public
    found = verify_image(recorded.image(name), public_key=key)
    assert found.holds
    assert found.segments
    assert found.hashed > 300


def test_one_bit_anywhere_in_signed_or_hashed_bytes_is_noticed() -> None:
    for bit in range(0, 8 * 300, 7):
        assert not verify_image(flipped(GOOD, bit), public_key=KEY).holds
    for bit in range(8 * 0x2C0, 8 * 0x395, 5):
        found = verify_image(flipped(GOOD, bit), public_key=KEY)
        assert found.code is TeeResult.SECURITY


def big(size: int) -> bytes:
    """A signed image of about that size."""
    segment = Seg(0x1000_0000, bytes(range(256)) * (size // 256))
    return sign_image([("big.elf", build_elf([segment], []))], signing_key()).image


def test_nothing_is_copied() -> None:
    image = big(1 << 20)
    tracemalloc.start()
    try:
        assert verify_image(image, public_key=KEY).holds
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024
    finally:
        tracemalloc.stop()


def test_forms_of_an_image(tmp_path: Path) -> None:
    path = tmp_path / "image.sig"
    path.write_bytes(GOOD)
    forms = [GOOD, bytearray(GOOD), memoryview(GOOD), memoryview(GOOD).cast("I"), path, str(path)]
    assert all(verify_image(form, public_key=KEY).holds for form in forms)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert verify_image(mapped, public_key=KEY).holds


@pytest.mark.parametrize("wrong", [7, None, ["x"], object()])
def test_what_is_no_image(wrong: object) -> None:
    with pytest.raises(InputError, match="bytes or a path"):
        verify_image(wrong, public_key=KEY)


def test_keys() -> None:
    assert isinstance(KEY, RsaPublicKey)
    assert verify_image(GOOD, public_key=vector("rsa2048.pem")).holds
    with pytest.raises(InputError):
        verify_image(GOOD, public_key=7)
    other = recorded.key("rsa2048_other").public
    assert verify_image(GOOD, public_key=other).code is TeeResult.SIGNATURE_INVALID
