# SPDX-License-Identifier: GPL-2.0-or-later
"""What a server has made under its root, so that it takes away that, and nothing else.

The ledger is kept on disk, in a folder of the server's own, together with a lock. A server that was
killed leaves it there; the next one takes over what it finds written in it. Folders are shared by
all servers of a root: the last one that ends takes them away.
"""

import contextlib
import fcntl
import json
import os
from pathlib import Path

from rprocbench.base.errors import InputCode, InputError

HOME = ".rprocbench"


class Ledger:
    """What was made, oldest first, below `root`. Open one at a time for each `name`."""

    def __init__(self, root: Path, name: str) -> None:
        """Make the root if need be, and lock it. Raises `InputError` NOT_WRITABLE."""
        self.root = root
        self.common = root / HOME
        self.home = self.common / name
        self.files: list[Path] = []
        self.shared: list[Path] = []
        self.folders: list[Path] = []
        try:
            self._enter(name)
        except OSError as error:
            why = f"{str(root)!r} cannot be served: {error.strerror or error}"
            raise InputError(InputCode.NOT_WRITABLE, why) from None

    def _enter(self, name: str) -> None:
        fresh = missing(self.root)
        self.home.mkdir(parents=True, exist_ok=True)
        lock = locked(self.home)
        if lock is None:
            why = f"{name} under {str(self.root)!r} is served already, by another process"
            raise InputError(InputCode.NOT_WRITABLE, why)
        self._lock = lock
        files, self.shared, self.folders = self._read(self.home)
        for path in files:
            with contextlib.suppress(OSError):
                path.unlink()
        self.folders[:0] = [folder for folder in fresh if folder not in self.folders]
        self._save()

    def _read(self, home: Path) -> tuple[list[Path], list[Path], list[Path]]:
        """Files, shared files and folders that a ledger names; nothing outside the root but it."""
        try:
            told = json.loads((home / "ledger").read_bytes())
            files, shared = (
                [self.root / name for name in told[key] if ".." not in name.split("/")]
                for key in ("files", "shared")
            )
            folders = [Path(name) for name in told["folders"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return [], [], []
        return files, shared, folders

    def _save(self) -> None:
        text = json.dumps({
            "files": [str(path.relative_to(self.root)) for path in self.files],
            "shared": [str(path.relative_to(self.root)) for path in self.shared],
            "folders": [str(path) for path in self.folders],
        })  # fmt: skip
        new = self.home / "ledger.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.home / "ledger")

    def folder(self, path: Path) -> None:
        """Make a folder and those above it, as far as they are missing. Raises `InputError`."""
        fresh = missing(path)
        if fresh:
            self.folders += fresh
            self._save()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = f"{str(path)!r} cannot be made: {error.strerror}"
            raise InputError(InputCode.NOT_WRITABLE, why) from None

    def file(self, path: Path) -> None:
        """Note that a file will be made. Raises `InputError` if there is one that is not ours."""
        self.folder(path.parent)
        if os.path.lexists(path):
            why = f"{str(path)!r} is there already, and not ours: it stays as it is"
            raise InputError(InputCode.NOT_WRITABLE, why)
        self.files.append(path)
        self._save()

    def shared_file(self, path: Path, text: str) -> None:
        """Make a file that all servers of the root use, unless it is there."""
        self.folder(path.parent)
        if not os.path.lexists(path):
            self.shared.append(path)
            self._save()
            path.write_text(text, encoding="utf-8")

    def forget(self, path: Path) -> None:
        """Note that a file was removed."""
        self.files.remove(path)
        self._save()

    def forget_folder(self, path: Path) -> None:
        """Remove a folder that was made, if it is empty."""
        with contextlib.suppress(OSError, ValueError):
            path.rmdir()
            self.folders.remove(path)
            self._save()

    def close(self) -> None:
        """Remove what is left of what was made; folders only where nobody has put anything.

        While another server is up, what is shared is left to it.
        """
        self._remove(self.files)
        heir = next((home for home in self._siblings() if not try_lock(home)), None)
        if heir is None:
            for home in self._siblings():  # killed, and not started again
                files, shared, folders = self._read(home)
                self._remove([*files, *shared, *(home / name for name in NAMES)])
                self.folders = [*folders, *self.folders]
                self._remove_folders([home])
            self._remove(self.shared)
        else:
            self._bequeath()
        self._remove([self.home / name for name in NAMES])
        os.close(self._lock)
        self._remove_folders([self.home, self.common])
        if heir is None:
            self._remove_folders(sorted(self.folders, key=lambda path: -len(path.parts)))

    def _siblings(self) -> list[Path]:
        if not self.common.is_dir():
            return []  # somebody has taken the whole tree away
        return [home for home in self.common.iterdir() if home.is_dir() and home != self.home]

    def _bequeath(self) -> None:
        """Leave what is shared to a ledger of nobody: the last server finds it."""
        estate = self.common / "left"
        estate.mkdir(exist_ok=True)
        _files, shared, folders = self._read(estate)
        self.home, home = estate, self.home
        self.files, self.shared = [], shared + self.shared
        self.folders = folders + [folder for folder in self.folders if folder not in folders]
        self._save()
        self.home = home

    def _remove(self, paths: list[Path]) -> None:
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink()

    def _remove_folders(self, paths: list[Path]) -> None:
        for path in paths:
            with contextlib.suppress(OSError):
                path.rmdir()


NAMES = ("ledger", "ledger.new", "new", "lock")


def missing(folder: Path) -> list[Path]:
    """The folders that must be made for this one to be there, outermost first."""
    return [each for each in [*reversed(folder.parents), folder] if not each.exists()]


def locked(home: Path) -> int | None:
    """The lock of a home, held until it is closed; None if another process holds it."""
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def try_lock(home: Path) -> bool:
    """Whether nobody holds the lock of a home."""
    lock = locked(home)
    if lock is None:
        return False
    os.close(lock)
    return True
