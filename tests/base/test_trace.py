# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces fold to states, travel through JSON unchanged, and belong to worlds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rprocbench.base.errors import Cite, InputError, Span
from rprocbench.base.state import MemoryImage, State, check, fold
from rprocbench.base.trace import (
    EVENTS,
    Changed,
    Created,
    Entered,
    Event,
    Failed,
    Fetched,
    Filled,
    Gone,
    Lane,
    Left,
    Logged,
    Message,
    Passed,
    Ran,
    Signalled,
    Unwound,
    Wrote,
    freeze,
    lanes,
)  # fmt: skip
from rprocbench.base.tracefile import decode_trace, encode_event

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=6,
)
texts, numbers, lane_names = st.text(max_size=8), st.integers(0, 2**32), st.sampled_from(Lane)
cites = st.builds(Cite, texts, texts, texts)
spans = st.builds(Span, texts, numbers, numbers)
pairs = st.lists(st.tuples(texts, values), max_size=3).map(tuple)
events = st.one_of(
    st.builds(Entered, texts, numbers, numbers, cites, texts),
    st.builds(Left, texts, numbers),
    st.builds(Failed, texts, numbers, texts, texts, st.none() | spans, st.booleans()),
    st.builds(Unwound, texts, texts, numbers),
    st.builds(Created, texts, texts, lane_names, pairs),
    st.builds(Changed, texts, texts, values, values),
    st.builds(Gone, texts),
    st.builds(Wrote, lane_names, texts, numbers, st.binary(max_size=8)),
    st.builds(Filled, lane_names, texts, numbers, numbers, st.integers(0, 255)),
    st.builds(Fetched, lane_names, spans),
    st.builds(Logged, lane_names, texts, texts),
    st.builds(Signalled, texts, texts, lane_names, lane_names),
    st.builds(Ran, numbers, numbers, numbers, texts),
    st.builds(Message, texts, numbers, numbers, st.binary(max_size=8), numbers),
    st.builds(
        Passed, texts, lane_names, st.lists(numbers).map(tuple), texts, numbers, st.integers(-1, 9)
    ),
)


@given(st.lists(events, max_size=6))
def test_a_trace_comes_back_equal_from_json(trace: list[Event]) -> None:
    text = json.dumps([encode_event(event) for event in trace])
    assert decode_trace(json.loads(text)) == trace


def test_every_kind_of_event_is_in_the_round_trip() -> None:
    assert len(EVENTS) == 15


@pytest.mark.parametrize(
    "strange",
    [
        {}, [1], [{}], [{"event": "Nothing"}], [{"event": "Left"}],
        [{"event": "Left", "function": 3, "depth": 0}],
        [{"event": "Left", "function": "f", "depth": "0"}],
        [{"event": "Left", "function": "f", "depth": 0, "more": 1}],
        [{"event": "Logged", "lane": "Mars", "level": "", "text": ""}],
        [{"event": "Entered", "function": "f", "nth": 1, "depth": 0, "cite": 7, "subject": ""}],
        [{"event": "Message", "direction": "", "source": 0, "target": 0, "payload": {"hex": "zz"}}],
    ],
)  # fmt: skip
def test_a_strange_trace_is_refused_by_name(strange: Any) -> None:
    with pytest.raises(InputError, match="BAD_FILE"):
        decode_trace(strange)


@given(
    st.integers(1, 9000),
    st.integers(0, 255),
    st.lists(st.tuples(st.integers(0, 9000), st.binary(max_size=300)), max_size=8),
)
def test_a_sparse_memory_reads_like_a_flat_one(
    size: int, fill: int, writes: list[tuple[int, bytes]]
) -> None:
    flat, sparse = bytearray([fill]) * size, MemoryImage(size, fill)
    for at, data in writes:
        offset = at % size
        kept = data[: size - offset]
        flat[offset : offset + len(kept)] = kept
        sparse.write(offset, kept)
    assert sparse.read(0, size + 10) == flat
    with pytest.raises(ValueError, match="do not lie"):
        sparse.write(size, b"x")


def test_a_trace_that_contradicts_itself_does_not_fold() -> None:
    created = Created("x", "X", Lane.LINUX, (("a", 1),))
    with pytest.raises(ValueError, match="was not 2"):
        fold([created, Changed("x", "a", 2, 3)])
    assert fold([created, Changed("x", "a", 1, 3)]).objects == {"x": {"a": 3}}
    assert fold([created, Gone("x")]) == State()


def test_what_happens_inside_a_call_belongs_to_its_world() -> None:
    trace: list[Event] = [
        Entered("a", 1, 0, Cite("linux", "a.c", "a"), ""),
        Entered("b", 1, 1, Cite("optee_os", "b.c", "b"), ""),
        Unwound("b", "out", 1),
        Left("b", 1),
        Unwound("a", "out", 0),
        Left("a", 0),
    ]
    assert [lane.value for lane in lanes(trace)] == [
        "Linux", "OP-TEE", "OP-TEE", "OP-TEE", "Linux", "Linux",
    ]  # fmt: skip


def test_only_values_that_compare_across_processes_may_enter() -> None:
    assert freeze([Lane.M4, bytearray(b"x"), {"k": 1}]) == ("M4", b"x", (("k", 1),))
    with pytest.raises(TypeError):
        freeze(object())


def test_a_trace_that_no_run_can_leave_is_noticed() -> None:
    entered = Entered("a", 1, 0, Cite("linux", "a.c", "a"), "")
    check([entered, Left("a", 0)])
    wrong: list[list[Event]] = [
        [Left("a", 0)],
        [entered, Left("b", 0)],
        [Entered("a", 1, 5, entered.cite, "")],
    ]
    for bad in wrong:
        with pytest.raises(ValueError, match="is"):
            check(bad)
    with pytest.raises(KeyError):
        check([Wrote(Lane.M4, "nowhere", 0, b"x")])
