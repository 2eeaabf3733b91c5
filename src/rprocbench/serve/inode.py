# SPDX-License-Identifier: GPL-2.0-or-later
"""One file as the disk has it, and who else has it open.

A file in sysfs takes each write(2) before it returns, and shows what is true when it is read. A
plain file does neither. What comes near is a lease (fcntl(2), `F_SETLEASE`): while we hold it,
whoever opens the file is kept waiting until we have put into it what is true, and out of the way of
the next one. Where the file system has no leases, a write is seen when its writer closes the file.
"""

import contextlib
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

STAMP = (
    1_000_000_000  # seconds since the epoch: a file that nobody has written to since is this old
)


@dataclass
class Inode:
    """A file that is open here. `shown` is what we put into it."""

    fd: int
    shown: bytes
    is_leased: bool = False
    has_leases: bool = False

    @classmethod
    def make(cls, path: Path, content: bytes, mode: int) -> Self:
        """A new file at `path`, with a lease on it if there are any. Raises `OSError`."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        inode = cls(fd, b"")
        os.fchmod(fd, mode)
        inode.put(content)
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            inode.is_leased = inode.has_leases = True
        return inode

    def put(self, content: bytes) -> None:
        """Have it show `content`. Nobody reads it meanwhile: it is new, or leased."""
        os.pwrite(self.fd, content, 0)
        os.ftruncate(self.fd, len(content))
        os.utime(self.fd, (STAMP, STAMP))
        self.shown = content

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody waits to open it."""
        return self.is_leased and fcntl.fcntl(self.fd, fcntl.F_GETLEASE) != fcntl.F_WRLCK

    def let_go(self) -> None:
        """Let who waits have it. From here on it is only looked at."""
        if self.is_leased:
            fcntl.fcntl(self.fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            self.is_leased = False
        writing, mode = self.fd, os.fstat(self.fd).st_mode & 0o777
        os.fchmod(writing, mode | 0o400)  # even its owner may not read one that is write-only
        self.fd = os.open(f"/proc/self/fd/{writing}", os.O_RDONLY | os.O_CLOEXEC)
        os.fchmod(writing, mode)
        os.close(writing)

    @property
    def has_writer(self) -> bool:
        """Whether somebody has it open for writing, once it was let go; False where none can tell.

        A read lease is granted only where nobody has.
        """
        if not self.has_leases:
            return False
        try:
            fcntl.fcntl(self.fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(self.fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError:
            return True
        return False

    @property
    def was_written(self) -> bool:
        """Whether anybody has written to it since we did, even if the same.

        A `touch` changes the time of the last access, too, which writing does not.
        """
        status = os.fstat(self.fd)
        if status.st_size != len(self.shown):
            return True
        if status.st_mtime == STAMP:
            return False
        return status.st_atime == STAMP or self.content(len(self.shown)) != self.shown

    def content(self, limit: int) -> bytes:
        """What is in it, at most `limit` bytes."""
        return os.pread(self.fd, limit, 0)

    def close(self) -> None:
        """Have done with it."""
        os.close(self.fd)
