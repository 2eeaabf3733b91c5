# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench review` and `rprocbench play` on the command line."""

import json
import os
import signal
from pathlib import Path

import pytest

from rprocbench.bench import Recording
from rprocbench.cli import main, review
from rprocbench.review import judge

REVIEW = ["review", "--design", "mainline", "--design", "v22", "--scenario", "boot-shutdown"]


def test_a_review_tells_the_matrix_and_saves_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Breaches are results: the status is 0."""
    data, page = tmp_path / "r.json", tmp_path / "r.html"
    assert main([*REVIEW, "--workers", "1", "--json", str(data), "--out", str(page)]) == 0
    shown = capsys.readouterr()
    assert "runs judged" in shown.err
    assert "v22" in shown.out
    rows = json.loads(data.read_text())
    assert {row["design"] for row in rows} == {"mainline", "v22"}
    assert rows[0]["place"] == ""
    text = page.read_text()
    assert "not called" in text
    assert all(row["script"] in text for row in rows if any(
        breach["origin"] == "design" for breach in row["breaches"]))  # fmt: skip


def test_workers_do_not_change_the_rows(tmp_path: Path) -> None:
    """Equal files for one worker and two."""
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    assert main([*REVIEW, "--workers", "1", "--json", str(one)]) == 0
    assert main([*REVIEW, "--workers", "2", "--json", str(two)]) == 0
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("argv", [
    ["review", "--design", "nothing"], ["review", "--workers", "0"], ["review", "--workers", "x"],
    ["review", "--scenario", "dance"], ["play", "--fault", "rproc_start"],
])  # fmt: skip
def test_wrong_usage_is_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "--help" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupt_stops_cleanly(
    workers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The first Ctrl-C ends it; what is done is told and saved, and the handler is the old one."""

    def interrupt(done: int, _total: int) -> None:
        if done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(review, "tell_progress", interrupt)
    path, before = tmp_path / "r.json", signal.getsignal(signal.SIGINT)
    assert main([*REVIEW, "--workers", workers, "--json", str(path)]) == 0
    assert "stopped: 3 of " in capsys.readouterr().err
    assert len(json.loads(path.read_text())) == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_an_unwritable_file_is_1(tmp_path: Path) -> None:
    where = tmp_path / "no" / "r.json"
    assert main([*REVIEW, "--workers", "1", "--json", str(where)]) == 1


def test_a_verdict_can_be_had_again_from_a_saved_run(tmp_path: Path) -> None:
    """The court reads nothing but the trace."""
    path = tmp_path / "run.json"
    argv = ["play", "--design", "v2", "--fault", "rproc_alloc_registered_carveouts=ENOMEM"]
    assert main([*argv, "--trace", str(path)]) == 1
    breaches = judge(Recording.load(path).trace)
    assert "every_successful_load_is_undone_before_linux_rests" in {b.invariant for b in breaches}


def test_a_clean_run_breaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "--design", "v22", "--scenario", "recovery"]) == 0
    assert "No invariant is broken." in capsys.readouterr().out
