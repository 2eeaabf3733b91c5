# SPDX-License-Identifier: GPL-2.0-or-later
"""Memories as immutable pages that moments share, and what changed since the last moment.

A moment holds every page of a memory by reference; a page that nobody wrote is the same object in
all of them. So any moment can be dropped without touching the others, and going to one means
writing the pages that differ.
"""

from collections.abc import Callable, Iterator
from mmap import mmap

from rprocbench.soc.twin import PAGE, Twin

CHUNK = 64  # pages that are compared, and shared, together

Chunk = tuple[bytes, ...]
Image = tuple[Chunk, ...]


class Pages:
    """The pages of one live memory, brought up to date by `image`."""

    def __init__(self, store: mmap) -> None:
        self._store = store
        self._twin = Twin(store)
        blank: dict[bytes, bytes] = {}  # equal pages of a fresh memory are one object
        whole = [bytes(store[at : at + PAGE]) for at in range(0, len(store), PAGE)]
        shared = [blank.setdefault(page, page) for page in whole]
        self._image: Image = tuple(
            tuple(shared[at : at + CHUNK]) for at in range(0, len(shared), CHUNK)
        )

    def image(self) -> Image:
        """The memory as it is now: all of it is compared, and what changed copied."""
        chunks: dict[int, list[bytes]] = {}
        for at in self._twin.pages():
            number, index = divmod(at // PAGE, CHUNK)
            chunk = chunks.setdefault(number, list(self._image[number]))
            chunk[index] = self._twin.learn(at)
        if chunks:
            image = list(self._image)
            for number, chunk in chunks.items():
                image[number] = tuple(chunk)
            self._image = tuple(image)
        return self._image

    def become(self, image: Image, changed: Callable[[int, int], None]) -> None:
        """Make the memory what `image` says; `changed(offset, size)` hears of each page."""
        for at, page in differing(self.image(), image):
            self._store[at : at + len(page)] = page
            self._twin.learn(at)
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
