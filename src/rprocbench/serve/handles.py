# SPDX-License-Identifier: GPL-2.0-or-later
"""The user's handles as served files: sysfs and debugfs of one remote processor."""

from collections.abc import Callable
from pathlib import Path

from rprocbench.base.errors import Crash, InputError, ModelledError
from rprocbench.bench import Machine
from rprocbench.bench.linux import Folder
from rprocbench.kernel.remoteproc_sysfs import PAGE_SIZE

from .console import Console
from .served_file import ServedFile
from .tree import Tree

WORDS = {
    "state": (b"start", b"stop", b"detach"),
    "recovery": (b"enabled", b"disabled", b"recover"),
    "coredump": (b"disabled", b"enabled", b"inline"),
}


class Handles:
    """Which of the kernel's files there are now. Each asks the machine of the last `publish`."""

    tree: Tree
    machine: Machine
    console: Console

    def __init__(self, root: Path, index: int, tell: Callable[[str], None]) -> None:
        self.sysfs = root / f"sys/class/remoteproc/remoteproc{index}"
        self.debugfs = root / f"sys/kernel/debug/remoteproc/remoteproc{index}"
        self.tell = tell
        self.is_ready = False
        self._in_the_way: set[Path] = set()

    def folder(self, path: Path) -> Folder:
        """The kernel's files that are served in a folder."""
        (remote,) = self.machine.linux.remoteproc
        return remote.debugfs if path == self.debugfs else remote

    def publish(self, machine: Machine, console: Console) -> None:
        """Have the files that there should be. Until `is_ready`, raises `InputError`."""
        self.machine, self.console = machine, console
        for path in (self.sysfs, self.debugfs):
            modes = self.folder(path).modes()
            for name, mode in modes.items():
                if path / name not in self.tree.files:
                    self._add(self._file(path / name, mode))
            for there in [file for file in self.tree.files if file.parent == path]:
                if there.name not in modes:
                    self.tree.remove(there)

    def _add(self, file: ServedFile) -> None:
        """Serve a file. While serving, one that somebody's own is in the way of is left out."""
        if file.path in self._in_the_way:
            return
        try:
            self.tree.add(file)
        except InputError as error:
            if not self.is_ready:
                raise
            self.tell(f"not served: {error.why}")
            self._in_the_way.add(file.path)

    def _file(self, path: Path, mode: int) -> ServedFile:
        def show() -> bytes:
            try:
                text = self.folder(path.parent).read(path.name)
            except (ModelledError, Crash):  # of a hostile table: only who reads it would notice
                return b""
            return text.encode("utf-8", "surrogateescape")

        def take(data: bytes) -> None:
            rest = data.decode("utf-8", "surrogateescape")
            where = "debugfs " if path.parent == self.debugfs else ""
            what = f"{where}{path.name}: write {shortened(rest)}"
            try:
                while rest:
                    rest = rest[self.folder(path.parent).write(path.name, rest) :]
            except ModelledError as error:
                self.console.follow()
                self.console.refused(what, error)

        return ServedFile(path, mode, show, take, WORDS.get(path.name, ()))


def shortened(text: str) -> str:
    """What was written, for one line of a log."""
    shown = repr(text[:64])
    return shown if len(text) <= 64 else f"{shown}... ({min(len(text), PAGE_SIZE)} characters)"
