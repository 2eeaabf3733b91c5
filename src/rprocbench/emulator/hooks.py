# SPDX-License-Identifier: GPL-2.0-or-later
"""Hooks of one engine: where to look twice, and which accesses to hear of.

Unicorn does not call a hook for code that it translated before, so translations are dropped when
hooks come or go. That is why a gate that is open is kept: opening and closing costs nothing.
"""

import ctypes
from collections.abc import Callable, Collection
from typing import Any, Protocol

import unicorn

from .engine import Engine
from .native import Gate

uc: Any = unicorn  # typed in part only
BEFORE = 7  # an access that begins so many bytes before may still reach


class Heard(Protocol):
    """Called at an access, before it happens."""

    def __call__(self, address: int, size: int, value: int, *, is_write: bool) -> None: ...


class Hooks:
    """The hooks that stop one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._uc = engine.unicorn
        self._wanted: Collection[int] = ()
        self._near: tuple[int, int] = (0, 0)
        self._gate = Gate()
        self._table: Any = None  # the addresses as the gate reads them
        self._is_native = False
        self._block: int | None = None
        self._listening: list[int] = []
        self._is_stale = False

    def gate(self, addresses: Collection[int], passed: Callable[[int], None] | None) -> None:
        """Stop in front of each block that holds one of `addresses`; or call `passed` with each."""
        self.open()
        self._near = (0, 0)
        if passed and addresses:
            for address in addresses:
                self._add(uc.UC_HOOK_CODE, self._code_hook(passed), address, address)
        elif addresses:
            if self._block is None:
                self._install()
            self._wanted = addresses
            if self._is_native:
                self._table = (ctypes.c_uint32 * len(addresses))(*sorted(addresses))
                self._gate.addresses = ctypes.addressof(self._table)
                self._gate.count = len(addresses)

    def _install(self) -> None:
        native = self._engine.native
        if native is not None:
            self._gate.limit = native.limit
            self._block = native.hook(uc.UC_HOOK_BLOCK, "guarded", self._gate)
            self._is_native = True
        else:
            self._block = self._uc.hook_add(uc.UC_HOOK_BLOCK, self._on_block)
        self._is_stale = True

    @property
    def is_slow(self) -> bool:
        """Whether Python is asked at every block."""
        return bool(self._wanted) and not self._is_native

    def listen(self, da: int, size: int, kind: str, heard: Heard) -> None:
        """Call `heard` for each access of `kind` to one of these bytes."""

        def on_write(
            _uc: Any, _kind: int, address: int, width: int, value: int, _user: object
        ) -> None:
            if da < address + width:
                heard(address, width, value & (1 << 8 * width) - 1, is_write=True)

        def on_read(
            _uc: Any, _kind: int, address: int, width: int, _value: int, _user: object
        ) -> None:
            if da < address + width:
                value = int.from_bytes(self._engine.load(address, width), "little")
                heard(address, width, value, is_write=False)

        begin, end = max(da - BEFORE, 0), da + size - 1
        if kind != "read":
            self._add(uc.UC_HOOK_MEM_WRITE, on_write, begin, end)
        if kind != "write":
            self._add(uc.UC_HOOK_MEM_READ, on_read, begin, end)

    def settle(self) -> None:
        """Let what was added take effect."""
        if self._is_stale:
            self._engine.forget_all_code()
            self._is_stale = False

    def open(self) -> None:
        """Stop nothing any more."""
        self._wanted = ()
        self._gate.count = self._gate.near_start = self._gate.near_end = 0
        if self._block is not None and not self._is_native:
            self._uc.hook_del(self._block)
            self._block = None
            self._is_stale = True
        if self._listening:
            for hook in self._listening:
                self._uc.hook_del(hook)
            self._listening = []
            self._is_stale = True
        self.settle()

    def is_near(self, pc: int, end: int) -> bool:
        """Whether the block at `pc` has to be gone through step by step."""
        near = (self._gate.near_start, self._gate.near_end) if self._is_native else self._near
        is_near = near[0] <= pc < near[1] or any(pc <= a < end for a in self._wanted)
        self._is_closed = not is_near
        self._gate.is_open = int(is_near)
        return is_near

    _is_closed = True

    def _add(self, kind: int, callback: Callable[..., None], begin: int, end: int) -> None:
        self._listening.append(self._uc.hook_add(kind, callback, begin=begin, end=end))
        self._is_stale = True

    def _code_hook(self, passed: Callable[[int], None]) -> Callable[..., None]:
        def on_code(_uc: Any, address: int, _size: int, _user: object) -> None:
            passed(address)

        return on_code

    def _on_block(self, _uc: Any, address: int, size: int, _user: object) -> None:
        if self._is_closed and any(address <= wanted < address + size for wanted in self._wanted):
            self._near = (address, address + size)
            self._engine.stop()
