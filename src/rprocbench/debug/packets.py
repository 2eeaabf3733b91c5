# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames of gdb's remote serial protocol: `$body#checksum`, escapes, acknowledgements.

Source: Debugging with GDB, appendix E, "GDB Remote Serial Protocol".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

INTERRUPT = 0x03
PACKET_SIZE = 0x4000  # bytes of a body, at most
START, END, ESCAPE, REPEAT = b"$"[0], b"#"[0], b"}"[0], b"*"[0]
SPECIAL = (START, END, ESCAPE, REPEAT)


@dataclass(frozen=True, slots=True)
class Event:
    """What came in: a whole packet, one that is damaged, an acknowledgement, Ctrl-C."""

    kind: Literal["packet", "damaged", "again", "interrupt"]
    body: bytes = b""


def checksum(body: bytes) -> int:
    """The sum of the bytes as they are sent."""
    return sum(body) & 0xFF


def frame(body: bytes) -> bytes:
    """`body`, already escaped, as it goes over the wire."""
    return b"$%b#%02x" % (body, checksum(body))


def escape(data: bytes) -> bytes:
    """Binary data, so that no byte of it is taken for a sign of the protocol."""
    found = bytearray()
    for byte in data:
        if byte in SPECIAL:
            found += bytes((ESCAPE, byte ^ 0x20))
        else:
            found.append(byte)
    return bytes(found)


def unescape(body: bytes) -> bytes:
    """The data that `escape` was given."""
    first, *rest = body.split(b"}")
    found = bytearray(first)
    is_pending = False
    for part in rest:
        if is_pending:  # an escaped brace, whose own byte the split has taken
            found.append(ESCAPE ^ 0x20)
            found += part
            is_pending = False
        elif part:
            found.append(part[0] ^ 0x20)
            found += part[1:]
        else:
            is_pending = True
    return bytes(found)


@dataclass
class Receiver:
    """Bytes in, events out. What is no frame is skipped; a body longer than allowed is damaged."""

    _body: bytearray | None = None
    _sum: bytearray | None = None
    _is_too_long: bool = False

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that `data` completes."""
        for byte in data:
            if event := self._take(byte):
                yield event

    def _take(self, byte: int) -> Event | None:
        if self._sum is not None:
            return self._finish(byte)
        if byte == START:
            self._body, self._is_too_long = bytearray(), False
            return None
        if self._body is None:
            return self._between(byte)
        if byte == END:
            self._sum = bytearray()
        elif len(self._body) < PACKET_SIZE:
            self._body.append(byte)
        else:
            self._is_too_long = True
        return None

    def _between(self, byte: int) -> Event | None:
        if byte == INTERRUPT:
            return Event("interrupt")
        return Event("again") if byte == b"-"[0] else None

    def _finish(self, byte: int) -> Event | None:
        assert self._sum is not None
        assert self._body is not None
        self._sum.append(byte)
        if len(self._sum) < 2:
            return None
        body, digits, is_too_long = bytes(self._body), bytes(self._sum), self._is_too_long
        self._body = self._sum = None
        is_sound = digits.lower() == b"%02x" % checksum(body) and not is_too_long
        return Event("packet" if is_sound else "damaged", body)
