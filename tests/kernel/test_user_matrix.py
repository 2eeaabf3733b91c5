# SPDX-License-Identifier: GPL-2.0-or-later
"""Every state and every word: what a write returns, and what it leaves (kernel.md section 1.5)."""

from collections.abc import Callable

import pytest

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.kernel import remoteproc_debugfs as debugfs
from rprocbench.kernel import remoteproc_sysfs as sysfs
from rprocbench.kernel.remoteproc import Rproc, RprocState

from . import images
from .driver import leave_table, machine

S = RprocState
EINVAL, EBUSY = Errno.EINVAL, Errno.EBUSY
Make = Callable[[], Rproc]


def attempt(call: Callable[..., int], *args: object) -> Errno | int:
    try:
        return call(*args)
    except ModelledError as error:
        return Errno(error.code)


def crash(rproc: Rproc) -> Rproc:
    debugfs.write(rproc, "crash", "1\n")
    return rproc


def offline() -> Rproc:
    return machine(images.GOOD)


def running(users: int = 1) -> Rproc:
    rproc = offline()
    for _ in range(users):
        sysfs.write(rproc, "state", "start\n")
    return rproc


def attached(users: int = 1, *, on_recovery: bool = False) -> Rproc:
    rproc = machine(images.GOOD, detached=True)
    rproc.attach_on_recovery = on_recovery
    leave_table(rproc, images.RPMSG)
    for _ in range(users):
        sysfs.write(rproc, "state", "start\n")
    return rproc


def crashed(users: int = 1) -> Rproc:
    rproc = running(users)
    sysfs.write(rproc, "recovery", "disabled\n")
    return crash(rproc)


def detached() -> Rproc:
    rproc = machine(images.GOOD, detached=True)
    leave_table(rproc, images.RPMSG)
    return rproc


def offline_after_failed_recovery() -> Rproc:
    rproc = running()
    rproc.host.files.clear()
    crash(rproc)
    rproc.host.files["fw"] = images.GOOD
    return rproc


def detached_after_failed_recovery() -> Rproc:
    rproc = attached(on_recovery=True)
    rproc.priv.fail["ops.attach"] = Errno.EIO
    crash(rproc)
    rproc.priv.fail.clear()
    return rproc


# made by, state and users; then for start, stop, detach: what is returned (None: the count), state
# and users afterwards
ROWS: list[tuple[Make, S, int, tuple[tuple[Errno | None, S, int], ...]]] = [
    (offline, S.OFFLINE, 0,
     ((None, S.RUNNING, 1), (EINVAL, S.OFFLINE, 0), (EINVAL, S.OFFLINE, 0))),
    (offline_after_failed_recovery, S.OFFLINE, 1,
     ((None, S.OFFLINE, 2), (EINVAL, S.OFFLINE, 1), (EINVAL, S.OFFLINE, 1))),
    (running, S.RUNNING, 1,
     ((None, S.RUNNING, 2), (None, S.OFFLINE, 0), (EINVAL, S.RUNNING, 1))),
    (lambda: running(2), S.RUNNING, 2,
     ((None, S.RUNNING, 3), (None, S.RUNNING, 1), (EINVAL, S.RUNNING, 2))),
    (attached, S.ATTACHED, 1,
     ((None, S.ATTACHED, 2), (None, S.OFFLINE, 0), (None, S.DETACHED, 0))),
    (lambda: attached(2), S.ATTACHED, 2,
     ((None, S.ATTACHED, 3), (None, S.ATTACHED, 1), (None, S.ATTACHED, 1))),
    (detached, S.DETACHED, 0,
     ((None, S.ATTACHED, 1), (EINVAL, S.DETACHED, 0), (EINVAL, S.DETACHED, 0))),
    (detached_after_failed_recovery, S.DETACHED, 1,
     ((None, S.DETACHED, 2), (EINVAL, S.DETACHED, 1), (EINVAL, S.DETACHED, 1))),
    (crashed, S.CRASHED, 1,
     ((None, S.CRASHED, 2), (None, S.OFFLINE, 0), (EINVAL, S.CRASHED, 1))),
    (lambda: crashed(2), S.CRASHED, 2,
     ((None, S.CRASHED, 3), (None, S.CRASHED, 1), (EINVAL, S.CRASHED, 2))),
]  # fmt: skip
CELLS = [
    pytest.param(make, state, users, word, cell, id=f"{state.name}-{users}-{word}")
    for make, state, users, cells in ROWS
    for word, cell in zip(("start", "stop", "detach"), cells, strict=True)
]


@pytest.mark.parametrize("end", ["\n", "", "\0", "\0junk", "\n\0"])
@pytest.mark.parametrize(("make", "state", "users", "word", "cell"), CELLS)
def test_state(  # noqa: PLR0913, PLR0917  a row of the table
    make: Make, state: S, users: int, word: str, cell: tuple[Errno | None, S, int], end: str
) -> None:
    rproc = make()
    assert (rproc.state, rproc.power) == (state, users)
    answer, after, left = cell
    text = word + end
    expected = len(text) if answer is None else answer
    assert attempt(sysfs.write, rproc, "state", text) == expected
    assert (rproc.state, rproc.power) == (after, left)
    assert sysfs.read(rproc, "state") == after.name.lower() + "\n"


