# SPDX-License-Identifier: GPL-2.0-or-later
"""The server: one client on loopback, Ctrl-C while it runs, whatever the client does."""

import socket
import threading
from collections.abc import Iterator

import pytest

from rprocbench.base.errors import InputError
from rprocbench.cli import main
from rprocbench.debug.gdb_server import LOOPBACK, Server, listen
from rprocbench.debug.packets import Receiver, frame

from .firmwares import target

OPEN: list[socket.socket] = []


@pytest.fixture(autouse=True)
def _closing() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


class Remote:
    """A client that is no gdb."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((LOOPBACK, port), timeout=20)
        OPEN.append(self.socket)
        self.receiver = Receiver()
        self.arrived: list[bytes] = []

    def send(self, body: bytes) -> None:
        self.socket.sendall(frame(body))

    def receive(self) -> bytes:
        """The next packet; b"" when the server has hung up."""
        while not self.arrived:
            data = self.socket.recv(4096)
            if not data:
                return b""
            self.arrived += [e.body for e in self.receiver.feed(data) if e.kind == "packet"]
            self.socket.sendall(b"+")
        return self.arrived.pop(0)

    def ask(self, body: bytes) -> bytes:
        self.send(body)
        return self.receive()


@pytest.fixture
def server() -> Iterator[Server]:
    """A served machine whose firmware is done booting soon."""
    found = target("no_table")
    found.session.budget = None
    served = Server(found, listen(0), lambda _text: None)
    stop = threading.Event()
    thread = threading.Thread(target=served.run, args=(stop,))
    thread.start()
    yield served
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def spin(remote: Remote, server: Server) -> None:
    """Let the M4 run for good: two instructions at the end of RAM."""
    assert remote.ask(b"M1003fff0,4:00bffde7") == b"OK"
    assert remote.ask(b"Pf=f0ff0310") == b"OK"
    assert server.target.session.pc == 0x1003_FFF0


def test_ctrl_c_stops_a_machine_that_spins(server: Server) -> None:
    remote = Remote(server.port)
    spin(remote, server)
    for _ in range(5):
        remote.send(b"c")
        remote.socket.sendall(b"\x03")
        assert remote.receive() == b"T02thread:1;"
    remote.send(b"vCont;r1003fff0,1003fff4:1")
    remote.socket.sendall(b"\x03")
    assert remote.receive() == b"T02thread:1;"


def test_a_client_that_goes_while_it_runs_leaves_a_server_that_serves(server: Server) -> None:
    remote = Remote(server.port)
    spin(remote, server)
    remote.ask(b"Z1,1003fff8,2")
    remote.send(b"c")
    remote.socket.close()
    again = Remote(server.port)
    assert again.ask(b"?").startswith(b"T05")
    assert again.ask(b"pf") in (b"f0ff0310", b"f2ff0310")  # somewhere in its loop of two
    assert not server.target.session.breakpoints


def test_a_second_client_is_turned_away(server: Server) -> None:
    first = Remote(server.port)
    assert first.ask(b"qC") == b"QC1"
    second = Remote(server.port)
    assert second.socket.recv(10) == b""
    assert first.ask(b"qC") == b"QC1"


def test_detach_hangs_up_and_kill_boots_again(server: Server) -> None:
    remote = Remote(server.port)
    assert remote.ask(b"P0=05000000") == b"OK"
    assert remote.ask(b"D") == b"OK"
    assert remote.receive() == b""
    again = Remote(server.port)
    assert again.ask(b"p0") == b"05000000"
    again.send(b"k")
    assert again.receive() == b""
    third = Remote(server.port)
    assert third.ask(b"p0") == b"00000000"


def test_without_acknowledgements_none_are_sent(server: Server) -> None:
    remote = Remote(server.port)
    assert remote.ask(b"QStartNoAckMode") == b"OK"
    remote.socket.sendall(frame(b"qC"))
    data = b""
    while not data.endswith(frame(b"QC1")):
        data += remote.socket.recv(100)
    assert data == frame(b"QC1")


def test_garbage_is_survived_and_damage_asked_for_again(server: Server) -> None:
    remote = Remote(server.port)
    remote.socket.sendall(bytes(range(256)) * 20 + b"#00")
    remote.socket.sendall(b"$qC#00")
    data = b""
    while b"-" not in data:
        data += remote.socket.recv(4096)
    assert Remote.ask(remote, b"qC") in (b"QC1", b"")
    remote.socket.sendall(b"-")
    assert remote.receive() == b"QC1"


def test_a_flood_of_packets_ends_the_connection_not_the_server(server: Server) -> None:
    remote = Remote(server.port)
    spin(remote, server)
    remote.send(b"c")
    flood = frame(b"g") * 5000
    try:
        for _ in range(50):
            remote.socket.sendall(flood)
    except OSError:
        pass
    remote.socket.close()
    assert Remote(server.port).ask(b"qC") == b"QC1"


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    taken = listen(0)
    port = taken.getsockname()[1]
    assert taken.getsockname()[0] == LOOPBACK
    with pytest.raises(InputError, match=f"port {port} cannot be used") as caught:
        listen(port)
    assert "\n" not in str(caught.value)
    taken.close()
    with pytest.raises(InputError, match="no port"):
        listen(70_000)


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (["--firmware", "echo", "--port", "99999"], 2, "no port"),
        (["--firmware", "echo", "--port", "here"], 2, "no port"),
        (["--firmware", "echo", "--board", "toaster"], 2, "no board"),
        (["nowhere.elf", "--port", "0"], 1, "nowhere.elf"),
        ([], 2, "IMAGE or --firmware"),
    ],
)
def test_the_verb_tells_a_wrong_call_in_a_line(
    arguments: list[str], status: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        found = main(["gdbserver", *arguments])
    except SystemExit as left:
        found = int(str(left.code))
    told = capsys.readouterr()
    assert found == status
    assert why in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_the_verb_tells_that_a_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    taken = listen(0)
    port = taken.getsockname()[1]
    assert main(["gdbserver", "--firmware", "echo", "--port", str(port)]) == 1
    taken.close()
    assert f"port {port} cannot be used" in capsys.readouterr().err
