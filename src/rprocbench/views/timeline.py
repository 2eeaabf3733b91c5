# SPDX-License-Identifier: GPL-2.0-or-later
"""A run as lanes: Linux, OP-TEE, M4 and hardware in the order things happened."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Literal

from rprocbench.base.trace import Failed, Lane, Logged, Message, Trace

from .calls import CallTree, call_tree, is_event_of_story, is_told_failure, told_calls
from .row_making import Rows
from .rows import Row

Detail = Literal["story", "full"]
PAGE_OF_ROWS = 72
FEWEST_CALLS = 40
NAMED = 4
MOST_MESSAGES, FIRST_MESSAGES, LAST_MESSAGES = 40, 12, 4
LANES = tuple(Lane)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The description of the view: rows in order, each in one lane or an arrow between two."""

    title: str
    rows: tuple[Row, ...]
    events: int
    detail: Detail
    verdict: str
    is_well: bool

    @property
    def alt(self) -> str:
        """The whole view in a sentence or two, for who does not see it."""
        counts = [(lane, sum(row.lane == lane for row in self.rows)) for lane in LANES]
        told = ", ".join(f"{lane} {count}" for lane, count in counts if count)
        return (
            f"{self.title}: {len(self.rows)} rows for {self.events} events ({told}). {self.verdict}"
        )


def timeline(trace: Trace, detail: Detail = "story", title: str = "Run") -> Timeline:
    """Describe `trace`.

    `full` has a row for everything but plain returns. `story` tells what `calls.is_told` and
    `calls.is_event_of_story` choose, and leaves out the calls in which least happened until the
    rest fits a page of 72 rows, but never more than leaves 40 calls: signals and messages of a
    long run may overflow the page. Of more than 40 messages it tells the first and the last ones.
    """
    tree = call_tree(trace)
    if detail == "full":
        rows = Rows(tree, {call.index: () for call in tree.calls}).tell_all(lambda _index: True)
    else:
        omitted = _omitted(trace)
        for least in (1 << power for power in range(max(1, len(trace).bit_length()))):
            told = told_calls(tree, least)
            rows = Rows(tree, told, numbered=False).tell_all(_chosen(tree, told, omitted))
            left = sum(index not in omitted for index in told)
            if len(rows) <= PAGE_OF_ROWS or left <= FEWEST_CALLS:
                break
        rows = _with_gap(rows, trace, omitted)
    is_well = all(call.failed is None for call in tree.calls if call.parent is None)
    return Timeline(title, rows, len(trace), detail, _verdict(tree), is_well)


def _omitted(trace: Trace) -> range:
    """The events of the messages in the middle of very many; errors among them are told."""
    seen: dict[int, int] = {}  # where each message first crosses
    for index, event in enumerate(trace):
        if isinstance(event, Message):
            seen.setdefault(event.id or -index, index)
    firsts = list(seen.values())
    if len(firsts) <= MOST_MESSAGES:
        return range(0)
    return range(firsts[FIRST_MESSAGES], firsts[-LAST_MESSAGES])


def _with_gap(rows: tuple[Row, ...], trace: Trace, omitted: range) -> tuple[Row, ...]:
    """The rows, and one that says what was left out."""
    if not omitted:
        return rows
    crossed = sum(isinstance(trace[index], Message) for index in omitted)
    text = f"{crossed:,} messages both ways, in {len(omitted):,} events"
    before = [row for row in rows if row.index < omitted.start]
    after = rows[len(before) :]
    last = min([omitted.stop, *(row.index for row in after)]) - 1
    gap = Row(omitted.start, last, Lane.LINUX, "omitted", text, 0, 0)
    return (*before, gap, *after)


def _chosen(tree: CallTree, told: Container[int], omitted: Container[int]) -> Callable[[int], bool]:
    def chosen(index: int) -> bool:
        event, call = tree.trace[index], tree.inside[index]
        if index in omitted and not isinstance(event, Failed):
            return isinstance(event, Logged) and event.level == "err"
        match type(event).__name__:
            case "Entered":
                return index in told
            case "Failed":
                return call is not None and is_told_failure(call)
            case "Left":
                return False
            case _:
                return is_event_of_story(event, call, tree.lanes[index])

    return chosen


def _verdict(tree: CallTree) -> str:
    """How the outermost calls ended, the last one first."""
    outer = [call for call in tree.calls if call.parent is None]
    if not outer:
        return "No call was made."
    bad = [call for call in outer if call.failed]
    if not bad:
        names = list(dict.fromkeys(call.event.function for call in outer))
        some = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
        return f"All {len(outer)} outermost calls returned without error: {some}."
    failed = bad[0].failed
    assert failed
    why = f" ({failed.why})" if failed.why else ""
    return f"{failed.function} failed with {failed.code}{why}."
