# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench sign --st`: images for ST's downstream generation of the TA."""

from pathlib import Path

import pytest

from rprocbench.cli import main
from rprocbench.formats.elf_build import Seg, build_elf
from rprocbench.formats.keys import load_public_key
from rprocbench.tee.quick import QuickTa
from rprocbench.tee.st_otp import TEST_KEY

KEY = Path(__file__).parents[1] / "vectors" / "tee" / "rsa2048.pem"


@pytest.fixture
def sign(tmp_path: Path) -> Path:
    elf = build_elf([Seg(0, bytes(range(64)))], []) + bytes(8)
    (tmp_path / "fw.elf").write_bytes(elf)
    (tmp_path / "aes.key").write_bytes(TEST_KEY)
    return tmp_path


def run(where: Path, *args: str) -> int:
    fixed = ["--in", str(where / "fw.elf"), "--out", str(where / "out"), "--key", str(KEY)]
    return main(["sign", *fixed, *args])


def test_an_encrypted_image_loads_in_st_only(sign: Path) -> None:
    args = ["--enc_key", str(sign / "aes.key"), "--plat-tlv", "BOOTADDR", "0x0"]
    assert run(sign, *args) == 0
    image, key = (sign / "out").read_bytes(), load_public_key(KEY.read_bytes())
    results = {name: QuickTa(key, generation=name).load(image).result.name  # type: ignore[arg-type]
               for name in ("st", "head")}  # fmt: skip
    assert results == {"st": "SUCCESS", "head": "NO_DATA"}
    assert bytes(range(16)) not in image


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--st", "--plat-tlv", "0x10001", "0x0"], "knows the platform TLVs BOOTADDR and BOOTSEC"),
        (["--st", "--plat-tlv", "BOOTADDR", "soon"], "is a number of 32 bits"),
        (["--enc_key", str(KEY)], "16, 24 or 32 bytes"),
    ],
)
def test_wrong_input_is_told_in_one_line(
    sign: Path, capsys: pytest.CaptureFixture[str], args: list[str], words: str
) -> None:
    assert run(sign, *args) == 1
    assert words in capsys.readouterr().err
