# SPDX-License-Identifier: GPL-2.0-or-later
"""How a server begins and ends: what it makes, and that it takes away that and nothing else."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rprocbench.bench.demo import demo_image
from rprocbench.formats.elf_build import Seg, build_elf
from rprocbench.resources import resource
from tests.kernel.images import carveout, elf, table

from .conftest import PATIENCE, Start, eventually, snapshot

FILES = {
    "sys/class/remoteproc/remoteproc0": {"state", "firmware", "name", "recovery", "coredump"},
    "sys/kernel/debug/remoteproc/remoteproc0": {
        "name", "recovery", "crash", "resource_table", "carveout_memories", "coredump",
    },
    "sys/module/firmware_class/parameters": {"path"},
    "lib/firmware": set(),
}  # fmt: skip
MODES = {"state": 0o644, "name": 0o444}


def refused(*words: object) -> str:
    """What `serve` says when it does not come up: one line."""
    done = subprocess.run(
        [sys.executable, "-m", "rprocbench", "serve", *map(str, words)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    lines = [line for line in done.stderr.splitlines() if line.startswith("rprocbench: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def test_the_tree_is_that_of_linux(start: Start) -> None:
    root = start().root
    for folder, names in FILES.items():
        assert {path.name for path in (root / folder).iterdir()} == names
    for name, mode in MODES.items():
        path = root / "sys/class/remoteproc/remoteproc0" / name
        assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_nothing_is_left(start: Start, number: signal.Signals) -> None:
    served = start()
    served.process.send_signal(number)
    assert served.process.wait(PATIENCE) == 0
    assert not served.root.exists()
    served.tells(f"stopped by {number.name}")


def test_what_was_there_before_stays(start: Start, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("lib/firmware/mine", "sys/class/remoteproc/remoteproc7/state", "sys/class/x/y"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine\n", encoding="utf-8")
    before = snapshot(root)
    served = start()
    served.put("echo.elf")
    served.sh("echo echo.elf > $D/firmware; echo start > $D/state; echo 1 > $G/crash; cat $D/state")
    (root / "lib/firmware/echo.elf").unlink()
    assert served.stop() == 0
    assert snapshot(root) == before


def test_a_killed_server_leaves_no_file_of_another(start: Start) -> None:
    first = start()
    first.process.kill()
    first.process.wait()
    (first.root / "sys/class/net").mkdir()
    (first.sysfs / "notes").write_text("mine\n", encoding="utf-8")
    second = start()
    assert second.stop() == 0
    left = {name for name, data in snapshot(first.root).items() if data is not None}
    assert left == {"sys/class/remoteproc/remoteproc0/notes"}


def test_two_processors_under_one_root(start: Start) -> None:
    one, two = start("--name", "dsp0"), start("--name", "dsp1", index=3)
    assert one.sh("cat $D/name $D/firmware") == "dsp0\nrproc-dsp0-fw\n"
    assert two.sh("cat $D/name $D/firmware") == "dsp1\nrproc-dsp1-fw\n"
    assert one.stop() == 0
    assert two.sh("cat $D/state") == "offline\n"
    two.put("fw")
    assert two.sh("echo fw > $D/firmware; echo start > $D/state; cat $D/state") == "running\n"
    two.tells("kernel: powering up dsp1")


def test_one_at_a_time(start: Start) -> None:
    served = start()
    told = refused("--root-dir", served.root)
    assert "served already" in told
    assert served.sh("cat $D/state") == "offline\n"


def test_roots_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "NOT_WRITABLE" in refused("--root-dir", file)
    assert "NOT_WRITABLE" in refused("--root-dir", file / "below")
    assert "NOT_WRITABLE" in refused("--root-dir", "/proc/nowhere")
    assert not snapshot(tmp_path).keys() - {"file"}


def test_a_file_of_somebody_elses_in_the_way(tmp_path: Path) -> None:
    state = tmp_path / "sys/class/remoteproc/remoteproc0/state"
    state.parent.mkdir(parents=True)
    state.write_text("theirs\n", encoding="utf-8")
    before = snapshot(tmp_path)
    assert "is there already" in refused("--root-dir", tmp_path)
    assert snapshot(tmp_path) == before


def test_a_core_that_is_not_executed(tmp_path: Path, start: Start) -> None:
    root = tmp_path / "m33"
    told = refused("--root-dir", root, "--board", "stm32mp257f-ev1")
    assert "UNSUPPORTED" in told
    assert "cortex-m33" in told
    assert not root.exists()
    served = start("--board", "stm32mp257f-ev1", "--no-engine", root=root)
    assert served.sh("cat $D/name $D/state") == "m33\noffline\n"


def test_a_design_with_signed_images(start: Start) -> None:
    served = start("--design", "v22")
    served.put("echo.elf")
    served.put("echo.sign", demo_image())
    script = "echo {} > $D/firmware; echo start > $D/state; cat $D/state"
    assert served.sh(script.format("echo.elf")) == "offline\n"
    served.tells("state: write 'start\\n'")
    assert served.sh(script.format("echo.sign")) == "running\n"
    served.tells("firmware: announced")


def test_a_board_that_boots_by_itself(start: Start, tmp_path: Path) -> None:
    library = tmp_path / "root/lib/firmware"
    library.mkdir(parents=True)
    shutil.copy(resource("data", "firmware", "echo", "echo.elf"), library / "rproc-m4-fw")
    served = start("--board", "example-controller")
    assert served.sh("cat $D/state") == "running\n"


def test_it_sleeps_when_nothing_happens(start: Start) -> None:
    served = start()
    served.put("echo.elf")
    served.sh("echo echo.elf > $D/firmware; echo start > $D/state")
    served.tells("firmware: announced")

    def switches() -> int:
        status = Path(f"/proc/{served.process.pid}/status").read_text(encoding="utf-8")
        (line,) = [x for x in status.splitlines() if x.startswith("voluntary_ctxt_switches")]
        return int(line.split()[1])

    def is_still() -> bool:
        before = switches()
        os.sched_yield()
        served.sh("sleep 0.3")
        return switches() - before <= 2  # a main loop that polls wakes more often

    eventually(is_still, "the main thread never comes to rest")


def test_a_tree_that_is_taken_away_ends_it_in_one_line(start: Start) -> None:
    served = start()
    shutil.rmtree(served.root, ignore_errors=True)
    assert served.process.wait(PATIENCE) == 1
    served.tells("cannot be served any more")
    assert "Traceback" not in served.told()


def test_a_firmware_that_never_rests_keeps_nobody_waiting(start: Start) -> None:
    busy = bytes.fromhex("0130fde7")  # adds r0, #1; b .-2
    vectors = bytes.fromhex("0000021001000010").ljust(0x200, b"\0")
    served = start()
    served.put("busy", build_elf([Seg(0, vectors), Seg(0x1000_0000, busy)], []))
    assert served.sh("echo busy > $D/firmware; echo start > $D/state; cat $D/state") == "running\n"
    assert served.sh("echo stop > $D/state; cat $D/state") == "offline\n"
    assert served.stop() == 0


def test_a_kernel_that_crashes_as_it_comes_up(tmp_path: Path) -> None:
    library = tmp_path / "root/lib/firmware"
    library.mkdir(parents=True)
    (library / "rproc-m4-fw").write_bytes(elf(table(carveout(b"%s%s%s%s"))))
    told = refused("--root-dir", tmp_path / "root", "--board", "example-controller")
    assert "OOPS" in told
    assert set(snapshot(tmp_path / "root")) == {"lib", "lib/firmware", "lib/firmware/rproc-m4-fw"}
