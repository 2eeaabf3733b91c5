# SPDX-License-Identifier: GPL-2.0-or-later
"""The answers to gdb's packets: registers, memory, breakpoints, running, both ways.

Source: Debugging with GDB, appendix E.2 to E.4. No socket here: bytes in, bytes out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rprocbench.base.errors import Crash, RprocError
from rprocbench.bench.session import Session, Stopped, Watchpoint
from rprocbench.emulator.watch import Access, Address, Why

from .gdb_description import REGISTERS, memory_map, pack, target_xml, unpack
from .monitor import Monitor
from .packets import PACKET_SIZE, escape, unescape
from .telling import reason
from .view import View

MAX_POINTS = 4096
MAX_STEPS = 1_000_000  # of one range that is stepped through
FEATURES = (
    f"PacketSize={PACKET_SIZE:x}", "QStartNoAckMode+", "qXfer:features:read+",
    "qXfer:memory-map:read+", "swbreak+", "hwbreak+", "ReverseStep+", "ReverseContinue+",
    "vContSupported+", "binary-upload+",
)  # fmt: skip
ANSWERS = {  # there is one thread, and the machine was there before gdb came
    b"C": b"QC1", b"fThreadInfo": b"m1", b"sThreadInfo": b"l", b"Attached": b"1", b"Symbol": b"OK",
}  # fmt: skip
TRAP, INT, SEGV, NONE = 5, 2, 11, 0
SIGNALS = {
    Why.INTERRUPTED: INT, Why.LOCKED_UP: SEGV, Why.NO_PROGRESS: NONE, Why.HALTED: NONE,
    Why.BUDGET: NONE, Why.LIMIT: NONE,
}  # fmt: skip


class PacketError(Exception):
    """A packet that cannot be obeyed; gdb gets the number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


BAD, NO_MEMORY, NOT_NOW = 0x16, 0x0E, 0x01  # EINVAL, EFAULT, EPERM


def hexadecimal(text: bytes) -> int:
    """A number of hexadecimal digits. Raises `PacketError` for anything else."""
    if not text or len(text) > 16 or not text.isalnum():
        raise PacketError(BAD)
    try:
        return int(text, 16)
    except ValueError:
        raise PacketError(BAD) from None


