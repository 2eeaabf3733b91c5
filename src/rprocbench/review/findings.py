# SPDX-License-Identifier: GPL-2.0-or-later
"""What a campaign found: a row for each run, with its breaches attributed, and causes.

A breach is attributed to the first of these that explains it:

- `undisturbed`: the design's own run breaks it with no fault at all, so no fault is to blame;
- `baseline`: mainline breaks it as well when the same call fails, or one of its callers, or another
  call that stands in the same caller (an op of the other driver, say);
- `design`: only this design breaks it so.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .breach import Breach
from .campaign import Verdict
from .known import known_as

BASELINE = "mainline"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach in a run, and whose it is."""

    breach: Breach
    origin: str
    known: str | None

    @property
    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "invariant": self.breach.invariant,
            "what": self.breach.what,
            "event": self.breach.index,
            "origin": self.origin,
            "known": self.known,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One run: what failed where, and what that broke. `place` is empty for the undisturbed run."""

    design: str
    scenario: str
    place: str
    nth: int
    fault: str
    findings: tuple[Finding, ...]
    script: str

    @property
    def own(self) -> tuple[Finding, ...]:
        """The breaches that are the design's own."""
        return tuple(finding for finding in self.findings if finding.origin == "design")

    @property
    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "design": self.design,
            "scenario": self.scenario,
            "place": self.place,
            "nth": self.nth,
            "fault": self.fault,
            "breaches": [finding.as_data for finding in self.findings],
            "script": self.script,
        }


def rows(verdicts: Sequence[Verdict]) -> list[Row]:
    """The rows of a campaign, in its order."""
    undisturbed: dict[tuple[str, str], set[Key]] = defaultdict(set)
    baseline: dict[tuple[str, str], set[Key]] = defaultdict(set)
    for verdict in verdicts:
        trial, keys = verdict.trial, {breach.key for breach in verdict.breaches}
        if trial.at is None:
            undisturbed[trial.design, trial.scenario] |= keys
        elif trial.design == BASELINE:
            for function in (trial.at.function, f"in {trial.path[-1]}"):
                baseline[trial.scenario, function] |= keys
    return [row(verdict, undisturbed, baseline) for verdict in verdicts]


def row(
    verdict: Verdict,
    undisturbed: dict[tuple[str, str], set[Key]],
    baseline: dict[tuple[str, str], set[Key]],
) -> Row:
    """One verdict as a row."""
    trial = verdict.trial
    function = trial.at.function if trial.at else ""

    def origin(breach: Breach) -> str:
        if trial.at is None:
            return "design" if trial.design != BASELINE else "baseline"
        if breach.key in undisturbed[trial.design, trial.scenario]:
            return "undisturbed"
        chain = (function, *trial.path, *(f"in {name}" for name in trial.path))
        if any(breach.key in baseline[trial.scenario, name] for name in chain):
            return "baseline"
        return "design"

    return Row(
        trial.design, trial.scenario, function, trial.at.nth if trial.at else 0,
        trial.code.name if trial.code is not None else "",
        tuple(Finding(breach, origin(breach), known_as(breach)) for breach in verdict.breaches),
        trial.command,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of a design that break the same invariants in the same way, which suggests one cause.

    `example` is the shortest way to see it: the run whose fault comes first.
    """

    design: str
    what: tuple[Key, ...]
    rows: tuple[Row, ...]

    @property
    def example(self) -> Row:
        """The run to look at."""
        return self.rows[0]


def groups(found: Iterable[Row]) -> list[Group]:
    """The design's own breaches, those of one cause together, the most frequent cause first."""
    together: dict[tuple[str, tuple[Key, ...]], list[Row]] = defaultdict(list)
    for each in found:
        keys = tuple(finding.breach.key for finding in each.own)
        if keys:
            together[each.design, keys].append(each)
    result = [Group(design, what, tuple(rows)) for (design, what), rows in together.items()]
    return sorted(result, key=lambda group: -len(group.rows))
