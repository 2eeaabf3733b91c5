# SPDX-License-Identifier: GPL-2.0-or-later
"""What OP-TEE says to an image with one bit flipped: for every bit, and exactly.

How every bit of 448 KiB gets its answer in seconds:

- The TA is a function of the bytes that it reads, in order. A bit of a byte that the run of the
  image as it is never reads changes nothing: it gets that run's own answer.
- A byte that is read for nothing but to be copied and hashed with a segment: up to the first such
  segment the run is the same. If that segment's hash was right, it is wrong now: two messages of
  the same length with the same SHA-256, one bit apart, would be a collision, and nobody has seen
  any. So the whole segment has one answer, which is asked for once. If its hash was wrong already,
  each flip is hashed, from the state in front of its byte on, and where it comes out right the TA
  is asked.
- All other bits (header, records, signature, and what the walk over an ELF image looks at) are
  given to the TA itself, on paper (`tee.quick`): the same functions, no trace, no memory. One RSA
  verification is due for each changed digest or signature, none for what lies behind them.

Accepted flips are compared by what is in memory in the end, and where the resource table is.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rprocbench.base.errors import TeeResult
from rprocbench.formats.keys import RsaPublicKey

from .acceptance_regions import Region


class Fate(StrEnum):
    """What becomes of an image with that bit flipped, the harmless first."""

    UNKNOWN = "not known"  # the map was stopped before
    REFUSED = "refused"
    SAME = "accepted, nothing changes"
    DIFFERENT = "accepted, something else is loaded"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the TA: what becomes of the image, the result, the function that decided.

    `undefined`: the real code leaves defined behaviour on the way; `result` is then what it gives
    where each buffer has pages of its own.
    """

    fate: Fate
    result: TeeResult | None = None
    step: str = ""
    undefined: bool = False

    def __str__(self) -> str:
        if self.result is None or self.fate is not Fate.REFUSED:
            text = self.fate.value
        else:
            text = f"refused: {self.result.name} from {self.step}"
        return text + (", by undefined behaviour" if self.undefined else "")


UNKNOWN = Answer(Fate.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Totals:
    """How many bits of a region have which fate, and which answer."""

    region: Region
    fates: dict[Fate, int]
    answers: dict[Answer, int]


@dataclass
class AcceptanceMap:
    """The answers for all bits of `data`. Bit `8 * offset + n` is the one worth `1 << n`.

    `outcomes` has an index into `answers` for each bit; `changes` says, for a bit that is accepted
    and effective, what is loaded otherwise. `base` is the answer to the image as it is, `asked` how
    often the TA was. `is_complete` is False of a map that was stopped: the rest is UNKNOWN.
    """

    name: str
    data: bytes = field(repr=False)
    key: RsaPublicKey = field(repr=False)
    board: str
    ta: str
    base: Answer
    regions: tuple[Region, ...] = field(repr=False)
    answers: list[Answer] = field(default_factory=lambda: [UNKNOWN], repr=False)
    outcomes: "array[int]" = field(default_factory=lambda: array("H"), repr=False)
    changes: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)
    asked: int = 0
    is_complete: bool = False

    def at(self, bit: int) -> Answer:
        """The answer to the image with that bit flipped. Raises `IndexError` outside."""
        if not 0 <= bit < len(self.outcomes):
            raise IndexError(f"bit {bit} is not one of the image's {len(self.outcomes)}")
        return self.answers[self.outcomes[bit]]

    @cached_property
    def effective(self) -> tuple[int, ...]:
        """All bits that are accepted and change what is loaded."""
        return tuple(sorted(self.changes))

    @cached_property
    def totals(self) -> tuple[Totals, ...]:
        """Counts for each region, in the order of the regions."""
        return tuple(self._count(region) for region in self.regions)

    @cached_property
    def fates(self) -> dict[Fate, int]:
        """Counts for the whole image."""
        found = Counter(self.outcomes)
        return self._by_fate({self.answers[index]: n for index, n in found.items()})

    def _count(self, region: Region) -> Totals:
        found: Counter[int] = Counter()
        for span in region.spans:
            found.update(self.outcomes[8 * span.start : 8 * span.end])
        answers = {self.answers[index]: n for index, n in found.most_common()}
        return Totals(region, self._by_fate(answers), answers)

    @staticmethod
    def _by_fate(answers: dict[Answer, int]) -> dict[Fate, int]:
        fates = dict.fromkeys(Fate, 0)
        for answer, count in answers.items():
            fates[answer.fate] += count
        return fates

    def cells(self, size: int) -> Iterator[Counter[Fate]]:
        """The fates of every `size` bytes, one count after the other."""
        fates = [answer.fate for answer in self.answers]
        for start in range(0, len(self.outcomes), 8 * size):
            part = Counter(self.outcomes[start : start + 8 * size])
            counts: Counter[Fate] = Counter()
            for index, count in part.items():
                counts[fates[index]] += count
            yield counts


Progress = Callable[[int], object]  # told how many more bits are known
