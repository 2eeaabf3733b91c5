# SPDX-License-Identifier: GPL-2.0-or-later
"""/sys/class/devcoredump: what a crashed processor left, to be copied and thrown away.

As in the kernel, writing anything to `data` discards a dump, and the next one is made only when the
last was discarded. Simplified: a dump stays until then, the kernel discards it after five minutes;
`failing_device` and the switch `disabled` are not there; an `inline` dump is made at once, and does
not hold the recovery up.
"""

from dataclasses import replace
from pathlib import Path

from rprocbench.kernel.remoteproc import Coredump

from .served_file import ServedFile
from .tree import Tree


class Coredumps:
    """The dumps that there are, as folders `devcdN`; N only grows."""

    def __init__(self, root: Path, tree: Tree) -> None:
        self.home = root / "sys" / "class" / "devcoredump"
        self.tree = tree
        self._dumps: list[Coredump] = []
        self._folders: dict[int, Path] = {}
        self._discarded: set[int] = set()
        self._shown = 0
        self._next = 1

    def follow(self, dumps: list[Coredump]) -> None:
        """Show the dumps of this list that nobody has discarded."""
        if dumps is not self._dumps:  # another machine's
            self._discarded.update(self._folders)
            self._remove_discarded()
            self._dumps, self._shown = dumps, 0
        self._remove_discarded()
        for at in range(self._shown, len(dumps)):
            folder = self.home / f"devcd{self._next}"
            self._next += 1
            self._folders[at] = folder
            self.tree.add(self._file(folder / "data", at))
        self._shown = len(dumps)

    def _file(self, path: Path, at: int) -> ServedFile:
        data = self._dumps[at].data

        def discard(_written: bytes) -> None:
            self._discarded.add(at)
            self._dumps[at] = replace(self._dumps[at], taken=True)

        return ServedFile(path, 0o600, lambda: data, discard)

    def _remove_discarded(self) -> None:
        for at in self._discarded:
            self.tree.remove_folder(self._folders.pop(at))
        self._discarded.clear()
