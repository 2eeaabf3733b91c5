# SPDX-License-Identifier: GPL-2.0-or-later
"""`./bench` in a checkout of its own, with a pretended Python: nothing is installed here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Makes copies of itself, notes what pip is asked for, and tells how else it was called.
PYTHON = """#!/bin/sh
case $1 in
    -V) echo Python 3.99 ;;
    -c) case $2 in *ensurepip*) exit "${NO_ENSUREPIP:-0}" ;; esac ;;
    -m) case $2 in
            venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
            pip) [ "$3" = --version ] || { echo "$*" >>"$LOG" && exit "${PIP_FAILS:-0}"; } ;;
            *) echo "$PWD: $*" ;;
        esac ;;
    *) echo "$PWD: $*" ;;
esac
"""
TOOLS = (
    *("cat", "cksum", "cp", "dirname", "env", "mkdir", "mv", "paste", "readlink", "rm"),
    *("sh", "sleep", "sort", "tr"),
)


class Checkout:
    """A folder, with a space in its name, that holds what `./bench` needs."""

    def __init__(self, where: Path) -> None:
        self.root = where / "a checkout"
        self.tools = where / "bin"
        self.log = where / "pip.log"
        self.root.mkdir()
        self.tools.mkdir()
        for name in ("bench", "pyproject.toml"):
            shutil.copy(ROOT / name, self.root)
        for tool in TOOLS:
            (self.tools / tool).symlink_to(str(shutil.which(tool)))

    def add_python(self) -> None:
        """Put the pretended Python on the path."""
        (self.tools / "python3").write_text(PYTHON)
        (self.tools / "python3").chmod(0o755)

    def bench(self, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Call it from elsewhere."""
        return subprocess.run(
            [self.root / "bench", *args],
            cwd=self.tools,
            env={"PATH": str(self.tools), "LOG": str(self.log), **variables},
            check=False,
            capture_output=True,
            text=True,
        )

    @property
    def installed(self) -> list[str]:
        """What pip was asked for, so far."""
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        return [call.split()[-1] for call in calls]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Make a checkout without Python."""
    return Checkout(tmp_path)


@pytest.fixture
def ready(checkout: Checkout) -> Checkout:
    """Make a checkout that was set up for the demo."""
    checkout.add_python()
    checkout.bench("demo")
    return checkout


def test_it_is_plain_posix_shell() -> None:
    subprocess.run(["sh", "-n", ROOT / "bench"], check=True)


def test_without_a_verb_it_says_how_it_is_used(checkout: Checkout) -> None:
    ran = checkout.bench()
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("usage: ./bench VERB")


def test_without_python_it_says_in_one_line_what_to_install(checkout: Checkout) -> None:
    ran = checkout.bench("demo")
    assert ran.returncode == 1
    assert "Python 3.11" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_without_venv_it_says_in_one_line_what_to_install(checkout: Checkout) -> None:
    checkout.add_python()
    ran = checkout.bench("demo", NO_ENSUREPIP="1")
    assert ran.returncode == 1
    assert "apt install python3-venv" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_where_it_may_not_write_it_says_so_in_one_line(checkout: Checkout) -> None:
    checkout.add_python()
    checkout.root.chmod(0o555)
    ran = checkout.bench("demo")
    assert ran.returncode == 1
    assert "cannot be written" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_verb_goes_to_rprocbench_where_the_caller_stands(checkout: Checkout) -> None:
    checkout.add_python()
    ran = checkout.bench("boot", "my image", "--json")
    assert ran.stdout == f"{checkout.tools}: -P -m rprocbench boot my image --json\n"
    assert checkout.installed == ["."]


def test_tests_run_at_the_top_of_the_checkout(checkout: Checkout) -> None:
    checkout.add_python()
    ran = checkout.bench("test", "-k", "heap")
    assert ran.stdout == f"{checkout.root}: -m pytest -k heap\n"
    assert checkout.installed == [".[lab,test]"]


def test_the_second_call_starts_at_once(ready: Checkout) -> None:
    ran = ready.bench("demo")
    assert ran.stderr == ""
    assert ready.installed == ["."]


def test_what_is_asked_for_later_is_added(ready: Checkout) -> None:
    ready.bench("lab")
    ready.bench("demo")
    ready.bench("test")
    assert ready.installed == [".", ".[lab]", ".[lab,test]"]


def test_dev_has_everything(ready: Checkout) -> None:
    ready.bench("setup", "dev")
    ready.bench("test")
    assert ready.installed == [".", ".[dev]"]


def test_a_changed_project_is_installed_again(ready: Checkout) -> None:
    with (ready.root / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    ready.bench("demo")
    ready.bench("demo")
    assert ready.installed == [".", "."]


def test_a_moved_checkout_is_set_up_anew(ready: Checkout) -> None:
    moved = ready.root.with_name("moved")
    (ready.root / ".venv" / "old").touch()
    ready.root = ready.root.rename(moved)
    ready.bench("demo")
    assert ready.installed == [".", "."]
    assert not (moved / ".venv" / "old").exists()


def test_a_set_up_that_was_cut_short_is_begun_anew(ready: Checkout) -> None:
    (ready.root / ".venv" / "bench-stamp").write_text("unfinished\n")
    (ready.root / ".venv" / "half").touch()
    ran = ready.bench("demo")
    assert ran.returncode == 0
    assert not (ready.root / ".venv" / "half").exists()


def test_a_set_up_that_failed_says_so_and_is_begun_anew(checkout: Checkout) -> None:
    checkout.add_python()
    failed = checkout.bench("demo", PIP_FAILS="1")
    assert failed.returncode == 1
    assert "run it again" in failed.stderr.splitlines()[-1]
    assert checkout.bench("demo").returncode == 0


def test_a_lock_left_by_a_killed_call_is_taken_over(checkout: Checkout) -> None:
    checkout.add_python()
    lock = checkout.root / ".venv.lock"
    lock.mkdir()
    (lock / "pid").write_text("999999999\n")
    assert checkout.bench("demo").returncode == 0
    assert not lock.exists()
