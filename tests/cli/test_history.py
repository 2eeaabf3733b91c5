# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench history`: the history, and what it means for an image."""

import json
from pathlib import Path

import pytest

from rprocbench.cli import main

VECTORS = Path(__file__).parents[1] / "vectors" / "tee"
KEY, GOOD = str(VECTORS / "rsa2048.pem"), VECTORS / "m4_rsc_rsa2048.sig"


def said(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(["history", *args]) == 0
    return capsys.readouterr().out


def test_the_history_names_every_generation_and_commit(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys)
    for word in ("first", "hardened", "st ", "== preelf -> head", "2026-02-03 5597ed385", "W-17"):
        assert word in text


def test_an_image_that_a_commit_changes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    image = bytearray(GOOD.read_bytes())
    elf = image.index(b"\x7fELF")
    image[elf + 48 : elf + 50] = b"\0\0"  # e_shnum
    path = tmp_path / "stripped.sign"
    path.write_bytes(image)
    data = json.loads(said(capsys, "--json", "--key", KEY, str(path), str(GOOD)))
    changed = {c["commit"]: c["images"] for c in data["changes"] if c["images"]}
    assert list(changed) == ["5597ed385"]
    assert list(changed["5597ed385"]) == [str(path)]
    assert changed["5597ed385"][str(path)][0] == "SUCCESS"
    assert data["answers"][str(path)]["head"].startswith("BAD_FORMAT")
    assert set(data["answers"][str(GOOD)].values()) == {"SUCCESS"}
    assert "before  SUCCESS" in said(capsys, "--key", KEY, str(path))


def test_the_weaknesses(capsys: pytest.CaptureFixture[str]) -> None:
    assert "W-01  reads_paddr_first" in said(capsys, "--weaknesses")
    data = json.loads(said(capsys, "--weaknesses", "--json"))
    assert data["open"]["W-12"].startswith("the public default key")


def test_a_file_that_is_not_there_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "nowhere.sign"]) == 1
    assert capsys.readouterr().err.startswith("rprocbench: NOT_FOUND")
