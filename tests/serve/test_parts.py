# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of the server, each by itself."""

import errno
import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rprocbench.base.errors import Errno, InputError, ModelledError
from rprocbench.serve.clock import BEHIND, SLICE, Pace
from rprocbench.serve.firmware import PARAMETER, FirmwareFolders
from rprocbench.serve.inode import Inode
from rprocbench.serve.ledger import Ledger
from rprocbench.serve.served_file import ServedFile

from .conftest import snapshot

HZ = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_processor_runs_no_faster_than_time_goes() -> None:
    clock = Clock()
    pace = Pace(HZ, clock)
    assert pace.target(5000) == 5000
    clock.now += 0.001
    assert pace.target(5000) == pytest.approx(6000, abs=1)
    clock.now += 0.02
    assert pace.target(6000) == 6000 + SLICE * HZ  # a piece at a time, so that users are heard


def test_one_that_lags_does_not_catch_up_for_ever() -> None:
    clock = Clock()
    pace = Pace(HZ, clock)
    pace.target(0)
    clock.now += 3600
    at, ran = 0, 0
    while (target := pace.target(at)) > at:
        ran += target - at
        at = target
    assert ran == pytest.approx(BEHIND * HZ, abs=1)


def test_sleep_is_not_caught_up_with() -> None:
    clock = Clock()
    pace = Pace(HZ, clock)
    pace.target(0)
    pace.rest()
    clock.now += 10
    assert pace.target(0) == 0


WORDS = (b"start", b"stop", b"detach")


@pytest.mark.parametrize(
    ("content", "shown", "text"),
    [
        (b"start\n", b"offline\n", b"start\n"),
        (b"start", b"offline\n", b"start"),
        (b"offline\nstart\n", b"offline\n", b"start\n"),  # appended
        (b"startne\n", b"offline\n", b"start"),  # written over the old text
        (b"stop\nng\n", b"running\n", b"stop\n"),
        (b"running\n", b"running\n", b"running\n"),  # the same again
        (b"", b"offline\n", b""),
        (b"foo\n", b"offline\n", b"foo\n"),
        (b"fooline\n", b"offline\n", b"fooline\n"),
        (b"start\n", b"", b"start\n"),
    ],
)
def test_what_was_written(content: bytes, shown: bytes, text: bytes) -> None:
    file = ServedFile(Path("state"), 0o644, lambda: shown, None, WORDS)
    assert file.text_of(content, shown) == text


def test_names_that_share_their_end_are_told_apart() -> None:
    file = ServedFile(Path("firmware"), 0o644, lambda: b"a1.elf\n")
    assert file.text_of(b"b1.elf\n", b"a1.elf\n") == b"b1.elf\n"


def test_a_file_nobody_wrote_to(tmp_path: Path) -> None:
    inode = Inode.make(tmp_path / "f", b"text\n", 0o200)
    assert not inode.was_written
    inode.put(b"other text\n")
    inode.let_go()
    assert (inode.was_written, inode.has_writer) == (False, False)
    with (tmp_path / "f").open("wb") as writer:
        writer.write(b"other text\n")
        writer.flush()
        assert (inode.was_written, inode.has_writer) == (True, True)
    assert (inode.was_written, inode.has_writer) == (True, False)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o200
    inode.close()


def folders(root: Path, found: list[str] | None = None) -> FirmwareFolders:
    names = [] if found is None else found
    return FirmwareFolders(root, "7.3", lambda name, _data: names.append(name))


