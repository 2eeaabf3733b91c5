# SPDX-License-Identifier: GPL-2.0-or-later
"""What wakes the server up: changes in watched folders, leases that are asked for, signals, data.

Nothing is polled: the process sleeps in one `select` until one of these comes, or until the time
that the remote processor needs to be woken at.
"""

import logging
import os
import queue
import selectors
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

# It complains of each folder that is not watched any more.
logging.getLogger("watchdog.observers.inotify").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Change:
    """A file at `path` was written and closed, or another one came, or it went."""

    path: Path
    is_new: bool


class Watching(FileSystemEventHandler):
    """One `select` over everything. Use it in the main thread: signals come there."""

    def __init__(self) -> None:
        self.changes: queue.SimpleQueue[Change] = queue.SimpleQueue()
        self.stopped_by: signal.Signals | None = None
        self._readers: dict[int, Callable[[], None]] = {}
        self._selector = selectors.DefaultSelector()
        self._wake_out, self._wake_in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._observer = Observer()
        self._before: dict[signal.Signals, Any] = {}

    def start(self) -> None:
        """Begin to listen. Ctrl-C and SIGTERM now set `stopped_by`."""
        signal.set_wakeup_fd(self._wake_in, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._stop)
        self._before[signal.SIGIO] = signal.signal(signal.SIGIO, self._asked)
        self._observer.start()

    def close(self) -> None:
        """Listen no more; signals do again what they did before."""
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        self._selector.close()
        os.close(self._wake_out)
        os.close(self._wake_in)

    def watch(self, folder: Path) -> Any:
        """Notice changes in a folder; what is returned goes to `unwatch`."""
        return self._observer.schedule(self, str(folder), recursive=False)

    def unwatch(self, watch: Any) -> None:
        """Do so no more."""
        self._observer.unschedule(watch)

    def listen(self, fd: int, reader: Callable[[], None]) -> None:
        """Call `reader` when there is something to read from `fd`."""
        self._readers[fd] = reader
        self._selector.register(fd, selectors.EVENT_READ)

    def ignore(self, fd: int) -> None:
        """Do so no more."""
        if self._readers.pop(fd, None):
            self._selector.unregister(fd)

    def wait(self, seconds: float | None) -> None:
        """Sleep until something happens, `seconds` at most; None is for ever."""
        for key, _events in self._selector.select(seconds):
            fd = key.fd
            if fd == self._wake_out:
                while len(_read(fd)) == _CHUNK:
                    pass
            elif reader := self._readers.get(fd):
                reader()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.stopped_by = signal.Signals(number)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        """Somebody waits for a leased file. That `wait` returns is all that is needed."""

    # In the observer's thread

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note what concerns a file: watchdog calls it for everything."""
        if event.is_directory:
            return
        new = event.event_type in ("created", "moved", "deleted")
        if new or event.event_type == "closed":
            target = getattr(event, "dest_path", "") or event.src_path
            for path in {event.src_path, target}:
                self.changes.put(Change(Path(os.fsdecode(path)), new))
            os.write(self._wake_in, b"\0")


_CHUNK = 512


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, _CHUNK)
    except BlockingIOError:
        return b""
