# SPDX-License-Identifier: GPL-2.0-or-later
"""What a server has made under its root, so that it takes away that, and nothing else.

The ledger is kept on disk, in a folder of the server's own, together with a lock. A server that was
killed leaves it there; the next one takes over what it finds written in it.
"""

import contextlib
import fcntl
import json
import os
from pathlib import Path

from rprocbench.base.errors import InputCode, InputError


class Ledger:
    """What was made, oldest first, below `root`. Open one at a time for each `name`."""

    def __init__(self, root: Path, name: str) -> None:
        """Make the root if need be, and lock it. Raises `InputError` NOT_WRITABLE."""
        self.root = root
        self.home = root / f".rprocbench-{name}"
        self.files: list[Path] = []
        self.folders: list[Path] = []
        try:
            self._enter(name)
        except OSError as error:
            why = f"{str(root)!r} cannot be served: {error.strerror or error}"
            raise InputError(InputCode.NOT_WRITABLE, why) from None

    def _enter(self, name: str) -> None:
        fresh = self._missing(self.root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(exist_ok=True)
        self._lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            why = f"{name} under {str(self.root)!r} is served already, by another process"
            raise InputError(InputCode.NOT_WRITABLE, why) from None
        self._take_over()
        self.folders[:0] = [folder for folder in fresh if folder not in self.folders]
        self._save()

    def _missing(self, folder: Path) -> list[Path]:
        """The folders that must be made for this one to be there, outermost first."""
        return [each for each in [*reversed(folder.parents), folder] if not each.exists()]

    def _take_over(self) -> None:
        """Remove the files of a server that was killed; its folders are now this one's."""
        try:
            old = json.loads((self.home / "ledger").read_bytes())
            files = [self.root / name for name in old["files"]]
            self.folders = [Path(name) for name in old["folders"]]
        except (OSError, ValueError, KeyError, TypeError):
            return
        for path in files:
            if path.resolve().is_relative_to(self.root.resolve()) or path.is_symlink():
                with contextlib.suppress(OSError):
                    path.unlink()
        with contextlib.suppress(OSError):
            (self.home / "new").unlink()

    def _save(self) -> None:
        text = json.dumps({
            "files": [str(path.relative_to(self.root)) for path in self.files],
            "folders": [str(path) for path in self.folders],
        })  # fmt: skip
        new = self.home / "ledger.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.home / "ledger")

    def folder(self, path: Path) -> None:
        """Make a folder and those above it, as far as they are missing. Raises `InputError`."""
        fresh = self._missing(path)
        self.folders += fresh
        if fresh:
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
            why = f"{str(path)!r} is there already: remove it, or serve another index"
            raise InputError(InputCode.NOT_WRITABLE, why)
        self.files.append(path)
        self._save()

    def forget(self, path: Path) -> None:
        """Note that a file was removed."""
        self.files.remove(path)
        self._save()

    def forget_folder(self, path: Path) -> None:
        """Remove a folder that was made, if it is empty."""
        with contextlib.suppress(OSError):
            path.rmdir()
            self.folders.remove(path)
            self._save()

    def close(self) -> None:
        """Remove what is left of what was made; folders only where nobody has put anything."""
        for path in self.files:
            with contextlib.suppress(OSError):
                path.unlink()
        for name in ("ledger", "ledger.new", "new", "lock"):
            with contextlib.suppress(OSError):
                (self.home / name).unlink()
        os.close(self._lock)
        for folder in [self.home, *reversed(self.folders)]:
            with contextlib.suppress(OSError):
                folder.rmdir()
