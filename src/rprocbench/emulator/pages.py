# SPDX-License-Identifier: GPL-2.0-or-later
"""Memories as immutable pages that moments share, and what changed since the last moment.

A moment holds every page of a memory by reference; a page that nobody wrote is the same object in
all of them. So any moment can be dropped without touching the others, and going to one means
writing the pages that differ.
"""

import ctypes
from collections.abc import Callable, Iterator
from mmap import mmap

PAGE = 1024
CHUNK = 64  # pages that are compared, and shared, together

Chunk = tuple[bytes, ...]
Image = tuple[Chunk, ...]

_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
_memcmp.restype = ctypes.c_int


class Pages:
    """The pages of one live memory, brought up to date by `image`."""

    def __init__(self, store: mmap) -> None:
        self._store = store
        self._copy = bytearray(store)
        self._live = ctypes.addressof(ctypes.c_char.from_buffer(store))
        self._view = ctypes.c_char.from_buffer(self._copy)  # it keeps the copy in place
        self._kept = ctypes.addressof(self._view)
        blank: dict[bytes, bytes] = {}  # equal pages of a fresh memory are one object
        whole = [bytes(store[at : at + PAGE]) for at in range(0, len(store), PAGE)]
        shared = [blank.setdefault(page, page) for page in whole]
        self._image: Image = tuple(
            tuple(shared[at : at + CHUNK]) for at in range(0, len(shared), CHUNK)
        )

    def image(self) -> Image:
        """The memory as it is now: all of it is compared, and what changed copied."""
        if _memcmp(self._live, self._kept, len(self._copy)):
            chunks = list(self._image)
            for number, chunk in enumerate(chunks):
                start = number * CHUNK * PAGE
                if _memcmp(self._live + start, self._kept + start, self._size_of(chunk)):
                    chunks[number] = self._renewed(start, chunk)
            self._image = tuple(chunks)
        return self._image

    def _size_of(self, chunk: Chunk) -> int:
        return PAGE * (len(chunk) - 1) + len(chunk[-1])

    def _renewed(self, start: int, chunk: Chunk) -> Chunk:
        pages = list(chunk)
        for number, page in enumerate(pages):
            at = start + number * PAGE
            if _memcmp(self._live + at, self._kept + at, len(page)):
                pages[number] = new = self._store[at : at + len(page)]
                self._copy[at : at + len(page)] = new
        return tuple(pages)

    def become(self, image: Image, changed: Callable[[int, int], None]) -> None:
        """Make the memory what `image` says; `changed(offset, size)` hears of each page."""
        for at, page in differing(self.image(), image):
            self._store[at : at + len(page)] = page
            self._copy[at : at + len(page)] = page
            changed(at, len(page))
        self._image = image


def differing(now: Image, wanted: Image) -> Iterator[tuple[int, bytes]]:
    """Offset and new content of each page that differs."""
    for number, (old, new) in enumerate(zip(now, wanted, strict=True)):
        if old is new:
            continue
        for index, (was, page) in enumerate(zip(old, new, strict=True)):
            if was is not page and was != page:
                yield (number * CHUNK + index) * PAGE, page
