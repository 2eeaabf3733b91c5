# SPDX-License-Identifier: GPL-2.0-or-later
"""The server that gdb connects to: loopback only, one client at a time.

The main thread listens; another obeys, so that a Ctrl-C of gdb, and a signal, are heard while the
machine runs.
"""

import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Queue

from rprocbench.base.errors import InputCode, InputError, RprocError

from .gdb_stub import Stub
from .monitor import Monitor
from .packets import Event, Receiver, frame
from .target import Target
from .view import View

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16
PATIENCE = 1.0  # seconds that a client may be slow to take what is sent
MAX_WAITING = 1024  # packets
DRAUGHTS = 1024  # of what an old client has sent, when a new one comes


def listen(port: int) -> socket.socket:
    """A socket on the loopback interface; port 0 is any. Raises `InputError` if it is taken."""
    if not 0 <= port <= 0xFFFF:
        raise InputError(InputCode.BAD_VALUE, f"{port} is no port: there are 0 to 65535")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(1)
    except OSError as error:
        listener.close()
        why = f"port {port} cannot be used: {error.strerror}"
        raise InputError(InputCode.NOT_WRITABLE, why) from None
    return listener


@dataclass
class Connection:
    """One gdb. `feed` takes what it sends; a thread of its own obeys, in order."""

    client: socket.socket
    target: Target
    tell: Callable[[str], None]
    is_closed: bool = False
    is_killed: bool = False
    _receiver: Receiver = field(default_factory=Receiver)
    _queue: "Queue[Event | None]" = field(default_factory=lambda: Queue(MAX_WAITING))
    _sending: threading.Lock = field(default_factory=threading.Lock)
    _last: bytes = b""

    def __post_init__(self) -> None:
        view = View(self.target)
        self.stub = Stub(view, Monitor(view), self._send)
        self._worker = threading.Thread(target=self._work, name="gdb", daemon=True)
        self._worker.start()

    def feed(self, data: bytes) -> None:
        """Take bytes from the client."""
        for event in self._receiver.feed(data):
            if event.kind == "interrupt":
                if self._queue.unfinished_tasks:
                    self.stub.interrupt()
            elif self._queue.full():
                self.is_closed = True  # nobody who waits for answers sends so much
            else:
                self._queue.put(event)

    def close(self) -> None:
        """Stop whatever runs, and hang up."""
        self.is_closed = True
        while self._worker.is_alive():
            self.target.session.interrupt()
            with suppress(Exception):
                self._queue.put(None, timeout=0.05)
            self._worker.join(0.05)
        with suppress(OSError):
            self.client.close()

    def _send(self, body: bytes) -> None:
        """One packet to the client. A client that has gone is noticed by who listens."""
        self._last = frame(body)
        self._put(self._last)

    def _put(self, data: bytes) -> None:
        with self._sending, suppress(OSError):
            self.client.sendall(data)

    def _work(self) -> None:
        while not self.is_closed:
            event = self._queue.get()
            if event is None or self.is_closed:
                return
            self._obey(event)
            self._queue.task_done()
            if self.stub.is_over:
                self.is_killed, self.is_closed = self.stub.is_killed, True
                with suppress(OSError):
                    self.client.shutdown(socket.SHUT_RDWR)

    def _obey(self, event: Event) -> None:
        if event.kind == "again":
            self._put(self._last)
            return
        if not self.stub.no_ack:
            self._put(b"+" if event.kind == "packet" else b"-")
        if event.kind != "packet":
            return
        try:
            reply = self.stub.handle(event.body)
        except RprocError as error:
            self.tell(f"{error}")
            reply = b"E01"
        if reply is not None:
            self._send(reply)


@dataclass
class Server:
    """Serves one machine, client after client, until it is stopped."""

    target: Target
    listener: socket.socket
    tell: Callable[[str], None]
    connection: Connection | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.listener.getsockname()[1]
        return port

    def run(self, stop: threading.Event | None = None) -> None:
        """Serve until `stop` is set, or an exception (Ctrl-C) ends it. All is closed after."""
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self.listener, selectors.EVENT_READ)
                while not (stop and stop.is_set()):
                    for key, _ in selector.select(self._patience()):
                        if key.fileobj is self.listener:
                            self._accept(selector)
                        else:
                            self._hear(selector)
                    if self.connection and self.connection.is_closed:
                        self._leave(selector)
        finally:
            if self.connection:
                self.connection.close()
            self.listener.close()

    def _patience(self) -> float:
        """Seconds to wait for the client; an interrupt that is not heeded yet is repeated."""
        if self.connection and self.connection.stub.wants_stop:
            self.target.session.interrupt()
            return 0.02
        return 0.1

    def _accept(self, selector: selectors.BaseSelector) -> None:
        client, _ = self.listener.accept()
        self._drain(selector)
        if self.connection:
            client.close()
            self.tell("a second debugger was turned away")
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(PATIENCE)
        self.connection = Connection(client, self.target, self.tell)
        selector.register(client, selectors.EVENT_READ)

    def _drain(self, selector: selectors.BaseSelector) -> None:
        """Somebody new comes: has the old client gone already?"""
        for _ in range(DRAUGHTS):
            if self.connection is None or self.connection.is_closed:
                break
            ready = [key.fileobj for key, _ in selector.select(0)]
            if self.connection.client not in ready:
                return
            self._hear(selector)
        self._leave(selector)

    def _hear(self, selector: selectors.BaseSelector) -> None:
        if self.connection is None:
            return
        try:
            data = self.connection.client.recv(CHUNK)
        except TimeoutError:
            return
        except OSError:
            data = b""
        if data and not self.connection.is_closed:
            self.connection.feed(data)
        else:
            self._leave(selector)

    def _leave(self, selector: selectors.BaseSelector) -> None:
        connection = self.connection
        if connection is None:
            return
        with suppress(KeyError, ValueError):
            selector.unregister(connection.client)
        connection.close()
        self.connection = None
        session = self.target.session
        session.breakpoints, session.watchpoints = set(), set()
        if connection.is_killed:
            self.target.restart()
            self.tell("killed: the machine has booted again")
