# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command that a link shows is run, and prints what the link says; `rprocbench verify`."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from rprocbench.bench.chain import Chain, chain
from rprocbench.bench.chain_commands import file_word
from rprocbench.cli import main
from rprocbench.formats.keys import RsaPublicKey
from tests.formats import recorded
from tests.tee.machine import GOOD, KEY, signing_key

from .chain_cases import flipped, golden_key, tampered

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")


def words(text: str) -> str:
    return " ".join(text.split()).lower()


def run_all(view: Chain, folder: Path) -> int:
    """Run every command of the chain in `folder`; gives how many there were."""
    (folder / view.name).write_bytes(view.data)
    (folder / "pub.pem").write_bytes(view.key.pem())
    commands = [command for link in view.links for command in link.commands]
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command.line], cwd=folder, capture_output=True, text=True, check=False
        )
        assert words(command.prints) in words(done.stdout + done.stderr), command.line
    return len(commands)


@needs_openssl
@pytest.mark.parametrize(
    "name", ["m4_rsc_rsa2048", "m4_keyinfo_rsa2048", "m4_rsc_rsa4096", "multi_rsa2048"]
)
def test_commands_reproduce_the_links(name: str, tmp_path: Path) -> None:
    view = chain(recorded.image(name), golden_key(name), "it's mine.sig")
    assert run_all(view, tmp_path) > 12


@needs_openssl
@pytest.mark.parametrize("offset", [20, 92, 140, 400, 700, 1000, 1300])
def test_commands_tell_of_damage_as_the_links_do(offset: int, tmp_path: Path) -> None:
    assert run_all(chain(flipped(offset), KEY, "bad.sig"), tmp_path) > 10


@needs_openssl
def test_commands_tell_of_another_key(tmp_path: Path) -> None:
    other = recorded.key("rsa2048_other").public
    assert isinstance(other, RsaPublicKey)
    assert run_all(chain(GOOD, other, "-rf.sig"), tmp_path) > 10


@pytest.mark.parametrize(
    ("name", "word"),
    [("a.sig", "a.sig"), ("a b", "'a b'"), ("-n", "./-n"), ("$(x);`y`", "'$(x);`y`'"),
     ("a\nb", "image.sig"), ("", "image.sig"), ("\x1b[2J", "image.sig")],
)  # fmt: skip
def test_a_files_name_is_one_inert_word(name: str, word: str) -> None:
    assert file_word(name) == word


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "good.sig").write_bytes(GOOD)
    (tmp_path / "bad.sig").write_bytes(tampered())
    (tmp_path / "key.pem").write_bytes(signing_key().pem())
    return tmp_path


def test_verify_says_yes_to_a_whole_chain(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(files / "good.sig"), "--key", str(files / "key.pem")]) == 0
    said = capsys.readouterr().out
    assert "No link fails." in said
    assert "The TA answers SUCCESS" in said
    assert "openssl dgst -sha256 -verify pub.pem" in said


@pytest.mark.parametrize(("image", "key"), [("bad.sig", True), ("good.sig", False)])
def test_verify_says_no_and_where(
    files: Path, capsys: pytest.CaptureFixture[str], image: str, key: bool
) -> None:
    keys = ["--key", str(files / "key.pem")] if key else []
    assert main(["verify", str(files / image), *keys]) == 1
    said = capsys.readouterr().out
    assert "The first link that fails: " in said
    assert ("SECURITY" if key else "SIGNATURE_INVALID") in said


def test_verify_speaks_json(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = str(files / "bad.sig")
    assert main(["verify", image, "--key", str(files / "key.pem"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["holds"] is False
    assert told["answer"]["code"] == "SECURITY"
    (link,) = [link for link in told["links"] if link["name"] == told["broken"]]
    assert link["verdict"] == "FAIL"


@pytest.mark.parametrize("content", [b"\xff", b"\x7fELF" + bytes(60), b"\x00\x01nothing"])
def test_verify_takes_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "x").write_bytes(content)
    assert main(["verify", str(tmp_path / "x")]) == 1
    assert "The first link that fails: Header" in capsys.readouterr().out


def test_verify_refuses_a_key_that_optee_cannot_have(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "ecc.pem").write_bytes(recorded.pem("ecc_p256"))
    assert main(["verify", str(files / "good.sig"), "--key", str(files / "ecc.pem")]) == 1
    assert "is no RSA key" in capsys.readouterr().err