def put(root: Path, name: str, data: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_firmware_is_looked_for_in_order(tmp_path: Path) -> None:
    order = ["own", "lib/firmware/updates/7.3", "lib/firmware/updates", "lib/firmware/7.3",
             "lib/firmware"]  # fmt: skip
    put(tmp_path, str(PARAMETER), b"/own\n")
    for folder in order:
        put(tmp_path, f"{folder}/fw", folder.encode())
    found: list[str] = []
    look = folders(tmp_path, found)
    for folder in order:
        assert look["fw"] == folder.encode()
        (tmp_path / folder / "fw").unlink()
    assert look.get("fw") is None
    assert found == ["fw"] * len(order)


@pytest.mark.parametrize("parameter", [b"", b"\n", b"\nown\n"])
def test_an_empty_parameter_names_no_folder(tmp_path: Path, parameter: bytes) -> None:
    put(tmp_path, str(PARAMETER), parameter)
    assert folders(tmp_path).custom() is None


def test_names_with_slashes_stay_below(tmp_path: Path) -> None:
    put(tmp_path, "lib/firmware/vendor/fw", b"yes")
    put(tmp_path, "elsewhere/fw", b"no")
    look = folders(tmp_path)
    assert look["vendor/fw"] == look["/vendor/fw"] == b"yes"
    assert look.get(str(tmp_path / "elsewhere/fw")) is None
    assert list(look) == []  # only what lies there itself is listed
    put(tmp_path, "lib/firmware/one", b"1")
    assert list(look) == ["one"]


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "lib/firmware/dir").mkdir(parents=True)
    with pytest.raises(ModelledError) as caught:
        folders(tmp_path)["dir"]
    assert caught.value.code == Errno.EINVAL


Spoil = Callable[[Path], object]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\xff{"),
        lambda path: path.write_text("[]", encoding="utf-8"),
        lambda path: path.write_text('{"files": 3, "shared": [], "folders": []}', encoding="utf-8"),
        lambda path: path.unlink(),
    ],
)
def test_a_spoilt_ledger_is_as_good_as_none(tmp_path: Path, spoil: Spoil) -> None:
    root = tmp_path / "root"
    first = Ledger(root, "remoteproc0")
    first.folder(root / "a/b")
    os.close(first._lock)  # killed
    spoil(root / ".rprocbench/remoteproc0/ledger")
    second = Ledger(root, "remoteproc0")
    second.folder(root / "c/d")
    second.close()
    assert set(snapshot(tmp_path)) == {"root", "root/a", "root/a/b"}


def test_a_ledger_removes_nothing_outside_its_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (tmp_path / "mine").write_bytes(b"mine")
    home = root / ".rprocbench/remoteproc0"
    home.mkdir(parents=True)
    told = {"files": ["../mine", "a/../../mine"], "shared": ["../mine"], "folders": []}
    (home / "ledger").write_text(json.dumps(told), encoding="utf-8")
    Ledger(root, "remoteproc0").close()
    assert snapshot(tmp_path) == {"mine": b"mine", "root": None}


def test_the_last_one_takes_away_what_is_shared(tmp_path: Path) -> None:
    root = tmp_path / "root"
    one, two = Ledger(root, "remoteproc0"), Ledger(root, "remoteproc1")
    one.shared_file(root / "sys/path", "\n")
    two.shared_file(root / "sys/path", "\n")
    two.folder(root / "lib")
    one.close()
    assert (root / "sys/path").exists()
    two.close()
    assert snapshot(tmp_path) == {}


def test_what_is_in_the_way_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "remoteproc0")
    (tmp_path / "state").symlink_to("nowhere")
    with pytest.raises(InputError, match="is there already"):
        ledger.file(tmp_path / "state")
    ledger.close()
    assert (tmp_path / "state").is_symlink()


@pytest.fixture
def no_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    real = fcntl.fcntl

    def without(fd: int, command: int, *args: int) -> int:
        if command == fcntl.F_SETLEASE:
            raise OSError(errno.EINVAL, "no leases here")
        return real(fd, command, *args)

    monkeypatch.setattr(fcntl, "fcntl", without)


@pytest.mark.usefixtures("no_leases")
def test_without_leases_a_writer_that_has_only_truncated_is_waited_for(tmp_path: Path) -> None:
    workshop = tmp_path / "workshop"
    workshop.mkdir()
    file = ServedFile(tmp_path / "state", 0o644, lambda: b"offline\n", None, WORDS)
    file.publish(workshop)
    with file.path.open("w", encoding="utf-8") as writer:
        assert file.take_written(workshop) is None
        assert file.path.read_bytes() == b"offline\n"  # a fresh one is in its place
        assert list(file.writes()) == []
        writer.write("start\n")
    assert list(file.writes()) == [b"start\n"]
    file.path.write_bytes(b"stop\n")
    assert file.take_written(workshop) == b"stop\n"
    file.publish(workshop)
    assert list(file.writes()) == []
    file.remove()
    assert snapshot(tmp_path) == {"workshop": None}
