# SPDX-License-Identifier: GPL-2.0-or-later
"""How an acceptance map is said: shared by its text, its page and its data."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rprocbench.verdicts.acceptance import AcceptanceMap, Fate

from .wording import clean, size

COLUMNS = 64
MAX_CELLS = 4096
WORST_FIRST = (Fate.DIFFERENT, Fate.SAME, Fate.REFUSED, Fate.UNKNOWN)
SHORT = {
    Fate.DIFFERENT: "accepted, effective",
    Fate.SAME: "accepted, no effect",
    Fate.REFUSED: "refused",
    Fate.UNKNOWN: "not known",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Bits `first` to `last`, one behind the other, that change the same."""

    first: int
    last: int
    changes: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many bits."""
        return self.last - self.first + 1

    @property
    def place(self) -> str:
        """Where: byte and bit, `0x260.0–0x263.7`."""
        first = f"{self.first // 8:#x}.{self.first % 8}"
        last = f"{self.last // 8:#x}.{self.last % 8}"
        return first if self.first == self.last else f"{first}–{last}"


def groups(view: AcceptanceMap) -> list[Group]:
    """The effective bits, as few groups as there can be."""
    found: list[Group] = []
    for bit in view.effective:
        changes = view.changes[bit]
        if found and found[-1].last == bit - 1 and found[-1].changes == changes:
            found[-1] = Group(found[-1].first, bit, changes)
        else:
            found.append(Group(bit, bit, changes))
    return found


def cell_size(view: AcceptanceMap) -> int:
    """How many bytes a cell of the picture stands for: a power of two."""
    size_ = 1
    while len(view.data) > MAX_CELLS * size_:
        size_ *= 2
    return size_


def worst(counts: Counter[Fate]) -> Fate:
    """The fate that a cell shows: the worst of its bits'."""
    return next(fate for fate in WORST_FIRST if counts[fate])


def rows(view: AcceptanceMap) -> Iterator[tuple[int, list[Fate]]]:
    """The picture: the offset of each row, and the fate of each of its cells."""
    each = cell_size(view)
    cells = [worst(counts) for counts in view.cells(each)]
    for start in range(0, len(cells), COLUMNS):
        yield start * each, cells[start : start + COLUMNS]


def region_at(view: AcceptanceMap, offset: int) -> str:
    """The name of the region that a byte is in."""
    return next((r.name for r in view.regions if any(offset in span for span in r.spans)), "")


def headline(view: AcceptanceMap) -> str:
    """What it is a map of."""
    total = size(len(view.data))
    return f"Acceptance map of {clean(view.name)}, {total}, TA {view.ta}, {view.board}"


def summary(view: AcceptanceMap) -> str:
    """The outcome in a sentence or two."""
    bits = len(view.outcomes)
    said = [f"{view.fates[fate]} {SHORT[fate]}" for fate in WORST_FIRST if view.fates[fate]]
    text = f"Of {bits} bits: {', '.join(said)}." if said else "There is no bit to flip."
    if not view.is_complete:
        text += " The map was stopped before it was complete."
    return text


def about_base(view: AcceptanceMap) -> str:
    """What the TA says to the image as it is."""
    base = view.base
    code = base.result.name if base.result is not None else "?"
    if base.fate is Fate.REFUSED:
        return f"As it is, the image is refused: {code} from {base.step}."
    return "As it is, the image is loaded."
