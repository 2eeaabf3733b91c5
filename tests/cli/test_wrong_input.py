# SPDX-License-Identifier: GPL-2.0-or-later
"""Wrong input: one or two lines that say what is wrong, exit status 1; 2 for wrong usage."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.resources import resource

from .conftest import Ran

Call = Callable[..., Ran]
KEY = resource("data", "keys", "demo_rsa2048.pem")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with all that people hand over by mistake."""
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("hello\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "cut.sign").write_bytes(demo_image()[:3000])
    (tmp_path / "head.sign").write_bytes(demo_image()[:12])
    (tmp_path / "cut.elf").write_bytes(demo_elf()[:40])
    (tmp_path / "good.sign").write_bytes(demo_image())
    (tmp_path / "good.elf").write_bytes(demo_elf())
    return tmp_path


def assert_told(ran: Ran, status: int = 1, *words: str) -> None:
    """One or two lines on standard error, of our own, and that exit status."""
    lines = ran.err.strip().splitlines()
    assert 1 <= len(lines) <= 2, ran.err
    assert all(line.startswith("rprocbench") for line in lines), ran.err
    assert "Traceback" not in ran.err + ran.out
    assert ran.status == status
    for word in words:
        assert word in ran.err


WRONG = {"missing": "NOT_FOUND", "folder": "IS_A_DIRECTORY", "empty": "EMPTY"}


@pytest.mark.parametrize("verb", ["boot", "inspect", "verify", "report"])
@pytest.mark.parametrize(("name", "code"), WRONG.items())
def test_verbs_that_read_an_image(call: Call, files: Path, verb: str, name: str, code: str) -> None:
    more = ("--out", files / "page.html") if verb == "report" else ()
    ran = call(verb, files / name, *more)
    assert_told(ran, 1, code, name)
    assert not (files / "page.html").exists()
    assert not ran.out


@pytest.mark.parametrize(("name", "code"), {**WRONG, "text": "NOT_ELF", "cut.elf": "TRUNCATED"}.items())  # fmt: skip  # noqa: E501
def test_sign_reads_elf_files(call: Call, files: Path, name: str, code: str) -> None:
    ran = call("sign", "--in", files / name, "--out", files / "out", "--key", KEY)
    assert_told(ran, 1, code)
    assert not (files / "out").exists()


@pytest.mark.parametrize(("name", "code"), {**WRONG, "text": "BAD_KEY", "good.elf": "BAD_KEY"}.items())  # fmt: skip  # noqa: E501
def test_keys_are_pem_files(call: Call, files: Path, name: str, code: str) -> None:
    key = files / name
    ran = call("sign", "--in", files / "good.elf", "--out", files / "out", "--key", key)
    assert_told(ran, 1, code)
    assert_told(call("boot", files / "good.sign", "--key", key), 1, code)


def test_verify_takes_what_may_be_an_image(call: Call, files: Path) -> None:
    assert_told(call("verify", files / "text"), 1, "text file")
    damaged = files / "damaged"
    damaged.write_bytes(b"\xff" + demo_image()[1:])
    ran = call("verify", damaged)
    assert ran.status == 1
    assert "magic" in ran.out
    assert_told(call("boot", damaged), 1, "BAD_PARAMETERS", "image[0x0:0x4]")


def test_boot_takes_firmware_only_unless_told_otherwise(call: Call, files: Path) -> None:
    assert_told(call("boot", files / "text"), 1, "text file", "--anyway")
    assert_told(call("boot", files / "text", "--anyway"), 1, "REFUSED", "BAD_PARAMETERS")


@pytest.mark.parametrize("name", ["cut.sign", "head.sign"])
def test_a_cut_image_is_refused_with_the_rule(call: Call, files: Path, name: str) -> None:
    ran = call("boot", files / name)
    assert_told(ran, 1, "REFUSED", "image[", "optee_os:")
    assert "goto release_fw" in ran.out


def test_another_key_is_a_refusal_in_words(call: Call, files: Path) -> None:
    assert call("keygen", "--out", files / "k.pem", "--pub", files / "p.pem").status == 0
    ran = call("boot", files / "good.sign", "--key", files / "p.pem")
    assert_told(ran, 1, "SIGNATURE_INVALID")


def test_an_ecc_key_signs_with_a_warning_and_is_none_of_op_tees(call: Call, files: Path) -> None:
    made = call("keygen", "--type", "p256", "--out", files / "e.pem", "--pub", files / "ep.pem")
    assert made.status == 0
    out = files / "ecc.sign"
    words = ("sign", "--in", files / "good.elf", "--out", out, "--key", files / "e.pem")
    assert_told(call(*words), 1, "BAD_KEY")
    signed = call(*words, "--key_type", "ECC")
    assert signed.status == 0
    assert "ECC_KEY" in signed.err
    assert_told(call("boot", out), 1, "NOT_SUPPORTED")
    assert_told(call("boot", out, "--key", files / "ep.pem"), 1, "BAD_KEY")


def test_passphrases_come_from_a_word_or_a_file(call: Call, files: Path) -> None:
    secret = files / "secret"
    secret.write_text("open sesame\n", encoding="utf-8")
    key = files / "k.pem"
    assert call("keygen", "--out", key, "--key_pwd_file", secret).status == 0
    words = ("sign", "--in", files / "good.elf", "--out", files / "out", "--key", key)
    assert_told(call(*words), 1, "BAD_PASSPHRASE")
    assert_told(call(*words, "--key_pwd", "wrong"), 1, "BAD_PASSPHRASE")
    assert call(*words, "--key_pwd_file", secret).status == 0
    assert call(*words, "--key_pwd", "open sesame").status == 0
    assert_told(call(*words, "--key_pwd_prompt"), 1, "no terminal")


def test_nothing_the_user_had_is_lost(call: Call, files: Path) -> None:
    key = files / "k.pem"
    key.write_text("mine", encoding="utf-8")
    assert_told(call("keygen", "--out", key), 1, "NOT_WRITABLE", "--force")
    assert key.read_text(encoding="utf-8") == "mine"
    assert call("keygen", "--out", key, "--force").status == 0
    assert "PRIVATE" in key.read_text(encoding="utf-8")
    assert key.stat().st_mode & 0o077 == 0o044 or key.stat().st_mode & 0o077 == 0
    kept = files / "good.sign"
    ran = call("boot", kept, "--trace", files / "folder")
    assert_told(ran, 1, "IS_A_DIRECTORY")
    assert_told(call("boot", kept, "--out", files / "no" / "such" / "dir.html"), 1, "NOT_WRITABLE")
    assert kept.read_bytes() == demo_image()
    assert sorted(path.name for path in files.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    "words",
    [
        (), ("nothing",), ("boot",), ("boot", "x", "--design", "v23"),
        ("boot", "x", "--board", "raspberry"), ("boot", "x", "--fault", "rproc_tee_start"),
        ("boot", "x", "--fault", "rproc_tee_start=EWHAT"), ("boot", "x", "--fault", "nobody=EIO"),
        ("boot", "x", "--fault", "rproc_tee_start#0=EIO"),
        ("boot", "x", "--fault", "remoteproc_load_fw=EIO"), ("sign",),
        ("boot", "x", "--fault", "tee_client_invoke_func=SECURITY"), ("keygen", "--out"),
        ("keygen", "--out", "k", "--type", "dsa"), ("inspect",), ("demo", "extra"),
        ("verify",), ("report", "x"), ("review", "--design", "v23"), ("review", "--workers", "0"),
        ("review", "--workers", "two"), ("review", "--scenario", "picnic"), ("designs", "v23"),
        ("play", "--design", "v23"), ("play", "--scenario", "picnic"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_status_2(call: Call, words: tuple[str, ...]) -> None:
    ran = call(*words)
    assert_told(ran, 2, "--help")
    assert len(ran.err.strip().splitlines()) == 1


def test_a_near_miss_is_offered(call: Call) -> None:
    assert "rproc_tee_start" in call("boot", "x", "--fault", "rproc_tee_strt=EIO").err


def test_a_place_that_was_never_reached_is_told(call: Call, files: Path) -> None:
    ran = call("boot", files / "good.sign", "--fault", "rproc_tee_start#7=EIO")
    assert ran.status == 0
    assert "rproc_tee_start#7" in ran.err


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"format": "rprocbench run"}',
        '{"format": "rprocbench run", "version": 9}',
    ],
)  # fmt: skip
def test_a_strange_run_file_is_refused(files: Path, text: str) -> None:
    from rprocbench.base.errors import InputError
    from rprocbench.bench import Recording

    path = files / "run.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"run\.json"):
        Recording.load(path)


def test_a_hostile_section_name_cannot_steer_the_terminal(call: Call, files: Path) -> None:
    from rprocbench.formats.elf_build import Sec, Seg, build_elf

    elf = build_elf([Seg(0, bytes(64))], [Sec("\x1b[2Jgone\u202e", b"12345678")])
    path = files / "\x1b[31mred"
    path.write_bytes(elf)
    for words in (("inspect", path), ("boot", path, "--design", "mainline")):
        ran = call(*words)
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
