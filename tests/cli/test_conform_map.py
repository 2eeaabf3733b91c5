# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench conform` and `rprocbench map`: what they print, and what they say to wrong input."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rprocbench.bench.demo import demo_image
from rprocbench.formats.keys import generate_key
from tests.tee.machine import GOOD, KEY
from tests.verdicts.records import golden, put, scripts
from tests.verdicts.test_conform import FUZZ, IMAGES, SCENARIOS

from .conftest import Ran
from .test_wrong_input import assert_told

Call = Callable[..., Ran]


@pytest.fixture
def tee(tmp_path: Path) -> Path:
    """A small copy of the recordings."""
    folder = golden(tmp_path)
    put(folder / "negative" / "verdicts.json", IMAGES[:10])
    put(folder / "fuzz.json", {"cases": FUZZ["cases"][:10]})
    put(folder / "scenarios.json", SCENARIOS[:3])
    put(folder / "verdicts.jsonl", scripts()[:10])
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """An image, its key, and what people hand over by mistake."""
    (tmp_path / "good.sig").write_bytes(GOOD)
    (tmp_path / "key.pem").write_bytes(KEY.pem())
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("hello\n", encoding="utf-8")
    return tmp_path


def test_agreement_is_told_by_file(call: Call, tee: Path) -> None:
    ran = call("conform", tee, "--jobs", "1")
    assert ran.status == 0
    assert "33 of 33 cases agree" in ran.out
    assert f"{tee / 'fuzz.json'}: 10 of 10 agree" in ran.out
    assert not ran.err


def test_a_disagreement_is_told_and_is_status_1(call: Call, tee: Path) -> None:
    case = dict(FUZZ["cases"][0]) | {"result": "SECURITY"}
    put(tee / "fuzz.json", {"cases": [case, FUZZ["cases"][1]]})
    ran = call("conform", tee / "fuzz.json", "--jobs", "2")
    assert ran.status == 1
    assert 'result: ours "SUCCESS", theirs "SECURITY"' in ran.out
    assert "1 of 2 cases agree" in ran.out
    told = json.loads(call("conform", tee / "fuzz.json", "--json").out)
    assert told["agrees"] is False
    (one,) = told["files"][0]["disagreements"]
    assert (one["field"], one["ours"], one["theirs"]) == ("result", "SUCCESS", "SECURITY")


def test_bases_elsewhere(call: Call, tee: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    alone = tmp_path_factory.mktemp("alone")
    put(alone / "fuzz.json", {"cases": FUZZ["cases"][:3]}, packed=True)
    without = call("conform", alone, "--jobs", "1")
    assert without.status == 1
    assert "3 not judged" in without.err
    ran = call("conform", alone, "--bases", tee, "--jobs", "1")
    assert ran.status == 0
    assert "3 of 3 cases agree" in ran.out


def test_conform_is_told_what_is_wrong(call: Call, files: Path, tee: Path) -> None:
    assert_told(call("conform", files / "missing"), 1, "NOT_FOUND", "missing")
    assert_told(call("conform", files / "folder"), 1, "no record file")
    assert_told(call("conform", files / "text"), 1, "no record file")
    assert_told(call("conform", tee, "--bases", files / "missing"), 1, "NOT_FOUND")
    assert_told(call("conform", tee, "--jobs", "0"), 2, "--jobs")
    assert_told(call("conform", tee, "--linux", "2.4"), 2, "no kernel '2.4'")
    assert_told(call("conform"), 2, "DIR")
    (tee / "verdicts.jsonl").write_text("{", encoding="utf-8")
    assert_told(call("conform", tee), 1, "BAD_FILE", "verdicts.jsonl")


def test_a_map_as_text_page_and_data(call: Call, files: Path) -> None:
    words = ("map", files / "good.sig", "--key", files / "key.pem")
    ran = call(*words, "--out", files / "page.html")
    assert ran.status == 0
    assert "278 accepted, effective" in ran.out
    assert "</html>" in (files / "page.html").read_text(encoding="utf-8")
    told = json.loads(call(*words, "--json", "--ta", "hardened").out)
    assert told["ta"] == "hardened"
    assert told["bits"]["different"] < 278


def test_the_demonstrations_key_is_the_default(call: Call, files: Path) -> None:
    (files / "demo.sign").write_bytes(demo_image())
    assert "As it is, the image is loaded." in call("map", files / "demo.sign").out
    other = files / "other.pem"
    other.write_bytes(generate_key().public.pem())
    ran = call("map", files / "demo.sign", "--key", other)
    assert ran.status == 0
    assert "refused: SIGNATURE_INVALID" in ran.out


def test_verify_quickly(call: Call, files: Path) -> None:
    words = ("verify", files / "good.sig", "--key", files / "key.pem", "--quick")
    ran = call(*words)
    assert (ran.status, ran.out.split(": ")[1]) == (0, "holds, 3 segments, 513 bytes hashed\n")
    assert json.loads(call(*words, "--json").out)["holds"] is True
    (files / "bad.sig").write_bytes(GOOD[:0x300] + b"\xff" + GOOD[0x301:])
    ran = call("verify", files / "bad.sig", "--key", files / "key.pem", "--quick")
    assert ran.status == 1
    assert "SECURITY: the segment at 0x10000000 has another hash" in ran.out
    assert_told(call(*words, "--out", files / "page.html"), 2, "--quick")
    assert_told(call("verify", files / "missing", "--quick"), 1, "NOT_FOUND")


def test_map_is_told_what_is_wrong(call: Call, files: Path) -> None:
    good = files / "good.sig"
    for name, code in {"missing": "NOT_FOUND", "folder": "IS_A", "empty": "EMPTY"}.items():
        assert_told(call("map", files / name), 1, code)
    assert_told(call("map", good, "--key", files / "text"), 1, "BAD_KEY")
    assert_told(call("map", good, "--board", "toaster"), 2, "no board 'toaster'")
    assert_told(call("map", good, "--ta", "newest"), 2, "newest")
    assert_told(call("map", good, "--out", files / "no" / "p.html"), 1, "NOT_WRITABLE")
    assert_told(call("map"), 2, "IMAGE")


def test_a_map_of_what_is_no_image_is_all_refused(call: Call, files: Path) -> None:
    ran = call("map", files / "text")
    assert ran.status == 0
    assert "48 refused" in ran.out


def test_ctrl_c_tells_what_is_known(files: Path) -> None:
    """The map is stopped in the middle by a bar that is as good as a hand on the keyboard."""
    stop = (
        "import sys, rprocbench.cli.map as m\n"
        "from contextlib import contextmanager\n"
        "import os, signal\n"
        "@contextmanager\n"
        "def bar(total, unit):\n"
        "    yield lambda bits: os.kill(os.getpid(), signal.SIGINT)\n"
        "m.progress_bar = bar\n"
        "from rprocbench.cli import main\n"
        f"sys.exit(main(['map', {str(files / 'good.sig')!r}, '--key', {str(files / 'key.pem')!r},"
        f" '--out', {str(files / 'page.html')!r}]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", stop], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 128 + signal.SIGINT, done.stderr
    assert "Traceback" not in done.stderr
    assert "stopped" in done.stderr
    assert "not known" in done.stdout
    assert "stopped before it was complete" in (files / "page.html").read_text(encoding="utf-8")
