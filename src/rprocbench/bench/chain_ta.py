# SPDX-License-Identifier: GPL-2.0-or-later
"""The TA's own functions, asked one by one: each answers even where an earlier one said no.

They work on a copy, in a run that nobody looks at, so a chain can go on behind its first broken
link and still see what the TA would see.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from rprocbench.base.errors import RprocError
from rprocbench.formats.elf import PT_LOAD
from rprocbench.formats.elf_records import Elf32_Ehdr, Elf32_Phdr
from rprocbench.formats.keys import RsaPublicKey
from rprocbench.formats.signed_image import HashRow, RemoteprocFwHdr
from rprocbench.formats.tlv import TlvType
from rprocbench.soc.memory import Da
from rprocbench.tee.arithmetic import add_overflow, roundup_64
from rprocbench.tee.elf_parser import (
    ElfImage,
    e32_parse_ehdr,
    e32_parser_load_elf_image,
)
from rprocbench.tee.elf_sections import e32_parser_find_rsc_table
from rprocbench.tee.generations import HEAD
from rprocbench.tee.heap import HeapBlock
from rprocbench.tee.remoteproc_verify import remoteproc_get_tlv
from rprocbench.tee.shared_memory import SharedBuffer
from rprocbench.tee.ta_context import RemoteprocContext

from .ta_load import IMAGE, secure_world

T = TypeVar("T")


def asked(question: Callable[[], T]) -> T | RprocError:
    """The answer, or the error in its place."""
    try:
        return question()
    except RprocError as error:
        return error


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as the TA hands it to the hash check: `start` and `size` of its bytes in the file.

    `header` is where its program header lies, `index` its number among all of them.
    """

    image: int
    index: int
    header: int
    start: int
    size: int
    da: int
    memsz: int


class TaLens:
    """An image, as the TA's functions see it."""

    def __init__(self, data: bytes, key: RsaPublicKey) -> None:
        optee, _session = secure_world(key)
        assert optee.ta
        self.data = data
        self.header = RemoteprocFwHdr.parse(data.ljust(RemoteprocFwHdr.SIZE, b"\0"), buffer=IMAGE)
        sizes = roundup_64(self.header.tlv_len), roundup_64(self.header.sign_len)
        self.signed_end = RemoteprocFwHdr.SIZE + sizes[0]
        self.images_at = self.signed_end + sizes[1]
        self.length = add_overflow(RemoteprocFwHdr.SIZE, *sizes)
        run = optee.run
        self.fw = SharedBuffer(run, IMAGE, bytearray(data))
        copy = HeapBlock(bytearray(data[: self.images_at]), IMAGE)
        self.ctx = RemoteprocContext(run, optee.ta, 0, fw=self.fw, sec_cpy=copy)

    def record(self, type_: TlvType) -> tuple[int, int] | RprocError:
        """Start and length of the first value of that type, by the TA's own search."""
        found = asked(lambda: remoteproc_get_tlv(self.ctx, type_))
        if isinstance(found, tuple) and sum(found) > len(self.ctx.copy.memory):
            return asked(lambda: self._behind(*found))
        return found

    @property
    def rows(self) -> tuple[HashRow, ...]:
        """The whole rows of the hash table that the TA finds."""
        found = self.record(TlvType.HASHTABLE)
        if isinstance(found, RprocError):
            return ()
        at, length = found
        starts = range(at, at + length // HashRow.SIZE * HashRow.SIZE, HashRow.SIZE)
        return tuple(HashRow.parse(self.data, start, IMAGE) for start in starts)

    def _behind(self, at: int, length: int) -> tuple[int, int]:
        self.ctx.copy.fetch(at, length)  # raises: the file ends before the value does
        return at, length

    def elf(self, base: int, size: int) -> ElfImage:
        """`size` bytes from `base`, as an ELF image."""
        return ElfImage(self.fw, base, size, HEAD)

    def check_elf(self) -> RprocError | None:
        """What is wrong with the ELF header of image 0, held against the length of all images."""
        return asked(lambda: e32_parse_ehdr(self.elf(self.images_at, self.header.img_len)))

    def segments(self, image: int, elf: ElfImage) -> tuple[list[Segment], RprocError | None]:
        """The segments that the TA comes to, and what ends its walk too early."""
        found: list[tuple[int, int, Da, int]] = []
        error = asked(lambda: e32_parser_load_elf_image(elf, lambda *seen: found.append(seen)))
        loads = islice(self._loads(elf), len(found))
        return [
            Segment(image, *place, *seen) for place, seen in zip(loads, found, strict=False)
        ], error

    def _loads(self, elf: ElfImage) -> Iterator[tuple[int, int]]:
        """Number and place of each PT_LOAD program header."""
        first = elf.base + self.u32(elf.base + Elf32_Ehdr.SPANS["e_phoff"][0])
        count = self.u32(elf.base + Elf32_Ehdr.SPANS["e_phnum"][0]) & 0xFFFF
        for index in range(count):
            at = first + index * Elf32_Phdr.SIZE
            if self.u32(at) == PT_LOAD:
                yield index, at

    def u32(self, at: int) -> int:
        """The number at byte `at`; zeros behind the end."""
        return int.from_bytes(self.data[max(at, 0) : max(at + 4, 0)], "little")

    def resource_table(self, elf: ElfImage) -> tuple[Da, int] | RprocError:
        """Device address and size of the resource table, found as the TA finds it."""
        return asked(lambda: e32_parser_find_rsc_table(elf))
