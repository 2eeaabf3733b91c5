# SPDX-License-Identifier: GPL-2.0-or-later
"""Records say where their bytes lie, and tiles cover everything once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rprocbench.base.errors import InputCode, InputError, Span
from rprocbench.base.layout import Leaf, Record, raw, tile, u8, u16, u32, u64


class Mixed(Record):
    """One of each."""

    a: int = u8("a byte")
    b: int = u16("two")
    c: int = u32("four")
    d: int = u64("eight")
    e: bytes = raw(3, "three as they are")


def test_a_record_knows_its_size_and_every_span() -> None:
    assert Mixed.SIZE == 18
    record = Mixed.parse(bytes(range(40)), offset=5, buffer="image")
    assert record.span("c") == Span("image", 8, 12)
    assert record.span() == Span("image", 5, 23)
    assert record.c == 0x0B0A0908
    assert record.e == bytes([20, 21, 22])


@given(st.binary(min_size=18, max_size=18))
def test_packing_what_was_parsed_gives_the_same_bytes(data: bytes) -> None:
    assert Mixed.parse(data).pack() == data


@given(st.integers(0, 255), st.integers(0, 2**64 - 1), st.binary(min_size=3, max_size=3))
def test_parsing_what_was_packed_gives_the_same_record(a: int, d: int, e: bytes) -> None:
    record = Mixed(a=a, b=1, c=2, d=d, e=e)
    assert Mixed.parse(record.pack()) == record


def test_a_cut_record_names_the_bytes_that_are_missing() -> None:
    with pytest.raises(InputError) as caught:
        Mixed.parse(bytes(20), offset=3, buffer="image")
    assert caught.value.code is InputCode.TRUNCATED
    assert caught.value.span == Span("image", 3, 21)


def test_what_is_not_given_is_zero() -> None:
    given: dict[str, int] = {"a": 1}
    record = Mixed(**given)  # type: ignore[arg-type]
    assert (record.a, record.b, record.c, record.d, record.e) == (1, 0, 0, 0, bytes(3))


def test_a_record_does_not_change() -> None:
    record = Mixed(a=1, b=0, c=0, d=0, e=b"xyz")
    with pytest.raises(AttributeError):
        record.a = 2
    assert record.replace(a=2).a == 2
    with pytest.raises(TypeError):
        Mixed(unknown=1)  # type: ignore[call-arg]


SIZE = 40
spans = st.tuples(st.integers(0, SIZE + 10), st.integers(0, SIZE + 10)).map(
    lambda pair: Leaf("leaf", Span("b", min(pair), max(pair)), 0, "")
)


@given(st.lists(spans, max_size=12))
def test_tiles_cover_every_byte_exactly_once(leaves: list[Leaf]) -> None:
    tiles = tile(leaves, SIZE, "b")
    covered = [offset for t in tiles for offset in range(t.span.start, t.span.end)]
    assert covered == list(range(SIZE))
    named = {o for leaf in leaves for o in range(leaf.span.start, min(leaf.span.end, SIZE))}
    gaps = {o for t in tiles if t.path != "leaf" for o in range(t.span.start, t.span.end)}
    assert gaps == set(range(SIZE)) - named
