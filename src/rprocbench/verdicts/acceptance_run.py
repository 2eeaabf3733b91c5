# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws an acceptance map: `acceptance_map`. What it leaves out, and why, `acceptance` says."""

from array import array
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby

from rprocbench.base.errors import Span, TeeResult
from rprocbench.formats.signed_image import EncRow, HashRow, SignedImage
from rprocbench.formats.tlv import TlvType
from rprocbench.soc.board import Board
from rprocbench.tee import Generation
from rprocbench.tee.quick import QuickAnswer, QuickTa

from .acceptance import AcceptanceMap, Answer, Fate, Progress
from .acceptance_memory import differences
from .acceptance_reads import Reads, offsets, reads_of
from .acceptance_regions import regions_of
from .tee import board_named, check_number, generation_named, image_bytes, rsa_key
from .tee_machine import TeeMachine

ROWS: dict[int, type[HashRow] | type[EncRow]] = {
    TlvType.HASHTABLE: HashRow,
    TlvType.ENCTABLE: EncRow,
}


def acceptance_map(  # noqa: PLR0913  all but two have defaults
    image: object,
    *,
    public_key: object,
    board: Board | str = "stm32mp157c-dk2",
    ta: Generation | str = "head",
    offset: int = 0,
    name: str = "image.sig",
    progress: Progress = lambda _bits: None,
) -> AcceptanceMap:
    """The fate of `image` under each flip of one bit. Arguments are those of `tee_load`.

    `progress` is called with the number of further bits that are known. A `KeyboardInterrupt` ends
    the work early: the map is then not complete, and what is not known is UNKNOWN.
    """
    data = image_bytes(image) or b""
    check_number("offset", offset, range(1 << 31))
    key, where, generation = rsa_key(public_key), board_named(board), generation_named(ta)
    asked = QuickTa(key, where, generation)
    machine = TeeMachine(key=key, board=where, generation=generation)
    machine.open()
    machine.pta_calls()
    machine.load(data, offset=offset)
    reads = reads_of(machine.run.trace[machine.mark :])
    base = asked.load(bytearray(data), offset)
    drawn = AcceptanceMap(
        name, data, key, where.name, generation.name, _answer(base, ()), regions_of(data)
    )
    drawing = Drawing(drawn, asked, base, offset, progress)
    try:
        drawing.all_bits(reads)
        drawn.is_complete = True
    except KeyboardInterrupt:
        pass
    return drawn


def _answer(answer: QuickAnswer, changes: tuple[str, ...]) -> Answer:
    """An answer as the map keeps it; `changes` is what it loads otherwise."""
    undefined = any(hazard.kind == "read" for hazard in answer.hazards)
    if answer.result is not TeeResult.SUCCESS:
        return Answer(Fate.REFUSED, answer.result, answer.function, undefined)
    return Answer(Fate.DIFFERENT if changes else Fate.SAME, answer.result, "", undefined)


NEVER, ASK = 0, 0xFFFF  # how a byte's bits are answered; any other number: with that segment


