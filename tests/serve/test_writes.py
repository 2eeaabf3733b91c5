# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever way a program writes: each write is taken once, in order, and the truth is shown."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Served, Start, eventually

NO_LEASES = """
import fcntl, sys
real = fcntl.fcntl
def fcntl_without(fd, command, *args):
    if command == fcntl.F_SETLEASE:
        raise OSError(22, "no leases here")
    return real(fd, command, *args)
fcntl.fcntl = fcntl_without
from rprocbench.cli import main
sys.exit(main(sys.argv[1:]))
"""


def booted(served: Served) -> Served:
    assert (
        served.sh("echo echo.elf > $D/firmware; echo start > $D/state; cat $D/state") == "running\n"
    )
    return served


@pytest.mark.parametrize(
    "write",
    [
        "echo stop > $D/state", "printf stop > $D/state", "echo stop >> $D/state",
        "echo stop 1<> $D/state", "sed -i s/running/stop/ $D/state",
        "echo stop > $R/new; mv $R/new $D/state", "echo stop | dd of=$D/state 2> /dev/null",
        "printf stop | dd of=$D/state conv=notrunc 2> /dev/null",
        "echo stop | tee $D/state > /dev/null",
    ],
)  # fmt: skip
def test_ways_to_write(idle: Served, write: str) -> None:
    booted(idle).sh(write)
    idle.tells("kernel: stopped remote processor")
    eventually(lambda: idle.sh("cat $D/state") == "offline\n", "the file does not say so")


def test_quick_writes_are_taken_in_order(served: Served) -> None:
    rounds = 20
    script = (
        "for i in $(seq 20); do echo start > $D/state; echo stop > $D/state; done; cat $D/state"
    )
    served.sh("echo echo.elf > $D/firmware")
    assert served.sh(script) == "offline\n"
    kernel = [
        line for line in served.told().splitlines() if "m4 is now up" in line or "stopped" in line
    ]
    assert len(kernel) == 2 * rounds
    assert "EINVAL" not in served.told()


def test_writes_to_several_files_are_taken_in_order(idle: Served) -> None:
    idle.put("two.elf")
    script = """
        echo echo.elf > $D/firmware; echo start > $D/state; echo stop > $D/state
        echo two.elf > $D/firmware; echo enabled > $D/coredump; echo start > $D/state
        cat $D/firmware $D/coredump $D/state
    """
    assert idle.sh(script) == "two.elf\nenabled\nrunning\n"
    assert "EBUSY" not in idle.told()


def test_nothing_written_is_no_write(idle: Served) -> None:
    assert booted(idle).sh(": > $D/state; cat $D/state; : >> $D/state; cat $D/state") == (
        "running\nrunning\n"
    )
    assert "write" not in idle.told()


def test_a_touch_is_no_write_and_the_same_text_is_one(idle: Served) -> None:
    booted(idle).sh("touch $D/state $D/recovery; cat $D/state > /dev/null")
    assert "write" not in idle.told()
    idle.sh("echo running > $D/state")
    idle.tells("state: write 'running\\n': EINVAL (-22)")
    idle.sh("echo disabled > $D/recovery; echo 1 > $G/crash; cat $D/state > /dev/null")
    idle.tells("handling crash")
    idle.sh("echo disabled > $D/recovery; echo recover > $D/recovery")
    assert idle.sh("cat $D/state") == "running\n"


def test_readers_never_find_it_empty(idle: Served) -> None:
    booted(idle)
    seen: set[str] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add((idle.sysfs / "state").read_text(encoding="utf-8"))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    script = "for i in 1 2 3 4 5; do echo 1 > $G/crash; echo recover > $D/recovery; done"
    try:
        idle.sh(f"echo disabled > $D/recovery; {script}")
        idle.tells("handling crash #5")
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert seen == {"running\n", "crashed\n"}


def test_a_file_that_is_removed_comes_back(idle: Served) -> None:
    idle.sh("rm $D/state")
    eventually((idle.sysfs / "state").exists, "it does not")
    assert idle.sh("cat $D/state") == "offline\n"


def test_a_writer_that_takes_its_time_keeps_nobody_waiting(idle: Served) -> None:
    idle.sh("echo echo.elf > $D/firmware")
    with (idle.sysfs / "state").open("w", encoding="utf-8") as slow:
        slow.write("st")
        slow.flush()
        assert idle.sh("cat $D/state") == "offline\n"
        slow.write("art\n")
    assert idle.sh("cat $D/state") == "running\n"


def test_a_crash_of_the_kernel_ends_in_a_reboot(served: Served) -> None:
    from tests.kernel.images import carveout, elf, table

    served.put("oops", elf(table(carveout(b"%s%s%s%s"))))
    assert served.sh("echo oops > $D/firmware; echo start > $D/state; cat $D/state") == "offline\n"
    served.tells("the kernel crashes here: OOPS")
    served.tells("rebooting the modelled machine")
    booted(served)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Served]:
    """A server that gets no leases, as on some network file systems."""
    program = tmp_path / "no_leases.py"
    program.write_text(NO_LEASES, encoding="utf-8")
    starter = Start(tmp_path)
    running = starter(program=(str(program),))
    running.put("echo.elf")
    yield running
    starter.close()


def test_without_leases_it_works_all_the_same(plain: Served) -> None:
    state = plain.sysfs / "state"

    def shows(text: str) -> None:
        eventually(lambda: state.read_text(encoding="utf-8") == text, f"not {text}")

    plain.sh("echo echo.elf > $D/firmware")
    eventually(lambda: plain.sh("cat $D/firmware") == "echo.elf\n", "the name is not taken")
    plain.sh("echo start > $D/state")
    shows("running\n")
    eventually(lambda: "announced" in plain.sh("cat $G/trace0"), "the firmware says nothing")
    plain.sh("echo bad > $D/state")
    plain.tells("state: write 'bad\\n': EINVAL (-22)")
    shows("running\n")
    plain.sh("echo stop > $R/new; mv $R/new $D/state")
    shows("offline\n")
    plain.sh("rm $D/state")
    eventually(state.exists, "it does not come back")
    assert plain.stop() == 0
    assert not (plain.root / "sys").exists()


def test_the_program_says_what_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rprocbench", "serve"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--root-dir" in done.stderr