def data_of(text: bytes) -> bytes:
    """Bytes written as hexadecimal digits. Raises `PacketError`."""
    try:
        return bytes.fromhex(text.decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        raise PacketError(BAD) from None


@dataclass
class Stub:
    """One machine's side of the protocol.

    `say` sends an intermediate `O` packet. `handle` answers one packet: the body of the reply, or
    None where gdb expects none. After a reply, `is_over` tells whether the connection ends.
    """

    view: View
    monitor: Monitor
    say: Callable[[bytes], None]
    is_over: bool = False
    is_killed: bool = False
    no_ack: bool = False
    wants_stop: bool = False
    hardware: set[int] = field(default_factory=set)
    software: set[int] = field(default_factory=set)
    last: bytes = b"T05thread:1;"

    def __post_init__(self) -> None:
        self._verbs: dict[bytes, Callable[[bytes], bytes | None]] = {
            b"?": lambda _: self.last,
            b"g": self._read_all,
            b"G": self._write_all,
            b"p": self._read_one,
            b"P": self._write_one,
            b"m": self._read_memory,
            b"x": self._read_binary,
            b"M": self._write_memory,
            b"X": self._write_binary,
            b"Z": self._insert,
            b"z": self._remove,
            b"c": self._continue,
            b"s": self._step,
            b"C": lambda rest: self._continue(rest.partition(b";")[2]),
            b"S": lambda rest: self._step(rest.partition(b";")[2]),
            b"b": self._reverse,
            b"v": self._v,
            b"q": self._query,
            b"Q": self._set,
            b"H": lambda _: b"OK",
            b"T": lambda rest: b"OK" if rest == b"1" else b"E01",
            b"!": lambda _: b"OK",
            b"D": self._detach,
            b"k": self._kill,
            b"R": self._restart,
        }

    @property
    def session(self) -> Session:
        """The machine's session, as it is now."""
        return self.view.target.session

    def interrupt(self) -> None:
        """From another thread: stop what runs. It may not have begun yet, so ask until it stops."""
        self.wants_stop = True
        self.session.interrupt()

    def handle(self, body: bytes) -> bytes | None:
        """The reply to one packet; b"" says that the packet is not known."""
        verb = self._verbs.get(body[:1])
        if verb is None:
            return b""
        try:
            return verb(body[1:])
        except PacketError as error:
            return b"E%02x" % error.number
        except Crash as crash:
            self.tell(f"{crash}\n")
            return b"T06thread:1;"
        except RprocError:
            return b"E%02x" % NOT_NOW

    # Registers

    def _read_all(self, _rest: bytes) -> bytes:
        values = self.view.target.registers()
        return b"".join(pack(register, values) for register in REGISTERS).hex().encode()

    def _write_all(self, rest: bytes) -> bytes:
        data = data_of(rest)
        for register in REGISTERS:
            part, data = data[: register.size], data[register.size :]
            if len(part) == register.size:
                for name, value in unpack(register, part).items():
                    if self.session.registers[name] != value:
                        self.session.registers[name] = value
        return b"OK"

    def _read_one(self, rest: bytes) -> bytes:
        number = hexadecimal(rest)
        if number >= len(REGISTERS):
            raise PacketError(BAD)
        register = REGISTERS[number]
        values = {part: self.session.registers[part] for part in register.parts}
        return pack(register, values).hex().encode()

    def _write_one(self, rest: bytes) -> bytes:
        number, _, value = rest.partition(b"=")
        index, data = hexadecimal(number), data_of(value)
        if index >= len(REGISTERS) or len(data) != REGISTERS[index].size:
            raise PacketError(BAD)
        for name, new in unpack(REGISTERS[index], data).items():
            self.session.registers[name] = new
        return b"OK"

    # Memory

    def _range(self, rest: bytes) -> tuple[int, int]:
        start, comma, size = rest.partition(b",")
        if not comma:
            raise PacketError(BAD)
        return hexadecimal(start), hexadecimal(size)

    def _load(self, rest: bytes) -> bytes:
        """As much as there is, from the beginning on."""
        start, size = self._range(rest)
        size = min(size, PACKET_SIZE // 2 - 16)
        try:
            return self.view.read(start, size)
        except RprocError:
            found = self._prefix(start, size)
        if size and not found:
            raise PacketError(NO_MEMORY)
        return found

    def _prefix(self, start: int, size: int) -> bytes:
        found = b""
        step = 1 << max(0, size.bit_length() - 1)
        while step:
            try:
                if len(found) + step <= size:
                    found += self.view.read(start + len(found), step)
            except RprocError:
                pass
            step //= 2
        return found

    def _read_memory(self, rest: bytes) -> bytes:
        return self._load(rest).hex().encode()

    def _read_binary(self, rest: bytes) -> bytes:
        return b"b" + escape(self._load(rest))

    def _write_memory(self, rest: bytes) -> bytes:
        place, colon, text = rest.partition(b":")
        return self._store(place, data_of(text), is_complete=bool(colon))

    def _write_binary(self, rest: bytes) -> bytes:
        place, colon, data = rest.partition(b":")
        return self._store(place, unescape(data), is_complete=bool(colon))

    def _store(self, place: bytes, data: bytes, *, is_complete: bool) -> bytes:
        start, size = self._range(place)
        if not is_complete or size != len(data):
            raise PacketError(BAD)
        if size:
            self.view.write(start, data)
        return b"OK"

    # Breakpoints and watchpoints

    def _point(self, rest: bytes) -> tuple[bytes, int, int]:
        fields = rest.partition(b";")[0].split(b",")
        if len(fields) != 3 or fields[0] not in (b"0", b"1", b"2", b"3", b"4"):
            raise PacketError(BAD)
        return fields[0], hexadecimal(fields[1]), hexadecimal(fields[2])

    def _insert(self, rest: bytes) -> bytes:
        kind, da, size = self._point(rest)
        if len(self.software) + len(self.hardware) + len(self.session.watchpoints) > MAX_POINTS:
            raise PacketError(BAD)
        if kind in b"01":
            (self.software if kind == b"0" else self.hardware).add(da & ~1)
        else:
            if not 0 < size <= PACKET_SIZE:
                raise PacketError(BAD)
            self.session.watchpoints.add(watchpoint(kind, da, size))
        self._arm()
        return b"OK"

    def _remove(self, rest: bytes) -> bytes:
        kind, da, size = self._point(rest)
        if kind in b"01":
            (self.software if kind == b"0" else self.hardware).discard(da & ~1)
        else:
            self.session.watchpoints.discard(watchpoint(kind, da, size))
        self._arm()
        return b"OK"

    def _arm(self) -> None:
        self.session.breakpoints = self.software | self.hardware

    # Running

    def _jump(self, rest: bytes) -> None:
        if rest:
            self.session.registers["pc"] = hexadecimal(rest)

    def _continue(self, rest: bytes) -> bytes:
        self._jump(rest)
        return self._told(self.session.run())

    def _step(self, rest: bytes) -> bytes:
        self._jump(rest)
        return self._told(self.session.step())

    def _step_range(self, start: int, end: int) -> bytes:
        """Step until the code from `start` to before `end` is left, or something else happens."""
        for _ in range(MAX_STEPS):
            stopped = self.session.step()
            is_inside = start <= stopped.pc < end
            if stopped.why is not Why.STEP or not is_inside or self._is_broken_at(stopped.pc):
                break
            if self.wants_stop:
                return self._told(replace(stopped, why=Why.INTERRUPTED))
        return self._told(stopped)

    def _is_broken_at(self, pc: int) -> bool:
        return pc in self.software or pc in self.hardware

    def _reverse(self, rest: bytes) -> bytes | None:
        match rest:
            case b"s":
                return self._told(self.session.step_back(), is_back=True)
            case b"c":
                return self._told(self.session.run_back(), is_back=True)
        return b""

    def _told(self, stopped: Stopped, *, is_back: bool = False) -> bytes:
        """A stop reply."""
        why = stopped.why
        more = b""
        if why in (Why.START, Why.END):
            more = b"replaylog:begin;" if is_back else b"replaylog:end;"
        elif isinstance(stopped.until, Access):
            point, da = stopped.until, stopped.until.da
            kind = {"any": b"awatch", "read": b"rwatch"}.get(point.kind, b"watch")
            more = b"%b:%x;" % (kind, da)
        elif isinstance(stopped.until, Address):
            more = b"swbreak:;" if stopped.pc in self.software else b"hwbreak:;"
        if why in SIGNALS and why is not Why.INTERRUPTED:
            self.tell(f"{reason(stopped, is_asleep=self.session.core.is_asleep)}\n")
        self.wants_stop = False
        self.last = b"T%02x%bthread:1;" % (SIGNALS.get(why, TRAP), more)
        return self.last

    def tell(self, text: str) -> None:
        """Show text in gdb's console."""
        for at in range(0, len(text), PACKET_SIZE // 8):
            part = text[at : at + PACKET_SIZE // 8]
            self.say(b"O" + part.encode("utf-8", "replace").hex().encode())

    def _v(self, rest: bytes) -> bytes | None:
        if rest == b"Cont?":
            return b"vCont;c;C;s;S;r"
        if rest.startswith(b"Cont;"):
            return self._v_cont(rest[5:])
        if rest.startswith(b"Kill"):
            self.is_killed = True
            return b"OK"
        return b""

    def _v_cont(self, actions: bytes) -> bytes | None:
        action, _, _thread = actions.split(b";")[0].partition(b":")
        match action[:1]:
            case b"c" | b"C":
                return self._continue(b"")
            case b"s" | b"S":
                return self._step(b"")
            case b"r":
                return self._step_range(*self._range(action[1:]))
        raise PacketError(BAD)

    # The rest

    def _query(self, rest: bytes) -> bytes | None:
        name, _, argument = rest.partition(b":")
        if name.startswith(b"Rcmd,"):
            return self._command(rest[5:])
        if name.startswith(b"ThreadExtraInfo"):
            return self.monitor.headline().encode().hex().encode()
        if name == b"Supported":
            return ";".join(FEATURES).encode()
        if name == b"Xfer":
            return self._transfer(argument)
        return ANSWERS.get(name, b"")

    def _transfer(self, argument: bytes) -> bytes:
        kind, verb, annex, window = (*argument.split(b":"), b"", b"", b"", b"")[:4]
        documents: dict[tuple[bytes, bytes], Callable[[], bytes]] = {
            (b"features", b"target.xml"): target_xml,
            (b"memory-map", b""): lambda: memory_map(self.view.target.bench.board),
        }
        made = documents.get((kind, annex))
        if verb != b"read":
            return b""
        if made is None:
            return b"E00"
        start, size = self._range(window)
        data = made()
        part = data[start : start + min(size, PACKET_SIZE // 2)]
        return (b"m" if start + len(part) < len(data) else b"l") + escape(part)

    def _command(self, rest: bytes) -> bytes:
        text = data_of(rest).decode("utf-8", "replace")
        self.tell(self.monitor.obey(text))
        self.view.refresh()
        return b"OK"

    def _set(self, rest: bytes) -> bytes:
        if rest == b"StartNoAckMode":
            self.no_ack = True
            return b"OK"
        return b""

    def _detach(self, _rest: bytes) -> bytes:
        self.is_over = True
        return b"OK"

    def _kill(self, _rest: bytes) -> None:
        self.is_over = self.is_killed = True

    def _restart(self, _rest: bytes) -> None:
        self.view.target.restart()
        self._arm()


def watchpoint(kind: bytes, da: int, size: int) -> Watchpoint:
    """A watchpoint of gdb's kind 2 (write), 3 (read) or 4 (access)."""
    return Watchpoint(da, size, read=kind != b"2", write=kind != b"3")
