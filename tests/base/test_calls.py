# SPDX-License-Identifier: GPL-2.0-or-later
"""The calls of a trace: who called whom, what undid, and how each ended."""

from rprocbench.base.calls import calls_of
from rprocbench.base.errors import Cite
from rprocbench.base.trace import Entered, Event, Failed, Lane, Left, Unwound


def entered(name: str, depth: int, tree: str = "linux") -> Entered:
    return Entered(name, 1, depth, Cite(tree, "a.c", name), "")


TRACE: list[Event] = [
    entered("boot", 0),
    entered("start", 1),
    entered("ta", 2, "optee_os"),
    Failed("ta", 2, "GENERIC", ""),
    Failed("start", 1, "EIO", ""),
    Unwound("boot", "out", 0),
    entered("release", 1),
    entered("inner", 2),
    Left("inner", 2),
    Left("release", 1),
    Failed("boot", 0, "EIO", ""),
    entered("open", 0),
]


def test_calls_know_their_callers_and_their_ends() -> None:
    boot, start, ta, release, inner, still = calls_of(TRACE)
    assert [call.name for call in boot.calls] == ["start", "release"]
    assert (ta.caller, ta.door, ta.lane) == (start, boot, Lane.OPTEE)
    assert ta.inside("boot")
    assert not ta.inside("release", "ta")
    assert [call.end for call in (boot, start, ta, release, inner, still)] == [10, 4, 3, 9, 8, -1]
    assert (release.ok, start.ok, still.ok) == (True, False, False)


def test_what_undoing_calls_is_undoing_too() -> None:
    by_name = {call.name: call for call in calls_of(TRACE)}
    assert by_name["boot"].unwinds
    assert [name for name, call in by_name.items() if call.undoing] == ["release", "inner"]


def test_a_trace_that_ends_what_never_began_has_no_call_for_it() -> None:
    assert calls_of([Left("x", 0), Unwound("x", "out", 0)]) == []
