# SPDX-License-Identifier: GPL-2.0-or-later
"""What each verb does when all is well."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rprocbench.base.trace import EVENTS
from rprocbench.bench import Recording
from rprocbench.bench.demo import demo_elf, demo_image
from rprocbench.resources import resource

from .conftest import Ran

Call = Callable[..., Ran]
KEY = resource("data", "keys", "demo_rsa2048.pem")


def test_demo_prints_the_echo_and_the_refusal(call: Call) -> None:
    ran = call("demo")
    assert ran.status == 0
    good, bad = ran.out.split("one byte flipped", 1)
    for words in ("'hello'", "announced rpmsg-raw", "RUNNING", "OP-TEE", "TEST key"):
        assert words in good
    for words in ("SECURITY", "REFUSED", "image[", "goto release_fw"):
        assert words in bad


def test_demo_gives_the_same_as_data(call: Call) -> None:
    ran = call("demo", "--json")
    good, bad = json.loads(ran.out)["boots"]
    assert (good["design"], good["verdict"], good["code"]) == ("v22", "running", None)
    assert good["messages"] == [
        {"id": 2, "direction": "sent", "text": "hello"},
        {"id": 2, "direction": "received", "text": "hello"},
    ]  # fmt: skip
    assert "echo 5 bytes" in good["trace_buffer"]
    assert (bad["verdict"], bad["code"], bad["messages"]) == ("refused", "SECURITY", [])
    assert {"Linux", "OP-TEE", "M4", "hardware"} == {event["lane"] for event in good["lanes"]}
    assert {event["event"] for event in good["lanes"]} <= set(EVENTS)


def test_demo_writes_one_offline_page(call: Call, tmp_path: Path) -> None:
    page = tmp_path / "demo.html"
    assert call("demo", "--out", page).status == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "SECURITY" in text
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text


def test_sign_makes_what_boot_runs(call: Call, tmp_path: Path) -> None:
    elf, out, trace = tmp_path / "a.elf", tmp_path / "a.sign", tmp_path / "run.json"
    elf.write_bytes(demo_elf())
    assert call("sign", "--in", elf, "--out", out, "--key", KEY) == Ran(0, "", "")
    assert out.read_bytes() == demo_image()
    assert call("boot", out, "--trace", trace, "--say", "one", "--say", "two").status == 0
    run = Recording.load(trace)
    assert [message.payload for message in run.messages] == [b"one", b"one", b"two", b"two"]


def test_boot_shows_the_unwinding(call: Call, tmp_path: Path) -> None:
    image = tmp_path / "a.sign"
    image.write_bytes(demo_image())
    ran = call("boot", image, "--design", "v22", "--fault", "rproc_tee_start=EIO")
    assert ran.status == 1
    labels = [line.split("goto ")[1].split()[0] for line in ran.out.splitlines() if "goto" in line]
    assert labels[-1] == "downref_rproc"
    assert {"unprepare_subdevices", "clean_up_resources", "release_fw"} <= set(labels)
    assert "injected" in ran.err


def test_inspect_names_every_byte_once(call: Call, tmp_path: Path) -> None:
    image = tmp_path / "a.sign"
    image.write_bytes(demo_image())
    told = json.loads(call("inspect", image, "--json").out)
    ends = [leaf["end"] for leaf in told["leaves"]]
    assert [leaf["start"] for leaf in told["leaves"]] == [0, *ends[:-1]]
    assert ends[-1] == told["size"] == len(demo_image())
    assert "tlv.HASHTABLE.rows[0].p_paddr" in call("inspect", image).out


VERBS = [
    "boot", "conform", "debug", "demo", "designs", "gdbserver", "history", "inspect", "keygen",
    "lab", "linux", "map", "play", "report", "review", "serve", "sign", "verify",
]  # fmt: skip


def test_no_verb_is_forgotten_here(call: Call) -> None:
    listed = [line.split()[0] for line in call("--help").out.splitlines() if line[:4] == "    "]
    assert sorted(set(listed) - {"VERB"}) == VERBS


@pytest.mark.parametrize("verb", [[], *([verb] for verb in VERBS)])
def test_each_verb_helps(call: Call, verb: list[str]) -> None:
    ran = call(*verb, "--help")
    assert ran.status == 0
    assert ran.out.startswith("usage: rprocbench")


@pytest.mark.parametrize("verb", ["demo", "demo --json", "inspect data/firmware/echo/echo.elf"])
def test_a_full_disk_is_told_in_one_line(verb: str) -> None:
    root = resource("data").parent
    command = f"{sys.executable} -m rprocbench {verb} > /dev/full"
    ran = subprocess.run(
        ["sh", "-c", command], check=False, capture_output=True, text=True, cwd=root
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("rprocbench: NOT_WRITABLE: standard output")
    assert len(ran.stderr.splitlines()) == 1


def test_output_into_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m rprocbench demo | head -1"
    ran = subprocess.run(  # our own interpreter
        ["sh", "-c", command], capture_output=True, text=True, check=True
    )
    assert "Traceback" not in ran.stderr
    assert ran.stdout.startswith("Signed")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("tee_client_invoke_func=EINTR", "EINTR"),
        ("optee_invoke_func=SECURITY", "EIO"),
        ("remoteproc_load_fw=GENERIC", "EIO"),
    ],
)
def test_a_ta_fails_by_its_transport_or_by_its_answer(
    call: Call, tmp_path: Path, fault: str, told: str
) -> None:
    image = tmp_path / "a.sign"
    image.write_bytes(demo_image())
    ran = call("boot", image, "--fault", fault, "--json")
    (boot,) = json.loads(ran.out)["boots"]
    assert (ran.status, boot["verdict"], boot["errno"]) == (1, "refused", told)
    assert boot["code"] == fault.split("=")[1]
