# SPDX-License-Identifier: GPL-2.0-or-later
"""Hooks in machine code: a Python one costs a hundred times what it looks at.

The code is made by `tools/build_native.py`, lies here as bytes, and needs no compiler. Where there
is none for this kind of processor, or the system refuses to execute it, or unicorn's counter was
not found, `native_for` gives None, and hooks are Python functions that do the same.
"""

import ctypes
import mmap
import platform
import sys
from functools import cache
from typing import Any

from .bank import function
from .meter import EngineMeter, address_of
from .native_code import CODE

HOOK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p,
    ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64,
)  # fmt: skip
UNHOOK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
ON_ACCESS = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64, ctypes.c_int, ctypes.c_int64,
    ctypes.c_void_p,
)  # fmt: skip
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
SPARE = 256  # entries that may still come when a ring is full
EXECUTABLE = 5  # PROT_READ | PROT_EXEC


class Ring(ctypes.Structure):
    """`ring_t`: what a hook leaves, entry by entry."""

    _fields_ = [
        ("counter", ctypes.c_void_p),
        ("limit", ctypes.c_void_p),
        ("base", ctypes.c_uint64),
        ("count", ctypes.c_uint64),
        ("capacity", ctypes.c_uint64),
        ("entries", ctypes.c_void_p),
    ]


class Gate(ctypes.Structure):
    """`gate_t`: addresses to stop in front of, and the block that was stopped at."""

    _fields_ = [
        ("limit", ctypes.c_void_p),
        ("is_open", ctypes.c_uint64),
        ("near_start", ctypes.c_uint64),
        ("near_end", ctypes.c_uint64),
        ("count", ctypes.c_uint64),
        ("addresses", ctypes.c_void_p),
    ]


class View(ctypes.Structure):
    """Memory as the guest and as this process addresses it."""

    _fields_ = [
        ("base", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("bytes", ctypes.c_void_p),
    ]


PAGES = 8


class Unmask(ctypes.Structure):
    """`unmask_t`: where to look up the instruction that a block ends with."""

    _fields_ = [
        ("limit", ctypes.c_void_p),
        ("may_unmask", ctypes.c_uint64),
        ("count", ctypes.c_uint64),
        ("views", View * PAGES),
    ]


@cache
def functions() -> dict[str, int] | None:
    """The address of each function; None where they cannot run. The code stays for good."""
    machine = platform.machine().lower()
    kind = MACHINES.get(machine, machine)
    if sys.platform == "win32":
        kind += "-windows"
    if kind not in CODE or sys.maxsize < 1 << 32:
        return None
    text, offsets = CODE[kind]
    code = bytes.fromhex(text)
    try:
        address = _place(code)
    except (AttributeError, OSError, ValueError):
        return None
    return {name: address + offset for name, offset in offsets.items()}


KEPT: list[object] = []


def _place(code: bytes) -> int:
    """Put the code where it may be executed, and no longer written."""
    memory = mmap.mmap(-1, len(code))
    memory[:] = code
    view = ctypes.c_char.from_buffer(memory)
    address = ctypes.addressof(view)
    mprotect = ctypes.CDLL(None, use_errno=True).mprotect
    mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    if mprotect(address, len(code), EXECUTABLE):
        raise OSError(ctypes.get_errno(), "may not be executed")
    KEPT.extend((memory, view))
    return address


class RawHooks:
    """Adds hooks to one engine that the binding has no method for."""

    def __init__(self, engine: Any) -> None:
        self._handle = address_of(engine)
        self._add = function(HOOK, "uc_hook_add")
        self._remove = function(UNHOOK, "uc_hook_del")

    def add(self, kind: int, code: int, user: int = 0, begin: int = 1, end: int = 0) -> int:
        """Let the function at `code` be called for this kind of event, there or anywhere."""
        hook = ctypes.c_size_t()
        if self._add(self._handle, ctypes.addressof(hook), kind, code, user, begin, end):
            raise RuntimeError("unicorn takes no more hooks")
        return hook.value

    def remove(self, hook: int) -> None:
        """Do not call it any more."""
        self._remove(self._handle, hook)


class Native(RawHooks):
    """Adds hooks in machine code to one engine."""

    def __init__(self, engine: Any, meter: EngineMeter, code: dict[str, int]) -> None:
        super().__init__(engine)
        self._code = code
        self.counter, self.limit = meter.places

    def hook(
        self, kind: int, name: str, user: ctypes.Structure, begin: int = 1, end: int = 0
    ) -> int:
        """Let the function `name` be called for this kind of event, there or anywhere."""
        return self.add(kind, self._code[name], ctypes.addressof(user), begin, end)


def native_for(engine: Any, meter: object) -> Native | None:
    """The native hooks of an engine; None where there are none."""
    code = functions()
    if code is None or not isinstance(meter, EngineMeter):
        return None
    return Native(engine, meter, code)