STATES = [pytest.param(row[0], id=f"{row[1].name}-{row[2]}") for row in ROWS]
MISUSE = ["", "\0", "\n\n", "start\n\n", " start", "start ", "Start", "START\n", "starts", "sto",
          "detach\r\n", "\nstart", "x" * 5000]  # fmt: skip


@pytest.mark.parametrize("text", MISUSE)
@pytest.mark.parametrize("make", STATES)
def test_a_word_that_is_none_changes_nothing(make: Make, text: str) -> None:
    rproc = make()
    before = (rproc.state, rproc.power)
    expected = EINVAL if text else 0  # an empty write never reaches the driver
    assert attempt(sysfs.write, rproc, "state", text) == expected
    assert (rproc.state, rproc.power) == before


@pytest.mark.parametrize("make", STATES)
def test_the_firmware_changes_only_while_offline(make: Make) -> None:
    rproc = make()
    is_offline = rproc.state == S.OFFLINE
    assert attempt(sysfs.write, rproc, "firmware", "other\n") == (6 if is_offline else EBUSY)
    unknown = rproc.state == S.ATTACHED
    shown = "unknown" if unknown else "other" if is_offline else "fw"
    assert sysfs.read(rproc, "firmware") == shown + "\n"


@pytest.mark.parametrize(
    ("text", "shown"), [("a", "a"), ("a\n", "a"), ("a\nb", "a"), ("a b\n", "a b")]
)
def test_firmware_names(text: str, shown: str) -> None:
    rproc = offline()
    assert sysfs.write(rproc, "firmware", text) == len(text)
    assert sysfs.read(rproc, "firmware") == shown + "\n"


@pytest.mark.parametrize("text", ["\n", "\nname", "\0", "\0name"])
def test_names_that_are_none(text: str) -> None:
    assert attempt(sysfs.write, offline(), "firmware", text) == EINVAL


def test_a_page_is_written_at_most_and_read_less_one() -> None:
    rproc = offline()
    assert sysfs.write(rproc, "firmware", "n" * 5000) == 4096
    assert sysfs.read(rproc, "firmware") == "n" * 4095


@pytest.mark.parametrize("make", STATES)
@pytest.mark.parametrize(
    "text", ["enabled\n", "inline", "disabled\n", "default", "enabled\n\n", "x"]
)
def test_coredump(make: Make, text: str) -> None:
    rproc = make()
    word = text.removesuffix("\n")
    good = word in ("enabled", "inline", "disabled")
    expected = EBUSY if rproc.state == S.CRASHED else len(text) if good else EINVAL
    before = rproc.dump_conf
    assert attempt(sysfs.write, rproc, "coredump", text) == expected
    changed = good and rproc.state != S.CRASHED
    assert sysfs.read(rproc, "coredump") == (word if changed else before) + "\n"


@pytest.mark.parametrize(
    ("text", "answer", "state", "flag"),
    [
        ("enabled\n", 8, S.RUNNING, "enabled"), ("recover", 7, S.RUNNING, "disabled"),
        ("disabled\n", 9, S.CRASHED, "disabled"), ("enable", EINVAL, S.CRASHED, "disabled"),
        ("recover\n\n", EINVAL, S.CRASHED, "disabled"),
    ],
)  # fmt: skip
def test_recovery_of_a_crashed_processor(
    text: str, answer: Errno | int, state: S, flag: str
) -> None:
    rproc = crashed()
    assert attempt(sysfs.write, rproc, "recovery", text) == answer
    assert (rproc.state, sysfs.read(rproc, "recovery")) == (state, flag + "\n")


@pytest.mark.parametrize("files", [sysfs, debugfs])
@pytest.mark.parametrize("text", ["recover", "enabled"])
def test_a_recovery_that_fails_is_not_reported(files: object, text: str) -> None:
    rproc = crashed()
    rproc.host.files.clear()
    write = sysfs.write if files is sysfs else debugfs.write
    assert attempt(write, rproc, "recovery", text) == 7
    assert (rproc.state, rproc.power) == (S.OFFLINE, 1)


def test_files_and_their_modes() -> None:
    rproc = running()
    assert {name: sysfs.mode(rproc, name) for name in sysfs.SHOW} == {
        "state": 0o644, "firmware": 0o644, "name": 0o444, "recovery": 0o644, "coredump": 0o644,
    }  # fmt: skip
    assert attempt(sysfs.write, rproc, "name", "x") == Errno.EACCES
    assert attempt(sysfs.write, rproc, "name", "") == Errno.EACCES  # opening it fails already
    assert attempt(sysfs.write, rproc, "none", "x") == Errno.ENOENT
    rproc.sysfs_read_only = True
    for name in sysfs.SHOW:
        assert attempt(sysfs.write, rproc, name, "start") == Errno.EACCES
    with pytest.raises(ModelledError, match="ENOENT"):
        sysfs.read(rproc, "none")
