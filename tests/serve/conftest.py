# SPDX-License-Identifier: GPL-2.0-or-later
"""A server in a process of its own, and shell scripts that drive it."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rprocbench.bench.demo import demo_elf
from rprocbench.serve.inode import Inode

PATIENCE = 60.0  # seconds; a loaded machine is slow, not wrong


def eventually(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so. Fails with `what` when it never is."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@dataclass
class Served:
    """A tree under `root`, and the process that serves it. `log` is where it tells."""

    root: Path
    process: subprocess.Popen[bytes]
    log: Path
    index: int = 0
    seen: int = 0

    @property
    def sysfs(self) -> Path:
        return self.root / f"sys/class/remoteproc/remoteproc{self.index}"

    @property
    def debugfs(self) -> Path:
        return self.root / f"sys/kernel/debug/remoteproc/remoteproc{self.index}"

    def put(self, name: str, image: bytes | None = None) -> None:
        """A firmware file; the echo firmware without an image."""
        (self.root / "lib/firmware" / name).write_bytes(demo_elf() if image is None else image)

    def sh(self, script: str) -> str:
        """What a shell script prints: D is the processor's folder, G that for debugging."""
        variables = {"R": self.root, "D": self.sysfs, "G": self.debugfs, "PID": self.process.pid}
        done = subprocess.run(
            ["sh", "-u", "-c", script],
            env=os.environ | {name: str(value) for name, value in variables.items()},
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout

    def told(self) -> str:
        """The log since the last `turn_page`."""
        return self.log.read_text(encoding="utf-8")[self.seen :]

    def turn_page(self) -> None:
        """From here on, look at what the log gets from here on."""
        self.seen += len(self.told())

    def tells(self, text: str) -> None:
        """Wait until the log has `text`."""
        eventually(lambda: text in self.told(), f"{text!r} is not in:\n{self.told()}")

    def stop(self) -> int:
        """SIGTERM, and how it ended."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@dataclass
class Start:
    """Starts servers; they end with the test."""

    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __call__(
        self, *options: object, root: Path | None = None, index: int = 0,
        program: tuple[str, ...] = ("-m", "rprocbench"),
    ) -> Served:  # fmt: skip
        root = root or self.folder / "root"
        log = self.folder / f"log{len(self.running)}"
        words = ["serve", "--root-dir", root, "--index", index, *options]
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, *program, *map(str, words)],
                stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        self.running.append(process)
        served = Served(root, process, log, index)
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        line = process.stdout.readline() if ready else b""
        assert line == f"ready: {served.sysfs}\n".encode(), served.told()
        return served

    def close(self) -> None:
        for process in self.running:
            process.kill()
            process.communicate()


def need_leases(folder: Path) -> None:
    """Skip where the file system grants none: `cat` right after `echo` may then be too early."""
    inode = Inode.make(folder / "lease", b"", 0o600)
    granted = inode.has_leases
    inode.close()
    (folder / "lease").unlink()
    if not granted and os.environ.get("RPROCBENCH_REQUIRE_TOOLS") != "1":
        pytest.skip(f"no file leases in {folder}")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server with these options."""
    need_leases(tmp_path)
    starter = Start(tmp_path)
    yield starter
    starter.close()


@pytest.fixture
def served(start: Start) -> Served:
    """A server with nothing asked of it yet, and the echo firmware as `echo.elf`."""
    running = start()
    running.put("echo.elf")
    return running


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests of a module; see `idle`."""
    folder = tmp_path_factory.mktemp("lasting")
    need_leases(folder)
    starter = Start(folder)
    running = starter()
    running.put("echo.elf")
    yield running
    starter.close()


@pytest.fixture
def idle(lasting: Served) -> Served:
    """The module's server, offline, with a fresh page of its log."""
    lasting.sh("""
        while [ $(cat $D/state) != offline ]; do echo stop > $D/state; done
        echo rproc-m4-fw > $D/firmware; echo enabled > $D/recovery; echo disabled > $D/coredump
    """)
    lasting.turn_page()
    return lasting


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder, and the bytes of those that are files."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
