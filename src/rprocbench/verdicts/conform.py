# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded verdicts of the real code against the models: what is compared, and what comes of it.

A reader (`conform_tee`, `conform_kernel`) knows files of one kind. It offers each as `Records`,
whose cases are judged one at a time, so that they can be spread over processes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

from rprocbench.base.errors import InputCode, InputError

from .sources import Sources, read_packed

ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One field in which a model and a record differ. `field` has a path: `v[2].mem.retram`."""

    field: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        return f"{self.field}: ours {shown(self.ours)}, theirs {shown(self.theirs)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case: nothing, disagreements, or why it could not be judged.

    A `malformed` record counts as a failure; one whose image is nowhere to be found does not.
    """

    case: str
    disagreements: tuple[Disagreement, ...] = ()
    unjudged: str = ""
    malformed: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the case was judged, and every field of its record is ours too."""
        return not self.disagreements and not self.unjudged


class Records(Protocol):
    """The cases of one file. Case `index` is judged by itself, in any order, in any process."""

    @property
    def name(self) -> str:
        """What output calls the file: its path."""
        ...

    def __len__(self) -> int: ...

    def judge(self, index: int) -> Outcome:
        """Run case `index` through the model. Raises nothing for what is in a record."""
        ...


def run(records: Records) -> Iterator[Outcome]:
    """All cases of one file, one after the other, in this process."""
    for index in range(len(records)):
        yield records.judge(index)


Judge = Callable[[Any, Sources], Outcome]
Opener = Callable[[Path, Sources], Records | None]


@dataclass(frozen=True)
class JsonRecords:
    """A JSON file: a list of cases (`.json`), or one case a line (`.jsonl`); `.gz` of both.

    `judge_case` gets a case as decoded and must be a function of a module, so that it pickles.
    `pick` takes the list of cases out of what the file holds.
    """

    path: Path
    sources: Sources
    judge_case: Judge
    pick: Callable[[Any], Sequence[Any]] = field(default=lambda held: held)

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self.path)

    @cached_property
    def cases(self) -> Sequence[Any]:
        """The decoded cases. Raises `InputError` BAD_FILE."""
        return self.pick(read_json(self.path))

    def __len__(self) -> int:
        return len(self.cases)

    def judge(self, index: int) -> Outcome:
        """Judge one case; a record that lacks what its kind must have is unjudged."""
        case = self.cases[index]
        name = case.get("id", index) if isinstance(case, Mapping) else index
        try:
            return self.judge_case(case, self.sources)
        except InputError as error:
            missing = error.code is InputCode.NOT_FOUND
            return Outcome(str(name), unjudged=error.why, malformed=not missing)
        except (KeyError, TypeError, ValueError, LookupError, AttributeError) as error:
            why = f"the record is not of its kind's shape: {type(error).__name__} {error}"
            return Outcome(str(name), unjudged=why, malformed=True)


def read_json(path: Path) -> Any:
    """What a `.json` file holds, or the list of a `.jsonl` file's lines. Raises `InputError`."""
    at = path.stat()
    return _decoded(path, at.st_mtime_ns, at.st_size)


@lru_cache(maxsize=8)  # an opener looks into a file, then its cases are taken out of it
def _decoded(path: Path, _changed: int, _size: int) -> Any:
    text = read_packed(path)
    stem = path.name.removesuffix(".gz")
    try:
        if stem.endswith(".jsonl"):
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        why = f"{path} is no JSON: {error}"
        raise InputError(InputCode.BAD_FILE, why) from None


def compare(ours: Any, theirs: Any, path: str = "") -> Iterator[Disagreement]:
    """Every place where two decoded values differ, mappings and lists walked in parallel."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in dict.fromkeys((*theirs, *ours)):
            below = f"{path}.{key}" if path else str(key)
            yield from compare(ours.get(key, ABSENT), theirs.get(key, ABSENT), below)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from compare(mine, other, f"{path}[{index}]")
    elif ours != theirs:
        yield Disagreement(path, ours, theirs)


def shown(value: object, most: int = 120) -> str:
    """A value on one line, cut where it is long."""
    text = value if value is ABSENT else json.dumps(value, default=str)
    return text if len(text) <= most else text[: most - 1] + "…"
