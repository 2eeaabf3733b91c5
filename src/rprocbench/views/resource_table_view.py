# SPDX-License-Identifier: GPL-2.0-or-later
"""A resource table: its tree of fields, and what became of each in the course of a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rprocbench.base.layout import Record
from rprocbench.base.trace import Lane
from rprocbench.formats.resource_table import RscOffset, RscTableHdr, text_of
from rprocbench.formats.resource_table_build import meaning

from .wording import clean, size, value

ADDRESSES = ("da", "pa", "offset")
IN_FILE = "the file"
LOADED = "loaded_table@"
NAMED = 8


@dataclass(frozen=True, slots=True)
class Field:
    """Bytes `start` to `end` (excluded) of the table. `record` lies at `at`; None for raw bytes."""

    name: str
    path: str
    start: int
    end: int
    doc: str
    record: type[Record] | None
    at: int

    @property
    def label(self) -> str:
        """What it is called in its group."""
        return self.path if self.record is RscOffset else self.name

    def say(self, data: bytes) -> tuple[str, str]:
        """Value and meaning of this field in a table of these bytes."""
        held = data[self.start : self.end]
        if len(held) < self.end - self.start:
            return "–", "not there"
        if self.record is None or self.at + self.record.SIZE > len(data):
            return value(held), ""
        record = self.record.parse(data, self.at)
        return _value(record, self.name), _meaning(record, self.name)


@dataclass(frozen=True, slots=True)
class Group:
    """A record with its fields, and the records that belong to it."""

    label: str
    start: int
    end: int
    fields: tuple[Field, ...]
    groups: tuple["Group", ...] = ()

    def walk(self) -> Iterator[tuple["Group", int]]:
        """This and all below it, with their depth."""
        yield self, 0
        for group in self.groups:
            yield from ((each, depth + 1) for each, depth in group.walk())


@dataclass(frozen=True, slots=True)
class Moment:
    """The table just after event `index` (-1: in the file), in one of the places that hold it.

    `data` is what the place holds, nothing once it was freed; `before` what it held until then, or
    what it was copied from. `written` is the part that the event wrote. `live` names the place that
    Linux's `table_ptr` points to before the next moment comes.
    """

    index: int
    function: str
    lane: Lane | None
    place: str
    what: str
    data: bytes
    before: bytes
    written: tuple[int, int] = (0, 0)
    live: str = ""

    @property
    def by(self) -> str:
        """Who did it."""
        if self.index < 0:
            return ""
        return f"{self.function} ({self.lane})" if self.function else f"{self.lane}"

    def changes(self, field: Field) -> bool:
        """Whether the event gave `field` another value."""
        part = slice(field.start, field.end)
        return bool(self.data) and self.data[part] != self.before[part]

    @property
    def sentence(self) -> str:
        """What happened."""
        who = f"{self.by}: " if self.by else ""
        return f"{who}{clean(self.place)} {self.what}"

    def repeats(self, field: Field) -> bool:
        """Whether the event wrote the value into `field` that it had."""
        start, end = self.written
        return start < field.end and field.start < end and not self.changes(field)


@dataclass(frozen=True)
class ResourceTableView:
    """The description of the view. The table lies at `base` of the buffer it was read from.

    There is always a first moment: the table as it was before anything happened.
    """

    title: str
    base: int
    groups: tuple[Group, ...]
    moments: tuple[Moment, ...]
    findings: tuple[str, ...] = ()

    @property
    def data(self) -> bytes:
        """The table before anything happened."""
        return self.moments[0].data

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields, in the order of the tree."""
        return tuple(
            field for top in self.groups for group, _depth in top.walk() for field in group.fields
        )

    @cached_property
    def after(self) -> int:
        """The number of the moment at which Linux had written the most; 0 if it wrote nothing.

        Looked for in the remote processor's memory, where Linux writes back what it decided; in its
        own copies only if it never wrote there.
        """
        by_linux = [n for n, m in enumerate(self.moments) if m.lane is Lane.LINUX and m.data]
        there = [n for n in by_linux if self.moments[n].place.startswith(LOADED)]
        counts = {number: len(self.differing(number)) for number in there or by_linux}
        best = max(counts.values(), default=0)
        after = 0
        for number, count in counts.items():
            if best and count == best:
                after = number
            elif after:
                break  # it is being taken back
        return after

    def differing(self, number: int) -> list[Field]:
        """The fields that are at that moment not as they were in the file."""
        data, first = self.moments[number].data, self.data
        return [f for f in self.fields if data[f.start : f.end] != first[f.start : f.end]]

    def writer(self, field: Field) -> Moment | None:
        """The last moment until `after` at which `field` changed, or None."""
        past = self.moments[1 : self.after + 1]
        return next((moment for moment in reversed(past) if moment.changes(field)), None)

    @property
    def summary(self) -> str:
        """How much there is of what, and what Linux made of it."""
        if not self.data:
            return "There is no resource table."
        entries = sum(group.label.startswith("entry") for group in self.groups)
        count = f"{entries} entr" + ("y" if entries == 1 else "ies")
        text = f"{size(len(self.data))}, {count}"
        if self.after:
            changed = [field.path for field in self.differing(self.after)]
            names = ", ".join(changed[:NAMED]) + (", …" if len(changed) > NAMED else "")
            text += f". By event {self.moments[self.after].index} Linux had changed {names}"
        elif len(self.moments) > 1:
            text += ". Linux changed nothing"
        return text + "."

    @property
    def alt(self) -> str:
        """The table in a sentence, for who does not see it."""
        return f"{self.title}: {self.summary}"


def _value(record: Record, name: str) -> str:
    held = getattr(record, name)
    if isinstance(held, bytes):
        if name == "name":
            return f"“{clean(text_of(held))}”"
        return "zero" if not any(held) else value(held)
    if name in ADDRESSES:
        digits = 8 if name in ("da", "pa") else 0
        return f"{held:#0{digits + 2}x}"
    return str(held) if held < 1024 * 1024 else f"{held:#x}"


def _meaning(record: Record, name: str) -> str:
    said = meaning(record, name)
    if said or isinstance(getattr(record, name), bytes):
        return said
    held = getattr(record, name)
    if name in ("len", "align", "config_len"):
        return size(held) if held >= 1024 else ""
    if isinstance(record, RscTableHdr) and name == "num":
        return f"{held} entr" + ("y" if held == 1 else "ies")
    return ""
