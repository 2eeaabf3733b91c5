# SPDX-License-Identifier: GPL-2.0-or-later
"""Semihosting: what firmware asks of a debugger with `bkpt 0xab`. Console only, no files.

Arm IHI 0053, "Semihosting for AArch32 and AArch64", with its operation names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from .console import Console
from .registers import Peripheral

BKPT_SEMIHOSTING = 0xBEAB
FAILED = 0xFFFF_FFFF
APPLICATION_EXIT = 0x2_0026  # ADP_Stopped_ApplicationExit
TERMINAL = b":tt"
CHUNK = 256  # bytes to look for the end of a string in; memories end at multiples of it
LONGEST = 0x1_0000  # bytes of one string or block; what is longer is cut
MODE_WRITE = 4  # SYS_OPEN: from here on to write or append
EBADF = 9

Load = Callable[[int, int], bytes]
Store = Callable[[int, bytes], None]


@dataclass
class Semihosting(Peripheral):
    """Operations of one core. `load` and `store` raise `IndexError` where there is no memory.

    `exit_code` is set, to the code plus one, when the firmware asks to end.
    """

    load: Load
    store: Store
    clock: Callable[[], int]
    hz: int
    console: Console
    exit_code: int = 0
    errno: int = 0
    handles: int = 0

    def call(self, operation: int, parameter: int) -> int:
        """The result for R0; -1 for what is not here."""
        name = self.OPERATIONS.get(operation)
        if name is None:
            return self._fail()
        try:
            result: int = getattr(self, name)(parameter)
        except IndexError:
            return self._fail()
        return result & FAILED

    def _fail(self) -> int:
        self.errno = EBADF
        return FAILED

    def _words(self, at: int, count: int) -> list[int]:
        data = self.load(at, 4 * count)
        return [int.from_bytes(data[n : n + 4], "little") for n in range(0, 4 * count, 4)]

    def _open(self, at: int) -> int:
        name, mode, length = self._words(at, 3)
        if self.load(name, min(length, LONGEST)) != TERMINAL:
            return self._fail()
        self.handles += 1
        return 2 if mode >= MODE_WRITE else 1

    def _close(self, _at: int) -> int:
        return 0

    def _writec(self, at: int) -> int:
        self.console.put(self.load(at, 1))
        return 0

    def _write0(self, at: int) -> int:
        text = b""
        while len(text) < LONGEST and b"\0" not in text:
            here = at + len(text)
            text += self.load(here, CHUNK - here % CHUNK)
        self.console.put(text.partition(b"\0")[0][:LONGEST])
        return 0

    def _write(self, at: int) -> int:
        handle, data, length = self._words(at, 3)
        if not 0 < handle <= 2:
            self.errno = EBADF
            return length
        cut = min(length, LONGEST)
        self.console.put(self.load(data, cut))
        return length - cut

    def _read(self, at: int) -> int:
        return self._words(at, 3)[2]  # nobody types: nothing was read

    def _readc(self, _at: int) -> int:
        return FAILED

    def _iserror(self, at: int) -> int:
        return self._words(at, 1)[0] >> 31

    def _istty(self, _at: int) -> int:
        return 1

    def _length(self, _at: int) -> int:
        return 0

    def _centiseconds(self, _at: int) -> int:
        return self.clock() * 100 // self.hz

    def _time(self, _at: int) -> int:
        return self.clock() // self.hz  # since power-up: nothing here knows the date

    def _errno(self, _at: int) -> int:
        return self.errno

    def _get_cmdline(self, at: int) -> int:
        buffer, _ = self._words(at, 2)
        self.store(buffer, b"\0")
        self.store(at + 4, bytes(4))
        return 0

    def _heapinfo(self, at: int) -> int:
        self.store(self._words(at, 1)[0], bytes(16))
        return 0

    def _exit(self, reason: int) -> int:
        self.exit_code = 1 if reason == APPLICATION_EXIT else 2
        return 0

    def _exit_extended(self, at: int) -> int:
        reason, code = self._words(at, 2)
        self.exit_code = (code if reason == APPLICATION_EXIT else 1) + 1
        return 0

    def _elapsed(self, at: int) -> int:
        self.store(at, self.clock().to_bytes(8, "little"))
        return 0

    def _tickfreq(self, _at: int) -> int:
        return self.hz

    OPERATIONS: ClassVar[dict[int, str]] = {
        0x01: "_open", 0x02: "_close", 0x03: "_writec", 0x04: "_write0", 0x05: "_write",
        0x06: "_read", 0x07: "_readc", 0x08: "_iserror", 0x09: "_istty", 0x0C: "_length",
        0x10: "_centiseconds", 0x11: "_time", 0x13: "_errno", 0x15: "_get_cmdline",
        0x16: "_heapinfo", 0x18: "_exit", 0x20: "_exit_extended", 0x30: "_elapsed",
        0x31: "_tickfreq",
    }  # fmt: skip
