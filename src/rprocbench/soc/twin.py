# SPDX-License-Identifier: GPL-2.0-or-later
"""A memory and what somebody knows of it: which pages differ, at the speed of `memcmp`."""

import ctypes
from collections.abc import Callable, Iterator
from mmap import mmap
from typing import Any

PAGE = 1024
CHUNK = 64 * PAGE  # what is compared at once

Compare = Callable[[int, int, int], int]


def _find_memcmp() -> Compare | None:
    """The C library's own; None where it cannot be called."""
    try:
        memcmp: Any = ctypes.CDLL(None).memcmp
    except (AttributeError, OSError, TypeError):
        return None
    memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    memcmp.restype = ctypes.c_int
    found: Compare = memcmp
    return found


MEMCMP = _find_memcmp()


class Twin:
    """`copy` is what is known of `store`. Neither may be resized from now on."""

    def __init__(self, store: mmap, copy: bytearray | None = None) -> None:
        self.store, self.copy = store, bytearray(store) if copy is None else copy
        self._views = ctypes.c_char.from_buffer(store), ctypes.c_char.from_buffer(self.copy)
        self._at, self._known = (ctypes.addressof(view) for view in self._views)
        self.size = len(self.copy)

    def differs(self, start: int, size: int) -> bool:
        """Whether any of these bytes is not as it is known to be."""
        if MEMCMP is None:
            return self.store[start : start + size] != self.copy[start : start + size]
        return MEMCMP(self._at + start, self._known + start, size) != 0

    def pages(self) -> Iterator[int]:
        """Where each page lies that differs. Whoever asks says with `learn` what he has seen."""
        if not self.differs(0, self.size):
            return
        for chunk in range(0, self.size, CHUNK):
            end = min(chunk + CHUNK, self.size)
            if self.differs(chunk, end - chunk):
                for at in range(chunk, end, PAGE):
                    if self.differs(at, min(PAGE, end - at)):
                        yield at

    def learn(self, at: int) -> bytes:
        """The page at `at`, from now on known as it is."""
        page = self.store[at : at + PAGE]
        self.copy[at : at + len(page)] = page
        return page
