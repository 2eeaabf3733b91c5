# SPDX-License-Identifier: GPL-2.0-or-later
"""The tree: which files there are now, and what was written to them, in order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .ledger import Ledger
from .served_file import ServedFile
from .watching import Watching


class Tree:
    """All files that are served below one root."""

    def __init__(self, ledger: Ledger, watching: Watching) -> None:
        self.ledger = ledger
        self.watching = watching
        self.files: dict[Path, ServedFile] = {}
        self._watches: dict[Path, Any] = {}

    @property
    def workshop(self) -> Path:
        """Where files are made before they are put into place."""
        return self.ledger.home

    def add(self, file: ServedFile) -> None:
        """Serve one more file. Raises `InputError` if its path is taken, or cannot be made."""
        self.ledger.file(file.path)
        self.files[file.path] = file
        folder = file.path.parent
        if folder not in self._watches:
            self._watches[folder] = self.watching.watch(folder)
        file.publish(self.workshop)

    def remove(self, path: Path) -> None:
        """Serve a file no more."""
        self.files.pop(path).remove()
        self.ledger.forget(path)

    def remove_folder(self, folder: Path) -> None:
        """Serve the files of a folder no more, and take the folder away."""
        for path in [path for path in self.files if path.parent == folder]:
            self.remove(path)
        if watch := self._watches.pop(folder, None):
            self.watching.unwatch(watch)
        self.ledger.forget_folder(folder)

    def refresh(self, folder: Path | None = None) -> None:
        """Have every file, or those of a folder, show what is true now."""
        for path, file in list(self.files.items()):
            if folder in (None, path.parent):
                file.refresh(self.workshop)

    def writes(self) -> Iterator[tuple[ServedFile, bytes]]:
        """What was written, as it comes, until nothing more is there.

        Somebody who waits to open a file gets it only after what others had written by then was
        taken: what he reads is what came of it. So who waits is looked up first.
        """
        busy = True
        while busy:
            waited_for = [file for file in self.files.values() if file.is_asked_for]
            busy = bool(waited_for)
            for file, data in self._written():
                busy = True
                yield file, data
            for file in waited_for:
                file.answer(self.workshop)

    def _written(self) -> Iterator[tuple[ServedFile, bytes]]:
        for file in list(self.files.values()):
            for data in file.writes():
                yield file, data
        while not self.watching.changes.empty():
            change = self.watching.changes.get()
            changed = self.files.get(change.path)
            if changed is None or changed.inode is None:
                continue
            text = changed.replaced() if change.is_new else None
            if text is None:
                text = changed.take_written(self.workshop)
            if text is not None:
                yield changed, text
                if change.path in self.files:
                    changed.publish(self.workshop)

    def close(self) -> None:
        """Take everything away."""
        for file in self.files.values():
            file.remove()
        self.files.clear()
