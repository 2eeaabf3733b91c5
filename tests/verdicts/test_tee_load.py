# SPDX-License-Identifier: GPL-2.0-or-later
"""One image in, OP-TEE's verdict out."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rprocbench.base.errors import InputError, TeeResult
from rprocbench.formats.keys import generate_key, load_private_key
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee import GENERATIONS, HARDENED, Generation
from rprocbench.tee.st_otp import Fuses
from rprocbench.verdicts import tee_load
from rprocbench.verdicts.tee_machine import recorded_board
from tests.formats import recorded
from tests.tee.images import E_PHOFF, E_SHSTRNDX, elf_at, with_elf
from tests.tee.machine import GOOD, KEY, vector

from .records import negative


@pytest.mark.parametrize("record", negative(), ids=[record["name"] for record in negative()])
def test_malformed_images_get_the_recorded_answer(record: dict[str, Any]) -> None:
    image = bytes.fromhex(record["image"])
    verdict = tee_load(image, public_key=KEY, offset=record["buffer_align_offset"])
    assert verdict.result.name == record["result"]
    assert f"{verdict.result:#010x}" == record["code"]
    if record["pta_calls"]:
        assert verdict.pta_calls == record["pta_calls"]
    words = [int(word, 16) for word in record.get("rsc_table", {}).values()]
    assert verdict.rsc_table == ((words[0], words[2]) if any(words) else None)
    assert verdict.undefined is None or "image[" in verdict.undefined
    assert verdict.spans or record["buffer_align_offset"]  # no byte decides where it lies
    assert verdict.step


def test_a_loaded_image() -> None:
    verdict = tee_load(GOOD, public_key=KEY)
    assert verdict.is_loaded
    assert verdict.real is TeeResult.SUCCESS
    assert verdict.rsc_table == (0x1002_0000, 0x44)
    assert set(verdict.memory) == {"retram", "mcuram", "mcuram2"}
    assert verdict.memory["mcuram"] == verdict.memory["mcuram2"]
    assert str(verdict) == "SUCCESS (0x00000000)"
    alone = tee_load(GOOD, public_key=KEY, board=recorded_board())
    assert set(alone.memory) == {"retram", "mcuram2"}


def test_what_is_in_memory_when_a_later_segment_is_refused() -> None:
    image = bytearray(GOOD)
    image[elf_at(GOOD) + 52 + 3 * 32 + 0x40] ^= 1
    verdict = tee_load(image, public_key=KEY)
    assert verdict.result is TeeResult.SECURITY
    assert verdict.step == "rproc_pta_load_segment"
    assert verdict.pta_calls[-1] == "PTA.LOADSEG(da=0x10000000,size=0x48)=ffff000f"
    assert verdict.memory["retram"] == tee_load(GOOD, public_key=KEY).memory["retram"]
    assert str(verdict.spans[0]) == "image[0x300:0x348]"
    assert verdict.messages
    assert "does not match its hash" in verdict.why
    assert "from rproc_pta_load_segment" in str(verdict)


def test_a_read_outside_of_the_image_is_undefined_and_safely_refused() -> None:
    image = with_elf(GOOD, E_PHOFF, 0x7000_0000)
    verdict = tee_load(image, public_key=KEY)
    assert verdict.result is TeeResult.BAD_FORMAT
    assert verdict.real is TeeResult.TARGET_DEAD
    assert verdict.undefined
    assert "image[0x7000" in verdict.undefined
    careful = tee_load(image, public_key=KEY, ta="hardened")
    assert careful.real is TeeResult.BAD_FORMAT
    assert "read of" not in (careful.undefined or "")
    names = with_elf(GOOD, E_SHSTRNDX, 0xFFFF, 2)
    assert tee_load(names, public_key=KEY, ta="preelf").undefined
    assert tee_load(names, public_key=KEY).undefined is None


def test_a_header_that_is_not_all_there_is_read_all_the_same() -> None:
    verdict = tee_load(GOOD[:10], public_key=KEY)
    assert verdict.result is TeeResult.BAD_PARAMETERS
    assert verdict.undefined


@pytest.mark.parametrize(("offset", "code"), [(0, "SUCCESS"), (1, "BAD_PARAMETERS"),
                                              (2, "BAD_PARAMETERS"), (4, "SUCCESS")])  # fmt: skip
def test_the_buffers_alignment(offset: int, code: str) -> None:
    assert tee_load(GOOD, public_key=KEY, offset=offset).result.name == code


def test_a_null_pointer_and_an_empty_buffer() -> None:
    for nothing in (None, b""):
        verdict = tee_load(nothing, public_key=KEY)
        assert verdict.result is TeeResult.BAD_PARAMETERS
        assert not verdict.pta_calls


def test_a_heap_without_end_takes_more_rows() -> None:
    assert tee_load(GOOD, public_key=KEY, heap_size=600).result is TeeResult.OUT_OF_MEMORY
    assert tee_load(GOOD, public_key=KEY, heap_size=None).is_loaded


def test_every_form_of_a_key(tmp_path: Path) -> None:
    pem = vector("rsa2048.pem")
    private = load_private_key(pem)
    path = tmp_path / "key.pem"
    path.write_bytes(pem)
    der = KEY.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    forms = [KEY, private, KEY.key, private.key, pem, pem.decode(), KEY.pem(), bytearray(pem), der]
    for form in [*forms, path, str(path)]:
        assert tee_load(GOOD, public_key=form).is_loaded
    other = generate_key()
    assert tee_load(GOOD, public_key=other).result is TeeResult.SIGNATURE_INVALID


def test_forms_of_an_image(tmp_path: Path) -> None:
    path = tmp_path / "image.sig"
    path.write_bytes(GOOD)
    for form in (bytearray(GOOD), memoryview(GOOD), path, str(path)):
        assert tee_load(form, public_key=KEY, board=STM32MP157C_DK2).is_loaded


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"image": 7}, "bytes or a path"),
    ({"image": "no such file"}, "no file"),
    ({"public_key": None}, "no RSA or ECC key"),
    ({"public_key": b"\0\1"}, "neither PEM nor DER"),
    ({"public_key": recorded.pem("ecc_p256")}, "no RSA key"),
    ({"board": "toaster"}, "no board 'toaster'; there is stm32mp157c-dk2"),
    ({"ta": "newest"}, "called 'newest'"),
    ({"ta": 3}, "generation"),
    ({"ta": []}, "generation"),
    ({"board": []}, "no board"),
    ({"offset": -1}, "offset is"),
    ({"offset": 1.5}, "offset is"),
    ({"bits": 16}, "bits is 32 or 64"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_cannot_be_used_is_an_input_error(wrong: dict[str, Any], told: str) -> None:
    given: dict[str, Any] = {"image": GOOD, "public_key": KEY} | wrong
    image = given.pop("image")
    with pytest.raises(InputError, match=told):
        tee_load(image, **given)


def test_every_generation_by_its_names() -> None:
    names: list[Generation | str] = [*GENERATIONS, "HEAD", "pre-5597ed385", HARDENED]
    for name in names:
        verdict = tee_load(GOOD, public_key=KEY, ta=name)
        assert verdict.is_loaded
        assert "PTA.VERIFY=00000000" in verdict.pta_calls


def test_the_fuses_of_the_downstream_generation() -> None:
    wrong = Fuses(oem_rproc_pkh=bytes(32))
    assert tee_load(GOOD, public_key=KEY, ta="st", otp=Fuses()).is_loaded
    assert not tee_load(GOOD, public_key=KEY, ta="st", otp=wrong).is_loaded
