# SPDX-License-Identifier: GPL-2.0-or-later
"""An engine's registers, read and written without the binding's detours (2 us each, 100 for all).

The library is called directly, with buffers that are allocated once. Where the binding does not
show its library, its own methods do the same, slower.
"""

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import unicorn
from unicorn.unicorn_py3 import unicorn as binding

from .meter import address_of

uc: Any = unicorn  # typed in part only
WORD = 0xFFFF_FFFF
ONE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
FETCH = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint64
)
SMALL = 128  # bytes that `fetch` reads at most
MANY = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int
)


def function(prototype: Any, name: str) -> Any:
    """A function of unicorn's library."""
    library: Any = binding
    return prototype(ctypes.cast(getattr(library.uclib, name), ctypes.c_void_p).value)


class Bank:
    """All registers of one engine; `names` are those that go together."""

    def __init__(self, engine: Any, names: Sequence[int]) -> None:
        self._engine, self._handle = engine, address_of(engine)
        self._cell = ctypes.c_uint64()
        self._at = ctypes.addressof(self._cell)
        self._names = (ctypes.c_int * len(names))(*names)
        self._values = (ctypes.c_uint64 * len(names))()
        first = ctypes.addressof(self._values)
        self._places = (ctypes.c_void_p * len(names))(*(first + 8 * n for n in range(len(names))))
        self._arguments = (
            self._handle, ctypes.addressof(self._names), ctypes.addressof(self._places), len(names),
        )  # fmt: skip
        self._buffer = ctypes.create_string_buffer(SMALL)
        self._into = ctypes.addressof(self._buffer)
        self._fetch = function(FETCH, "uc_mem_read")
        self._read, self._write = function(ONE, "uc_reg_read"), function(ONE, "uc_reg_write")
        self._read_all = function(MANY, "uc_reg_read_batch")
        self._write_all = function(MANY, "uc_reg_write_batch")

    def __getitem__(self, register: int) -> int:
        self._read(self._handle, register, self._at)
        return self._cell.value

    def __setitem__(self, register: int, value: int) -> None:
        self._cell.value = value & WORD
        self._write(self._handle, register, self._at)

    def fetch(self, address: int, size: int) -> bytes | None:
        """Up to `SMALL` bytes of memory; None where there is none."""
        if self._fetch(self._handle, address, self._into, size):
            return None
        return ctypes.string_at(self._into, size)

    def values(self) -> list[int]:
        """All of them, in the order of their names."""
        self._read_all(*self._arguments)
        return self._values[:]

    def assign(self, values: Sequence[int]) -> None:
        """Give all of them these values."""
        self._values[: len(values)] = list(values)
        self._write_all(*self._arguments)


class SlowBank:
    """The same, by the binding's methods."""

    def __init__(self, engine: Any, names: Sequence[int]) -> None:
        self._engine, self._names = engine, names

    def __getitem__(self, register: int) -> int:
        value: int = self._engine.reg_read(register)
        return value

    def __setitem__(self, register: int, value: int) -> None:
        self._engine.reg_write(register, value)

    def fetch(self, address: int, size: int) -> bytes | None:
        """Some bytes of memory; None where there is none."""
        try:
            return bytes(self._engine.mem_read(address, size))
        except uc.UcError:
            return None

    def values(self) -> list[int]:
        """All of them, in the order of their names."""
        return [self[name] for name in self._names]

    def assign(self, values: Sequence[int]) -> None:
        """Give all of them these values."""
        for name, value in zip(self._names, values, strict=True):
            self[name] = value


def bank_of(engine: Any, names: tuple[int, ...], new: Callable[[], Any]) -> Bank | SlowBank:
    """The fast one, if in an engine made by `new` it reads what the other one does."""
    return (Bank if is_sound(names, new) else SlowBank)(engine, names)


@cache
def is_sound(names: tuple[int, ...], new: Callable[[], Any]) -> bool:
    """Whether the library can be called directly here: asked once per process."""
    engine = new()
    engine.mem_map(0, 0x1000)  # unicorn makes its core when there is memory, not before
    try:
        fast, slow = Bank(engine, names), SlowBank(engine, names)
        slow.assign([4 * n + 4 for n in range(len(names))])
        values = slow.values()
        slow.assign([0] * len(names))
        zeros = slow.values()
        fast.assign(values)
        if fast.fetch(0, 4) != slow.fetch(0, 4) or fast.fetch(0x1000, 4) is not None:
            return False
        return fast.values() == slow.values() != zeros and fast[names[0]] == slow[names[0]]
    except (AttributeError, TypeError, ValueError):
        return False