class Drawing:
    """A map that is being drawn."""

    def __init__(
        self, drawn: AcceptanceMap, ta: QuickTa, base: QuickAnswer, offset: int, progress: Progress
    ) -> None:
        self.map, self.ta, self.base, self.offset = drawn, ta, base, offset
        self.progress = progress
        self.buffer = bytearray(drawn.data)
        self.numbers: dict[Answer, int] = {each: n for n, each in enumerate(drawn.answers)}
        self.with_segment: dict[int, int] = {}
        drawn.outcomes = array("H", [0]) * (8 * len(drawn.data))

    def all_bits(self, reads: Reads) -> None:
        """The bits that need no run of their own, then those that do."""
        runs = list(self._runs(reads))
        wrong = len(reads.segments) if reads.is_wrong else -1
        for start, end, how in runs:
            if how == NEVER:
                self._fill(start, end, self.number(self.map.base))
            elif how not in (ASK, wrong):
                self._fill(start, end, self._with_segment(how, start))
        for start, end, how in runs:
            if how == ASK:
                self._ask_all(start, end)
        if reads.is_wrong:
            mine = [(start, end) for start, end, how in runs if how == wrong]
            self._hash_all(reads.segments[-1], mine)

    def _runs(self, reads: Reads) -> Iterator[tuple[int, int, int]]:
        """The image's bytes by how they are answered: start, end, how."""
        size = len(self.buffer)
        hows = array("H", [NEVER]) * size
        for number in range(min(len(reads.segments), ASK - 1), 0, -1):  # the first one counts
            for part in offsets(reads.segments[number - 1 : number], size):
                hows[part.start : part.stop] = array("H", [number]) * len(part)
        for part in offsets(reads.looked_at, size):
            hows[part.start : part.stop] = array("H", [ASK]) * len(part)
        at = 0
        for how, run in groupby(hows):
            end = at + sum(1 for _ in run)
            yield at, end, how
            at = end

    def _fill(self, start: int, end: int, number: int) -> None:
        bits = 8 * (end - start)
        self.map.outcomes[8 * start : 8 * end] = array("H", [number]) * bits
        self.progress(bits)

    def _with_segment(self, segment: int, offset: int) -> int:
        """The one answer for all bits that are only copied with that segment."""
        if segment not in self.with_segment:
            self.with_segment[segment] = self._ask(8 * offset)
        return self.with_segment[segment]

    def _ask_all(self, start: int, end: int) -> None:
        """Ask for each bit of these bytes."""
        for offset in range(start, end):
            for bit in range(8 * offset, 8 * offset + 8):
                self.map.outcomes[bit] = self._ask(bit)
            self.progress(8)

    def _ask(self, bit: int) -> int:
        """Flip a bit, ask the TA, flip it back: the answer's index."""
        at, mask = bit // 8, 1 << bit % 8
        self.buffer[at] ^= mask
        try:
            answer = self.ta.load(self.buffer, self.offset)
        finally:
            self.buffer[at] ^= mask
        self.map.asked += 1
        changes: tuple[str, ...] = ()
        if answer.result is TeeResult.SUCCESS:
            changes = differences(self.ta, self.base, answer)
            if self.base.result is not TeeResult.SUCCESS:
                changes = ("it is loaded", *changes)
            if changes:
                self.map.changes[bit] = changes
        return self.number(_answer(answer, changes))

    def _hash_all(self, segment: Span, parts: list[tuple[int, int]]) -> None:
        """Bits of the segment whose hash was wrong: where a flip puts it right, ask the TA."""
        data = memoryview(self.map.data)[segment.start : segment.end]
        wanted = row_hashes(self.map.data)
        number = self.number(self.map.base)
        for start, end in parts:
            state = sha256(data[: start - segment.start])
            for offset in range(start, end):
                rest = data[offset - segment.start + 1 :]
                old = self.map.data[offset]
                for bit in range(8):
                    flipped = state.copy()
                    flipped.update(bytes([old ^ 1 << bit]))
                    flipped.update(rest)
                    right = flipped.digest() in wanted
                    at = 8 * offset + bit
                    self.map.outcomes[at] = self._ask(at) if right else number
                state.update(bytes([old]))
                self.progress(8)

    def number(self, answer: Answer) -> int:
        """The index of an answer among the map's."""
        if answer not in self.numbers:
            self.numbers[answer] = len(self.map.answers)
            self.map.answers.append(answer)
        return self.numbers[answer]


def row_hashes(data: bytes) -> set[bytes]:
    """Every hash in every hash table of an image."""
    found: set[bytes] = set()
    for tlv in SignedImage.parse(data).tlvs:
        row = ROWS.get(tlv.type)
        if row:
            whole = len(tlv.value) // row.SIZE * row.SIZE
            starts = range(0, whole, row.SIZE)
            first, end = row.SPANS["hash"]
            found |= {tlv.value[at + first : at + end] for at in starts}
    return found
