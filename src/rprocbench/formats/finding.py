# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings: what a reader of a file should know, as values; nothing here judges (our zone)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from rprocbench.base.errors import Span
from rprocbench.base.layout import Record

R = TypeVar("R", bound=Record)
MAX_ALIKE = 16  # a hostile file may be wrong in 65535 places; nobody reads them all


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a file: a code for programs, a sentence for people, a place."""

    code: str
    text: str
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.text}" + (f" at {self.span}" if self.span else "")


def limited(findings: Iterable[Finding]) -> Iterator[Finding]:
    """`findings`, at most `MAX_ALIKE` of each code; how many were left out is said at the end."""
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= MAX_ALIKE:
            yield finding
    for code, count in seen.items():
        if count > MAX_ALIKE:
            yield Finding(code, f"{count - MAX_ALIKE} more like these")


def read_record(kind: type[R], data: bytes, at: int, buffer: str, base: int) -> R:
    """The record at byte `at` of `data`, where `data` itself lies at byte `base` of `buffer`.

    Raises `InputError` TRUNCATED when the bytes run out.
    """
    record = kind.parse(data, at, buffer)
    if base:
        vars(record)["_at"] = (buffer, base + at)
    return record
