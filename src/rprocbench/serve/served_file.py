# SPDX-License-Identifier: GPL-2.0-or-later
"""A file that shows what is true whenever it is opened, and whose writes are commands."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .inode import Inode

LIMIT = 1 << 20  # bytes of one write that are looked at
KEPT = 4  # files that were replaced, without leases


@dataclass
class ServedFile:
    """One file of the tree. `source` says what it shows now; `sink` takes what was written.

    `words` are the texts that it takes: they tell a write over the old text from a new text.
    """

    path: Path
    mode: int
    source: Callable[[], bytes]
    sink: Callable[[bytes], None] | None = None
    words: tuple[bytes, ...] = ()
    inode: Inode | None = None
    given: list[Inode] = field(default_factory=list)

    def publish(self, workshop: Path) -> None:
        """Put a new file at the path, in one step: nobody finds none there, or an empty one."""
        new = workshop / "new"
        inode = Inode.make(new, self.source(), self.mode)
        old, self.inode = self.inode, inode
        new.replace(self.path)
        if old is not None:
            old.let_go()
            self.given.append(old)

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody waits to open it."""
        return self.inode is not None and self.inode.is_asked_for

    def answer(self, workshop: Path) -> None:
        """Let whoever waits to open the file have it: he finds what is true now."""
        if self.inode is None:
            return  # it was removed meanwhile, and nobody waits any more
        content = self.source()
        if content != self.inode.shown:
            self.inode.put(content)
        self.publish(workshop)

    def refresh(self, workshop: Path) -> None:
        """Show what is true now, if that is something else.

        Nobody has a leased file open: whoever waits for it will find the new text in it.
        """
        inode = self.inode
        if inode is None or (content := self.source()) == inode.shown:
            return
        if inode.is_leased:
            inode.put(content)
        else:
            self.publish(workshop)

    def writes(self) -> Iterator[bytes]:
        """What was written and closed since the last call, oldest first."""
        for inode in list(self.given):
            if inode.has_writer or self.may_still_be_written(inode):
                continue
            self.given.remove(inode)
            if inode.was_written:
                yield self.text_of(inode.content(LIMIT), inode.shown)
            inode.close()

    def may_still_be_written(self, inode: Inode) -> bool:
        """Without leases: whether a writer that nobody sees may have opened it; not for ever.

        One who has just truncated it will write to it.
        """
        if inode.has_leases or inode not in self.given[-KEPT:]:
            return False
        return not inode.was_written or not inode.content(1)

    def take_written(self, workshop: Path) -> bytes | None:
        """Without leases: what was written to the file at the path. `publish` another one then."""
        inode = self.inode
        if inode is None or inode.is_leased or not inode.was_written:
            return None
        text = self.text_of(inode.content(LIMIT), inode.shown)
        if not text:
            self.publish(workshop)  # the old one is kept in mind: its writer may not be done
            return None
        inode.close()
        self.inode = None
        return text

    def replaced(self) -> bytes | None:
        """What another file, which somebody has put in this one's place, has in it; "" for none."""
        assert self.inode is not None, "publish first"
        try:
            if os.path.samestat(self.path.stat(), os.fstat(self.inode.fd)):
                return None
            with self.path.open("rb") as file:
                return file.read(LIMIT)
        except OSError:
            return b""

    def text_of(self, content: bytes, shown: bytes) -> bytes:
        """What was written, by what a file has in it that showed `shown` before.

        A writer that appends leaves the old text before his own, one that does not truncate leaves
        the rest of it behind.
        """
        if shown and content.startswith(shown) and content != shown:
            return content[len(shown) :]
        if content.removesuffix(b"\n") not in self.words:
            for word in self.words:
                for text in (word, word + b"\n"):
                    if len(text) < len(shown) and content == text + shown[len(text) :]:
                        return text
        return content

    def remove(self) -> None:
        """Take the file away, if it is still ours."""
        if self.inode is not None:
            if self.replaced() is None:
                self.path.unlink(missing_ok=True)
            self.inode.close()
            self.inode = None
        for inode in self.given:
            inode.close()
        self.given.clear()
