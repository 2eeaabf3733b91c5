# SPDX-License-Identifier: GPL-2.0-or-later
"""A shell drives the tree with `echo` and `cat`, as users of remoteproc-simulator do."""

import pytest

from rprocbench.formats.elf_build import Seg, build_elf

from .conftest import Served, Start, eventually


def test_start_and_stop(served: Served) -> None:
    script = """
        cat $D/name $D/state $D/firmware
        echo echo.elf > $D/firmware
        echo start > $D/state
        cat $D/state $D/firmware
        echo stop > $D/state
        cat $D/state
    """
    assert served.sh(script).split() == [
        "m4",
        "offline",
        "rproc-m4-fw",
        "running",
        "echo.elf",
        "offline",
    ]
    served.tells("kernel: booting echo.elf")
    served.tells("kernel: stopped remote processor m4")


def test_a_firmware_folder_of_ones_own(served: Served) -> None:
    script = """
        mkdir $R/own $R/opt
        mv $R/lib/firmware/echo.elf $R/own/one.elf
        cp $R/own/one.elf $R/opt/two.elf
        echo -n $R/own > $R/sys/module/firmware_class/parameters/path
        echo one.elf > $D/firmware; echo start > $D/state; cat $D/state; echo stop > $D/state
        echo /opt > $R/sys/module/firmware_class/parameters/path
        echo two.elf > $D/firmware; echo start > $D/state; cat $D/state; echo stop > $D/state
        echo one.elf > $D/firmware; echo start > $D/state; cat $D/state
    """
    assert served.sh(script).split() == ["running", "running", "offline"]


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("state", "foo", "EINVAL (-22)"), ("state", "Start", "EINVAL (-22)"),
        ("state", "stop", "EINVAL (-22)"), ("state", "detach", "EINVAL (-22)"),
        ("recovery", "on", "EINVAL (-22)"), ("coredump", "default", "EINVAL (-22)"),
        ("firmware", "", "EINVAL (-22)"), ("name", "dsp0", "EACCES (-13)"),
    ],
)  # fmt: skip
def test_bad_words(idle: Served, file: str, text: str, code: str) -> None:
    before = idle.sh(f"cat $D/{file}")
    assert idle.sh(f"echo '{text}' > $D/{file}; cat $D/{file} $D/state") == f"{before}offline\n"
    idle.tells(f"{file}: write '{text}\\n': {code}")


OTHER = build_elf([Seg(0x40_0000, bytes(64))], e_machine=62)
TWICE = build_elf([Seg(0x1000_0000, bytes(64))], e_machine=243)


@pytest.mark.parametrize(
    ("image", "code", "message"),
    [
        (None, "ENOENT (-2)", "failed with error -2"),
        (b"", "EINVAL (-22)", "failed with error -22"),
        (b"no ELF file, but long enough to have a header of fifty-two", "EINVAL (-22)", "magic"),
        (OTHER, "EINVAL (-22)", "0x400000"),
    ],
)  # fmt: skip
def test_what_linux_refuses_stays_offline(
    idle: Served, image: bytes | None, code: str, message: str
) -> None:
    (idle.root / "lib/firmware/fw").unlink(missing_ok=True)
    if image is not None:
        idle.put("fw", image)
    assert idle.sh("echo fw > $D/firmware; echo start > $D/state; cat $D/state") == "offline\n"
    idle.tells(f"state: write 'start\\n': {code}")
    kernel = [line for line in idle.told().splitlines() if line.startswith("kernel")]
    assert any(message in line for line in kernel), kernel
    assert any("Boot failed: -" in line for line in kernel)
    script = "echo echo.elf > $D/firmware; echo start > $D/state; cat $D/state"
    assert idle.sh(script) == "running\n"


def test_linux_takes_an_elf_for_another_machine_that_fits(served: Served) -> None:
    served.put("riscv", TWICE)
    assert served.sh("echo riscv > $D/firmware; echo start > $D/state; cat $D/state") == "running\n"
    served.tells("note: riscv is for EM_RISCV")


def test_the_firmware_runs(served: Served) -> None:
    served.sh("echo echo.elf > $D/firmware; echo start > $D/state")
    eventually((served.debugfs / "trace0").exists, "there is no trace0")
    eventually(lambda: "announced" in served.sh("cat $G/trace0"), "the firmware says nothing")
    table = served.sh("cat $G/resource_table")
    assert "is of type vdev\n  ID 7\n" in table
    assert "  Status 0x7\n" in table
    assert "\tName: vdev0vring0\n" in served.sh("cat $G/carveout_memories")
    served.tells("firmware: announced rpmsg-raw")
    served.sh("echo stop > $D/state")
    eventually(lambda: not (served.debugfs / "trace0").exists(), "trace0 stays")
    assert served.sh("cat $G/resource_table") == "No resource table found\n"


def test_kill_in_the_middle_and_start_again(served: Served, start: Start) -> None:
    script = """
        echo echo.elf > $D/firmware
        echo start > $D/state
        cat $D/state
        kill -9 $PID
    """
    assert served.sh(script) == "running\n"
    served.process.wait()
    assert (served.sysfs / "state").exists()  # it had no time to clean up
    again = start()
    assert again.sh("cat $D/state $D/firmware") == "offline\nrproc-m4-fw\n"
    assert (
        again.sh("echo echo.elf > $D/firmware; echo start > $D/state; cat $D/state") == "running\n"
    )
    assert again.stop() == 0
    assert not (again.root / "sys").exists()
    assert (again.root / "lib/firmware/echo.elf").exists()
